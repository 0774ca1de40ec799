using System.Diagnostics;
using WorldModels.Bundles;
using WorldModels.Train;

namespace WorldModels.Tests.Train;

/// <summary>The built training tool, run inside this process or, where it is to be killed, as a process of its own.</summary>
internal static class TrainTool
{
    /// <summary>Runs one command here.</summary>
    public static ToolResult Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        int code = TrainApp.Run(args, output, error);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs one command here that has to succeed.</summary>
    public static ToolResult Succeed(params string[] args)
    {
        ToolResult result = Run(args);
        Assert.That(result.ExitCode, Is.Zero, $"{string.Join(' ', args)}\n{result.Error}");
        return result;
    }

    /// <summary>Starts one command as a process. Signals take their usual course in it even where this process ignores them.</summary>
    public static Process Start(params string[] args) => Start("env", ["--default-signal=INT,TERM", Dotnet, Tool, .. args]);

    /// <summary>Starts a command by the shell, which finds the tool's command line in <c>"$@"</c>.</summary>
    public static Process StartInShell(string script, params string[] args) => Start("bash", ["-c", script, "bash", Dotnet, Tool, .. args]);

    /// <summary>Waits for the end of a process; its outputs are short enough for a pipe's buffer.</summary>
    public static ToolResult End(this Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
            process.Kill();
        process.WaitForExit();
        return new(process.ExitCode, output.Result, error.Result);
    }

    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Tool => typeof(TrainApp).Assembly.Location;

    private static Process Start(string program, IEnumerable<string> args) =>
        Process.Start(new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}

/// <summary>How a command ended.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>Asserts that the command failed with one line, and no stack trace, that holds each of these texts.</summary>
    public void Refuses(params string[] texts) => FailsWith(1, texts);

    /// <summary>The same where the command line itself is wrong.</summary>
    public void IsWrongUsage(params string[] texts) => FailsWith(2, texts);

    private void FailsWith(int code, string[] texts)
    {
        Assert.Multiple(() =>
        {
            Assert.That(Error, Does.Not.Contain("   at "));
            Assert.That(Error.TrimEnd('\n', '\r').Split('\n'), Has.Length.EqualTo(1), Error);
            Assert.That(ExitCode, Is.EqualTo(code), Error);
            foreach (string text in texts)
                Assert.That(Error, Does.Contain(text));
        });
    }
}

/// <summary>A directory for runs that are as small as runs can be; deleted at the end.</summary>
internal sealed class TinyRuns : IDisposable
{
    /// <summary>Options of a run of 8 updates with checkpoints at 4 and 8.</summary>
    public static readonly string[] A2C =
    [
        "a2c", "--preset", "debug", "--set", "updates=8", "logEvery=2", "checkpointEvery=4", "evaluationEpisodes=0",
        "environments=2", "steps=2", "filters=2", "hidden=8",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] ED2 =
    [
        "ed2", "--preset", "debug", "--env", "two-pendulums-swingup", "--set", "updates=8", "logEvery=2", "checkpointEvery=4",
        "evaluationEpisodes=0", "discoverySteps=300", "prefill=60", "pretrain=1", "collectEvery=2", "collectSteps=7", "capacity=1000",
        "batch=3", "length=6", "deterministic=6", "stochastic=3", "hidden=5", "embedding=4", "encoderLayers=1", "encoderUnits=5",
        "headUnits=5", "horizon=3", "starts=6",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] EnvironmentModel =
    [
        "environment-model", "--preset", "debug", "--set", "updates=8", "logEvery=2", "checkpointEvery=4", "evaluationEpisodes=0",
        "frames=300", "games=4", "policy=random", "filters=4", "batch=4",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] I2A =
    [
        "i2a", "--preset", "debug", "--set", "updates=8", "logEvery=2", "checkpointEvery=4", "evaluationEpisodes=0",
        "world=copy", "environments=2", "steps=2", "filters=2", "units=4", "hidden=8",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] Dreamer =
    [
        "dreamer", "--preset", "debug", "--env", "cartpole", "--set", "updates=8", "logEvery=2", "checkpointEvery=4",
        "evaluationEpisodes=0", "prefill=60", "pretrain=1", "collectEvery=2", "collectSteps=7", "capacity=200", "batch=3", "length=6",
        "deterministic=6", "stochastic=3", "hidden=5", "embedding=4", "encoderLayers=1", "encoderUnits=5", "headUnits=5", "horizon=3",
        "starts=6",
    ];

    /// <summary>The same, with updates of every stage: 5 explore, 1 is of the task alone, 2 adapt.</summary>
    public static readonly string[] Plan2Explore =
    [
        "plan2explore", "--preset", "debug", "--set", "updates=8", "explorationUpdates=5", "taskUpdates=1", "taskLearning=meanwhile", "logEvery=1",
        "checkpointEvery=4", "evaluationEpisodes=0", "prefill=260", "pretrain=1", "collectEvery=1", "collectSteps=7", "batch=3", "length=6",
        "deterministic=6", "stochastic=3", "hidden=5", "embedding=4", "encoderLayers=1", "encoderUnits=5", "headUnits=5", "horizon=3",
        "starts=6", "members=3", "ensembleUnits=5",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] PlaNet =
    [
        "planet", "--preset", "debug", "--env", "pendulum", "--set", "updates=8", "logEvery=2", "checkpointEvery=4", "evaluationEpisodes=0",
        "actionRepeat=20", "prefill=20", "pretrain=1", "collectEvery=2", "collectSteps=3", "capacity=100", "batch=3", "length=6",
        "deterministic=8", "stochastic=3", "hidden=16", "embedding=8", "encoderLayers=1", "encoderUnits=16", "headUnits=16", "horizon=2",
        "candidates=6", "elites=2", "iterations=2", "overshooting=3", "rewardScale=0.02",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] Transformer =
    [
        "transformer", "--preset", "debug", "--set", "updates=8", "logEvery=2", "checkpointEvery=4", "evaluationEpisodes=0",
        "prefill=60", "pretrain=1", "collectEvery=2", "collectSteps=7", "capacity=200", "batch=3", "length=6", "deterministic=6",
        "stochastic=2", "classes=3", "hidden=5", "embedding=6", "encoderUnits=5", "headUnits=5", "feedForward=7", "layers=1", "horizon=3",
        "starts=6", "window=3", "dropout=0.1",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] WorldModelsController =
    [
        "worldmodels", "--preset", "debug", "--set", "updates=8", "logEvery=2", "checkpointEvery=4", "evaluationEpisodes=0",
        "evaluateEvery=3", "covariance=full",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] WorldModelsMemory =
        ["worldmodels-memory", "--preset", "debug", "--set", "updates=8", "logEvery=2", "checkpointEvery=4", "evaluationEpisodes=0"];

    /// <summary>The same of one episode each.</summary>
    public static readonly string[] WorldModelsRecord =
    [
        "worldmodels-record", "--preset", "debug", "--set", "episodes=1000", "sideBySide=1", "updates=8", "logEvery=2", "checkpointEvery=4",
        "evaluationEpisodes=0",
    ];

    /// <inheritdoc cref="A2C"/>
    public static readonly string[] WorldModelsVision =
        ["worldmodels-vision", "--preset", "debug", "--set", "updates=8", "logEvery=2", "checkpointEvery=4", "evaluationEpisodes=0"];

    /// <summary>The options of an algorithm's run.</summary>
    public static string[] Of(string algorithm) =>
        new[]
        {
            A2C, Dreamer, ED2, EnvironmentModel, I2A, Plan2Explore, PlaNet, Transformer, WorldModelsController, WorldModelsMemory,
            WorldModelsRecord, WorldModelsVision,
        }
            .Single(options => options[0] == algorithm);

    public string Path { get; } = Directory.CreateTempSubdirectory("worldmodels-train-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Trains a run to its end, without exporting it.</summary>
    public string Train(string name, string[] options)
    {
        TrainTool.Succeed([.. options, "--run", this[name], "--no-export"]);
        return this[name];
    }

    /// <summary>A copy of a directory under a new name.</summary>
    public string Copy(string directory, string name)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            string target = System.IO.Path.Combine(this[name], System.IO.Path.GetRelativePath(directory, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>What runs leave behind.</summary>
internal static class RunFiles
{
    public static string Checkpoint(string run) => Path.Combine(run, "checkpoint.safetensors");

    public static string Metrics(string run) => Path.Combine(run, "metrics.jsonl");

    /// <summary>Updates done at the checkpoint, 0 without one.</summary>
    public static int UpdatesOf(string run) =>
        File.Exists(Checkpoint(run)) ? int.Parse(Safetensors.Read(Checkpoint(run)).Metadata["updates"]) : 0;
}
