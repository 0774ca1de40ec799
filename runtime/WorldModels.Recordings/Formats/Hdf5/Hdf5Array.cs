using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;
using WorldModels.Bundles;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>An array in an HDF5 file, of any type of a number that numpy has, read as one of the four of <see cref="NpyArray"/>.</summary>
internal sealed class Hdf5Array
{
    private readonly Hdf5File _file;
    private readonly NativeDataset _dataset;
    private readonly string _name;

    /// <summary>Takes what stands under a name.</summary>
    /// <param name="file">Where it is.</param>
    /// <param name="name">Of the array with those of its groups, for messages.</param>
    /// <param name="found">What is there.</param>
    /// <exception cref="RecordingException">It is no array of numbers, or its numbers stand in another file.</exception>
    public Hdf5Array(Hdf5File file, string name, NativeObject found)
    {
        (_file, _name) = (file, name);
        if (found is IH5UnresolvedLink)
            throw file.Refused(name, "is a link that leads nowhere", "Copy into this file what it led to");
        if (found is not NativeDataset dataset)
            throw file.Refused(name, "is a group", "Expected an array of numbers");
        _dataset = dataset;
        if (ExternalFilesOf(dataset) is not null || dataset.Layout.Class == H5DataLayoutClass.VirtualStorage)
            throw file.Refused(name, "keeps its numbers in other files", "Copy them into this one: h5repack IN OUT");
        StoredType = NameOf(dataset.Type) ?? throw Unreadable();
        Shape = [.. dataset.Space.Dimensions.Select(size => checked((long)size))];
        if (Shape.Count == 0)
            throw file.Refused(name, "is a single value", "Expected one for each record");
    }

    /// <summary>Its shape; the first axis counts records.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Number of records.</summary>
    public long Rows => Shape[0];

    /// <summary>Numbers in a record.</summary>
    public long Size => Shape.Skip(1).Aggregate(1L, (product, size) => product * size);

    /// <summary>Bytes of a record as it is kept in memory.</summary>
    public long RecordBytes => Size * StoredType switch { "uint8" or "bool" => 1, "float16" or "float32" or "float64" => 4, _ => 8 };

    /// <summary>Its type as numpy calls it.</summary>
    public string StoredType { get; }

    /// <summary>Reads all records.</summary>
    /// <exception cref="RecordingException">It is damaged, or holds a number that is not kept.</exception>
    public NpyArray Read() => Read(0, Rows);

    /// <summary>Reads some records.</summary>
    /// <exception cref="RecordingException">It is damaged, or holds a number that is not kept.</exception>
    public NpyArray Read(long first, long rows)
    {
        if (rows * Size * _dataset.Type.Size > int.MaxValue)
            throw _file.Refused(_name, $"has {rows} records in one episode", "At most 2 GB are read at once: write shorter episodes");
        return _file.Guard(_name, () => ReadAs(first, [(int)rows, .. Shape.Skip(1).Select(size => (int)size)]));
    }

    private NpyArray ReadAs(long first, int[] shape) => StoredType switch
    {
        "bool" => ToFlags(NpyArray.Of(Numbers<byte>(first, shape), shape), first),
        "uint8" => NpyArray.Of(Numbers<byte>(first, shape), shape),
        "float32" => NpyArray.Of(Numbers<float>(first, shape), shape),
        "int64" => NpyArray.Of(Numbers<long>(first, shape), shape),
        "float16" => NpyArray.Of(Array.ConvertAll(Numbers<Half>(first, shape), value => (float)value), shape),
        "float64" => NpyArray.Of(ToFloats(first, Numbers<double>(first, shape)), shape),
        "int8" => NpyArray.Of(Array.ConvertAll(Numbers<sbyte>(first, shape), value => (long)value), shape),
        "int16" => NpyArray.Of(Array.ConvertAll(Numbers<short>(first, shape), value => (long)value), shape),
        "int32" => NpyArray.Of(Array.ConvertAll(Numbers<int>(first, shape), value => (long)value), shape),
        "uint16" => NpyArray.Of(Array.ConvertAll(Numbers<ushort>(first, shape), value => (long)value), shape),
        "uint32" => NpyArray.Of(Array.ConvertAll(Numbers<uint>(first, shape), value => (long)value), shape),
        _ => NpyArray.Of(ToLongs(first, Numbers<ulong>(first, shape)), shape),
    };

    private T[] Numbers<T>(long first, int[] shape) where T : unmanaged
    {
        T[] numbers = GC.AllocateUninitializedArray<T>((int)(shape[0] * Size));
        if (numbers.Length == 0)
            return numbers;
        try
        {
            Fill(first, shape, numbers, inFileOrder: false);
        }
        catch (Exception e) when (e.Message.StartsWith("Byte order conversion", StringComparison.Ordinal))
        {
            Fill(first, shape, numbers, inFileOrder: true);
            Span<byte> bytes = MemoryMarshal.AsBytes(numbers.AsSpan());
            for (int at = 0; at < bytes.Length; at += Unsafe.SizeOf<T>())
                bytes.Slice(at, Unsafe.SizeOf<T>()).Reverse();
        }
        return numbers;
    }

    private void Fill<T>(long first, int[] shape, T[] numbers, bool inFileOrder) where T : unmanaged
    {
        if (_dataset.Layout.Class == H5DataLayoutClass.Chunked)
        {
            ChunkedRows<T> chunks = new ChunkedRows<T>(_dataset, first, shape[0], numbers);
            T[] ofEach = new T[chunks.Count];
            Read(new H5DatasetAccess(ChunkCache: chunks), ofEach, chunks.Selection);
        }
        else if (shape[0] == Rows)
        {
            Read(default, numbers, null);
        }
        else
        {
            ulong[] starts = new ulong[shape.Length];
            starts[0] = (ulong)first;
            Read(default, numbers, new HyperslabSelection(shape.Length, starts, Array.ConvertAll(shape, size => (ulong)size)));
        }

        void Read(H5DatasetAccess access, Span<T> target, Selection? selection)
        {
            if (inFileOrder)
                _dataset.Read(access, MemoryMarshal.AsBytes(target), selection);
            else
                _dataset.Read(access, target, selection);
        }
    }

    /// <summary>What was read as flags: numbers that are all 0 or 1.</summary>
    /// <param name="values">What was read.</param>
    /// <param name="first">The first record of it.</param>
    /// <exception cref="RecordingException">One is another number.</exception>
    public NpyArray ToFlags(NpyArray values, long first)
    {
        if (values.Type == NpyType.Bool)
            return values;
        float[] numbers = values.ToFloats();
        int wrong = Array.FindIndex(numbers, value => value is not (0 or 1));
        if (wrong >= 0)
        {
            string found = FormattableString.Invariant($"is {numbers[wrong]}");
            throw _file.Refused(_name + Index(first, wrong), found, "Expected a flag, 0 or 1");
        }
        return NpyArray.Of(Array.ConvertAll(numbers, value => value != 0), [.. values.Shape]);
    }

    private float[] ToFloats(long first, double[] numbers)
    {
        float[] floats = Array.ConvertAll(numbers, value => (float)value);
        for (int i = 0; i < floats.Length; i++)
        {
            if (float.IsInfinity(floats[i]) && double.IsFinite(numbers[i]))
                throw Beyond(first, i, numbers[i], "float32", "Scale the numbers");
        }
        return floats;
    }

    private long[] ToLongs(long first, ulong[] numbers)
    {
        int beyond = numbers.AsSpan().IndexOfAnyExceptInRange(0UL, (ulong)long.MaxValue);
        if (beyond >= 0)
            throw Beyond(first, beyond, numbers[beyond], "int64", "Store it as float32");
        return Array.ConvertAll(numbers, value => (long)value);
    }

    private RecordingException Beyond(long first, int at, IFormattable value, string type, string remedy) => _file.Refused(
        _name + Index(first, at), FormattableString.Invariant($"is {value}, more than {type} holds"), remedy);

    /// <summary>Such as <c>[3, 1]</c>: where an element stands, counted in the whole array.</summary>
    private string Index(long first, long at)
    {
        long[] index = new long[Shape.Count];
        for (int axis = Shape.Count - 1; axis > 0; axis--)
            (at, index[axis]) = (at / Shape[axis], at % Shape[axis]);
        index[0] = first + at;
        return $"[{string.Join(", ", index)}]";
    }

    private RecordingException Unreadable() => _dataset.Type.Class switch
    {
        H5DataTypeClass.String => _file.Refused(_name, "is text", "Leave it out: models read numbers"),
        H5DataTypeClass.VariableLength => _file.Refused(
            _name,
            "is text, or has records of different lengths",
            "Leave text out: models read numbers. Record images again with minari's jpeg_encoding=False"),
        _ => _file.Refused(_name, $"holds {_dataset.Type.Class} of {_dataset.Type.Size} bytes", "Save it as float32, int64, uint8 or bool"),
    };

    private static string? NameOf(IH5DataType type) => (type.Class, type.Size) switch
    {
        (H5DataTypeClass.Enumerated, 1) when IsBool(type.Enumeration) => "bool",
        (H5DataTypeClass.Enumerated, _) => NameOf(type.Enumeration.BaseType),
        (H5DataTypeClass.FloatingPoint, 2 or 4 or 8) => $"float{8 * type.Size}",
        (H5DataTypeClass.FixedPoint, 1 or 2 or 4 or 8) => $"{(type.FixedPoint.IsSigned ? "" : "u")}int{8 * type.Size}",
        _ => null,
    };

    private static bool IsBool(IEnumerationType type) => type.GetMembers<byte>() is { Count: 2 } members
        && members.TryGetValue("FALSE", out byte no) && members.TryGetValue("TRUE", out byte yes) && (no, yes) == (0, 1);

    private static object? ExternalFilesOf(NativeDataset dataset) => Hidden.Get(typeof(NativeDataset), "InternalExternalFileList", dataset);
}
