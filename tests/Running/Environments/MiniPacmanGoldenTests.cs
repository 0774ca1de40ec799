using System.Text.Json;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>Replays every game recorded from the original environment, bit for bit.</summary>
public sealed class MiniPacmanGoldenTests
{
    private const string SingleSteps = "single_steps.json";

    private static IEnumerable<string> Traces => Directory.EnumerateFiles(GoldenPosition.Folder, "*.json")
        .Select(path => Path.GetFileName(path))
        .Where(file => file != SingleSteps)
        .Order();

    [Test]
    public void EveryRecordingIsThere() => Assert.That(Traces.Count(), Is.EqualTo(11));

    [TestCaseSource(nameof(Traces))]
    public void ReplaysFromRecordedDraws(string file)
    {
        JsonElement trace = GoldenPosition.Read(file);
        RecordedDraws draws = new RecordedDraws();
        draws.Add(trace.GetProperty("ctor_draws"));
        MiniPacmanGame game = new MiniPacmanGame(GoldenPosition.Mode(trace), draws, Options(trace));
        Assert.That(draws.Left, Is.Zero, "draws of the constructor");
        Replay(
            trace,
            reset =>
            {
                draws.Add(reset.GetProperty("draws"));
                game.Reset();
                return game;
            },
            step =>
            {
                draws.Add(step.GetProperty("draws"));
                StepResult result = game.Step(step.GetProperty("a").GetInt32());
                GoldenPosition.Same(draws.Left, 0, "draws left over");
                return result;
            });
    }

    [TestCaseSource(nameof(Traces))]
    public void ReplaysFromTheSeed(string file)
    {
        JsonElement trace = GoldenPosition.Read(file);
        MiniPacmanEnvironment environment = new MiniPacmanEnvironment(GoldenPosition.Mode(trace), Options(trace));
        float[] observation = new float[environment.ObservationSpace.Size];
        ulong? seed = trace.GetProperty("numpy_seed").GetUInt64();
        Replay(
            trace,
            _ =>
            {
                environment.Reset(seed, observation);
                seed = null;
                return environment.Game;
            },
            step => environment.Step([step.GetProperty("a").GetInt64()], observation));
    }

    [Test]
    public void EverySingleStep()
    {
        JsonElement[] cases = [.. GoldenPosition.Read(SingleSteps).GetProperty("cases").EnumerateArray()];
        Assert.That(cases, Has.Length.EqualTo(1500));
        for (int i = 0; i < cases.Length; i++)
        {
            JsonElement step = cases[i];
            SwitchableSource draws = new SwitchableSource(new Mt19937RandomSource(0));
            MiniPacmanGame game = new MiniPacmanGame(GoldenPosition.Mode(step), draws, Options(step));
            game.Load(GoldenPosition.State(step.GetProperty("before")));
            RecordedDraws recorded = new RecordedDraws();
            recorded.Add(step.GetProperty("draws"));
            draws.Source = recorded;

            StepResult result = game.Step(step.GetProperty("a").GetInt32());

            string where = $"case {i}";
            GoldenPosition.Same(recorded.Left, 0, $"{where}: draws left over");
            GoldenPosition.Same(result.Reward, step.GetProperty("r").GetDouble(), $"{where}: reward");
            GoldenPosition.Same(result.Done, step.GetProperty("done").GetBoolean(), $"{where}: done");
            GoldenPosition.Same(
                GoldenPosition.Describe(game.State, food: true), step.GetProperty("after").GetRawText(), $"{where}: state");
            GoldenPosition.AssertPicture(step, game.Observation, where);
        }
    }

    [Test]
    public void InjectedDrawsMustMatchInKindAndRange()
    {
        RecordedDraws draws = new RecordedDraws();
        draws.Add(JsonDocument.Parse("""[["i",4,1],["u",0.5],["i",4,1]]""").RootElement);
        Assert.Throws<InvalidOperationException>(() => draws.Int(5));
        Assert.Throws<InvalidOperationException>(() => draws.Int(4));
        Assert.Throws<InvalidOperationException>(() => draws.Uniform());
        Assert.Throws<InvalidOperationException>(() => draws.Uniform());
    }

    private static MiniPacmanOptions Options(JsonElement root) => new() { FrameCap = root.GetProperty("frame_cap").GetInt32() };

    private static void Replay(JsonElement trace, Func<JsonElement, MiniPacmanGame> reset, Func<JsonElement, StepResult> step)
    {
        int episodeNumber = 0;
        foreach (JsonElement episode in trace.GetProperty("episodes").EnumerateArray())
        {
            string where = $"episode {episodeNumber++}";
            JsonElement start = episode.GetProperty("reset");
            MiniPacmanGame game = reset(start);
            GoldenPosition.Same(GoldenPosition.Describe(game.State), start.GetProperty("state").GetRawText(), $"{where}, reset: state");
            GoldenPosition.AssertPicture(start, game.Observation, $"{where}, reset");
            double total = 0;
            int length = 0;
            foreach (JsonElement expected in episode.GetProperty("steps").EnumerateArray())
            {
                StepResult result = step(expected);
                length++;
                total += result.Reward;
                string at = $"{where}, step {length}";
                GoldenPosition.Same(result.Reward, expected.GetProperty("r").GetDouble(), $"{at}: reward");
                GoldenPosition.Same(result.Done, expected.GetProperty("done").GetBoolean(), $"{at}: done");
                GoldenPosition.Same(GoldenPosition.Describe(game.State), expected.GetProperty("s").GetRawText(), $"{at}: state");
                GoldenPosition.AssertPicture(expected, game.Observation, at);
            }
            Assert.That(length, Is.EqualTo(episode.GetProperty("length").GetInt32()), $"{where}: length");
            Assert.That(total, Is.EqualTo(episode.GetProperty("return").GetDouble()).Within(1e-9), $"{where}: return");
        }
    }

    /// <summary>Lets a game lay out its first level from one source and play from another.</summary>
    private sealed class SwitchableSource(IRandomSource source) : IRandomSource
    {
        public IRandomSource Source { get; set; } = source;

        public int Int(int n) => Source.Int(n);

        public double Uniform() => Source.Uniform();
    }
}
