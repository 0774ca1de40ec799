using System.Globalization;
using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Tests.Zoo;

/// <summary>Every shipped model of MiniPacman, in the runtime alone: its dreams stay in the game, its predictions are as good as its card says.</summary>
public sealed class ZooWorldModelTests
{
    private const int Cells = MiniPacmanMaze.Cells, FrameSize = 3 * Cells;
    private const ulong Seed = 20_260_502;
    private const double StandardErrors = 4, TimesCopying = 2.5;

    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.MiniPacmanModels))]
    public void DreamsInTheGamesColoursAndRewards(string name)
    {
        using var world = WorldModel.Load(ZooFolder.Of(name));
        using Dream dream = world.Dream(batch: 64, horizon: 50);
        DreamBatch dreamed = dream.Run(Seed);
        float[] rewards = [.. RewardTable.For(ModeOf(world.Manifest)).Values.Select(value => (float)value)];
        var (classes, colours) = (new byte[64 * Cells], new float[64 * FrameSize]);
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

    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.MiniPacmanModels))]
    public void PredictsAsItsCardSays(string name)
    {
        using var world = WorldModel.Load(ZooFolder.Of(name));
        FreshTransitions fresh = Play(world.Manifest);
        Share exact = Exact(world, fresh, fresh.Actions), copying = fresh.Copying();
        double card = ZooFolder.Figures(world.Manifest)["exact_frame"];
        double tolerance = StandardErrors * Math.Sqrt(exact.Variance() + exact.Variance(episodes: HeldOutEpisodes(world.Manifest, fresh)));
        TestContext.Out.WriteLine(
            $"exact frames {exact.Mean:F3}, copying {copying.Mean:F3}, of {fresh.Count} transitions of {fresh.Episodes} episodes; "
            + $"the card says {card:F3}, and {tolerance:F3} are allowed");
        Assert.That(exact.Mean, Is.EqualTo(card).Within(tolerance));
        Assert.That(exact.Mean, Is.GreaterThan(TimesCopying * copying.Mean));
    }

    /// <summary>The negative control: a model that is told another action than the one taken.</summary>
    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.MiniPacmanModels))]
    public void WrongActionsFailTheSameLine(string name)
    {
        using var world = WorldModel.Load(ZooFolder.Of(name));
        FreshTransitions fresh = Play(world.Manifest);
        long[] wrong = Array.ConvertAll(fresh.Actions, action => (action + 1) % MiniPacmanGame.Actions);
        Assert.That(Exact(world, fresh, wrong).Mean, Is.LessThan(TimesCopying * fresh.Copying().Mean));
    }

    /// <summary>The share of transitions whose next frame is predicted in every cell.</summary>
    private static Share Exact(WorldModel world, FreshTransitions fresh, long[] actions)
    {
        using Dream dream = world.Dream(fresh.Count, horizon: 1);
        dream.Start(fresh.Frames);
        var predicted = new byte[fresh.Count * Cells];
        MiniPacmanPixels.Classify(dream.Run(Seed, actions).Observations(1), predicted.AsSpan());
        return fresh.Equal(predicted);
    }

    private static FreshTransitions Play(Manifest manifest) =>
        FreshTransitions.Play(ModeOf(manifest), count: 2000, double.Parse(Config(manifest, "epsilon"), CultureInfo.InvariantCulture), Seed);

    /// <summary>On how many episodes the card's figure rests: transitions of one episode are alike, so episodes are what counts.</summary>
    private static double HeldOutEpisodes(Manifest manifest, FreshTransitions fresh) =>
        ZooFolder.Figures(manifest)["transitions"] / fresh.MeanLength;

    private static MiniPacmanMode ModeOf(Manifest manifest) => ((MiniPacmanEnvironment)EnvironmentRegistry.Make<long>(manifest.Environment)).Game.Mode;

    private static string Config(Manifest manifest, string key) => manifest.Training!.Config[key];
}
