using System.Diagnostics;
using System.Text.Json.Nodes;
using WorldModels.Bundles;

namespace WorldModels.Tests.Train;

/// <summary>Runs that are killed or stopped in the middle and go on to the same end as one that was left alone.</summary>
[Platform("Linux")]
public sealed class ResumeTests
{
    private const int Updates = 400;
    private const string Record = "worldmodels-record";     // ships nothing

    private static readonly string[] Algorithms =
    [
        "a2c", "dreamer", "ed2", "environment-model", "i2a", "plan2explore", "planet", "transformer", "worldmodels", "worldmodels-memory",
        Record, "worldmodels-vision",
    ];

    private TinyRuns _runs = null!;
    private readonly Dictionary<string, string> _whole = [];

    [OneTimeSetUp]
    public void TrainUndisturbed()
    {
        _runs = new();
        foreach (string algorithm in Algorithms)
            _whole[algorithm] = _runs.Train(algorithm, Options(algorithm));
    }

    [OneTimeTearDown]
    public void Delete() => _runs.Dispose();

    // Retried, since where the machine stands still for the second that a run lasts, there is no middle to kill it in.
    [Test, Retry(3)]
    public void AKilledRunEndsLikeOneThatWasNot([ValueSource(nameof(Algorithms))] string algorithm)
    {
        string run = NewRun();
        using (Process process = TrainTool.Start([.. Options(algorithm), "--run", run, "--no-export"]))
        {
            WaitFor(process, () => Lines(run) >= 170);
            process.Kill();     // SIGKILL: nobody can catch it
            process.End();
        }
        int kept = RunFiles.UpdatesOf(run);
        Assert.That(kept, Is.EqualTo(150), "updates of the checkpoint");
        Assert.That(Lines(run), Is.GreaterThan(kept), "lines that the resumed run has to write again");
        File.AppendAllText(RunFiles.Metrics(run), "{\"update\": 399, \"fra");   // as a run killed while it writes leaves it

        if (algorithm != Record)
        {
            TrainTool.Succeed("export", run);
            string curve = File.ReadLines(Path.Combine(run, "bundle", "curve.jsonl")).Last();
            Assert.That((int)JsonNode.Parse(curve)!["update"]!, Is.EqualTo(kept), "the exported curve ends where the weights are");
        }

        TrainTool.Succeed(algorithm, "--resume", run, "--no-export");
        RunComparison.AssertSame(run, _whole[algorithm]);
        int[] updates = [.. RunComparison.MetricsOf(run).Select(line => (int)JsonNode.Parse(line)!["update"]!)];
        Assert.That(updates, Is.EqualTo(Enumerable.Range(1, Updates)));
        Assert.That(Directory.GetFiles(Path.Combine(run, "tensorboard")), Has.Length.EqualTo(2), "one a session");
        Assert.That(TensorBoardEvents.Of(run).Select(scalar => (scalar.Tag, scalar.Step, scalar.Value)), Is.EqualTo(ScalarsOf(run)));
    }

    [Test, Retry(3)]
    public void CtrlCSavesAndExitsWith130([ValueSource(nameof(Algorithms))] string algorithm)
    {
        string run = NewRun();
        using (Process process = TrainTool.Start([.. Options(algorithm), "--run", run, "--no-export"]))
        {
            WaitFor(process, () => Lines(run) >= 50);
            Process.Start("bash", ["-c", $"kill -INT {process.Id}"]).WaitForExit(); // A minimal system has no program of that name.
            ToolResult result = process.End();
            Assert.That(result.ExitCode, Is.EqualTo(130), result.Error);
            Assert.That(result.Error, Is.Empty);
            Assert.That(result.Output, Does.Contain($"Continue with: train {algorithm} --resume {run}"));
        }
        int kept = RunFiles.UpdatesOf(run);
        Assert.That(kept, Is.GreaterThanOrEqualTo(50).And.LessThan(Updates).And.EqualTo(Lines(run)));

        TrainTool.Succeed(algorithm, "--resume", run, "--no-export");
        RunComparison.AssertSame(run, _whole[algorithm]);
    }

    [Test, Retry(3)]
    public void NoHalfOfARecordingIsTrusted()
    {
        string run = NewRun(), replay = Path.Combine(run, "replay");
        string[] options = [.. TinyRuns.EnvironmentModel, "frames=20000", "--run", run, "--no-export"];
        using (Process process = TrainTool.Start(options))
        {
            WaitFor(process, () => Directory.Exists(replay + ".tmp"));
            process.Kill();
            process.End();
        }
        Assert.That(Directory.Exists(replay), Is.False);
        Assert.That(Directory.Exists(replay + ".tmp"), Is.True, "killed while it wrote the games");
        File.WriteAllText(Path.Combine(replay + ".tmp", "episode-999999.npz"), "of another run");

        TrainTool.Succeed("environment-model", "--resume", run, "--no-export");
        Assert.That(Directory.Exists(replay + ".tmp"), Is.False);
        Assert.That(Manifest.HashFiles(replay).Keys, Has.No.Member("episode-999999.npz"));
        RunComparison.AssertSame(run, _runs.Train(TestContext.CurrentContext.Test.ID + "-whole", options[..^3]));
    }

    private static IEnumerable<(string Tag, long Step, float Value)> ScalarsOf(string run) =>
        from line in File.ReadLines(RunFiles.Metrics(run))
        let values = (JsonObject)JsonNode.Parse(line)!
        from pair in values
        where pair.Key is not ("update" or "frames")
        select (pair.Key, (long)values["update"]!, (float)(double)pair.Value!);

    private static string[] Options(string algorithm) =>
        [.. TinyRuns.Of(algorithm), $"updates={Updates}", "logEvery=1", "checkpointEvery=150"];

    private string NewRun() => _runs[$"{TestContext.CurrentContext.Test.ID}-{TestContext.CurrentContext.CurrentRepeatCount}"];

    private static int Lines(string run) => File.Exists(RunFiles.Metrics(run)) ? File.ReadLines(RunFiles.Metrics(run)).Count() : 0;

    private static void WaitFor(Process process, Func<bool> condition)
    {
        while (!condition() && !process.HasExited)
            Thread.Sleep(1);
    }
}
