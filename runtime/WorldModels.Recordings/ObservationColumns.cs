using System.Globalization;
using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>The observation of an episode: vectors, joined by name in one column, and pictures.</summary>
internal static class ObservationColumns
{
    private const string Prefix = EpisodeColumn.Observation + "/";

    /// <summary>
    /// The columns: <c>observation</c> (N + 1, O), the vectors in the order of their names, or the picture if there is nothing else; beside
    /// vectors, pictures keep their name. Where the picture is to be seen, it alone, channels first.
    /// </summary>
    /// <exception cref="InvalidDataException">A part is neither a vector nor a picture, or has another number of records.</exception>
    public static IEnumerable<KeyValuePair<string, NpyArray>> Of(IReadOnlyDictionary<string, NpyArray> columns, RecordingOptions options)
    {
        (string Name, NpyArray Array)[] parts = [.. Parts(columns).Select(part => (part.Key, Standard(part.Key, part.Value)))];
        if (parts.Length == 0)
            throw new InvalidDataException("it has no array 'observation'");
        int records = parts[0].Array.Shape[0];
        if (parts.FirstOrDefault(part => part.Array.Shape[0] != records) is { Name: { } other, Array: { } array })
            throw new InvalidDataException($"{other} is {array.Describe()}; {parts[0].Name} has {records} records");
        if (records < 2)
            throw new InvalidDataException($"it has {records} record; an episode has at least two, the reset and a step");
        (string Name, NpyArray Array)[] vectors = [.. parts.Where(part => !IsPicture(part.Array))];
        (string Name, NpyArray Array)[] pictures = [.. parts.Where(part => IsPicture(part.Array))];
        if (vectors.Length == 0 && pictures.Length > 1)
            throw new InvalidDataException($"its observations are {pictures.Length} pictures ({Names(pictures)}); expected one, or vectors beside");
        if (options.SeePictures)
        {
            yield return new(EpisodeColumn.Observation, pictures.Length == 1 ? ChannelsFirst(pictures[0].Array)
                : throw new InvalidDataException($"it has {pictures.Length} pictures in an observation, and one is to be seen; pixels=0 sees numbers"));
            yield break;
        }
        yield return new(EpisodeColumn.Observation, vectors switch
        {
            [] => pictures[0].Array,
            [var only] => only.Array,
            _ => Join(vectors, records),
        });
        foreach ((string name, NpyArray picture) in options.KeepPictures && vectors.Length > 0 ? pictures : [])
            yield return new(name, picture);
    }

    /// <summary>What the numbers of <c>observation</c> are called: by their part, and their place in it; null where it has but one part.</summary>
    public static IReadOnlyList<string>? NumberNames(IReadOnlyDictionary<string, NpyArray> columns)
    {
        KeyValuePair<string, NpyArray>[] vectors = [.. Parts(columns).Where(part => part.Value.Shape.Count <= 2)];
        if (vectors.Length < 2)
            return null;
        return [.. vectors.SelectMany(part => Enumerable.Range(0, Size(part.Value)).Select(i =>
            Size(part.Value) == 1 ? part.Key[Prefix.Length..] : string.Create(CultureInfo.InvariantCulture, $"{part.Key[Prefix.Length..]}[{i}]")))];
    }

    /// <summary>
    /// Height, width and channels of a picture's axes, and whether channels come first. Channels are the axis of at most 4 numbers, or of a
    /// stack of such; where both ends could be, the last one.
    /// </summary>
    public static (int Height, int Width, int Channels, bool ChannelsFirst) Layout(NpyArray picture)
    {
        IReadOnlyList<int> shape = picture.Shape;
        if (shape.Count == 3)
            return (shape[1], shape[2], 1, false);
        bool last = shape[3] <= 4, first = shape[1] <= 4;
        bool channelsFirst = first != last ? first : !last && shape[1] < shape[3];
        return channelsFirst ? (shape[2], shape[3], shape[1], true) : (shape[1], shape[2], shape[3], false);
    }

    private static NpyArray ChannelsFirst(NpyArray picture)
    {
        (int height, int width, int channels, bool already) = Layout(picture);
        int records = picture.Shape[0], pixels = height * width;
        if (already || channels == 1)
            return picture.Reshape(records, channels, height, width);
        byte[] first = new byte[picture.Length];
        ReadOnlySpan<byte> last = picture.As<byte>();
        for (int record = 0; record < records; record++)
        {
            int at = record * pixels * channels;
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                for (int channel = 0; channel < channels; channel++)
                    first[at + channel * pixels + pixel] = last[at + pixel * channels + channel];
            }
        }
        return NpyArray.Of(first, records, channels, height, width);
    }

    private static IEnumerable<KeyValuePair<string, NpyArray>> Parts(IReadOnlyDictionary<string, NpyArray> columns) =>
        columns.Where(column => column.Key == EpisodeColumn.Observation || column.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .OrderBy(column => column.Key, StringComparer.Ordinal);

    private static bool IsPicture(NpyArray array) => array.Shape.Count > 2;

    private static NpyArray Standard(string name, NpyArray array) => array.Shape.Count switch
    {
        1 => array.Reshape(array.Length, 1),
        2 when array.Shape[1] > 0 => array,
        3 or 4 when array.Type == NpyType.UInt8 => array,
        _ => throw new InvalidDataException($"{name} is {array.Describe()}; expected a vector (N + 1, O), or a picture of uint8 "
            + "(N + 1, H, W, C) or (N + 1, C, H, W)"),
    };

    private static NpyArray Join((string Name, NpyArray Array)[] vectors, int records)
    {
        int size = vectors.Sum(part => Size(part.Array)), at = 0;
        float[] joined = new float[records * size];
        foreach ((_, NpyArray array) in vectors)
        {
            int part = Size(array);
            float[] values = array.ToFloats();
            for (int record = 0; record < records; record++)
                values.AsSpan(record * part, part).CopyTo(joined.AsSpan(record * size + at));
            at += part;
        }
        return NpyArray.Of(joined, records, size);
    }

    private static int Size(NpyArray array) => array.Shape.Count == 1 ? 1 : array.Shape[1];

    private static string Names((string Name, NpyArray Array)[] parts) => string.Join(", ", parts.Select(part => part.Name));
}
