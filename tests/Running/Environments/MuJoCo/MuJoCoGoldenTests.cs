using System.Text.Json;
using WorldModels.Environments.MuJoCo;
using static WorldModels.Tests.Environments.GoldenNumbers;

namespace WorldModels.Tests.Environments;

/// <summary>Our models against what MuJoCo computed of dm_control's: every file in the folder.</summary>
public sealed class MuJoCoGoldenTests
{
    private const int ContactRecords = 50; // beyond that, contacts are chaos

    private static string Folder => Path.Combine(TestContext.CurrentContext.TestDirectory, "Environments", "golden", "mujoco");

    private static IEnumerable<string> Models => Directory.EnumerateFiles(Folder, "*.json")
        .Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => name != "tolerance").Order(StringComparer.Ordinal);

    private static IEnumerable<string> ContactFree => ["cartpole", "pendulum", "acrobot"];

    [TestCaseSource(nameof(Models))]
    public void Constants(string model)
    {
        using MuJoCoPhysics physics = Make(model);
        JsonElement golden = Read(model);
        Assert.Multiple(() =>
        {
            foreach (JsonProperty constants in golden.GetProperty("compiled").EnumerateObject())
            {
                if (Names(physics, constants.Name) is { } names)
                {
                    Assert.That(names, Is.EqualTo(constants.Value.EnumerateArray().Select(name => name.GetString())), constants.Name);
                    continue;
                }
                double[] actual = MuJoCoFields.Constant(physics, constants.Name, constants.Value.GetArrayLength());
                Near(actual, Numbers(constants.Value), 1e-9, constants.Name);
            }
            foreach (JsonProperty option in golden.GetProperty("option").EnumerateObject())
            {
                if (option.Name != "gravity")
                    Assert.That(MuJoCoFields.Option(physics, option.Name), Is.EqualTo(option.Value.GetDouble()), option.Name);
            }
        });
    }

    [TestCaseSource(nameof(Models))]
    public void ForwardSamples(string model)
    {
        using MuJoCoPhysics physics = Make(model);
        int index = 0, contacts = 0;
        foreach (JsonElement sample in Read(model).GetProperty("forward_samples").EnumerateArray())
        {
            MuJoCoFields.ForgetWarmStart(physics);
            MuJoCoFields.Forward(
                physics, Numbers(sample.GetProperty("qpos")), Numbers(sample.GetProperty("qvel")), Numbers(sample.GetProperty("ctrl")));
            foreach (string exact in new[] { "M", "qfrc_bias", "qfrc_passive", "qfrc_actuator", "qacc_smooth", "xpos" })
                Compare(sample, exact, 1e-9);
            Compare(sample, "qacc", 1e-5);
            JsonElement[] expected = [.. sample.GetProperty("contacts").EnumerateArray()];
            Assert.That(MuJoCoFields.ContactCount(physics), Is.EqualTo(expected.Length), $"contacts of sample {index}");
            for (int i = 0; i < expected.Length; i++)
            {
                (int first, int second, double distance) = MuJoCoFields.Contact(physics, i);
                Assert.That((double[])[first, second], Is.EqualTo(Numbers(expected[i].GetProperty("geom"))));
                Assert.That(distance, Is.EqualTo(expected[i].GetProperty("dist").GetDouble()).Within(1e-9));
            }
            contacts += expected.Length;
            index++;
        }
        Assert.That(index, Is.EqualTo(24));
        Assert.That(contacts > 0, Is.EqualTo(!ContactFree.Contains(model)), "samples touch where the model can");

        void Compare(JsonElement sample, string name, double tolerance)
        {
            double[] expected = Numbers(sample.GetProperty(name));
            Near(MuJoCoFields.Computed(physics, name, expected.Length), expected, tolerance, $"{name} of sample {index}");
        }
    }

    [TestCaseSource(nameof(Models))]
    public void Traces(string model)
    {
        foreach (JsonElement trace in Read(model).GetProperty("traces").EnumerateArray())
        {
            using MuJoCoPhysics physics = Make(model);
            MuJoCoFields.ForgetWarmStart(physics);
            Numbers(trace.GetProperty("qpos_init")).CopyTo(physics.Positions);
            Numbers(trace.GetProperty("qvel_init")).CopyTo(physics.Velocities);
            int steps = trace.GetProperty("substeps_per_record").GetInt32(), records = trace.GetProperty("ctrl").GetArrayLength();
            Assert.That(records, Is.EqualTo(200));
            (int compared, double tolerance) = ContactFree.Contains(model) ? (records, 1e-8) : (ContactRecords, 1e-4);
            double worst = 0, later = 0;
            for (int t = 0; t < records; t++)
            {
                Numbers(trace.GetProperty("ctrl")[t]).CopyTo(physics.Control);
                physics.Step(steps);
                double apart = Math.Max(Apart(physics.Positions, "qpos"), Apart(physics.Velocities, "qvel"));
                double body = Apart(physics.BodyPosition(physics.Model.BodyNames[1]), "xpos_body1");
                apart = Math.Max(apart, Math.Max(body, SensorsApart()));
                (worst, later) = t < compared ? (Math.Max(worst, apart), later) : (worst, Math.Max(later, apart));

                double Apart(ReadOnlySpan<double> actual, string name) => Distance(actual, Numbers(trace.GetProperty(name)[t]));

                // Ours have the sensors that tasks need, in dm_control's order; those of forces may be large.
                double SensorsApart()
                {
                    double[] actual = [.. physics.Model.SensorNames.SelectMany(name => physics.Sensor(name).ToArray())];
                    if (actual.Length == 0)
                        return 0;
                    double[] expected = Numbers(trace.GetProperty("sensordata_after_step1")[t]);
                    double scale = expected.Select(Math.Abs).Append(1).Max();
                    return Distance(actual, expected[..actual.Length]) / scale;
                }
            }
            TestContext.Out.WriteLine($"{model}, {trace.GetProperty("name")}: {worst:E1} in {compared} records, {later:E1} later");
            Assert.That(worst, Is.LessThan(tolerance), trace.GetProperty("name").GetString());
        }
    }

    private static MuJoCoPhysics Make(string model)
    {
        MuJoCoLibraryTests.SkipWithoutMuJoCo();
        return new(model);
    }

    private static string[]? Names(MuJoCoPhysics physics, string constants) => constants switch
    {
        "body_names" => physics.Model.BodyNames,
        "joint_names" => [.. physics.Joints.ToArray().Select(joint => joint.Name)],
        "actuator_names" => physics.Model.ActuatorNames,
        _ => null,
    };

    private static JsonElement Read(string model) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, $"{model}.json"))).RootElement;

    /// <summary>Relative to the largest of them.</summary>
    private static void Near(double[] actual, double[] expected, double tolerance, string what)
    {
        double scale = expected.Select(Math.Abs).Append(0).Max();
        Assert.That(Distance(actual, expected), Is.LessThanOrEqualTo(tolerance * scale), what);
    }
}
