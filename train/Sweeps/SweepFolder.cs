using System.Text.Json;

namespace WorldModels.Train.Sweeps;

/// <summary>How far a run of a sweep came.</summary>
public enum SweepOutcome
{
    /// <summary>It has not begun, or was stopped on the way.</summary>
    Unfinished,

    /// <summary>It was trained, evaluated and exported.</summary>
    Finished,

    /// <summary>It ended with an error.</summary>
    Failed,
}

/// <summary>What sweep.json says of a run.</summary>
public sealed record SweepRecord
{
    /// <summary>The run's folder inside the sweep's.</summary>
    public required string Folder { get; init; }

    /// <summary>Values of the swept options by name.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>The run's seed.</summary>
    public required long Seed { get; init; }

    /// <summary>How far it came.</summary>
    public SweepOutcome Outcome { get; init; }

    /// <summary>Why it failed; empty if it did not.</summary>
    public string Message { get; init; } = "";
}

/// <summary>What a sweep is: the content of sweep.json.</summary>
public sealed record SweepContent
{
    /// <summary>The algorithm's name.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The preset that the options began with.</summary>
    public required string Preset { get; init; }

    /// <summary>Names of the options that vary besides the seed.</summary>
    public required IReadOnlyList<string> Swept { get; init; }

    /// <summary>The options that all runs share, as text.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>Every run that was asked for so far, in the order in which they were.</summary>
    public IReadOnlyList<SweepRecord> Runs { get; init; } = [];
}

/// <summary>
/// A directory of runs that belong together: sweep.json, a run folder for each run, and at the end sweep.md and sweep.html. While it is
/// open, no other process can open it.
/// </summary>
public sealed class SweepFolder : IDisposable
{
    private const string FileName = "sweep.json";

    private readonly FileStream _guard;
    private readonly Lock _gate = new();
    private SweepContent _content;

    private SweepFolder(string path, FileStream guard, SweepContent content) => (Path, _guard, _content) = (path, guard, content);

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>What it holds.</summary>
    public SweepContent Content => _content;

    /// <summary>Makes the folder of a sweep, or opens it to continue it; runs that are new to it are added.</summary>
    /// <exception cref="UserException">It holds something else, or a sweep of other settings; or another process uses it.</exception>
    public static SweepFolder Open(string path, SweepPlan plan)
    {
        if (System.IO.File.Exists(System.IO.Path.Combine(path, "config.json")))
            throw new UserException($"{path} holds a run, not a sweep. Name another folder with --run.");
        FileStream guard = Guard(path);
        try
        {
            string[] varied = ["seed", .. plan.Swept];
            Dictionary<string, string> shared = OptionText.Describe(plan.Common).Where(pair => !varied.Contains(pair.Key)).ToDictionary();
            SweepContent asked = new SweepContent { Algorithm = plan.Algorithm.Name, Preset = plan.Preset, Swept = plan.Swept, Options = shared };
            SweepContent content = Read(path) is { } there ? RequireSame(path, there, asked) : asked;
            HashSet<string> known = content.Runs.Select(run => run.Folder).ToHashSet();
            SweepFolder folder = new SweepFolder(path, guard, content with
            {
                Runs = [.. content.Runs, .. plan.Runs.Where(run => !known.Contains(run.Name)).Select(run => new SweepRecord
                {
                    Folder = run.Name, Values = run.Values, Seed = run.Options.Seed,
                })],
            });
            foreach (SweepRun run in plan.Runs)
                folder.RequireSame(run, plan.Algorithm);
            folder.Save();
            return folder;
        }
        catch
        {
            guard.Dispose();
            throw;
        }
    }

    /// <summary>A path inside the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Whether a run was trained, evaluated and exported, and is still there.</summary>
    public bool IsFinished(SweepRun run) =>
        _content.Runs.First(record => record.Folder == run.Name).Outcome == SweepOutcome.Finished
        && System.IO.File.Exists(System.IO.Path.Combine(File(run.Name), "evaluation.json"));

    /// <summary>Makes the folder of a run that has none, so that training can resume it from its first update on.</summary>
    public void Prepare(SweepRun run, Algorithm algorithm)
    {
        if (!System.IO.File.Exists(System.IO.Path.Combine(File(run.Name), "config.json")))
            RunFolder.Create(File(run.Name), algorithm.Name, run.Options).Dispose();
    }

    /// <summary>Records how a run ended. Thread-safe.</summary>
    public void Record(SweepRun run, SweepOutcome outcome, string message = "")
    {
        lock (_gate)
        {
            _content = _content with
            {
                Runs = [.. _content.Runs.Select(record =>
                    record.Folder == run.Name ? record with { Outcome = outcome, Message = message } : record)],
            };
            Save();
        }
    }

    /// <summary>Lets other processes have the folder. The lock file stays: deleting it would race with the next owner.</summary>
    public void Dispose() => _guard.Dispose();

    private void Save() => Disk.Write(File(FileName), JsonSerializer.Serialize(_content, OptionText.Json) + "\n");

    private void RequireSame(SweepRun run, Algorithm algorithm)
    {
        if (!System.IO.File.Exists(System.IO.Path.Combine(File(run.Name), "config.json")))
            return;
        TrainOptions there = Session.ReadOptions(File(run.Name), algorithm);
        if (there == run.Options)
            return;
        IReadOnlyDictionary<string, string> here = OptionText.Describe(there);
        KeyValuePair<string, string> other = OptionText.Describe(run.Options).First(pair => here[pair.Key] != pair.Value);
        throw new UserException($"{File(run.Name)} was begun with {other.Key}={here[other.Key]}, not {other.Value}. Delete that folder to "
            + "train the run anew.");
    }

    private static SweepContent? Read(string path)
    {
        string file = System.IO.Path.Combine(path, FileName);
        if (!System.IO.File.Exists(file))
            return null;
        try
        {
            return JsonSerializer.Deserialize<SweepContent>(System.IO.File.ReadAllText(file), OptionText.Json)
                ?? throw new JsonException("it is empty");
        }
        catch (JsonException exception)
        {
            throw new UserException(
                $"{file} does not describe a sweep: {exception.Message.TrimEnd('.')}. Restore it, or name another folder with --run.",
                exception);
        }
    }

    private static SweepContent RequireSame(string path, SweepContent there, SweepContent asked)
    {
        string? difference = null;
        if (there.Algorithm != asked.Algorithm)
            difference = $"of {there.Algorithm}, not of {asked.Algorithm}";
        else if (!there.Swept.Order().SequenceEqual(asked.Swept.Order()))
            difference = $"over {Listed(there.Swept)}, not over {Listed(asked.Swept)}";
        else if (asked.Options.FirstOrDefault(pair => there.Options.GetValueOrDefault(pair.Key) != pair.Value) is { Key: { } key } other)
            difference = $"with {key}={there.Options.GetValueOrDefault(key, "unset")}, not {other.Value}";
        return difference is null ? there : throw new UserException(
            $"{path} holds a sweep {difference}. Only values and seeds can be added to it; name another folder with --run.");
    }

    private static string Listed(IReadOnlyList<string> swept) => swept.Count == 0 ? "seeds alone" : string.Join(" and ", swept);

    private static FileStream Guard(string path)
    {
        string file = System.IO.Path.Combine(path, "lock");
        try
        {
            Directory.CreateDirectory(path);
            return new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (System.IO.File.Exists(file))
        {
            throw new UserException($"Another process is running {path}. Wait until it ends, or stop it.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                $"Cannot use {path} as a folder of runs: {exception.Message.TrimEnd('.')}. Name another folder with --run.", exception);
        }
    }
}
