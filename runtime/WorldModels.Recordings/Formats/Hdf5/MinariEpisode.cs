using PureHDF.VOL.Native;
using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>The arrays of one episode's group, gathered as columns: what is of steps alone gets a record of zeros for the reset.</summary>
internal sealed class MinariEpisode(Hdf5File file, string name, NativeGroup group)
{
    private readonly Dictionary<string, NativeObject> _children = file.Children(group);
    private readonly Dictionary<string, NpyArray> _columns = [];
    private readonly Dictionary<string, string> _storedAs = [];

    /// <summary>What was added.</summary>
    public IReadOnlyDictionary<string, NpyArray> Columns => _columns;

    /// <summary>How it stood in the file, where that differs.</summary>
    public IReadOnlyDictionary<string, string> StoredAs => _storedAs;

    /// <summary>Length of an array.</summary>
    public long Count(string array) => new Hdf5Array(file, Named(array), Child(array)).Rows;

    /// <summary>Bytes of a record of observations and actions as they are kept.</summary>
    public long RecordBytes() => RecordBytes("observations", Child("observations")) + RecordBytes("actions", Child("actions"));

    /// <summary>Adds the array of a name, or those of a group of that name, each as a column of its own.</summary>
    public void AddParts(string array, string column, GymSpace? space, long records, bool areSteps) =>
        Add(array, Child(array), column, space, records, areSteps);

    /// <summary>Adds rewards, as float32.</summary>
    public void AddRewards(string array, long steps)
    {
        (Hdf5Array stored, NpyArray values) = Numbers(array, Child(array), steps, []);
        NpyArray floats = values.Type == NpyType.Float32 ? values : NpyArray.Of(values.ToFloats(), [.. values.Shape]);
        Keep(EpisodeColumn.Reward, stored, ColumnData.AfterReset(floats));
    }

    /// <summary>Adds flags, as bool.</summary>
    public void AddFlags(string array, string column, long steps)
    {
        (Hdf5Array stored, NpyArray values) = Numbers(array, Child(array), steps, []);
        Keep(column, stored, ColumnData.AfterReset(stored.ToFlags(values, 0)));
    }

    private void Add(string array, NativeObject found, string column, GymSpace? space, long records, bool areSteps)
    {
        if (found is NativeGroup parts)
        {
            if (space is not (null or { Parts: not null }))
                throw file.Refused(Named(array), "is a group", $"The space says {space.Type}: download or write the data set again");
            AddGroup(array, parts, column, space, records, areSteps);
            return;
        }
        if (space?.Parts is not null)
            throw file.Refused(Named(array), "is one array", $"The space says {space.Type}: download or write the data set again");
        (Hdf5Array stored, NpyArray values) = Numbers(array, found, records, space?.Shape);
        if (space?.Type == "Discrete")
            values = Shift(array, values, space.Start);
        Keep(column, stored, areSteps ? ColumnData.AfterReset(values) : values);
    }

    private void AddGroup(string array, NativeGroup parts, string column, GymSpace? space, long records, bool areSteps)
    {
        Dictionary<string, NativeObject> children = file.Children(parts);
        foreach (string key in space?.Parts?.Keys ?? children.Keys.Order(StringComparer.Ordinal))
        {
            if (!children.TryGetValue(key, out NativeObject? found))
                throw file.Refused(Named(array), $"has no '{key}', which the space has", "Download or write the data set again");
            Add($"{array}/{key}", found, $"{column}/{key}", space?.Parts?[key], records, areSteps);
        }
        if (children.Count == 0)
            throw file.Refused(Named(array), "is an empty group", "Expected arrays in it");
    }

    /// <summary>Reads an array of so many records, each of that shape; null: of any.</summary>
    private (Hdf5Array Stored, NpyArray Values) Numbers(string array, NativeObject found, long records, IReadOnlyList<int>? shape)
    {
        Hdf5Array stored = new Hdf5Array(file, Named(array), found);
        if (stored.Rows != records)
        {
            bool isSeen = array.StartsWith("observations", StringComparison.Ordinal);
            string expected = $"Expected {records}{(isSeen ? ": one more than steps" : ", one a step")}";
            throw file.Refused(Named(array), $"has {stored.Rows} records", expected);
        }
        shape ??= [.. stored.Shape.Skip(1).Select(size => (int)size)];
        if (stored.Size == GymSpace.Product(shape))
        {
            NpyArray values = stored.Read();
            return (stored, values.Shape.Skip(1).SequenceEqual(shape) ? values : Reshape(values, shape));
        }
        string actual = $"has records of [{string.Join(", ", stored.Shape.Skip(1))}]";
        if (stored.StoredType == "uint8" && stored.Shape.Count == 2 && shape.Count > 1)
            throw file.Refused(Named(array), $"{actual}, JPEG images", "Record them again with minari's jpeg_encoding=False");
        throw file.Refused(Named(array), actual, $"Expected [{string.Join(", ", shape)}]");
    }

    private NpyArray Shift(string array, NpyArray values, long start)
    {
        if (values.Type == NpyType.Float32)
            throw file.Refused(Named(array), "is of real numbers", "The space says Discrete: save it as int64");
        long[] ids = values.Type switch
        {
            NpyType.Int64 => values.As<long>().ToArray(),
            NpyType.UInt8 => Array.ConvertAll(values.As<byte>().ToArray(), value => (long)value),
            _ => Array.ConvertAll(values.As<bool>().ToArray(), value => value ? 1L : 0L),
        };
        if (start != 0)
            ids = Array.ConvertAll(ids, id => id - start);
        return NpyArray.Of(ids, [.. values.Shape]);
    }

    private static NpyArray Reshape(NpyArray values, IReadOnlyList<int> shape)
    {
        int[] full = [values.Shape[0], .. shape];
        return values.Type switch
        {
            NpyType.Float32 => NpyArray.Of(values.As<float>().ToArray(), full),
            NpyType.Int64 => NpyArray.Of(values.As<long>().ToArray(), full),
            NpyType.UInt8 => NpyArray.Of(values.As<byte>().ToArray(), full),
            _ => NpyArray.Of(values.As<bool>().ToArray(), full),
        };
    }

    private void Keep(string column, Hdf5Array stored, NpyArray values)
    {
        _columns[column] = values;
        if (stored.StoredType != values.Type.ToString().ToLowerInvariant())
            _storedAs[column] = stored.StoredType;
    }

    private long RecordBytes(string array, NativeObject found) => found is NativeGroup parts
        ? file.Children(parts).Sum(child => RecordBytes($"{array}/{child.Key}", child.Value))
        : new Hdf5Array(file, Named(array), found).RecordBytes;

    private NativeObject Child(string array) => _children.GetValueOrDefault(array)
        ?? throw file.Refused(name, $"has no '{array}'", "Expected observations, actions, rewards, terminations and truncations");

    private string Named(string array) => $"{name}/{array}";
}
