using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class MiniPacmanEnvironmentTests
{
    private const int Size = 3 * MiniPacmanMaze.Cells;

    [Test]
    public void StatesItsSpaces()
    {
        MiniPacmanEnvironment environment = new MiniPacmanEnvironment(MiniPacmanMode.Hunt);
        Assert.That(environment.Name, Is.EqualTo("minipacman-hunt"));
        Assert.That(environment.ObservationSpace, Is.EqualTo(new Box(0, 1, [3, 15, 19])));
        Assert.That(environment.ActionSpace, Is.EqualTo(new Discrete(5)));
    }

    [Test]
    public void MisuseIsNamed()
    {
        MiniPacmanEnvironment environment = new MiniPacmanEnvironment(MiniPacmanMode.Regular);
        float[] observation = new float[Size];
        Assert.That(
            () => environment.Step([0], observation), Throws.InvalidOperationException.With.Message.Contains("call Reset before Step"));
        environment.Reset(null, observation);
        Assert.That(() => environment.Step([-1], observation), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => environment.Step([0, 0], observation), Throws.ArgumentException.With.Message.Contains("'action' has 2 elements"));
        Assert.That(() => environment.Reset(1, new float[7]), Throws.ArgumentException.With.Message.Contains("exactly 855"));
        while (!environment.Step([0], observation).Done)
        {
        }
        Assert.That(() => environment.Step([0], observation), Throws.InvalidOperationException);
    }

    [Test]
    public void ASeedRepeatsAndNoSeedGoesOn()
    {
        MiniPacmanEnvironment environment = new MiniPacmanEnvironment(MiniPacmanMode.Regular);
        float[] first = new float[Size], second = new float[Size], again = new float[Size];
        environment.Reset(1ul << 40, first);
        environment.Reset(null, second);
        environment.Reset(1ul << 40, again);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(second, Is.Not.EqualTo(first));
    }

    [Test]
    public void AVectorIsItsRowsAlone()
    {
        const int Rows = 7;
        const ulong Seed = 42;
        MiniPacmanOptions options = new MiniPacmanOptions { FrameCap = 60 }; // so that both kinds of end occur
        Rollout vector = new Rollout(MiniPacmanMode.Avoid, Rows, options);
        vector.Environment.Reset(Seed, vector.Observations);
        MiniPacmanEnvironment[] singles = new MiniPacmanEnvironment[Rows];
        float[] observation = new float[Size];
        for (int row = 0; row < Rows; row++)
        {
            singles[row] = new(MiniPacmanMode.Avoid, options);
            singles[row].Reset(RowSeed.Of(Seed, row), observation);
            Assert.That(vector.Observation(row).SequenceEqual(observation));
        }
        Mt19937RandomSource actions = new Mt19937RandomSource(1);
        int deaths = 0, truncations = 0;
        for (int step = 0; step < 400; step++)
        {
            vector.Step(actions);
            for (int row = 0; row < Rows; row++)
            {
                StepResult result = singles[row].Step([vector.Actions[row]], observation);
                string where = $"step {step}, row {row}";
                GoldenPosition.Same(vector.Rewards[row], (float)result.Reward, where);
                GoldenPosition.Same(vector.Terminated[row], result.Terminated, where);
                GoldenPosition.Same(vector.Truncated[row], result.Truncated, where);
                deaths += result.Terminated ? 1 : 0;
                truncations += result.Truncated ? 1 : 0;
                if (result.Done)
                {
                    GoldenPosition.Same(vector.Environment.FinalObservation(row).SequenceEqual(observation), true, $"{where}: final");
                    singles[row].Reset(null, observation);
                }
                GoldenPosition.Same(vector.Observation(row).SequenceEqual(observation), true, $"{where}: observation");
            }
        }
        Assert.That(deaths, Is.GreaterThan(10));
        Assert.That(truncations, Is.GreaterThan(10));
    }

    [Test]
    public void RowsDiffer()
    {
        Rollout vector = new Rollout(MiniPacmanMode.Regular, 64);
        vector.Environment.Reset(3, vector.Observations);
        HashSet<string> grids = [.. Enumerable.Range(0, 64).Select(row => GoldenPosition.Grid(vector.Observation(row)))];
        Assert.That(grids, Has.Count.EqualTo(64));
    }

    [TestCaseSource(typeof(MiniPacmanMode), nameof(MiniPacmanMode.All))]
    public void ARestoredVectorGoesOnExactly(MiniPacmanMode mode)
    {
        Rollout original = new Rollout(mode, 5);
        Mt19937RandomSource actions = new Mt19937RandomSource(2);
        original.Environment.Reset(9, original.Observations);
        for (int step = 0; step < 200; step++)
            original.Step(actions);
        byte[] saved = Saved(original.Environment);

        Rollout restored = new Rollout(mode, 5);
        restored.Environment.Restore(new BinaryReader(new MemoryStream(saved)));
        for (int step = 0; step < 300; step++)
        {
            original.Step(actions);
            original.Actions.CopyTo(restored.Actions, 0);
            restored.Step();
            Assert.That(restored.Rewards, Is.EqualTo(original.Rewards));
            Assert.That(restored.Terminated, Is.EqualTo(original.Terminated));
            Assert.That(restored.Observations.AsSpan().SequenceEqual(original.Observations), $"step {step}");
        }
        Assert.That(Saved(restored.Environment), Is.EqualTo(Saved(original.Environment)));
    }

    [Test]
    public void TheSavedPictureIsTheOneSeen()
    {
        // After the step in which avoid's timer runs out the picture is one step behind the position; powered ghosts have a countdown.
        MiniPacmanEnvironment environment = new MiniPacmanEnvironment(MiniPacmanMode.Avoid);
        MiniPacmanEnvironment restored = new MiniPacmanEnvironment(MiniPacmanMode.Avoid);
        MiniPacmanGreedyPolicy player = new MiniPacmanGreedyPolicy(epsilon: 0.3);
        float[] observation = new float[Size];
        int behind = 0, powered = 0;
        environment.Reset(1, observation);
        for (int step = 0; step < 6000; step++)
        {
            bool done = environment.Step([player.Act(environment.Game)], observation).Done;
            bool isBehind = environment.Game.State.Timer == 0;
            if (isBehind || environment.Game.State.Power > 0)
            {
                restored.Restore(new BinaryReader(new MemoryStream(Saved(environment))));
                GoldenPosition.Same(restored.Game.Observation.SequenceEqual(observation), true, $"step {step}");
                (behind, powered) = (behind + (isBehind ? 1 : 0), powered + (isBehind ? 0 : 1));
            }
            if (done)
                environment.Reset(null, observation);
        }
        Assert.That(behind, Is.GreaterThan(3));
        Assert.That(powered, Is.GreaterThan(20));
    }

    [Test]
    public void DamagedOrForeignStatesAreRefused()
    {
        MiniPacmanEnvironment environment = new MiniPacmanEnvironment(MiniPacmanMode.Hunt);
        environment.Reset(1, new float[Size]);
        byte[] saved = Saved(environment);
        void Restore(byte[] bytes, MiniPacmanMode mode) =>
            new MiniPacmanEnvironment(mode).Restore(new BinaryReader(new MemoryStream(bytes)));

        Assert.That(
            () => Restore(saved, MiniPacmanMode.Rush),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("'minipacman-hunt'"));
        Assert.That(() => Restore(saved[..^1], MiniPacmanMode.Hunt), Throws.InstanceOf<InvalidDataException>());
        Assert.That(() => Restore(saved[..3], MiniPacmanMode.Hunt), Throws.InstanceOf<InvalidDataException>());
        byte[] damaged = [.. saved];
        damaged[18] = 0; // pacman's cell, after the name and two flags
        damaged[19] = 0;
        Assert.That(
            () => Restore(damaged, MiniPacmanMode.Hunt), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("pacman is at 0"));
        MiniPacmanVectorEnvironment two = new MiniPacmanVectorEnvironment(MiniPacmanMode.Hunt, 2);
        Assert.That(
            () => new MiniPacmanVectorEnvironment(MiniPacmanMode.Hunt, 3).Restore(new BinaryReader(new MemoryStream(Saved(two)))),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("has 2 rows"));
    }

    [Test]
    public void SteppingDoesNotAllocate()
    {
        Rollout vector = new Rollout(MiniPacmanMode.Regular, 8);
        MiniPacmanGreedyPolicy player = new MiniPacmanGreedyPolicy(epsilon: 0.1);
        vector.Environment.Reset(1, vector.Observations);
        Assert.That(Allocations.EachTime(() => Play(2000)), Is.Zero);

        void Play(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                player.Act(vector.Environment, vector.Actions);
                vector.Step();
            }
        }
    }

    [TestCase("regular", 500)]
    [TestCase("avoid", -3)]
    [TestCase("hunt", 80)]
    [TestCase("ambush", 60)]
    [TestCase("rush", 90)]
    public void TheGreedyPlayerPlaysFarBetterThanRandom(string name, double atLeast)
    {
        const int Episodes = 60;
        MiniPacmanEnvironment environment = new MiniPacmanEnvironment(MiniPacmanMode.All.Single(mode => mode.Name == name));
        MiniPacmanGreedyPolicy player = new MiniPacmanGreedyPolicy();
        float[] observation = new float[Size];
        double total = 0;
        environment.Reset(123, observation);
        for (int episode = 0; episode < Episodes; episode++)
        {
            StepResult result;
            do
            {
                result = environment.Step([player.Act(environment.Game)], observation);
                total += result.Reward;
            }
            while (!result.Done);
            environment.Reset(null, observation);
        }
        TestContext.Out.WriteLine($"{name}: {total / Episodes:F1}");
        Assert.That(total / Episodes, Is.GreaterThan(atLeast));
    }

    private static byte[] Saved(IResumable environment)
    {
        using MemoryStream stream = new MemoryStream();
        using (BinaryWriter writer = new BinaryWriter(stream))
            environment.Save(writer);
        return stream.ToArray();
    }

    /// <summary>A vector environment with its buffers.</summary>
    private sealed class Rollout(MiniPacmanMode mode, int rows, MiniPacmanOptions? options = null)
    {
        public MiniPacmanVectorEnvironment Environment { get; } = new(mode, rows, options);

        public long[] Actions { get; } = new long[rows];

        public float[] Observations { get; } = new float[rows * Size];

        public float[] Rewards { get; } = new float[rows];

        public bool[] Terminated { get; } = new bool[rows];

        public bool[] Truncated { get; } = new bool[rows];

        public ReadOnlySpan<float> Observation(int row) => Observations.AsSpan(row * Size, Size);

        public void Step(IRandomSource actions)
        {
            for (int row = 0; row < Actions.Length; row++)
                Actions[row] = actions.Int(MiniPacmanGame.Actions);
            Step();
        }

        public void Step() => Environment.Step(Actions, Observations, Rewards, Terminated, Truncated);
    }
}
