using System.Text.Json;
using System.Text.Json.Nodes;

namespace WorldModels.Train;

/// <summary>
/// A directory that holds all of one training run: config.json, metrics.jsonl, tensorboard/, checkpoint.safetensors, replay/, bundle/.
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
        if (System.IO.File.Exists(System.IO.Path.Combine(path, "config.json")))
            throw new UserException($"{path} already holds a run. Continue it with --resume {path}, or name another folder with --run.");
        RunFolder run = Open(path, create: true);
        run.WriteConfig(algorithm, options);
        return run;
    }

    /// <summary>Opens the folder of a run to continue it.</summary>
    /// <exception cref="UserException">There is no run, or another process is running it.</exception>
    public static RunFolder Resume(string path)
    {
        if (!System.IO.File.Exists(System.IO.Path.Combine(path, "config.json")))
            throw new UserException($"There is no run to resume in {path} (no config.json). Runs are the folders that train made, by default under runs/.");
        return Open(path, create: false);
    }

    /// <summary>Stores the algorithm's name and options.</summary>
    public void WriteConfig(string algorithm, TrainOptions options)
    {
        var node = (JsonObject)JsonSerializer.SerializeToNode(options, options.GetType(), OptionText.Json)!;
        node.Insert(0, "algorithm", algorithm);
        AtomicFile.Write(ConfigPath, node.ToJsonString(OptionText.Json) + "\n");
    }

    /// <summary>Reads config.json of a run: the algorithm's name and the options, still as JSON.</summary>
    public static (string Algorithm, JsonObject Options) ReadConfig(string path)
    {
        string file = System.IO.Path.Combine(path, "config.json");
        try
        {
            var node = (JsonObject)JsonNode.Parse(System.IO.File.ReadAllText(file))!;
            string algorithm = (string)node["algorithm"]!;
            node.Remove("algorithm");
            return (algorithm, node);
        }
        catch (Exception exception) when (exception is JsonException or InvalidCastException or NullReferenceException or ArgumentNullException)
        {
            throw new UserException($"{file} is not a run's configuration ({exception.Message.TrimEnd('.')}). Restore it, or start a new run.", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserException($"There is no run in {path} (no config.json). Runs are the folders that train made, by default under runs/.", exception);
        }
    }

    public void Dispose()
    {
        _lock.Dispose();
        System.IO.File.Delete(File("lock"));
    }

    private static RunFolder Open(string path, bool create)
    {
        try
        {
            if (create)
                Directory.CreateDirectory(path);
            var guard = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new RunFolder(path, guard);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new UserException($"Cannot write in {path}: {exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw new UserException($"Cannot open the run {path}: another process is running it, or the folder cannot be made ({exception.Message.TrimEnd('.')}).", exception);
        }
    }
}
