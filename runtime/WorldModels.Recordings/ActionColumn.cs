using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>The actions of an episode as one column: int64 (N + 1), or float32 (N + 1, A).</summary>
internal static class ActionColumn
{
    private const string Prefix = EpisodeColumn.Action + "/";

    /// <summary>The column; record 0, which no action led to, is zero whatever stands there.</summary>
    /// <exception cref="InvalidDataException">It is no action, or of several kinds.</exception>
    public static NpyArray Of(IReadOnlyDictionary<string, NpyArray> columns, int records)
    {
        (string Name, NpyArray Array)[] parts = [.. columns
            .Where(column => column.Key == EpisodeColumn.Action || column.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .OrderBy(column => column.Key, StringComparer.Ordinal).Select(column => (column.Key, Standard(column.Key, column.Value, records)))];
        if (parts is [var only])
            return only.Array;
        if (parts.FirstOrDefault(part => part.Array.Type != NpyType.Float32) is { Name: { } numbered })
            throw new InvalidDataException($"{numbered} is a numbered action beside others; expected one numbered action, or vectors of reals");
        int size = parts.Sum(part => part.Array.Shape[1]), at = 0;
        float[] joined = new float[records * size];
        foreach ((_, NpyArray array) in parts)
        {
            int width = array.Shape[1];
            for (int record = 0; record < records; record++)
                array.As<float>().Slice(record * width, width).CopyTo(joined.AsSpan(record * size + at));
            at += width;
        }
        return NpyArray.Of(joined, records, size);
    }

    private static NpyArray Standard(string name, NpyArray array, int records)
    {
        if (array.Shape.Count is not (1 or 2) || array.Shape[0] != records)
            throw new InvalidDataException($"{name} is {array.Describe()}; expected int64 ({records}) or float32 ({records}, A)");
        int width = array.Shape.Count == 1 ? 1 : array.Shape[1];
        if (array.Type == NpyType.Float32)
        {
            float[] values = array.ToFloats();
            values.AsSpan(0, width).Clear();
            return NpyArray.Of(values, records, width);
        }
        if (width == 1)
        {
            long[] numbers = array.Type == NpyType.Int64 ? array.As<long>().ToArray() : Array.ConvertAll(array.ToFloats(), value => (long)value);
            numbers[0] = 0;
            return NpyArray.Of(numbers);
        }

        float[] oneHot = array.ToFloats();
        oneHot.AsSpan(0, width).Clear();
        NpyArray vectors = NpyArray.Of(oneHot, records, width);
        return IsOneHot(vectors) ? vectors : throw new InvalidDataException($"{name} is {array.Describe()}, {width} whole numbers a record. If "
            + "they are reals, save them as float32; if each is a choice, save one number for each combination, int64 (N + 1)");
    }

    /// <summary>Whether every action but the reset's is a vector of zeros and a single 1.</summary>
    public static bool IsOneHot(NpyArray actions)
    {
        if (actions.Type != NpyType.Float32 || actions.Shape[1] < 2)
            return false;
        int width = actions.Shape[1];
        for (int record = 1; record < actions.Shape[0]; record++)
        {
            ReadOnlySpan<float> vector = actions.As<float>().Slice(record * width, width);
            int hot = vector.IndexOf(1f);
            if (hot < 0 || vector[..hot].ContainsAnyExcept(0f) || vector[(hot + 1)..].ContainsAnyExcept(0f))
                return false;
        }
        return true;
    }

    /// <summary>The numbers of one-hot actions.</summary>
    public static NpyArray Numbers(NpyArray oneHot)
    {
        int width = oneHot.Shape[1];
        long[] numbers = new long[oneHot.Shape[0]];
        for (int record = 1; record < numbers.Length; record++)
            numbers[record] = oneHot.As<float>().Slice(record * width, width).IndexOf(1f);
        return NpyArray.Of(numbers);
    }
}
