using System.Runtime.InteropServices;

namespace WorldModels.Bundles;

/// <summary>Element types that <see cref="NpyArray"/> holds.</summary>
public enum NpyType
{
    /// <summary>numpy <c>float32</c>.</summary>
    Float32,
    /// <summary>numpy <c>int64</c>.</summary>
    Int64,
    /// <summary>numpy <c>uint8</c>.</summary>
    UInt8,
    /// <summary>numpy <c>bool</c>.</summary>
    Bool,
}

/// <summary>
/// An n-dimensional array in row-major order: what an npz file holds and what a graph takes and gives.
/// The elements are mutable, the shape is not.
/// </summary>
public sealed class NpyArray
{
    private readonly Array? _data;
    private readonly Memory<byte> _memory;      // of the elements, where they are in no array

    private NpyArray(NpyType type, Array? data, Memory<byte> memory, int[] shape)
    {
        (Type, _data, _memory, Shape) = (type, data, memory, shape);
        Length = data?.Length ?? memory.Length / SizeOf(type);
        long length = Count(shape);
        if (length != Length)
            throw new ArgumentException($"Shape [{string.Join(", ", shape)}] has {length} elements, the data {Length}.");
    }

    /// <summary>The element type.</summary>
    public NpyType Type { get; }

    /// <summary>The shape; empty for a scalar.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>Wraps <paramref name="data"/>, without a copy, in a shape.</summary>
    /// <typeparam name="T">float, long, byte or bool.</typeparam>
    /// <param name="data">The elements in row-major order.</param>
    /// <param name="shape">The shape; none: one axis.</param>
    /// <exception cref="ArgumentException">Another element type, or a shape of another number of elements.</exception>
    public static NpyArray Of<T>(T[] data, params int[] shape) where T : unmanaged =>
        new(TypeOf<T>(), data, default, shape.Length == 0 ? [data.Length] : [.. shape]);

    /// <summary>Wraps memory that is no array's, such as a mapped file's, without a copy. It is writable only if the memory is.</summary>
    /// <param name="type">Of the elements.</param>
    /// <param name="memory">The elements in row-major order, little-endian, less than 2 GiB.</param>
    /// <param name="shape">The shape.</param>
    /// <exception cref="ArgumentException">A shape of another number of elements.</exception>
    public static NpyArray Over(NpyType type, Memory<byte> memory, params int[] shape) => new(type, null, memory, [.. shape]);

    /// <summary>An array of zeros.</summary>
    public static NpyArray Zeros(NpyType type, params int[] shape)
    {
        int length = checked((int)Count(shape));
        Array data = type switch
        {
            NpyType.Float32 => new float[length],
            NpyType.Int64 => new long[length],
            NpyType.UInt8 => new byte[length],
            _ => new bool[length],
        };
        return new(type, data, default, [.. shape]);
    }

    /// <summary>The elements, without a copy.</summary>
    /// <typeparam name="T">float, long, byte or bool, as <see cref="Type"/> says.</typeparam>
    /// <exception cref="InvalidDataException">The array holds another type.</exception>
    public Span<T> As<T>() where T : unmanaged
    {
        if (Type != TypeOf<T>())
            throw new InvalidDataException($"Expected an array of {NumpyName(TypeOf<T>())}, found {Describe()}.");
        return _data is null ? MemoryMarshal.Cast<byte, T>(_memory.Span) : (T[])_data;
    }

    /// <summary>A copy as float32: numbers keep their value, true is 1.</summary>
    public float[] ToFloats()
    {
        float[] floats = new float[Length];
        switch (Type)
        {
            case NpyType.Float32: As<float>().CopyTo(floats); break;
            case NpyType.Int64: Convert(As<long>(), value => value); break;
            case NpyType.UInt8: Convert(As<byte>(), value => value); break;
            default: Convert(As<bool>(), value => value ? 1 : 0); break;
        }
        return floats;

        void Convert<T>(ReadOnlySpan<T> values, Func<T, float> convert)
        {
            for (int i = 0; i < values.Length; i++)
                floats[i] = convert(values[i]);
        }
    }

    /// <summary>Entry <paramref name="index"/> along the first axis, copied, as an array of one axis fewer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    public NpyArray Slice(int index)
    {
        if (Shape.Count == 0 || (uint)index >= (uint)Shape[0])
            throw new ArgumentOutOfRangeException(nameof(index), index, $"Expected an index into the first axis of {Describe()}.");
        NpyArray slice = Zeros(Type, [.. Shape.Skip(1)]);
        CopyTo(index * slice.Length, slice);
        return slice;
    }

    /// <summary>The same elements, not copied, in another shape.</summary>
    /// <exception cref="ArgumentException">It has another number of elements.</exception>
    public NpyArray Reshape(params int[] shape) => new(Type, _data, _memory, [.. shape]);

    /// <summary>Such as <c>float32 [2, 3]</c>.</summary>
    public string Describe() => $"{NumpyName(Type)} [{string.Join(", ", Shape)}]";

    /// <summary>The memory of the elements, of arrays of less than 2 GiB.</summary>
    internal Span<byte> Bytes => BytesOf(0, Length);

    /// <summary>The elements' array, for pinning.</summary>
    internal Array Data => _data ?? throw new NotSupportedException("The elements are in no array.");

    /// <summary>An array whose elements are whatever was in memory, to be overwritten.</summary>
    internal static NpyArray Unwritten(NpyType type, params int[] shape)
    {
        int length = checked((int)Count(shape));
        Array data = type switch
        {
            NpyType.Float32 => GC.AllocateUninitializedArray<float>(length),
            NpyType.Int64 => GC.AllocateUninitializedArray<long>(length),
            NpyType.UInt8 => GC.AllocateUninitializedArray<byte>(length),
            _ => GC.AllocateUninitializedArray<bool>(length),
        };
        return new(type, data, default, [.. shape]);
    }

    /// <summary>The memory of some elements.</summary>
    internal Span<byte> BytesOf(int first, int count) => _data switch
    {
        null => _memory.Span.Slice(first * SizeOf(Type), count * SizeOf(Type)),
        float[] floats => MemoryMarshal.AsBytes(floats.AsSpan(first, count)),
        long[] longs => MemoryMarshal.AsBytes(longs.AsSpan(first, count)),
        byte[] bytes => bytes.AsSpan(first, count),
        _ => MemoryMarshal.AsBytes(((bool[])_data).AsSpan(first, count)),
    };

    /// <summary>Fills an array of the same type with the elements from one on.</summary>
    internal void CopyTo(int first, NpyArray target)
    {
        if (_data is not null && target._data is not null)
            Array.Copy(_data, first, target._data, 0, target.Length);
        else
            BytesOf(first, target.Length).CopyTo(target.Bytes);
    }

    /// <summary>Such as <c>uint8</c>.</summary>
    internal static string NumpyName(NpyType type) => type.ToString().ToLowerInvariant();

    internal static int SizeOf(NpyType type) => type switch { NpyType.Float32 => 4, NpyType.Int64 => 8, _ => 1 };

    internal static long Count(IEnumerable<int> shape)
    {
        long count = 1;
        foreach (int size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size);
            count = checked(count * size);
        }
        return count;
    }

    internal static NpyType TypeOf<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? NpyType.Float32
        : typeof(T) == typeof(long) ? NpyType.Int64
        : typeof(T) == typeof(byte) ? NpyType.UInt8
        : typeof(T) == typeof(bool) ? NpyType.Bool
        : throw new ArgumentException($"Expected float, long, byte or bool, found {typeof(T).Name}.");
}
