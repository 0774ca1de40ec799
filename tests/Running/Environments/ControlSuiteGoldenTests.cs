using System.Text.Json;
using WorldModels.Environments;
using static WorldModels.Tests.Environments.GoldenNumbers;

namespace WorldModels.Tests.Environments;

/// <summary>The control suite's physics and rewards against what MuJoCo and dm_control computed.</summary>
public sealed class ControlSuiteGoldenTests
{
    private static IEnumerable<string> Models => ["cartpole", "pendulum", "acrobot"];

    [TestCaseSource(nameof(Models))]
    public void Accelerations(string model)
    {
        JsonElement[] samples = [.. Read(model).GetProperty("forward_samples").EnumerateArray()];
        Assert.That(samples, Has.Length.EqualTo(24));
        IPhysics physics = Physics(model);
        for (int i = 0; i < samples.Length; i++)
        {
            Put(physics, samples[i].GetProperty("qpos"), samples[i].GetProperty("qvel"));
            Numbers(samples[i].GetProperty("ctrl")).CopyTo(physics.Control);
            double[] expected = Numbers(samples[i].GetProperty("qacc"));
            double[] actual = Accelerations(physics);
            for (int joint = 0; joint < expected.Length; joint++)
            {
                double tolerance = 1e-9 * Math.Abs(expected[joint]);
                Assert.That(actual[joint], Is.EqualTo(expected[joint]).Within(tolerance), $"sample {i}, joint {joint}");
            }
        }
        int constrained = samples.Count(sample => sample.GetProperty("nefc").GetInt32() > 0);
        Assert.That(constrained, Is.EqualTo(model == "cartpole" ? 3 : 0), "samples beyond the end of the rail");
    }

    [TestCaseSource(nameof(Models))]
    public void Traces(string model)
    {
        JsonElement[] traces = [.. Read(model).GetProperty("traces").EnumerateArray()];
        Assert.That(traces, Has.Length.EqualTo(4));
        foreach (JsonElement trace in traces)
        {
            IPhysics physics = Physics(model);
            Put(physics, trace.GetProperty("qpos_init"), trace.GetProperty("qvel_init"));
            int steps = trace.GetProperty("substeps_per_record").GetInt32(), records = trace.GetProperty("ctrl").GetArrayLength();
            Assert.That(records, Is.EqualTo(200));
            double worst = 0;
            for (int t = 0; t < records; t++)
            {
                Numbers(trace.GetProperty("ctrl")[t]).CopyTo(physics.Control);
                for (int step = 0; step < steps; step++)
                    physics.Step();
                worst = Math.Max(worst, Distance(physics.Positions, Numbers(trace.GetProperty("qpos")[t])));
                worst = Math.Max(worst, Distance(physics.Velocities, Numbers(trace.GetProperty("qvel")[t])));
            }
            TestContext.Out.WriteLine($"{model}, {trace.GetProperty("name")}: {worst:E1}");
            Assert.That(worst, Is.LessThan(1e-8), trace.GetProperty("name").GetString());
        }
    }

    [Test]
    public void CartPoleConstants()
    {
        JsonElement compiled = Read("cartpole").GetProperty("compiled");
        Assert.Multiple(() =>
        {
            Equal(compiled, "body_mass", 1, CartPolePhysics.CartMass);
            Equal(compiled, "body_mass", 2, CartPolePhysics.PoleMass);
            Equal(compiled, "body_inertia", 6, CartPolePhysics.PoleInertia);
            Equal(compiled, "body_ipos", 8, CartPolePhysics.PoleLength / 2);
            Equal(compiled, "geom_size", 12, CartPolePhysics.PoleRadius);
            Equal(compiled, "dof_damping", 0, CartPolePhysics.CartDamping);
            Equal(compiled, "dof_damping", 1, CartPolePhysics.PoleDamping);
            Equal(compiled, "dof_invweight0", 0, CartPolePhysics.CartInverseWeight);
            Equal(compiled, "jnt_range", 0, -CartPolePhysics.RailEnd);
            Equal(compiled, "jnt_range", 1, CartPolePhysics.RailEnd);
            Equal(compiled, "jnt_solref", 0, CartPolePhysics.RailTimeConstant);
            Equal(compiled, "actuator_gear", 0, CartPolePhysics.MotorForce);
        });
    }

    [Test]
    public void PendulumConstants()
    {
        JsonElement compiled = Read("pendulum").GetProperty("compiled");
        Assert.Multiple(() =>
        {
            Equal(compiled, "body_mass", 1, PendulumPhysics.Mass);
            Equal(compiled, "body_inertia", 3, PendulumPhysics.BallInertia);
            Equal(compiled, "body_ipos", 5, PendulumPhysics.Length);
            Equal(compiled, "geom_size", 9, PendulumPhysics.Radius);
            Equal(compiled, "dof_damping", 0, PendulumPhysics.Damping);
            Equal(compiled, "actuator_gear", 0, PendulumPhysics.MotorTorque);
        });
    }

    [Test]
    public void AcrobotConstants()
    {
        JsonElement compiled = Read("acrobot").GetProperty("compiled");
        Assert.Multiple(() =>
        {
            Equal(compiled, "body_mass", 1, AcrobotPhysics.Mass);
            Equal(compiled, "body_mass", 2, AcrobotPhysics.Mass);
            Equal(compiled, "body_inertia", 3, AcrobotPhysics.UpperInertia);
            Equal(compiled, "body_inertia", 6, AcrobotPhysics.LowerInertia);
            Equal(compiled, "body_ipos", 5, AcrobotPhysics.Length / 2);
            Equal(compiled, "body_ipos", 8, AcrobotPhysics.Length / 2);
            Equal(compiled, "body_pos", 8, AcrobotPhysics.Length);
            Equal(compiled, "geom_size", 6, AcrobotPhysics.UpperRadius);
            Equal(compiled, "geom_size", 9, AcrobotPhysics.LowerRadius);
            Equal(compiled, "dof_damping", 0, AcrobotPhysics.Damping);
            Equal(compiled, "dof_damping", 1, AcrobotPhysics.Damping);
            Equal(compiled, "actuator_gear", 0, AcrobotPhysics.MotorTorque);
        });
    }

    [Test]
    public void TolerancesOfEverySigmoid()
    {
        JsonElement[] cases = [.. Read("tolerance").GetProperty("cases").EnumerateArray()];
        Assert.That(cases, Has.Length.EqualTo(2392));
        HashSet<Sigmoid> seen = new HashSet<Sigmoid>();
        foreach (JsonElement one in cases)
        {
            Sigmoid sigmoid = Enum.Parse<Sigmoid>(one.GetProperty("sigmoid").GetString()!.Replace("_", ""), ignoreCase: true);
            double expected = one.GetProperty("value").GetDouble();
            double actual = Tolerance.Of(
                Number(one.GetProperty("x")), Number(one.GetProperty("lower")), Number(one.GetProperty("upper")),
                one.GetProperty("margin").GetDouble(), sigmoid, one.GetProperty("value_at_margin").GetDouble());
            if (!(Math.Abs(actual - expected) <= 1e-12 * Math.Abs(expected) + 1e-15))
                Assert.Fail($"{one}: {actual:R}");
            seen.Add(sigmoid);
        }
        Assert.That(seen, Is.EquivalentTo(Enum.GetValues<Sigmoid>()));
    }

    [Test]
    public void WrongTolerancesAreRefused()
    {
        Assert.That(() => Tolerance.Of(0, 2, 1), Throws.ArgumentException.With.Message.Contains("lower bound 2"));
        Assert.That(() => Tolerance.Of(0, 1, 2, margin: -1), Throws.ArgumentException.With.Message.Contains("margin is -1"));
        Assert.That(
            () => Tolerance.Of(0, 1, 2, 1, Sigmoid.Gaussian, valueAtMargin: 0),
            Throws.ArgumentException.With.Message.Contains("Gaussian needs one in (0, 1)"));
    }

    private static IPhysics Physics(string model) => model switch
    {
        "cartpole" => new CartPolePhysics(),
        "pendulum" => new PendulumPhysics(),
        "acrobot" => new AcrobotPhysics(),
        _ => throw new ArgumentException(model),
    };

    private static double[] Accelerations(IPhysics physics) => physics switch
    {
        PendulumPhysics one => [one.Acceleration],
        TwoJointPhysics two => [two.Accelerations.First, two.Accelerations.Second],
        _ => throw new ArgumentException(physics.ToString()),
    };

    internal static JsonElement Read(string model) => JsonDocument.Parse(File.ReadAllBytes(
        Path.Combine(TestContext.CurrentContext.TestDirectory, "Environments", "golden", "mujoco", $"{model}.json"))).RootElement;

    private static double Number(JsonElement number) => number.ValueKind == JsonValueKind.Number
        ? number.GetDouble()
        : number.GetString() == "inf" ? double.PositiveInfinity : throw new FormatException(number.ToString());

    private static void Put(IPhysics physics, JsonElement positions, JsonElement velocities)
    {
        Numbers(positions).CopyTo(physics.Positions);
        Numbers(velocities).CopyTo(physics.Velocities);
    }

    private static void Equal(JsonElement compiled, string name, int index, double actual)
    {
        double expected = compiled.GetProperty(name)[index].GetDouble();
        Assert.That(actual, Is.EqualTo(expected).Within(1e-12 * Math.Abs(expected)), $"{name}[{index}]");
    }
}
