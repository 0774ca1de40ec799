using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;

namespace WorldModels.Tests.Environments;

/// <summary>What every simulator must do beside having the right dynamics.</summary>
public sealed class SimulatorTests
{
    private static IEnumerable<EnvironmentSpec> Specs =>
        [.. ClassicControl.Specs, .. ControlSuite.Specs, .. LunarLander.Specs, .. DodgeEgo.Specs, .. CarRacing.Specs, .. GridWorlds.Specs,
            .. MuJoCoLibraryTests.OneTaskOfEachModel];

    private static IEnumerable<string> Names => Specs.Select(spec => spec.Name);

    [TestCaseSource(nameof(Names))]
    public void ObservationsAreInTheirSpace(string name) => Run(name, new ObservationCheck());

    [TestCaseSource(nameof(Names))]
    public void AVectorIsItsRowsAlone(string name) => Run(name, new VectorCheck());

    [TestCaseSource(nameof(Names))]
    public void ARestoredVectorGoesOnExactly(string name) => Run(name, new ResumeCheck());

    [TestCaseSource(nameof(Names))]
    public void SteppingDoesNotAllocate(string name) => Run(name, new AllocationCheck());

    [TestCaseSource(nameof(Names))]
    public void MisuseIsNamed(string name) => Run(name, new MisuseCheck());

    [TestCase("cartpole", 500)]
    [TestCase("pendulum", 200)]
    [TestCase("acrobot", 500)]
    [TestCase("mountain-car", 200)]
    [TestCase("mountain-car-continuous", 999)]
    [TestCase("cartpole-balance", 1000)]
    [TestCase("cartpole-swingup-sparse", 1000)]
    [TestCase("pendulum-swingup", 1000)]
    [TestCase("acrobot-swingup", 1000)]
    [TestCase("reacher-easy", 1000)]
    [TestCase("cheetah-run", 1000)]
    [TestCase("simple-world", 25)]
    [TestCase("simple-world-moving", 25)]
    [TestCase("simple-world-published", 25)]
    public void TheTimeLimitTruncates(string name, int limit) => Run(name, new LimitCheck(limit));

    /// <summary>Gymnasium's sutton_barto_reward changes the rewards and nothing else.</summary>
    [Test]
    public void SuttonAndBartosCartPoleIsRewardedForAFallAlone()
    {
        IEnvironment<long> usual = EnvironmentRegistry.Make<long>("CartPole-v1");
        IEnvironment<long> classic = EnvironmentRegistry.Make<long>("cartpole-sutton-barto");
        float[] observation = new float[4], expected = new float[4];
        usual.Reset(3, expected);
        classic.Reset(3, observation);
        for (bool done = false; !done;)
        {
            StepResult one = usual.Step([1], expected), other = classic.Step([1], observation);
            done = one.Done;
            Assert.That(observation, Is.EqualTo(expected));
            Assert.That(one.Reward, Is.EqualTo(1));
            Assert.That(other, Is.EqualTo(one with { Reward = one.Terminated ? -1 : 0 }));
        }
        Assert.That(classic.Name, Is.EqualTo("cartpole-sutton-barto"));
    }

    [Test]
    public void ContinuousActionsBeyondTheBoundsAreClippedAsGymnasiumDoes()
    {
        PendulumEnvironment pendulum = new PendulumEnvironment();
        float[] observation = new float[3], expected = new float[3];
        pendulum.Load([1, 0]);
        StepResult clipped = pendulum.Step([-9], observation);
        pendulum.Load([1, 0]);
        Assert.That(pendulum.Step([-2], expected), Is.EqualTo(clipped));
        Assert.That(observation, Is.EqualTo(expected));

        ContinuousMountainCarEnvironment car = new ContinuousMountainCarEnvironment();
        car.Load([-0.5, 0]);
        StepResult far = car.Step([3], observation.AsSpan(0, 2));
        car.Load([-0.5, 0]);
        StepResult full = car.Step([1], expected.AsSpan(0, 2));
        Assert.That(observation, Is.EqualTo(expected), "the car is pushed alike");
        Assert.That(far.Reward, Is.EqualTo(9 * full.Reward).Within(1e-12), "but pays for what was given");
    }

    private static void Run(string name, ICheck check)
    {
        EnvironmentSpec spec = Specs.Single(spec => spec.Name == name);
        if (MuJoCoSuite.Specs.Contains(spec))
            MuJoCoLibraryTests.SkipWithoutMuJoCo();
        switch (spec)
        {
            case EnvironmentSpec<long> discrete:
                check.Run(discrete, (random, space) => random.Int(((Discrete)space).N));
                break;
            case EnvironmentSpec<float> continuous:
                check.Run(continuous, (random, space) => (float)(2 * random.Uniform() - 1) * ((Box)space).High);
                break;
        }
    }

    private interface ICheck
    {
        void Run<TAction>(EnvironmentSpec<TAction> spec, Func<IRandomSource, Space, TAction> draw) where TAction : unmanaged;
    }

    private sealed class ObservationCheck : ICheck
    {
        public void Run<TAction>(EnvironmentSpec<TAction> spec, Func<IRandomSource, Space, TAction> draw) where TAction : unmanaged
        {
            IEnvironment<TAction> environment = spec.Make();
            Assert.That(environment.Name, Is.EqualTo(spec.Name));
            Box box = (Box)environment.ObservationSpace;
            float[] observation = new float[box.Size];
            TAction[] action = new TAction[environment.ActionSpace.Size];
            Pcg64RandomSource random = new Pcg64RandomSource(6);
            environment.Reset(6, observation);
            for (int step = 0; step < 3000; step++)
            {
                foreach (float value in observation)
                {
                    if (!(float.IsFinite(value) && value >= box.Low && value <= box.High))
                        Assert.Fail($"step {step}: {value}");
                }
                foreach (ref TAction value in action.AsSpan())
                    value = draw(random, environment.ActionSpace);
                if (environment.Step(action, observation).Done)
                    environment.Reset(null, observation);
            }
        }
    }

    private sealed class VectorCheck : ICheck
    {
        public void Run<TAction>(EnvironmentSpec<TAction> spec, Func<IRandomSource, Space, TAction> draw) where TAction : unmanaged
        {
            const int Rows = 5;
            const ulong Seed = 42;
            VectorRollout<TAction> vector = new VectorRollout<TAction>(spec.MakeVector(Rows), draw);
            vector.Reset(Seed);
            IEnvironment<TAction>[] singles = [.. Enumerable.Range(0, Rows).Select(_ => spec.Make())];
            float[] observation = new float[vector.Size];
            for (int row = 0; row < Rows; row++)
            {
                singles[row].Reset(RowSeed.Of(Seed, row), observation);
                Assert.That(vector.Observation(row).SequenceEqual(observation));
            }
            Assert.That(vector.Observation(0).SequenceEqual(vector.Observation(1)), Is.False, "rows differ");
            int ends = 0;
            for (int step = 0; step < 1100; step++)
            {
                vector.Draw();
                vector.Step();
                for (int row = 0; row < Rows; row++)
                {
                    StepResult result = singles[row].Step(vector.Action(row), observation);
                    string where = $"step {step}, row {row}";
                    GoldenPosition.Same(vector.Rewards[row], (float)result.Reward, where);
                    GoldenPosition.Same(vector.Terminated[row], result.Terminated, where);
                    GoldenPosition.Same(vector.Truncated[row], result.Truncated, where);
                    if (result.Done)
                    {
                        ends++;
                        GoldenPosition.Same(vector.Environment.FinalObservation(row).SequenceEqual(observation), true, $"{where}: final");
                        singles[row].Reset(null, observation);
                    }
                    GoldenPosition.Same(vector.Observation(row).SequenceEqual(observation), true, $"{where}: observation");
                }
            }
            Assert.That(ends, Is.GreaterThanOrEqualTo(Rows));
        }
    }

    private sealed class ResumeCheck : ICheck
    {
        public void Run<TAction>(EnvironmentSpec<TAction> spec, Func<IRandomSource, Space, TAction> draw) where TAction : unmanaged
        {
            const int Rows = 3;
            VectorRollout<TAction> original = new VectorRollout<TAction>(spec.MakeVector(Rows), draw);
            original.Reset(9);
            for (int step = 0; step < 137; step++)
            {
                original.Draw();
                original.Step();
            }
            byte[] saved = original.Save();
            VectorRollout<TAction> restored = new VectorRollout<TAction>(spec.MakeVector(Rows), draw);
            restored.Restore(saved);
            for (int step = 0; step < 1100; step++)
            {
                original.Draw();
                original.Step();
                original.Actions.CopyTo(restored.Actions, 0);
                restored.Step();
                Assert.That(restored.Rewards, Is.EqualTo(original.Rewards));
                Assert.That(restored.Terminated, Is.EqualTo(original.Terminated));
                Assert.That(restored.Truncated, Is.EqualTo(original.Truncated));
                Assert.That(restored.Observations.AsSpan().SequenceEqual(original.Observations), $"step {step}");
            }
            Assert.That(restored.Save(), Is.EqualTo(original.Save()));

            Assert.That(() => restored.Restore(saved[..^1]), Throws.InstanceOf<InvalidDataException>());
            byte[] foreign = [.. saved];
            foreign[5] = (byte)'_'; // the first letter of row 0's name
            Assert.That(
                () => restored.Restore(foreign),
                Throws.InstanceOf<InvalidDataException>().With.Message.Contains($"make a '_{spec.Name[1..]}'"));
            byte[] late = [.. saved];
            late[5 + spec.Name.Length + 5] = 0x7F; // the highest byte of row 0's step, after the name and two flags
            Assert.That(() => restored.Restore(late), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("is not in 0.."));
            byte[] infinite = [.. saved];
            infinite.AsSpan(5 + spec.Name.Length + 6, 8).Fill(0xFF); // the first element of the state, a real or an index
            Assert.That(
                () => restored.Restore(infinite),
                Throws.InstanceOf<InvalidDataException>().With.Message.StartsWith($"The saved state of '{spec.Name}' is damaged: ")
                    .And.Message.EndsWith("Use another checkpoint."));
        }
    }

    private sealed class AllocationCheck : ICheck
    {
        public void Run<TAction>(EnvironmentSpec<TAction> spec, Func<IRandomSource, Space, TAction> draw) where TAction : unmanaged
        {
            VectorRollout<TAction> vector = new VectorRollout<TAction>(spec.MakeVector(4), draw);
            vector.Reset(1);
            Assert.That(Allocations.EachTime(() => Play(1100)), Is.Zero);

            void Play(int steps)
            {
                for (int step = 0; step < steps; step++)
                {
                    vector.Draw();
                    vector.Step();
                }
            }
        }
    }

    private sealed class MisuseCheck : ICheck
    {
        public void Run<TAction>(EnvironmentSpec<TAction> spec, Func<IRandomSource, Space, TAction> draw) where TAction : unmanaged
        {
            IEnvironment<TAction> environment = spec.Make();
            float[] observation = new float[environment.ObservationSpace.Size];
            TAction[] action = new TAction[environment.ActionSpace.Size];
            Assert.That(
                () => environment.Step(action, observation),
                Throws.InvalidOperationException.With.Message.Contains("call Reset before Step"));
            environment.Reset(1, observation);
            Assert.That(
                () => environment.Step([.. action, default], observation),
                Throws.ArgumentException.With.Message.Contains($"'action' has {action.Length + 1} elements"));
            Assert.That(
                () => environment.Reset(1, new float[observation.Length + 1]),
                Throws.ArgumentException.With.Message.Contains($"exactly {environment.ObservationSpace.Size}"));
            if (environment is IEnvironment<long> discrete)
            {
                int count = ((Discrete)environment.ActionSpace).N;
                foreach (long wrong in new long[] { -1, count, long.MaxValue })
                {
                    Assert.That(
                        () => discrete.Step([wrong], observation),
                        Throws.InstanceOf<ArgumentOutOfRangeException>()
                            .With.Message.Contains($"0..{count - 1}").And.Message.Contains(wrong.ToString()));
                }
            }
            else if (environment is IEnvironment<float> continuous)
            {
                Assert.That(
                    () => continuous.Step([float.NaN, .. new float[action.Length - 1]], observation),
                    Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains($"Element 0 of the action for '{spec.Name}'"));
            }
            while (!environment.Step(action, observation).Done)
            {
            }
            Assert.That(() => environment.Step(action, observation), Throws.InvalidOperationException);

            float[] first = [.. observation], second = [.. observation], again = [.. observation];
            environment.Reset(1ul << 40, first);
            environment.Reset(null, second);
            environment.Reset(1ul << 40, again);
            Assert.That(again, Is.EqualTo(first), "a seed repeats");
            Assert.That(second, Is.Not.EqualTo(first), "without one the stream goes on");
        }
    }

    /// <summary>Steps with actions that never end the task; cartpole needs a little feedback for that.</summary>
    private sealed class LimitCheck(int limit) : ICheck
    {
        public void Run<TAction>(EnvironmentSpec<TAction> spec, Func<IRandomSource, Space, TAction> draw) where TAction : unmanaged
        {
            IEnvironment<TAction> environment = spec.Make();
            float[] observation = new float[environment.ObservationSpace.Size];
            for (int episode = 0; episode < 2; episode++)
            {
                environment.Reset(episode == 0 ? 3ul : null, observation);
                for (int step = 1; step < limit; step++)
                    GoldenPosition.Same(Step().Done, false, $"step {step}");
                StepResult last = Step();
                Assert.That((last.Terminated, last.Truncated), Is.EqualTo((false, true)));
            }

            StepResult Step() => environment switch
            {
                IEnvironment<long> discrete => discrete.Step([Balance()], observation),
                IEnvironment<float> continuous => continuous.Step(new float[continuous.ActionSpace.Size], observation),
                _ => throw new NotSupportedException(),
            };

            long Balance() => spec.Name == "cartpole"
                && observation[2] + 0.5f * observation[3] + 0.05f * observation[0] + 0.1f * observation[1] > 0 ? 1 : 0;
        }
    }
}
