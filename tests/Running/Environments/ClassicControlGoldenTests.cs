using System.Text.Json;
using WorldModels.Environments;
using static WorldModels.Tests.Environments.GoldenNumbers;

namespace WorldModels.Tests.Environments;

/// <summary>Replays every episode recorded from Gymnasium's classic control, one step at a time from the recorded state.</summary>
public sealed class ClassicControlGoldenTests
{
    /// <summary>NumPy's vectorised sine differs from libm's in the last bit.</summary>
    private const double StateTolerance = 1e-12;

    private static string Folder => Path.Combine(TestContext.CurrentContext.TestDirectory, "Environments", "golden", "classic");

    private static IEnumerable<string> Traces => Directory.EnumerateFiles(Folder, "*.json").Select(path => Path.GetFileName(path)).Order();

    [Test]
    public void EveryRecordingIsThere() => Assert.That(Traces.Count(), Is.EqualTo(15));

    [TestCaseSource(nameof(Traces))]
    public void EveryStep(string file)
    {
        JsonElement trace = Read(file);
        switch (trace.GetProperty("env").GetString())
        {
            case "CartPoleEnv":
                Replay(trace, new CartPoleEnvironment(), step => step.GetInt64());
                break;
            case "PendulumEnv":
                Replay(trace, new PendulumEnvironment(gravity: file.Contains("g981") ? 9.81 : 10), step => step.GetSingle());
                break;
            case "AcrobotEnv":
                AcrobotDynamics dynamics = file.Contains("nips") ? AcrobotDynamics.Nips : AcrobotDynamics.Book;
                Replay(trace, new AcrobotEnvironment(dynamics), step => step.GetInt64());
                break;
            case "MountainCarEnv":
                Replay(trace, new MountainCarEnvironment(), step => step.GetInt64(), tolerance: 0);
                break;
            case "Continuous_MountainCarEnv":
                Replay(trace, new ContinuousMountainCarEnvironment(), step => step.GetSingle(), tolerance: 0);
                break;
            case string other:
                Assert.Fail($"No replay for '{other}'.");
                break;
        }
    }

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, file))).RootElement;

    private static void Replay<TAction>(
        JsonElement trace,
        ClassicControlEnvironment<TAction> environment,
        Func<JsonElement, TAction> parse,
        double tolerance = StateTolerance)
        where TAction : unmanaged
    {
        float[] observation = new float[environment.ObservationSpace.Size];
        double[] state = Numbers(trace.GetProperty("reset_state"));
        if (trace.GetProperty("seed").ValueKind == JsonValueKind.Number)
        {
            environment.Reset(trace.GetProperty("seed").GetUInt64(), observation);
            Assert.That(environment.State.ToArray(), Is.EqualTo(state), "the seed's first state");
            Assert.That(observation, Is.EqualTo(Observation(trace.GetProperty("reset_obs"))).Within(1).Ulps);
        }
        int step = 0;
        foreach (JsonElement expected in trace.GetProperty("steps").EnumerateArray())
        {
            environment.Load(state);
            StepResult result = environment.Step([parse(expected.GetProperty("action"))], observation);
            state = Numbers(expected.GetProperty("state"));
            string where = $"step {++step}";
            for (int i = 0; i < state.Length; i++)
                Near(environment.State[i], state[i], tolerance, $"{where}: state {i}");
            Near(result.Reward, expected.GetProperty("reward").GetDouble(), tolerance, $"{where}: reward");
            GoldenPosition.Same(result.Terminated, expected.GetProperty("terminated").GetBoolean(), $"{where}: terminated");
            float[] seen = Observation(expected.GetProperty("obs"));
            for (int i = 0; i < seen.Length; i++)
                Near(observation[i], seen[i], Math.Max(1e-7 * Math.Abs(seen[i]), 1e-7), $"{where}: observation {i}");
        }
        Assert.That(step, Is.EqualTo(trace.GetProperty("n_steps").GetInt32()));
    }

    private static float[] Observation(JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetSingle())];

    private static void Near(double actual, double expected, double tolerance, string what)
    {
        if (!(Math.Abs(actual - expected) <= tolerance))
            Assert.Fail($"{what}: expected {expected:R} but was {actual:R}, {Math.Abs(actual - expected):E1} apart");
    }
}
