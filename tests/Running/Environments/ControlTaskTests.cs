using System.Text.Json;
using MathNet.Numerics.Statistics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>What the control suite's tasks see, reward and start from, by hand.</summary>
public sealed class ControlTaskTests
{
    [TestCase(0, 0, 0, 0, 1.0)]
    [TestCase(0, Math.PI, 0, 0, 0.0)]
    [TestCase(0, Math.PI / 2, 0, 0, 0.5)]
    [TestCase(2, 0, 0, 0, 0.55)] // at the margin the tolerance is 0.1, of which the reward keeps the half
    [TestCase(0, 0, 5, 0, 0.55)]
    [TestCase(0, 0, 0, 1, 0.8)]
    [TestCase(0, 0, 0, -0.5, 0.95)] // (4 + 1 - 0.25) / 5
    [TestCase(-2, Math.PI / 2, -5, 1, 0.5 * 0.55 * 0.55 * 0.8)]
    public void CartPoleRewards(double position, double angle, double angularVelocity, double control, double expected)
    {
        CartPolePhysics physics = new CartPolePhysics();
        (physics.Positions[0], physics.Positions[1]) = (position, angle);
        (physics.Velocities[1], physics.Control[0]) = (angularVelocity, control);
        Assert.That(new CartPoleTask(swingUp: true, sparse: false).Reward(physics), Is.EqualTo(expected).Within(1e-12));
    }

    [TestCase(0, 0, 1)]
    [TestCase(0.25, 0.1, 1)]
    [TestCase(-0.26, 0, 0)]
    [TestCase(0, 0.101, 0)] // cos 0.1 = 0.99500, cos 0.101 = 0.99490
    public void SparseCartPoleRewards(double position, double angle, double expected)
    {
        CartPolePhysics physics = new CartPolePhysics();
        (physics.Positions[0], physics.Positions[1], physics.Velocities[1]) = (position, angle, 9);
        Assert.That(new CartPoleTask(swingUp: false, sparse: true).Reward(physics), Is.EqualTo(expected));
    }

    [TestCase(0, 1)]
    [TestCase(7.9, 1)]
    [TestCase(-7.9, 1)]
    [TestCase(8.1, 0)]
    [TestCase(180, 0)]
    [TestCase(365, 1)]
    public void PendulumRewards(double degrees, double expected)
    {
        PendulumPhysics physics = new PendulumPhysics();
        physics.Positions[0] = degrees * Math.PI / 180;
        Assert.That(new PendulumSwingUpTask().Reward(physics), Is.EqualTo(expected));
    }

    /// <summary>(u + m g l sin θ - b ω) / (0.4 m r² + m l²), of the suite's body and of others.</summary>
    [TestCase(1, 0.5)]
    [TestCase(1, 0.25)]
    [TestCase(2, 0.5)]
    [TestCase(0.3, 1.1)]
    public void APendulumsBodyIsWhatItIsMadeOf(double mass, double length)
    {
        PendulumPhysics physics = new(new() { Mass = mass, Length = length });
        (physics.Positions[0], physics.Velocities[0], physics.Control[0]) = (0.7, -1.5, 0.4);
        double inertia = 0.4 * mass * 0.05 * 0.05 + mass * length * length;
        Assert.That(physics.Acceleration, Is.EqualTo((0.4 + mass * 9.81 * length * Math.Sin(0.7) + 0.15) / inertia).Within(1e-12));
        Assert.That(() => new PendulumBody { Length = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new PendulumBody { Mass = double.NaN }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>The changes of a registered environment are other worlds that one acts in alike.</summary>
    [Test]
    public void ChangedPendulumsMoveOtherwise()
    {
        EnvironmentSpec<float> spec = (EnvironmentSpec<float>)EnvironmentRegistry.Find("pendulum-swingup");
        Assert.That(spec.Changes.Select(change => change.Name), Is.EqualTo(new[]
        {
            "length x 0.5", "length x 0.8", "length x 1.25", "length x 2", "mass x 0.5", "mass x 0.8", "mass x 1.25", "mass x 2",
        }));
        List<float> velocities = [];
        foreach (Func<IEnvironment<float>> make in spec.Changes.Select(change => change.Make).Prepend(spec.Make))
        {
            IEnvironment<float> environment = make();
            Assert.That((environment.Name, environment.ActionSpace), Is.EqualTo((spec.Name, (Space)new Box(-1, 1, [1]))));
            float[] seen = new float[3];
            environment.Reset(1, seen);
            for (int step = 0; step < 20; step++)
                environment.Step([1], seen);
            velocities.Add(seen[2]);
        }
        Assert.That(velocities, Is.Unique);
    }

    /// <summary>Two pendulums are each the suite's own, whatever the other does, and give half of the reward each.</summary>
    [Test]
    public void TwoPendulumsAreTwoPendulums()
    {
        TwoPendulumsPhysics both = new();
        PendulumPhysics[] alone = [new(), new()];
        (double, double, double)[] starts = [(0.1, -0.5, 0.7), (3, 0.2, -1)];
        for (int i = 0; i < 2; i++)
        {
            (both.Positions[i], both.Velocities[i], both.Control[i]) = starts[i];
            (alone[i].Positions[0], alone[i].Velocities[0], alone[i].Control[0]) = starts[i];
        }
        TwoPendulumsTask task = new();
        Assert.That(task.Reward(both), Is.EqualTo(0.5));
        both.Step(50);
        float[] seen = new float[6], single = new float[3];
        task.Observe(both, seen);
        for (int i = 0; i < 2; i++)
        {
            alone[i].Step(50);
            Assert.That((both.Positions[i], both.Velocities[i]), Is.EqualTo((alone[i].Positions[0], alone[i].Velocities[0])));
            new PendulumSwingUpTask().Observe(alone[i], single);
            Assert.That(new[] { seen[2 * i], seen[2 * i + 1], seen[4 + i] }, Is.EqualTo(single));
        }
    }

    [TestCase(0, 0, 0)]
    [TestCase(Math.PI, 0, 4)]
    [TestCase(Math.PI, Math.PI, 2)] // folded: the tip is at the shoulder
    [TestCase(0.3, -0.3, 2 * 0.14943813247359922)] // the upper link leans, the lower stands: a chord of 2 sin 0.15
    [TestCase(0.05, 0, 0.09997916927079)] // 4 sin 0.025, within the target
    public void AcrobotRewards(double shoulder, double elbow, double distance)
    {
        AcrobotPhysics physics = new AcrobotPhysics();
        (physics.Positions[0], physics.Positions[1]) = (shoulder, elbow);
        double expected = distance <= 0.2 ? 1 : Math.Pow(0.1, (distance - 0.2) * (distance - 0.2));
        Assert.That(new AcrobotSwingUpTask().Reward(physics), Is.EqualTo(expected).Within(1e-12));
    }

    [TestCase(0, 0, 0.24, 0, 0.03, 1)]
    [TestCase(0, 0, 0.24, 0.059, 0.05, 1)]
    [TestCase(0, 0, 0.24, 0.061, 0.05, 0)] // the finger's radius is 1 cm
    [TestCase(Math.PI / 2, -Math.PI / 2, 0.12, 0.12, 0.015, 1)]
    [TestCase(Math.PI / 2, -Math.PI / 2, 0.12, 0.146, 0.015, 0)]
    public void ReacherRewards(double shoulder, double wrist, double targetX, double targetY, double radius, double expected)
    {
        ReacherPhysics physics = new ReacherPhysics();
        (physics.Positions[0], physics.Positions[1]) = (shoulder, wrist);
        (physics.Target[0], physics.Target[1]) = (targetX, targetY);
        Assert.That(new ReacherTask("test", radius).Reward(physics), Is.EqualTo(expected));
    }

    [Test]
    public void Observations()
    {
        Assert.That(
            Seen(new CartPoleTask(true, false), new CartPolePhysics(), [0.5, Math.PI / 6], [1.5, -2]),
            Is.EqualTo(new float[] { 0.5f, MathF.Sqrt(0.75f), 0.5f, 1.5f, -2 }).Within(2).Ulps);
        Assert.That(
            Seen(new PendulumSwingUpTask(), new PendulumPhysics(), [Math.PI / 6], [-2]),
            Is.EqualTo(new float[] { MathF.Sqrt(0.75f), 0.5f, -2 }).Within(2).Ulps);
        Assert.That(
            Seen(new AcrobotSwingUpTask(), new AcrobotPhysics(), [Math.PI / 6, Math.PI / 6], [1.5, -2]),
            Is.EqualTo(new float[] { 0.5f, MathF.Sqrt(0.75f), MathF.Sqrt(0.75f), 0.5f, 1.5f, -2 }).Within(2).Ulps);

        ReacherPhysics reacher = new ReacherPhysics();
        (reacher.Target[0], reacher.Target[1]) = (0.2, -0.1);
        Assert.That(
            Seen(new ReacherTask("easy", ReacherTask.EasyRadius), reacher, [Math.PI / 2, -Math.PI / 2], [1.5, -2]),
            Is.EqualTo(new float[] { MathF.PI / 2, -MathF.PI / 2, 0.08f, -0.22f, 1.5f, -2 }).Within(1e-6));

        static float[] Seen(IControlTask task, IPhysics physics, double[] positions, double[] velocities)
        {
            positions.CopyTo(physics.Positions);
            velocities.CopyTo(physics.Velocities);
            float[] observation = new float[task.ObservationNames.Count];
            task.Observe(physics, observation);
            return observation;
        }
    }

    [Test]
    public void Starts()
    {
        double[][] balance = Drawn("cartpole-balance"), swingUp = Drawn("cartpole-swingup");
        Assert.That(balance.Select(state => Math.Abs(state[0])).Max(), Is.InRange(0.099, 0.1));
        Assert.That(balance.Select(state => Math.Abs(state[1])).Max(), Is.InRange(0.0336, 0.034));
        Assert.That(Deviation(balance, 2), Is.EqualTo(0.01).Within(0.001)); // 4 standard errors
        Assert.That(swingUp.Select(state => state[1]).Average(), Is.EqualTo(Math.PI).Within(0.0013));
        foreach (int element in new[] { 0, 1, 2, 3 })
            Assert.That(Deviation(swingUp, element), Is.EqualTo(0.01).Within(0.001));
        foreach (string name in new[] { "pendulum-swingup", "acrobot-swingup" })
        {
            double[][] anywhere = Drawn(name);
            int joints = anywhere[0].Length / 2;
            for (int joint = 0; joint < joints; joint++)
            {
                Assert.That(anywhere.Select(state => state[joint]).Max(), Is.InRange(3.1, Math.PI));
                Assert.That(anywhere.Select(state => state[joint]).Min(), Is.InRange(-Math.PI, -3.1));
                Assert.That(anywhere.Select(state => state[joints + joint]), Is.All.Zero);
            }
        }
        double[][] reaching = Drawn("reacher-hard");
        Assert.That(reaching.Select(state => state[0]).Max(), Is.InRange(3.1, Math.PI));
        Assert.That(reaching.Select(state => Math.Abs(state[1])).Max(), Is.InRange(2.77, ReacherPhysics.WristEnd));
        Assert.That(reaching.Select(state => double.Hypot(state[4], state[5])).Min(), Is.InRange(0.05, 0.051));
        Assert.That(reaching.Select(state => double.Hypot(state[4], state[5])).Max(), Is.InRange(0.199, 0.2));

        static double[][] Drawn(string name)
        {
            ControlSuiteEnvironment environment = (ControlSuiteEnvironment)EnvironmentRegistry.Make<float>(name);
            float[] observation = new float[environment.ObservationSpace.Size];
            environment.Reset(1, observation);
            return [.. Enumerable.Range(0, 1000).Select(_ =>
            {
                environment.Step([.. Enumerable.Repeat(1f, environment.ActionSpace.Size)], observation);
                environment.Reset(null, observation);
                return (double[])[.. environment.Physics.Positions, .. environment.Physics.Velocities, .. environment.Physics.Target];
            })];
        }

        static double Deviation(double[][] states, int element) =>
            states.Select(state => state[element]).PopulationStandardDeviation();
    }

    [Test]
    public void ActionsBeyondTheBoundsAreClipped()
    {
        foreach (EnvironmentSpec<float> spec in ControlSuite.Specs)
        {
            IEnvironment<float> within = spec.Make(), beyond = spec.Make();
            float[] expected = new float[within.ObservationSpace.Size], observation = new float[expected.Length];
            within.Reset(3, expected);
            beyond.Reset(3, observation);
            foreach (float sign in new float[] { 1, -1 })
            {
                float[] most = [.. Enumerable.Repeat(sign, within.ActionSpace.Size)];
                float[] more = [.. most.Select(action => 7 * action)];
                Assert.That(beyond.Step(more, observation), Is.EqualTo(within.Step(most, expected)), spec.Name);
                Assert.That(observation, Is.EqualTo(expected), spec.Name);
            }
        }
    }

    [Test]
    public void TheAcrobotsElbowIsWhereMuJoCoHasIt()
    {
        JsonElement samples = ControlSuiteGoldenTests.Read("acrobot").GetProperty("forward_samples");
        AcrobotPhysics physics = new AcrobotPhysics();
        foreach (JsonElement sample in samples.EnumerateArray())
        {
            for (int joint = 0; joint < 2; joint++)
                physics.Positions[joint] = sample.GetProperty("qpos")[joint].GetDouble();
            BodyScene scene = physics.CreateScene();
            physics.Place(scene);
            Placement lower = scene.Placements[^1].Moved(0, 0, -(float)AcrobotPhysics.Length / 2);
            JsonElement elbow = sample.GetProperty("xpos");
            for (int axis = 0; axis < 3; axis++)
                Assert.That(lower.Position[axis], Is.EqualTo(elbow[6 + axis].GetDouble()).Within(1e-6));
        }
    }
}
