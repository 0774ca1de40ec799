using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Recordings.Formats;
using WorldModels.Recordings.Formats.Hdf5;

namespace WorldModels.Recordings;

/// <summary>
/// A recording, read whole: episodes of one kind, checked, and what they are of. What contradicts itself is refused with the file, the array
/// and the record; what is merely unusual is said.
/// </summary>
public sealed class Recording
{
    private static readonly IRecordingFormat[] Formats = [new NpzEpisodes(), new MinariFormat(), new D4rlFormat()];

    private Recording(
        string path, IRecordingReader reader, IReadOnlyList<Episode> episodes, IReadOnlyList<string> sources,
        IReadOnlyList<string>? names, bool hasRewards, IReadOnlyList<ResetRecord?> resets, ObservationStore store, bool seesPictures)
    {
        (Path, Description, Files, Sources, HasRewards) = (path, reader.Description, [.. reader.Files], sources, hasRewards);
        List<string> notes = [.. reader.Notes];
        if (store.Spilled > 0)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"{store.Spilled / 1e9:0.##} GB of observations do not fit into the memory they may have: they are read from a temporary file."));
        }
        Episodes = RecordedActions.Numbered(episodes, notes);
        RecordedActions.CheckKinds(Episodes, sources);
        DatasetSpec? said = reader.Declared;
        if (seesPictures)
            (said, names) = (said is null ? null : said with { Observation = RecordedActions.Size(Episodes[0]), ObservationNames = null }, null);
        Spec = said is { } declared && (declared.Action.Kind == ActionKind.Discrete || declared.Action.HasBounds)
            ? RecordedActions.Checked(declared, Episodes, sources, notes)
            : RecordedActions.Inferred(Episodes, sources, notes) with
            {
                ObservationNames = names,
                Environment = said?.Environment ?? DatasetSpec.NoEnvironment,
            };
        Notes = notes;
        Observations = Moments.OfObservations(Episodes, Spec.Observation);
        Warnings = [.. RecordingDoubts.Of(this), .. ResetDoubts.Of(this, resets)];
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Its format, and how it was understood.</summary>
    public string Description { get; }

    /// <summary>What the episodes are of: as the recording says, or else as they show.</summary>
    public DatasetSpec Spec { get; }

    /// <summary>The episodes, in their order.</summary>
    public IReadOnlyList<Episode> Episodes { get; }

    /// <summary>Where each episode stands.</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>Whether every episode has rewards.</summary>
    public bool HasRewards { get; }

    /// <summary>Moments of the numbers of the observations.</summary>
    public Moments Observations { get; }

    /// <summary>Every file that was read.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>What was understood in a way that somebody might not expect.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>What looks wrong, though it contradicts nothing.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>What a recording says of itself; null: nothing. Reads no episode.</summary>
    /// <exception cref="RecordingException">There is none.</exception>
    public static DatasetSpec? Declared(string path)
    {
        using IRecordingReader reader = Open(path, new() { Ends = UnmarkedEnds.Truncated });
        return reader.Declared;
    }

    /// <summary>The full path of a recording that is named by a path, or as Minari names those in its own folder.</summary>
    public static string Locate(string path) => System.IO.Path.GetFullPath(Found(path));

    /// <summary>One in so many episodes is kept back from training, to judge a model on.</summary>
    public const int KeepBack = 10;

    /// <summary>What a number of the observations is called.</summary>
    public string ObservationName(int number) => Spec.ObservationNames?[number] ?? $"observation {number + 1}";

    /// <summary>What an action is called (numbered), or a number of the actions.</summary>
    public string ActionName(int number) => Spec.Action.Names?[number] ?? $"action {(Spec.Action.Kind == ActionKind.Discrete ? number : number + 1)}";

    /// <summary>Moments of the numbers of the actions; of numbered actions, of one number each that is 1 where it was taken.</summary>
    public Moments ActionMoments()
    {
        Moments moments = new Moments(Spec.Action.Count ?? Spec.Action.Size);
        float[] vector = new float[moments.Size];
        foreach (Episode episode in Episodes)
        {
            for (int record = 1; record < episode.Records; record++)
            {
                if (Spec.Action.Kind == ActionKind.Continuous)
                {
                    moments.Add(episode.Actions.As<float>().Slice(record * vector.Length, vector.Length));
                    continue;
                }
                Array.Clear(vector);
                vector[episode.Actions.As<long>()[record]] = 1;
                moments.Add(vector);
            }
        }
        return moments;
    }

    /// <summary>The pictures of the first episode by name, where they were kept.</summary>
    public IEnumerable<KeyValuePair<string, NpyArray>> Pictures() => Episodes[0].Columns
        .Where(column => column.Key.StartsWith(EpisodeColumn.Observation, StringComparison.Ordinal) && column.Value.Shape.Count > 2);

    /// <summary>Reads a recording.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="options">How to understand it where it does not say so itself.</param>
    /// <param name="progress">Told how many of how many parts are read; from any thread, one at a time.</param>
    /// <exception cref="RecordingException">There is none, or it contradicts itself.</exception>
    public static Recording Read(string path, RecordingOptions? options = null, Action<int, int>? progress = null)
    {
        options ??= new();
        using IRecordingReader reader = Open(path, options);
        ObservationStore store = new(options.Memory);
        List<(Episode, string, ResetRecord?)>[] parts = new List<(Episode, string, ResetRecord?)>[reader.Parts];
        IReadOnlyList<string>? names = null;
        int done = 0, unrewarded = 0;
        object counter = new object();
        try
        {
            Parallel.For(0, reader.Parts, part =>
            {
                RecordedEpisode[] episodes = [.. reader.Read(part).Where(HasSteps)];
                parts[part] = [.. episodes.Select(episode => (EpisodeStandard.Of(episode, options, store), episode.Source, ResetRecord.Of(episode)))];
                lock (counter)
                {
                    names = part == 0 ? episodes.Select(episode => ObservationColumns.NumberNames(episode.Columns)).FirstOrDefault() : names;
                    unrewarded += episodes.Count(episode => !episode.Columns.ContainsKey(EpisodeColumn.Reward));
                    progress?.Invoke(++done, reader.Parts);
                }
            });
        }
        catch (AggregateException exception)
        {
            // The first in the order of the files, so that the message is the same every time.
            throw exception.InnerExceptions.MinBy(inner => inner.Message, StringComparer.Ordinal)!;
        }
        (Episode Episode, string Source, ResetRecord? Reset)[] all = [.. parts.SelectMany(part => part)];
        return all.Length > 0
            ? new(path, reader, [.. all.Select(entry => entry.Episode)], [.. all.Select(entry => entry.Source)], names, unrewarded == 0,
                [.. all.Select(entry => entry.Reset)], store, options.SeePictures)
            : throw new RecordingException($"There is no episode of at least one step in '{path}'.");

    }

    /// <summary>
    /// Reads a recording episode by episode, in their order: no more than a part of it is in memory. Each is checked as
    /// <see cref="Read"/> does; what only all of them show (bounds that nobody declared, doubts) is not looked for. One-hot actions become
    /// numbers where the recording declares numbered ones.
    /// </summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="options">How to understand it where it does not say so itself.</param>
    /// <returns>Each episode, and where it stands.</returns>
    /// <exception cref="RecordingException">There is none, or it contradicts itself; thrown where the reading comes to it.</exception>
    public static IEnumerable<(Episode Episode, string Source)> Stream(string path, RecordingOptions? options = null)
    {
        options ??= new();
        using IRecordingReader reader = Open(path, options);
        ObservationStore store = new(long.MaxValue);
        (Episode Episode, string Source)? first = null;
        foreach (RecordedEpisode recorded in Enumerable.Range(0, reader.Parts).SelectMany(reader.Read).Where(HasSteps))
        {
            Episode episode = EpisodeStandard.Of(recorded, options, store);
            if (reader.Declared is { Action.Kind: ActionKind.Discrete })
                episode = RecordedActions.Numbered([episode], [])[0];
            if (reader.Declared is { } declared && (declared.Action.Kind == ActionKind.Discrete || declared.Action.HasBounds))
                RecordedActions.Checked(declared, [episode], [recorded.Source], []);
            first ??= (episode, recorded.Source);
            RecordedActions.CheckKinds([first.Value.Episode, episode], [first.Value.Source, recorded.Source]);
            yield return (episode, recorded.Source);
        }
    }

    /// <summary>The short form for people: what it is, how much, and what was noticed.</summary>
    public IEnumerable<string> Summary()
    {
        long steps = Episodes.Sum(episode => (long)episode.Steps);
        double[] returns = [.. Episodes.Select(episode => episode.Return)];
        int terminated = Episodes.Count(episode => episode.Terminated);
        yield return $"{Path}: {Description}.";
        yield return string.Create(CultureInfo.InvariantCulture, $"{Episodes.Count} episodes, {steps:N0} steps ({Episodes.Min(e => e.Steps)} to "
            + $"{Episodes.Max(e => e.Steps)} each), return {returns.Average():0.##} ({returns.Min():0.##} to {returns.Max():0.##}); "
            + $"{terminated} terminated, {Episodes.Count - terminated} cut off. Observations: {Spec.Observation} numbers; actions: "
            + $"{RecordedActions.Describe(Spec.Action)}.");
        foreach (string note in Notes)
            yield return note;
        foreach (string warning in Warnings)
            yield return $"Warning: {warning}";
    }

    /// <summary>A stretch of a chunk may be one record; a file of its own that has but one is refused by its checks.</summary>
    private static bool HasSteps(RecordedEpisode episode) => episode.FirstRecord == 0 || episode.Columns.Values.First().Shape is not [1, ..];

    private static IRecordingReader Open(string path, RecordingOptions options)
    {
        string found = Found(path);
        IRecordingFormat format = Formats.FirstOrDefault(format => format.Recognises(found)) ?? throw new RecordingException(Unknown(path));
        return format.Open(found, options);
    }

    private static string Found(string path) => File.Exists(path) || Directory.Exists(path) ? path : MinariRoot.Find(path) ?? path;

    private static string Unknown(string path)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            return $"There is no recording '{path}': no such file or folder, and no Minari data set of that name. If it moved, name its new "
                + "place; a run that goes on takes it by --dataset.";
        }
        string deeper = Directory.Exists(path) && Directory.EnumerateDirectories(path).FirstOrDefault(folder => EpisodeFile.Files(folder).Count > 0)
            is { } folder ? $" There are some in {folder}: name that one." : "";
        return $"There are no episodes in '{path}': expected npz files with observation (N + 1, O), action (N + 1) int64 or (N + 1, A) "
            + "float32, reward (N + 1), terminated and truncated (N + 1) bool or discount (N + 1), where action[t] led to observation[t]; or a "
            + $"Minari data set, or a D4RL file (hdf5).{deeper}";
    }
}
