using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Tests.Zoo;

/// <summary>
/// Every shipped model of MiniPacman, in the runtime alone: its dreams stay in the game, its predictions are as good as its card says.
/// </summary>
public sealed class ZooWorldModelTests
{
    private const int Cells = MiniPacmanMaze.Cells, FrameSize = 3 * Cells;
    private const ulong Seed = 20_260_502;
    private const double StandardErrors = 4, TimesCopying = 2.5, ShareOfCeiling = 0.42;

    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.MiniPacmanModels))]
    public void DreamsInTheGamesColoursAndRewards(string name)
    {
        using WorldModel world = WorldModel.Load(ZooFolder.Of(name));
        using Dream dream = world.Dream(batch: 64, horizon: 50);
        DreamBatch dreamed = dream.Run(Seed);
        float[] rewards = [.. RewardTable.For(ModeOf(world.Manifest)).Values.Select(value => (float)value)];
        (byte[] classes, float[] colours) = (new byte[64 * Cells], new float[64 * FrameSize]);
        for (int t = 0; t < dreamed.Horizon; t++)
        {
            Assert.That(rewards, Is.SupersetOf(dreamed.Rewards(t).ToArray().Distinct()), $"rewards of step {t}");
            if (world.Manifest.Graphs["imagine"].Output(TensorRole.Continue) is not null)
                Assert.That(dreamed.Continues(t).ToArray(), Is.All.InRange(0f, 1f), $"continues of step {t}");
            float[] frames = dreamed.Observations(t + 1).ToArray();
            MiniPacmanPixels.Classify<byte>(frames, classes);
            MiniPacmanPixels.Render<byte>(classes, colours);
            Assert.That(frames.AsSpan().SequenceEqual(colours), Is.True, $"the frames after step {t} have colours that no class has");
        }
    }

    /// <summary>
    /// On fresh games, within four standard errors. Also with and without ghosts in sight, where a mode has both: episodes differ most in
    /// how much they have of either, so that each alone is known more closely.
    /// </summary>
    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.MiniPacmanModels))]
    public void PredictsAsItsCardSays(string name)
    {
        using WorldModel world = WorldModel.Load(ZooFolder.Of(name));
        FreshTransitions fresh = Play(world.Manifest);
        byte[] predicted = Predict(world, fresh, fresh.Actions);
        IReadOnlyDictionary<string, double> card = ZooFolder.Figures(world.Manifest);
        double all = card["exact_frame"], share = card["with_ghosts_share"], ghosts = card["with_ghosts_exact"];
        TestContext.Out.WriteLine($"exact frames in {fresh.Count} transitions of {fresh.Episodes} episodes:");
        Assert.Multiple(() =>
        {
            AssertClose("all", fresh.Equal(predicted), all);
            AssertClose("with ghosts", fresh.Equal(predicted, ghosts: true), ghosts);
            if (share < 1)      // in hunt the last ghost's end is the level's
                AssertClose("without ghosts", fresh.Equal(predicted, ghosts: false), (all - share * ghosts) / (1 - share));
        });

        // On how many episodes the card rests: transitions of one episode are alike, so episodes are what counts.
        void AssertClose(string what, Share exact, double expected)
        {
            double tolerance = StandardErrors * Math.Sqrt(exact.Variance() + exact.Variance(card["episodes"]));
            TestContext.Out.WriteLine($"{what}: {exact.Mean:F3}; the card says {expected:F3}, and {tolerance:F3} are allowed");
            Assert.That(exact.Mean, Is.EqualTo(expected).Within(tolerance), what);
        }
    }

    /// <summary>The line that copying the frame sets; a model that is told another action than the one taken must fail it.</summary>
    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.MiniPacmanModels))]
    public void BeatsCopyingUnlessActionsAreWrong(string name)
    {
        using WorldModel world = WorldModel.Load(ZooFolder.Of(name));
        FreshTransitions fresh = Play(world.Manifest);
        long[] wrong = Array.ConvertAll(fresh.Actions, action => (action + 1) % MiniPacmanGame.Actions);
        // Where ghosts are always in sight, the rules themselves allow little more than that.
        double ceiling = world.Manifest.Training!.Figures.GetValueOrDefault("exact_frame_ceiling", 1);
        double copying = fresh.Copying().Mean, line = Math.Min(TimesCopying * copying, ShareOfCeiling * ceiling);
        double right = fresh.Equal(Predict(world, fresh, fresh.Actions)).Mean, misled = fresh.Equal(Predict(world, fresh, wrong)).Mean;
        TestContext.Out.WriteLine($"exact frames: {right:F3}; copying {copying:F3}; with wrong actions {misled:F3}");
        Assert.That(right, Is.GreaterThan(line));
        Assert.That(misled, Is.LessThan(line), "with wrong actions");
    }

    /// <summary>Classes of the next frames, (N, 15, 19).</summary>
    private static byte[] Predict(WorldModel world, FreshTransitions fresh, long[] actions)
    {
        GraphRunner imagine = world.Graph("imagine");
        Dictionary<string, NpyArray> inputs = new Dictionary<string, NpyArray>
        {
            ["frame"] = NpyArray.Of(fresh.Frames, fresh.Count, 3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns),
            ["action"] = NpyArray.Of(actions, fresh.Count),
        };
        if (Past(world.Manifest) is > 0 and int past)
            inputs["past"] = NpyArray.Of(fresh.Past, fresh.Count, 3 * past, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns);
        byte[] predicted = new byte[fresh.Count * Cells];
        MiniPacmanPixels.Classify(imagine.Run(inputs)["next_frame"].As<float>(), predicted.AsSpan());
        return predicted;
    }

    private static FreshTransitions Play(Manifest manifest) =>
        FreshTransitions.Play(ModeOf(manifest), count: 2000, Epsilon(manifest), Seed, Past(manifest));

    /// <summary>Frames that the model sees before the newest.</summary>
    private static int Past(Manifest manifest) =>
        manifest.Graphs["imagine"].Inputs.FirstOrDefault(input => input.Name == "past") is { } past ? past.Shape[1].Size / 3 : 0;

    private static MiniPacmanMode ModeOf(Manifest manifest) =>
        ((MiniPacmanEnvironment)EnvironmentRegistry.Make<long>(manifest.Environment)).Game.Mode;

    /// <summary>The player's share of random moves while the model learnt.</summary>
    private static double Epsilon(Manifest manifest) => double.Parse(manifest.Training!.Config["epsilon"], CultureInfo.InvariantCulture);
}
