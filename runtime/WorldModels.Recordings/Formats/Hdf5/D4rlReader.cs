using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>
/// An open D4RL file: row t holds an observation, the action taken at it, and what came of that. An episode ends after a row whose terminal
/// or timeout is set. A part is the rows of some episodes, a few MB, or those of one that is longer.
/// </summary>
internal sealed class D4rlReader : IRecordingReader
{
    private const long PartBytes = 8 << 20;
    private const float SameWithin = 1e-4f;

    private readonly Hdf5File _file;
    private readonly List<D4rlEpisode> _episodes;
    private readonly List<Range> _parts;

    private D4rlReader(Hdf5File file, List<D4rlEpisode> episodes, List<Range> parts, List<string> notes) =>
        (_file, _episodes, _parts, Notes) = (file, episodes, parts, notes);

    /// <inheritdoc />
    public string Description =>
        $"D4RL file: {_episodes.Count} episodes in '{_file.Path}', a row an observation and the action taken at it";

    /// <inheritdoc />
    public DatasetSpec? Declared => null;

    /// <inheritdoc />
    public IReadOnlyList<string> Notes { get; }

    /// <inheritdoc />
    public IReadOnlyList<string> Files => [_file.Path];

    /// <inheritdoc />
    public int Parts => _parts.Count;

    /// <summary>Reads the flags, and so finds the episodes.</summary>
    /// <exception cref="RecordingException">Arrays are missing, or contradict each other.</exception>
    public static D4rlReader Open(Hdf5File file, Hdf5Handle handle)
    {
        D4rlRows rows = new D4rlRows(file, handle);
        bool[] terminals = D4rlRows.Flags(rows.Terminals, 0, rows.Count);
        bool[] timeouts = rows.Timeouts is null ? new bool[rows.Count] : D4rlRows.Flags(rows.Timeouts, 0, rows.Count);
        List<D4rlEpisode> all = D4rlEpisode.Split(terminals, timeouts, rows.Next is not null);
        List<string> notes = [.. D4rlNotes.Of(rows, all)];
        List<D4rlEpisode> episodes = [.. all.Where(episode => episode.Steps > 0)];
        return new(file, episodes, Plan(episodes, rows.RowBytes), notes);
    }

    /// <inheritdoc />
    public IEnumerable<RecordedEpisode> Read(int part)
    {
        (int first, int count) = _parts[part].GetOffsetAndLength(_episodes.Count);
        return _file.Read($"part {part}", handle => Read(_episodes.GetRange(first, count), new D4rlRows(_file, handle)));
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private List<RecordedEpisode> Read(List<D4rlEpisode> episodes, D4rlRows rows)
    {
        long first = episodes[0].First, count = episodes[^1].First + episodes[^1].Rows - first;
        NpyArray observations = rows.Observations.Read(first, count), actions = rows.Actions.Read(first, count);
        NpyArray? next = rows.Next?.Read(first, count);
        NpyArray stored = rows.Rewards.Read(first, count);
        NpyArray rewards = NpyArray.Of(stored.ToFloats(), stored.Length);
        Dictionary<string, string> storedAs = new Dictionary<string, string>();
        AddStored(EpisodeColumn.Observation, rows.Observations, observations);
        AddStored(EpisodeColumn.Action, rows.Actions, actions);
        AddStored(EpisodeColumn.Reward, rows.Rewards, rewards);
        List<RecordedEpisode> recorded = new List<RecordedEpisode>(episodes.Count);
        foreach (D4rlEpisode episode in episodes)
        {
            int at = (int)(episode.First - first);
            CheckOrder(episode, observations, next, at);
            recorded.Add(new()
            {
                Source = _file.Path,
                FirstRecord = episode.First,
                StoredAs = storedAs,
                Columns = new Dictionary<string, NpyArray>
                {
                    [EpisodeColumn.Observation] = Arrivals(episode, observations, next, at),
                    [EpisodeColumn.Action] = Steps(episode, actions, at),
                    [EpisodeColumn.Reward] = Steps(episode, rewards, at),
                    [EpisodeColumn.Terminated] = AtEnd(episode, episode.Terminal),
                    [EpisodeColumn.Truncated] = AtEnd(episode, !episode.Terminal || episode.Timeout),
                },
            });
        }
        return recorded;

        void AddStored(string column, Hdf5Array array, NpyArray values)
        {
            if (array.StoredType != values.Type.ToString().ToLowerInvariant())
                storedAs[column] = array.StoredType;
        }
    }

    /// <summary>The observations of an episode: those of its rows, and of what the last row's action led to.</summary>
    private static NpyArray Arrivals(D4rlEpisode episode, NpyArray observations, NpyArray? next, int at)
    {
        int records = episode.Steps + 1;
        NpyArray arrivals = NpyArray.Zeros(observations.Type, [records, .. observations.Shape.Skip(1)]);
        ColumnData.Copy(observations, at, arrivals, 0, Math.Min(records, episode.Rows));
        if (records > episode.Rows)
            ColumnData.Copy(next ?? observations, at + episode.Rows - 1, arrivals, episode.Rows, 1);
        return arrivals;
    }

    private static NpyArray Steps(D4rlEpisode episode, NpyArray rows, int at)
    {
        NpyArray steps = NpyArray.Zeros(rows.Type, [episode.Steps + 1, .. rows.Shape.Skip(1)]);
        ColumnData.Copy(rows, at, steps, 1, episode.Steps);
        return steps;
    }

    private static NpyArray AtEnd(D4rlEpisode episode, bool value)
    {
        bool[] flags = new bool[episode.Steps + 1];
        flags[^1] = value;
        return NpyArray.Of(flags);
    }

    /// <summary>Refuses rows of which one does not follow from the one before: an end that no flag marks, or shuffled rows.</summary>
    private void CheckOrder(D4rlEpisode episode, NpyArray observations, NpyArray? next, int at)
    {
        if (next is null)
            return;
        int size = observations.Length / observations.Shape[0];
        float[] arrived = new float[size], seen = new float[size];
        for (int row = 0; row < episode.Rows - 1; row++)
        {
            ColumnData.ToFloats(next, at + row, arrived);
            ColumnData.ToFloats(observations, at + row + 1, seen);
            for (int i = 0; i < size; i++)
            {
                if (MathF.Abs(arrived[i] - seen[i]) > SameWithin * (1 + MathF.Abs(seen[i])))
                {
                    long number = episode.First + row;
                    throw _file.Refused(
                        $"next_observations[{number}]",
                        $"is not observations[{number + 1}], and neither terminals nor timeouts mark an end there",
                        "Mark it in timeouts, or write the rows in the order in which they were played");
                }
            }
        }
    }

    private static List<Range> Plan(List<D4rlEpisode> episodes, long rowBytes)
    {
        List<Range> parts = new List<Range>();
        int first = 0;
        for (int i = 0; i < episodes.Count; i++)
        {
            bool fits = i + 1 < episodes.Count
                && (episodes[i + 1].First + episodes[i + 1].Rows - episodes[first].First) * rowBytes <= PartBytes;
            if (fits)
                continue;
            parts.Add(first..(i + 1));
            first = i + 1;
        }
        return parts;
    }
}
