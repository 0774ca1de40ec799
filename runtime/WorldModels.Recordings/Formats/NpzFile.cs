using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats;

/// <summary>The arrays of one npz file, and the episodes in them.</summary>
internal sealed class NpzFile(string file, Dictionary<string, NpyArray> arrays, NpzLayout layout, RecordingOptions options)
{
    private int _records;

    /// <summary>One episode, or several where flags say where one begins.</summary>
    /// <exception cref="RecordingException">An array is missing or of another length, or flags contradict each other.</exception>
    public IReadOnlyList<RecordedEpisode> Episodes()
    {
        string observed = layout.Observations.Keys.First();
        _records = Take(observed).Shape.FirstOrDefault();
        Dictionary<string, NpyArray> columns = new Dictionary<string, NpyArray>();
        foreach ((string array, string column) in layout.Observations)
            columns[column] = Whole(array);
        foreach ((string array, string column) in layout.Actions)
            columns[column] = layout.IsTaken && Take(array).Shape is [var length, ..] && length == _records ? Later(Take(array)) : Steps(array);
        if (layout.Reward is not null)
            columns[EpisodeColumn.Reward] = Steps(layout.Reward);
        bool[]? terminated = Flags(layout.Terminated), truncated = Flags(layout.Truncated);
        if (layout.Discount is not null)
        {
            float[] discounts = Steps(layout.Discount).ToFloats();
            discounts[0] = Take(layout.Discount).Shape[0] < _records || !float.IsFinite(discounts[0]) ? 1 : discounts[0];
            columns[EpisodeColumn.Discount] = NpyArray.Of(discounts);
        }
        foreach (string extra in options.Extras)
        {
            if (arrays.TryGetValue(extra, out NpyArray? array) && !columns.ContainsKey(extra))
                columns[extra] = array;
        }
        return [.. Beginnings().Select(range => Piece(columns, terminated, truncated, range.First, range.Records))];
    }

    private RecordedEpisode Piece(
        Dictionary<string, NpyArray> columns, bool[]? terminated, bool[]? truncated, int first, int records)
    {
        Dictionary<string, NpyArray> piece = columns.ToDictionary(column => column.Key, column => ColumnData.Records(column.Value, first, records));
        if (terminated is null && !layout.SaysHowItEnds)
            terminated = AtEnd(options.Ends == UnmarkedEnds.Terminated, first + records);
        if (terminated is not null)
            piece[EpisodeColumn.Terminated] = NpyArray.Of(terminated[first..(first + records)]);
        if (truncated is not null)
            piece[EpisodeColumn.Truncated] = NpyArray.Of(truncated[first..(first + records)]);
        return new() { Source = file, Columns = piece, FirstRecord = first, GoesOn = first == 0 && Flags(layout.First) is [false, ..] };
    }

    /// <summary>The stretches between records that begin an episode.</summary>
    private IEnumerable<(int First, int Records)> Beginnings()
    {
        bool[]? first = Flags(layout.First), last = Flags(layout.Last);
        int begin = 0;
        for (int record = 1; record < _records; record++)
        {
            bool ended = last?[record - 1] ?? false;
            if (ended && first is not null && !first[record])
            {
                throw new RecordingException($"{file}: {layout.Last}[{record - 1}] says that an episode ends, and {layout.First}[{record}] "
                    + "that none begins. Mend one of them.");
            }

            if (!(first?[record] ?? ended))
                continue;
            yield return (begin, record - begin);
            begin = record;
        }
        yield return (begin, _records - begin);
    }

    private static bool[] AtEnd(bool value, int records)
    {
        bool[] flags = new bool[records];
        flags[^1] = value;
        return flags;
    }

    private NpyArray Take(string array) => arrays.TryGetValue(array, out NpyArray? taken) ? taken
        : throw new RecordingException($"{file} has no array '{array}', which the first file has. Remove the file, or write it like the others.");

    private NpyArray Whole(string array) => Take(array) is { Shape: [var records, ..] } whole && records == _records ? whole : throw Length(array);

    /// <summary>An array of records, or of steps: then the reset's record of zeros comes before.</summary>
    private NpyArray Steps(string array) => Take(array) switch
    {
        { Shape: [var records, ..] } whole when records == _records => whole,
        { Shape: [var steps, ..] } shorter when steps == _records - 1 => ColumnData.AfterReset(shorter),
        _ => throw Length(array),
    };

    /// <summary>What was done at a record, told at the record it led to; what was done at the last one led nowhere.</summary>
    private static NpyArray Later(NpyArray array) => ColumnData.AfterReset(ColumnData.Records(array, 0, array.Shape[0] - 1));

    private bool[]? Flags(string? array)
    {
        if (array is null)
            return null;
        NpyArray flags = Steps(array);
        if (flags.Length != _records)
            throw Length(array);
        float[] values = flags.ToFloats();
        int wrong = values.AsSpan(1).IndexOfAnyExcept(0f, 1f) + 1;
        if (wrong > 0)
        {
            throw new RecordingException($"{file}: {array}[{wrong}] is {values[wrong]}; expected a flag, false or true (0 or 1). Save it as bool.");
        }
        return Array.ConvertAll(values, value => value == 1);
    }

    private RecordingException Length(string array) => new($"{file}: {array} is {Take(array).Describe()}; expected {_records} records, as "
        + $"{layout.Observations.Keys.First()} has{(layout.Observations.ContainsKey(array) ? "" : $", or {_records - 1}, one for each step")}.");
}
