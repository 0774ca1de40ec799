using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class WrapperTests
{
    [Test]
    public void ActionRepeatSumsTheRewards()
    {
        ControlSuiteEnvironment plain = SwingUp();
        ActionRepeat<float> repeated = new ActionRepeat<float>(SwingUp(), 3);
        Assert.That((repeated.Name, repeated.Repeat), Is.EqualTo((plain.Name, 3)));
        Assert.That(repeated.ObservationSpace, Is.EqualTo(plain.ObservationSpace));
        float[] observation = new float[5], seen = new float[5];
        plain.Reset(4, observation);
        repeated.Reset(4, seen);
        Pcg64RandomSource random = new Pcg64RandomSource(4);
        for (int step = 1; step <= 334; step++) // 1000 = 333 * 3 + 1
        {
            float action = (float)(2 * random.Uniform() - 1);
            double reward = 0;
            for (int i = 0; i < (step == 334 ? 1 : 3); i++)
                reward += plain.Step([action], observation).Reward;
            StepResult result = repeated.Step([action], seen);
            Assert.That(result, Is.EqualTo(new StepResult(reward, false, step == 334)), $"step {step}");
            Assert.That(seen, Is.EqualTo(observation));
        }
        Assert.That(() => repeated.Step([0], seen), Throws.InvalidOperationException);
    }

    [Test]
    public void ActionRepeatStopsWhereTheTaskEnds()
    {
        CartPoleEnvironment environment = new CartPoleEnvironment();
        environment.Load([2.39, 5, 0, 0]);
        StepResult result = new ActionRepeat<long>(environment, 8).Step([1], new float[4]);
        Assert.That(result, Is.EqualTo(new StepResult(1, true, false)));
    }

    [Test]
    public void TimeLimitTruncatesAndPassesEndsOn()
    {
        CartPoleEnvironment inner = new CartPoleEnvironment();
        TimeLimit<long> environment = new TimeLimit<long>(inner, 3);
        float[] observation = new float[4];
        Assert.That(() => environment.Step([0], observation), Throws.InvalidOperationException);
        for (int episode = 0; episode < 2; episode++)
        {
            environment.Reset(1, observation);
            Assert.That(environment.Step([0], observation).Done, Is.False);
            Assert.That(environment.Step([1], observation).Done, Is.False);
            Assert.That(environment.Step([0], observation), Is.EqualTo(new StepResult(1, false, true)));
            Assert.That(() => environment.Step([0], observation), Throws.InvalidOperationException.With.Message.Contains("call Reset"));
        }
        environment.Reset(1, observation);
        inner.Load([3, 0, 0, 0]);
        Assert.That(environment.Step([0], observation), Is.EqualTo(new StepResult(1, true, false)));
        Assert.That(new TimeLimit<float>(new PendulumEnvironment(), 500).Limit, Is.EqualTo(500));
    }

    [Test]
    public void NormalizedActionsReachTheBounds()
    {
        NormalizedActions environment = new NormalizedActions(new PendulumEnvironment());
        PendulumEnvironment plain = new PendulumEnvironment();
        Assert.That(environment.ActionSpace, Is.EqualTo(new Box(-1, 1, [1])));
        float[] observation = new float[3], expected = new float[3];
        environment.Reset(2, observation);
        plain.Reset(2, expected);
        foreach (float action in new[] { -1, -0.25f, 0, 0.5f, 1, 3 })
        {
            Assert.That(environment.Step([action], observation), Is.EqualTo(plain.Step([2 * action], expected)));
            Assert.That(observation, Is.EqualTo(expected));
        }
        Assert.That(
            () => environment.Step([float.NaN], observation),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("finite"));
        Recorder unequal = new Recorder(new Box(-1, 3, [2]));
        new NormalizedActions(unequal).Step([-1, 0.5f], observation);
        Assert.That(unequal.Last, Is.EqualTo(new float[] { -1, 2 }));
        Assert.That(
            () => new NormalizedActions(new Recorder(new Box(-1, float.PositiveInfinity, [2]))),
            Throws.ArgumentException.With.Message.Contains("finite bounds"));
    }

    /// <summary>Nothing at first, then what was chosen so many steps before; an episode begins without what the one before it left.</summary>
    [TestCase(1)]
    [TestCase(3)]
    public void DelayedActionsComeLate(int delay)
    {
        Recorder inner = new(new Box(-1, 1, [2]));
        DelayedActions<float> environment = new(inner, delay);
        Assert.That((environment.Delay, environment.ActionSpace), Is.EqualTo((delay, inner.ActionSpace)));
        for (int episode = 0; episode < 2; episode++)
        {
            environment.Reset(1, []);
            for (int step = 0; step < 8; step++)
            {
                environment.Step([step + 1, -step], []);
                Assert.That(inner.Last, Is.EqualTo(step < delay ? new float[2] : [step - delay + 1, delay - step]), $"step {step}");
            }
        }
        Assert.That(() => environment.Step([0], []), Throws.ArgumentException);
        Assert.That(() => new DelayedActions<float>(inner, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void LateActionsGoOnAfterARestore()
    {
        DelayedActions<float> original = new(new PendulumEnvironment(), 3), restored = new(new PendulumEnvironment(), 3);
        (float[] seen, float[] other) = (new float[3], new float[3]);
        original.Reset(3, seen);
        for (int step = 0; step < 4; step++)
            original.Step([step - 1.5f], seen);
        using MemoryStream stream = new();
        original.Save(new BinaryWriter(stream));
        restored.Restore(new BinaryReader(new MemoryStream(stream.ToArray())));
        for (int step = 0; step < 6; step++)
        {
            original.Step([0.5f], seen);
            restored.Step([0.5f], other);
            Assert.That(other, Is.EqualTo(seen));
        }
        Assert.That(() => restored.Restore(new BinaryReader(new MemoryStream([3, 0, 0, 0, 1]))),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("cut short"));
        DelayedActions<float> shorter = new(new PendulumEnvironment(), 2);
        Assert.That(() => shorter.Restore(new BinaryReader(new MemoryStream(stream.ToArray()))),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("has 3 numbers of late actions, this delay of 2 steps 2"));
    }

    [Test]
    public void RestoringGoesThroughWrappersAndVectors()
    {
        VectorRollout<float> original = Rollout(), restored = Rollout();
        original.Reset(5);
        for (int step = 0; step < 29; step++)
            Next(original);
        restored.Restore(original.Save());
        int ends = 0;
        for (int step = 0; step < 400; step++)
        {
            Next(original);
            original.Actions.CopyTo(restored.Actions, 0);
            restored.Step();
            Assert.That(restored.Observations, Is.EqualTo(original.Observations));
            Assert.That(restored.Rewards, Is.EqualTo(original.Rewards));
            Assert.That(restored.Truncated, Is.EqualTo(original.Truncated));
            ends += original.Truncated.Count(truncated => truncated);
        }
        Assert.That(ends, Is.EqualTo(3 * 10), "429 steps are ten limits of 40 and a rest");
        Assert.That(restored.Save(), Is.EqualTo(original.Save()));

        static VectorRollout<float> Rollout() => new(
            new SyncVectorEnvironment<TimeLimit<float>, float>(
                3, () => new(new ActionRepeat<float>(new NormalizedActions(new PendulumEnvironment()), 2), 40)),
            (random, _) => (float)(2 * random.Uniform() - 1));
    }

    [Test]
    public void AnotherLimitsStateIsRefused()
    {
        TimeLimit<long> environment = new TimeLimit<long>(new CartPoleEnvironment(), 9);
        environment.Reset(1, new float[4]);
        for (int step = 0; step < 7; step++)
            environment.Step([step % 2], new float[4]);
        using MemoryStream stream = new MemoryStream();
        environment.Save(new BinaryWriter(stream));
        Assert.That(
            () => new TimeLimit<long>(new CartPoleEnvironment(), 5).Restore(new BinaryReader(new MemoryStream(stream.ToArray()))),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("step 7").And.Message.Contains("limit is 5"));
        Assert.That(
            () => environment.Restore(new BinaryReader(new MemoryStream([1, 2]))), Throws.InstanceOf<InvalidDataException>());
    }

    [Test]
    public void SteppingDoesNotAllocate()
    {
        SyncVectorEnvironment<ActionRepeat<float>, float> vector = new SyncVectorEnvironment<ActionRepeat<float>, float>(
            2, () => new(new TimeLimit<float>(new NormalizedActions(SwingUp()), 30), 2));
        VectorRollout<float> rollout = new VectorRollout<float>(vector, (random, _) => (float)random.Uniform());
        rollout.Reset(1);
        Assert.That(Allocations.EachTime(() => Play(200)), Is.Zero);

        void Play(int steps)
        {
            for (int step = 0; step < steps; step++)
                Next(rollout);
        }
    }

    [Test]
    public void WrongNumbersAndWhatTheInnerOneCannotDoAreNamed()
    {
        Assert.That(() => new ActionRepeat<long>(new CartPoleEnvironment(), 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new TimeLimit<long>(new CartPoleEnvironment(), 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        ActionRepeat<float> plain = new ActionRepeat<float>(new Recorder(new Box(-1, 1, [2])), 2);
        Assert.That(() => plain.Draw(), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("'recorder' cannot be drawn"));
        Assert.That(() => plain.Save(new BinaryWriter(new MemoryStream())), Throws.InstanceOf<NotSupportedException>());
    }

    private static ControlSuiteEnvironment SwingUp() => new(new CartPoleTask(swingUp: true, sparse: false), new CartPolePhysics());

    private static void Next(VectorRollout<float> rollout)
    {
        rollout.Draw();
        rollout.Step();
    }

    /// <summary>Keeps the last action it got.</summary>
    private sealed class Recorder(Box actions) : IEnvironment<float>
    {
        public float[] Last { get; private set; } = [];

        public string Name => "recorder";

        public Space ObservationSpace { get; } = new Box(0, 1, [3]);

        public Space ActionSpace => actions;

        public void Reset(ulong? seed, Span<float> observation) => observation.Clear();

        public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
        {
            Last = action.ToArray();
            return default;
        }
    }

    /// <summary>Every pixel is a weighted mean: evenly grey stays so, and a ramp stays a ramp, but for its ends.</summary>
    [TestCase(48, 96)]
    [TestCase(64, 84)]
    [TestCase(120, 96)]
    public void APictureIsResized(int size, int rows)
    {
        ResizedPicture<float> resized = new(new Ramp(), size, rows);
        Assert.That(((Box)resized.ObservationSpace).Shape, Is.EqualTo(new[] { 2, size, size }));
        float[] seen = new float[2 * size * size];
        resized.Reset(1, seen);
        Assert.That(seen.AsSpan(size * size).ToArray(), Is.All.EqualTo(0.3f).Within(1e-6));
        int margin = 3;
        for (int y = margin; y < size - margin; y++)
        {
            for (int x = margin; x < size - margin; x++)
            {
                double expected = ((x + 0.5) * 96 / size + (y + 0.5) * rows / size) / 200;
                Assert.That(seen[y * size + x], Is.EqualTo(expected).Within(0.002), $"{x}, {y}");
            }
        }
        float[] stepped = new float[seen.Length];
        resized.Step([0], stepped);
        Assert.That(stepped, Is.EqualTo(seen));
        Assert.That(() => new ResizedPicture<float>(new Ramp(), 64, 97), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new ResizedPicture<float>(new PendulumEnvironment(), 64), Throws.ArgumentException);
    }

    /// <summary>A picture of 96 rows: a channel that grows to the right and downwards, and an evenly grey one.</summary>
    private sealed class Ramp : IEnvironment<float>
    {
        public string Name => "ramp";

        public Space ObservationSpace { get; } = new Box(0, 1, [2, 96, 96]);

        public Space ActionSpace { get; } = new Box(-1, 1, [1]);

        public void Reset(ulong? seed, Span<float> observation)
        {
            for (int i = 0; i < 96 * 96; i++)
                observation[i] = (i % 96 + i / 96 + 1) / 200f;
            observation[(96 * 96)..].Fill(0.3f);
        }

        public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
        {
            Reset(null, observation);
            return default;
        }
    }
}
