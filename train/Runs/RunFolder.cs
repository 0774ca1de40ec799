using System.Text.Json;
using System.Text.Json.Nodes;

namespace WorldModels.Train;

/// <summary>
/// A directory that holds all of one training run: config.json, metrics.jsonl, tensorboard/, checkpoint.safetensors,
/// evaluation.json, replay/, bundle/, and the runs of the stages before it, such as environment-model/.
/// Running it again continues it.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private readonly FileStream _lock;

    private RunFolder(string path, FileStream guard)
    {
        Path = path;
        _lock = guard;
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>The resolved options.</summary>
    public string ConfigPath => File("config.json");

    /// <summary>The newest checkpoint.</summary>
    public string CheckpointPath => File("checkpoint.safetensors");

    /// <summary>The figures by which it was judged at its end.</summary>
    public string EvaluationPath => File("evaluation.json");

    /// <summary>Episodes collected for this run.</summary>
    public string ReplayPath => File("replay");

    /// <summary>The exported bundle.</summary>
    public string BundlePath => File("bundle");

    /// <summary>A path inside the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes a folder for a new run and stores its resolved options first.</summary>
    /// <exception cref="UserException">A run is there already, or the folder cannot be written.</exception>
    public static RunFolder Create(string path, string algorithm, TrainOptions options)
    {
        string[] begun = ["checkpoint.safetensors", "replay", "environment-model", "recording"];
        if (Has(path, "config.json") && begun.Any(name => System.IO.Path.Exists(System.IO.Path.Combine(path, name))))
            throw new UserException($"{path} already holds a run. Continue it with --resume {path}, or name another folder with --run.");
        RunFolder run = Open(path);
        run.WriteConfig(algorithm, options);
        return run;
    }

    /// <summary>Opens the folder of a run to continue it.</summary>
    /// <exception cref="UserException">There is no run, or another process is running it.</exception>
    public static RunFolder Resume(string path)
    {
        if (!Has(path, "config.json"))
            throw NoRun(path);
        return Open(path);
    }

    /// <summary>Stores the algorithm's name and options.</summary>
    public void WriteConfig(string algorithm, TrainOptions options)
    {
        JsonObject node = (JsonObject)JsonSerializer.SerializeToNode(options, options.GetType(), OptionText.Json)!;
        node.Insert(0, "algorithm", algorithm);
        Disk.Write(ConfigPath, node.ToJsonString(OptionText.Json) + "\n");
    }

    /// <summary>Reads config.json of a run: the algorithm's name and the options, still as JSON.</summary>
    public static (string Algorithm, JsonObject Options) ReadConfig(string path)
    {
        string file = System.IO.Path.Combine(path, "config.json");
        try
        {
            if (JsonNode.Parse(System.IO.File.ReadAllText(file)) is not JsonObject node
                || node["algorithm"] is not JsonValue value || !value.TryGetValue(out string? algorithm))
            {
                throw new JsonException("an object with a text named algorithm was expected");
            }

            node.Remove("algorithm");
            return (algorithm, node);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new UserException(
                $"{file} is not a run's configuration ({exception.Message.TrimEnd('.')}). Restore it, or start a new run.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NoRun(path);
        }
    }

    /// <summary>Lets other processes have the run. The lock file stays: deleting it would race with the next owner.</summary>
    public void Dispose() => _lock.Dispose();

    private static RunFolder Open(string path)
    {
        string guard = System.IO.Path.Combine(path, "lock");
        try
        {
            Directory.CreateDirectory(path);
            return new RunFolder(path, new FileStream(guard, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (Has(path, "lock"))
        {
            throw new UserException($"Another process is running {path}. Wait until it ends, or stop it.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                $"Cannot use {path} as a run folder: {exception.Message.TrimEnd('.')}. Name another folder with --run.", exception);
        }
    }

    private static bool Has(string path, string file) => System.IO.File.Exists(System.IO.Path.Combine(path, file));

    private static UserException NoRun(string path) =>
        new($"There is no run in '{path}' (no config.json). Runs are the folders that train made, by default under runs/.");
}
