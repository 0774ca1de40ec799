using System.Globalization;
using PureHDF.VOL.Native;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>An open Minari data set; a part is some episodes, a few MB.</summary>
internal sealed class MinariReader : IRecordingReader
{
    private const long PartBytes = 4 << 20;
    private const string Prefix = MinariFormat.EpisodePrefix;

    private readonly Hdf5File _file;
    private readonly MinariMetadata _metadata;
    private readonly List<Group> _episodes;
    private readonly List<Range> _parts;

    private MinariReader(Hdf5File file, MinariMetadata metadata, List<Group> episodes, List<string> notes)
    {
        (_file, _metadata, Notes) = (file, metadata, notes);
        _episodes = [.. episodes.Where(episode => episode.Steps > 0)];
        CheckSpace("observations", metadata.Observation, notes);
        CheckSpace("actions", metadata.Action, notes);
        Declared = DatasetOf(metadata, notes);
        _parts = Plan();
    }

    /// <summary>Opens a file of episodes.</summary>
    /// <exception cref="RecordingException">It cannot be read, or contradicts itself.</exception>
    public static MinariReader Open(string path, MinariMetadata? metadata)
    {
        Hdf5File file = new Hdf5File(path);
        try
        {
            MinariMetadata known = metadata ?? MinariMetadata.Read(file);
            List<string> notes = new List<string>();
            List<Group> episodes = file.Read("its list of episodes", handle => Find(file, handle));
            CheckCounts(file, known, episodes, notes);
            return new MinariReader(file, known, episodes, notes);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public string Description => $"Minari data set{(_metadata.Id is null ? "" : $" {_metadata.Id}")}: {_episodes.Count} episodes in "
        + $"'{_file.Path}', actions taken at the observation before them";

    /// <inheritdoc />
    public DatasetSpec? Declared { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> Notes { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> Files => [_file.Path, .. OtherFiles()];

    /// <inheritdoc />
    public int Parts => _parts.Count;

    /// <inheritdoc />
    public IEnumerable<RecordedEpisode> Read(int part)
    {
        (int first, int count) = _parts[part].GetOffsetAndLength(_episodes.Count);
        return _file.Read($"part {part}", handle =>
        {
            List<RecordedEpisode> episodes = new List<RecordedEpisode>(count);
            foreach (Group episode in _episodes.GetRange(first, count))
                episodes.Add(Read(episode, (NativeGroup)handle.Root[episode.Name]));
            return episodes;
        });
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private RecordedEpisode Read(Group episode, NativeGroup group)
    {
        MinariEpisode arrays = new MinariEpisode(_file, episode.Name, group);
        arrays.AddParts("observations", EpisodeColumn.Observation, _metadata.Observation, episode.Steps + 1, areSteps: false);
        arrays.AddParts("actions", EpisodeColumn.Action, _metadata.Action, episode.Steps, areSteps: true);
        arrays.AddRewards("rewards", episode.Steps);
        arrays.AddFlags("terminations", EpisodeColumn.Terminated, episode.Steps);
        arrays.AddFlags("truncations", EpisodeColumn.Truncated, episode.Steps);
        return new() { Source = $"{_file.Path}, {episode.Name}", Columns = arrays.Columns, StoredAs = arrays.StoredAs };
    }

    /// <summary>The groups of episodes in the order of their numbers, and how long each is.</summary>
    private static List<Group> Find(Hdf5File file, Hdf5Handle handle)
    {
        List<Group> episodes = new List<Group>();
        foreach ((string name, NativeObject found) in handle.Root)
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal)
                || !long.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                continue;
            }
            if (found is not NativeGroup group)
                throw file.Refused(name, "is no group", "Expected a group with the arrays of an episode");
            long steps = MinariMetadata.Number(group, "total_steps") ?? new MinariEpisode(file, name, group).Count("rewards");
            episodes.Add(new(name, number, steps));
        }
        episodes.Sort((a, b) => a.Number.CompareTo(b.Number));
        return episodes.Count > 0 ? episodes : throw file.Refused(
            "its root", $"has no group {Prefix}0", "Expected a group for each episode, as Minari lays them out");
    }

    private static void CheckCounts(Hdf5File file, MinariMetadata metadata, List<Group> episodes, List<string> notes)
    {
        long steps = episodes.Sum(episode => episode.Steps);
        if (metadata.Episodes is { } many && many != episodes.Count)
            throw file.Refused("total_episodes", $"is {many}, and the file holds {episodes.Count}", "Download or write the data set again");
        if (metadata.Steps is { } total && total != steps)
            throw file.Refused("total_steps", $"is {total}, and the episodes have {steps}", "Download or write the data set again");
        long missing = episodes[^1].Number + 1 - episodes.Count;
        if (missing > 0)
        {
            HashSet<long> there = [.. episodes.Select(episode => episode.Number)];
            long first = 0;
            while (there.Contains(first))
                first++;
            notes.Add($"Numbers of episodes that are missing: {missing}, the first is {first}; the others are read in order.");
        }
        int empty = episodes.Count(episode => episode.Steps == 0);
        if (empty > 0)
            notes.Add($"Episodes without a step, left out: {empty}.");
    }

    private static DatasetSpec? DatasetOf(MinariMetadata metadata, List<string> notes)
    {
        if (metadata.Observation is null || metadata.Action is null)
        {
            notes.Add("It does not say what its spaces are; they are read off the episodes.");
            return null;
        }
        if (metadata.Action.ToActions() is not { } actions)
        {
            notes.Add($"Its actions are of the space {metadata.Action.Type}, which is neither numbers nor one of several; they are read as "
                + "they stand, and the spaces read off the episodes.");
            return null;
        }
        string environment = metadata.Environment ?? DatasetSpec.NoEnvironment;
        return new() { Environment = environment, Observation = metadata.Observation.Size, Action = actions };
    }

    /// <summary>Refuses text, and says which numbers do not begin at 0.</summary>
    private void CheckSpace(string name, GymSpace? space, List<string> notes)
    {
        if (space?.Type == "Text")
            throw _file.Refused(name, "is text", "Leave it out: models read numbers");
        if (space is { Type: "Discrete", Start: not 0 })
            notes.Add($"The values of {name} begin at {space.Start}; they are shifted to begin at 0.");
        foreach ((string part, GymSpace inner) in space?.Parts ?? new Dictionary<string, GymSpace>())
            CheckSpace($"{name}/{part}", inner, notes);
    }

    /// <summary>Ranges of episodes of a few MB, by the size of a record of the first.</summary>
    private List<Range> Plan()
    {
        List<Range> parts = new List<Range>();
        if (_episodes.Count == 0)
            return parts;
        long recordBytes = _file.Read(_episodes[0].Name, handle =>
            new MinariEpisode(_file, _episodes[0].Name, (NativeGroup)handle.Root[_episodes[0].Name]).RecordBytes());
        int first = 0;
        long bytes = 0;
        for (int i = 0; i < _episodes.Count; i++)
        {
            bytes += (_episodes[i].Steps + 1) * recordBytes;
            if (bytes < PartBytes && i < _episodes.Count - 1)
                continue;
            parts.Add(first..(i + 1));
            (first, bytes) = (i + 1, 0);
        }
        return parts;
    }

    private IEnumerable<string> OtherFiles()
    {
        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_file.Path)) ?? "", MinariMetadata.FileName);
        return File.Exists(beside) ? [beside] : [];
    }

    private readonly record struct Group(string Name, long Number, long Steps);
}
