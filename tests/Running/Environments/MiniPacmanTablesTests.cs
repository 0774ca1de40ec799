using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>The classes that models of MiniPacman predict: rewards and pixels.</summary>
public sealed class MiniPacmanTablesTests
{
    // Every reward reachable without death, and those of one to three deaths, as published for each mode.
    private static readonly object[] Sets =
    [
        new object[] { MiniPacmanMode.Regular, new[] { 0.0, 1, 2, 3, 5, 6, 7, 8 } },
        new object[]
        {
            MiniPacmanMode.Avoid,
            new[] { 0.1, 0.0, -4.9, -5.0, -9.9, -10.0, -14.9, -15.0, -19.9, -20.0, -39.9, -40.0, -59.9, -60.0 },
        },
        new object[] { MiniPacmanMode.Hunt, new[] { 0.0, 1, 10, 11, -20, -40, -60 } },
        new object[] { MiniPacmanMode.Ambush, new[] { 0, -0.1, 10, 9.9, -20, -20.1, -40, -40.1, -60, -60.1 } },
        new object[] { MiniPacmanMode.Rush, new[] { 0, -0.1, 10, 9.9 } },
    ];

    [TestCaseSource(nameof(Sets))]
    public void RewardClassesAreThoseThatCanBeReached(MiniPacmanMode mode, double[] rewards)
    {
        RewardTable table = RewardTable.For(mode);
        Assert.That(table.Values, Is.Ordered.Ascending);
        Assert.That(table.Values, Is.EqualTo(rewards.Order()).Within(1e-9));
    }

    [TestCaseSource(typeof(MiniPacmanMode), nameof(MiniPacmanMode.All))]
    public void EveryStepHasItsClass(MiniPacmanMode mode)
    {
        RewardTable table = RewardTable.For(mode), reference = RewardTable.RegularReference;
        MiniPacmanGame game = new MiniPacmanGame(mode, new Mt19937RandomSource(1));
        MiniPacmanGreedyPolicy player = new MiniPacmanGreedyPolicy(epsilon: 0.4, seed: 2);
        int[] seen = new int[table.Count];
        int beyond = 0;
        for (int step = 0; step < 200_000; step++)
        {
            StepResult result = game.Step(player.Act(game));
            int index = table.ClassOf(game.Events);
            seen[index]++;
            if (game.Events.Deaths > RewardTable.DeathCap)
                beyond++;
            else
                GoldenPosition.Same(table.Values[index], result.Reward, $"step {step}");
            if (mode == MiniPacmanMode.Regular)
                GoldenPosition.Same(reference.Values[reference.ClassOf(game.Events)], result.Reward, $"step {step}, reference");
            if (result.Done)
                game.Reset();
        }
        string counts = string.Join(", ", table.Values.Zip(seen, (value, n) => $"{value:0.#}: {n}"));
        TestContext.Out.WriteLine($"{mode}: {counts}; more deaths: {beyond}");
        Assert.That(seen.Count(n => n > 0), Is.GreaterThan(table.Count / 2));
    }

    [Test]
    public void ManyDeathsAreTheLastClass()
    {
        RewardTable table = RewardTable.For(MiniPacmanMode.Hunt);
        Assert.That(table.Values[table.ClassOf(new(false, false, false, 7, false))], Is.EqualTo(-60));
        Assert.That(() => table.ClassOf(new(false, true, false, 1, false)), Throws.ArgumentException);
    }

    [Test]
    public void TheReferenceHasTenRewardClasses() =>
        Assert.That(RewardTable.RegularReference.Values, Is.EqualTo(Enumerable.Range(0, 10)));

    [Test]
    public void PixelClassesPaintAndNameTheSameColors()
    {
        byte[] classes = [.. Enumerable.Range(0, 2 * MiniPacmanMaze.Cells).Select(i => (byte)(i % MiniPacmanPixels.Count))];
        float[] observations = new float[3 * classes.Length];
        MiniPacmanPixels.Render<byte>(classes, observations);
        long[] named = new long[classes.Length];
        MiniPacmanPixels.Classify<long>(observations, named);
        Assert.That(named, Is.EqualTo(classes));
        Assert.That(MiniPacmanPixels.Colors.Slice(3 * (int)MiniPacmanPixel.Pacman, 3).ToArray(), Is.EqualTo(new float[] { 0, 1, 0 }));
        Assert.That(MiniPacmanPixels.Colors[..3].ToArray(), Is.EqualTo(new float[] { 0, 1, 1 }), "class 0 is the pill");
    }

    [Test]
    public void GhostsOfAnyCountdownAreEdible()
    {
        float[] observation = new float[3 * MiniPacmanMaze.Cells];
        (observation[20], observation[MiniPacmanMaze.Cells + 20]) = (1, 0.05f);
        observation[21] = 1;
        byte[] classes = new byte[MiniPacmanMaze.Cells];
        MiniPacmanPixels.Classify<byte>(observation, classes);
        Assert.That((MiniPacmanPixel)classes[20], Is.EqualTo(MiniPacmanPixel.EdibleGhost));
        Assert.That((MiniPacmanPixel)classes[21], Is.EqualTo(MiniPacmanPixel.DangerousGhost));
        Assert.That((MiniPacmanPixel)classes[22], Is.EqualTo(MiniPacmanPixel.Empty));
    }

    [Test]
    public void ForeignColorsAndClassesAreRefused()
    {
        float[] observation = new float[3 * MiniPacmanMaze.Cells];
        (observation[0], observation[2 * MiniPacmanMaze.Cells]) = (1, 1); // magenta
        byte[] classes = new byte[MiniPacmanMaze.Cells];
        Assert.That(
            () => MiniPacmanPixels.Classify<byte>(observation, classes),
            Throws.ArgumentException.With.Message.Contains("Cell 0 of image 0"));
        Assert.That(() => MiniPacmanPixels.Classify<byte>(observation, new byte[7]), Throws.ArgumentException.With.Message.Contains("855"));
        classes[3] = 7;
        Assert.That(
            () => MiniPacmanPixels.Render<byte>(classes, observation), Throws.ArgumentException.With.Message.Contains("the class 7"));
    }
}
