using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;
using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Tests.Environments;

/// <summary>The models of which there are no golden files, against published numbers and what follows from them by hand.</summary>
public sealed class MuJoCoModelTests
{
    private const double Density = 1000;
    private const double Degree = Math.PI / 180;

    [SetUp]
    public void Skip() => MuJoCoLibraryTests.SkipWithoutMuJoCo();

    [TestCase("reacher", 2, 2, 2, 0.02)]
    [TestCase("hopper", 7, 7, 4, 0.005)]
    [TestCase("quadruped", 23, 22, 12, 0.005)]
    public void Sizes(string model, int positions, int velocities, int actuators, double timeStep)
    {
        using MuJoCoPhysics physics = new MuJoCoPhysics(model);
        Assert.That(
            (physics.Positions.Length, physics.Velocities.Length, physics.Control.Length),
            Is.EqualTo((positions, velocities, actuators)));
        Assert.That(physics.TimeStep, Is.EqualTo(timeStep));
    }

    [Test]
    public void Reacher()
    {
        using MuJoCoPhysics physics = new MuJoCoPhysics("reacher");
        Equal(physics, "body_mass", 0, Capsule(0.01, 0.12), Capsule(0.01, 0.1), Capsule(0.01, 0));
        Equal(physics, "dof_damping", 0.01, 0.01);
        Equal(physics, "actuator_gear", 0.05, 0, 0, 0, 0, 0, 0.05);
        Equal(physics, "jnt_range", 0, 0, -160 * Degree, 160 * Degree);
        physics.Positions.Clear();
        physics.Forward();
        Assert.That(physics.BodyPosition("finger").ToArray(), Is.EqualTo(new[] { 0.24, 0, 0.01 }).Within(1e-12));
    }

    [Test]
    public void Hopper()
    {
        using MuJoCoPhysics physics = new MuJoCoPhysics("hopper");
        double torso = Capsule(0.0653, 0.25) + Capsule(0.03, double.Hypot(0.07, 0.01));
        Equal(
            physics, "body_mass", 0, torso, Capsule(0.065, 0.15), Capsule(0.04, 0.33), Capsule(0.03, 0.32), Capsule(0.04, 0.25));
        Equal(physics, "dof_damping", 0, 0, 0, 0.05, 0.05, 0.05, 0.05);
        Equal(physics, "dof_armature", 0, 0, 0, 0.2, 0.2, 0.2, 0.2);
        Assert.That(Gears(physics), Is.EqualTo(new[] { 30.0, 40, 30, 10 }));
        Assert.That(Limits(physics), Is.EqualTo(new[] { -30.0, 30, -170, 10, 5, 150, -45, 45 }).Within(1e-12));
        Assert.That(physics.BodyPosition("torso")[2] - physics.BodyPosition("foot")[2], Is.EqualTo(0.05 + 0.2 + 0.33 + 0.32).Within(1e-12));
    }

    [Test]
    public void Quadruped()
    {
        using MuJoCoPhysics physics = new MuJoCoPhysics("quadruped");
        double torso = Density * 4 / 3 * Math.PI * 0.3 * 0.27 * 0.2;
        double[] leg =
        [
            Capsule(0.08, double.Hypot(0.3, 0.11)) / 2, Capsule(0.065, double.Hypot(0.25, 0.25)) / 2, Capsule(0.055, 0.25) / 2,
            Capsule(0.08, 0) / 2,
        ];
        Equal(physics, "body_mass", [0, torso, .. leg, .. leg, .. leg, .. leg]);
        double[] ofLeg = [-50, 50, -20, 60, -60, 50, -45, 55];
        Assert.That(Limits(physics), Is.EqualTo((double[])[.. ofLeg, .. ofLeg, .. ofLeg, .. ofLeg]).Within(1e-12));
        Assert.That(physics.Activations.Length, Is.EqualTo(12));
    }

    /// <summary>The middle of what actuators take is a little lift, so that it stands; the coupling keeps its toes upright.</summary>
    [Test]
    public void AQuadrupedStandsOnItsToes()
    {
        using MuJoCoPhysics physics = new MuJoCoPhysics("quadruped");
        physics.Step(1000);
        Assert.That(physics.BodyOrientation("torso")[8], Is.GreaterThan(0.999));
        Assert.That(physics.ContactCount, Is.EqualTo(4));
        Assert.That(physics.Velocities.ToArray().Max(Math.Abs), Is.LessThan(1e-3));
        for (int leg = 0; leg < 4; leg++)
        {
            ReadOnlySpan<double> joints = physics.Positions.Slice(7 + 4 * leg, 4);
            Assert.That(joints[1] + joints[2] + joints[3], Is.Zero.Within(0.02));
        }
    }

    [Test]
    public void ControlsReachFromTheLeastToTheMostThatAnActuatorTakes()
    {
        using MuJoCoPhysics physics = new MuJoCoPhysics("quadruped");
        Span<double> sent = physics.Data.Array<double>(MuJoCoLibrary.Instance.Layout.Data.Control, 12);
        (double Control, double[] Sent)[] pairs = [(-1, [-1, -1, -0.8]), (0, [0, 0.05, 0]), (1, [1, 1.1, 0.8])];
        foreach ((double control, double[] expected) in pairs)
        {
            physics.Control.Fill(control);
            physics.Step();
            for (int i = 0; i < sent.Length; i++)
                Assert.That(sent[i], Is.EqualTo(expected[i % 3]).Within(1e-12));
        }
    }

    private static double Capsule(double radius, double length) => Density * SolidCapsule.Volume(radius, length);

    private static double[] Gears(MuJoCoPhysics physics) =>
        [.. MuJoCoFields.Constant(physics, "actuator_gear", 6 * physics.Control.Length).Where((_, i) => i % 6 == 0)];

    /// <summary>Of the joints that have some, in degrees.</summary>
    private static IEnumerable<double> Limits(MuJoCoPhysics physics) => physics.Joints.ToArray().Where(joint => joint.Limits is not null)
        .SelectMany(joint => new[] { joint.Limits!.Value.Low / Degree, joint.Limits.Value.High / Degree });

    private static void Equal(MuJoCoPhysics physics, string constant, params double[] expected) =>
        Assert.That(MuJoCoFields.Constant(physics, constant, expected.Length), Is.EqualTo(expected).Within(1e-9), constant);
}
