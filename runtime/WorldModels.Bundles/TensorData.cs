using System.Runtime.InteropServices;

namespace WorldModels.Bundles;

/// <summary>An array of numbers with a shape, as a safetensors file holds it.</summary>
public sealed class TensorData
{
    private static readonly (string Name, Type Type, int Size, Func<int, Array> Make)[] Elements =
    [
        ("BOOL", typeof(bool), 1, count => new bool[count]), ("U8", typeof(byte), 1, count => new byte[count]),
        ("I8", typeof(sbyte), 1, count => new sbyte[count]), ("U16", typeof(ushort), 2, count => new ushort[count]),
        ("I16", typeof(short), 2, count => new short[count]), ("F16", typeof(Half), 2, count => new Half[count]),
        ("U32", typeof(uint), 4, count => new uint[count]), ("I32", typeof(int), 4, count => new int[count]),
        ("F32", typeof(float), 4, count => new float[count]), ("U64", typeof(ulong), 8, count => new ulong[count]),
        ("I64", typeof(long), 8, count => new long[count]), ("F64", typeof(double), 8, count => new double[count]),
    ];

    private readonly Array _values;
    private readonly int[] _shape;

    private TensorData(Array values, ReadOnlySpan<int> shape)
    {
        CheckCount(values.Length, shape);
        _values = values;
        _shape = shape.ToArray();
    }

    /// <summary>Type of an element: bool, byte, sbyte, short, ushort, Half, int, uint, float, long, ulong or double.</summary>
    public Type ElementType => _values.GetType().GetElementType()!;

    /// <summary>Sizes of the axes; none for a single number.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>The elements in row-major order, little-endian.</summary>
    public ReadOnlySpan<byte> Bytes => BytesOf(_values);

    /// <summary>Tensor over an array, which is not copied.</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements, or files cannot hold their type.</exception>
    public static TensorData Of<T>(T[] values, params ReadOnlySpan<int> shape) where T : unmanaged
    {
        _ = NameOf(typeof(T));
        return new TensorData(values, shape);
    }

    /// <summary>The elements, not copied.</summary>
    /// <exception cref="InvalidDataException">The elements have another type.</exception>
    public T[] Values<T>() where T : unmanaged => _values.GetType() == typeof(T[])
        ? (T[])_values
        : throw new InvalidDataException($"This tensor holds {ElementType.Name}, not {typeof(T).Name}.");

    /// <summary>A tensor to be filled through its bytes.</summary>
    internal static TensorData Empty(Type element, ReadOnlySpan<int> shape, int count, out Span<byte> bytes)
    {
        Array values = Array.Find(Elements, e => e.Type == element).Make(count);
        bytes = BytesOf(values);
        return new TensorData(values, shape);
    }

    /// <summary>Name of an element type in a file.</summary>
    internal static string NameOf(Type type) => Array.Find(Elements, e => e.Type == type).Name
        ?? throw new ArgumentException($"A safetensors file cannot hold {type.Name}.");

    /// <summary>Element type and its size by its name in a file; null if there is none.</summary>
    internal static (Type Type, int Size)? ElementOf(string? name) =>
        Array.Find(Elements, e => e.Name == name) is { Name: not null } found ? (found.Type, found.Size) : null;

    internal static void CheckCount(int count, ReadOnlySpan<int> shape)
    {
        long expected = 1;
        foreach (int size in shape)
            expected *= size;
        if (expected != count)
            throw new ArgumentException($"A tensor of shape ({string.Join(", ", shape.ToArray())}) has {expected} elements, not {count}.");
    }

    private static Span<byte> BytesOf(Array values) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(values),
            checked(values.Length * SizeOf(values.GetType().GetElementType()!)));

    private static int SizeOf(Type type) => Array.Find(Elements, e => e.Type == type).Size;
}
