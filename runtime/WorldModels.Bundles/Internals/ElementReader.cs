using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace WorldModels.Bundles.Internals;

/// <summary>
/// Reads the elements of an npy file into the types of <see cref="NpyArray"/>: where the size is the same into place, else through a
/// buffer. In pieces, since a span ends at 2 GiB.
/// </summary>
internal static class ElementReader
{
    private const int LargestPiece = 1 << 28;       // elements that are read into place at once
    private const int BufferSize = 1 << 17;         // bytes that are converted at once: they stay in the cache

    /// <summary>Fills an array.</summary>
    /// <param name="stream">Positioned at the first element to read.</param>
    /// <param name="header">What the elements are.</param>
    /// <param name="target">As large as what is read.</param>
    /// <param name="first">Index in the whole array of the first element, for messages.</param>
    /// <exception cref="NpyRefusal">A number is beyond the type that it is read as.</exception>
    public static void Read(Stream stream, NpyHeader header, NpyArray target, long first)
    {
        if (header.Element.Size == NpyArray.SizeOf(target.Type))
            ReadInPlace(stream, header, target, first);
        else
            ReadConverted(stream, header, target, first);
    }

    private static void ReadInPlace(Stream stream, NpyHeader header, NpyArray target, long first)
    {
        bool unsigned = header.Element.Name == "uint64";
        for (int at = 0; at < target.Length; at += LargestPiece)
        {
            int count = Math.Min(LargestPiece, target.Length - at);
            Span<byte> piece = target.BytesOf(at, count);
            stream.ReadExactly(piece);
            if (header.Element.IsBigEndian)
                Reverse(piece, header.Element.Size);
            if (target.Type == NpyType.Bool)
                MakeOneOfTrue(piece);
            if (unsigned && target.As<long>().Slice(at, count).IndexOfAnyInRange(long.MinValue, -1) is int large and >= 0)
                throw Beyond(header, first + at + large, $"{(ulong)target.As<long>()[at + large]}", "int64");
        }
    }

    private static void ReadConverted(Stream stream, NpyHeader header, NpyArray target, long first)
    {
        int size = header.Element.Size;
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BufferSize, (long)target.Length * size));
        try
        {
            int piece = buffer.Length / size;
            for (int at = 0; at < target.Length; at += piece)
            {
                int count = Math.Min(piece, target.Length - at);
                Span<byte> bytes = buffer.AsSpan(0, count * size);
                stream.ReadExactly(bytes);
                if (header.Element.IsBigEndian)
                    Reverse(bytes, size);
                if (target.Type == NpyType.Int64)
                    Convert(bytes, header.Element.Name, target.As<long>().Slice(at, count));
                else
                    Convert(bytes, header, target.As<float>().Slice(at, count), first + at);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Convert(ReadOnlySpan<byte> bytes, string name, Span<long> target)
    {
        switch (name)
        {
            case "int8":
                Widen<sbyte>(bytes, target);
                break;
            case "int16":
                Widen<short>(bytes, target);
                break;
            case "int32":
                Widen<int>(bytes, target);
                break;
            case "uint16":
                Widen<ushort>(bytes, target);
                break;
            default:
                Widen<uint>(bytes, target);
                break;
        }
    }

    private static void Convert(ReadOnlySpan<byte> bytes, NpyHeader header, Span<float> target, long first)
    {
        if (header.Element.Size == 2)
        {
            Floats.ToSingles(MemoryMarshal.Cast<byte, Half>(bytes), target);
            return;
        }

        ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(bytes);
        if (Floats.ToSingles(doubles, target))
            return;
        for (int i = 0; i < target.Length; i++)
        {
            if (float.IsInfinity(target[i]) && double.IsFinite(doubles[i]))
                throw Beyond(header, first + i, doubles[i].ToString("R", CultureInfo.InvariantCulture), "float32");
        }
    }

    private static void Widen<T>(ReadOnlySpan<byte> bytes, Span<long> target) where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> source = MemoryMarshal.Cast<byte, T>(bytes);
        for (int i = 0; i < target.Length; i++)
            target[i] = long.CreateTruncating(source[i]);
    }

    private static void Reverse(Span<byte> bytes, int size)
    {
        if (size == 2)
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<byte, ushort>(bytes));
        else if (size == 4)
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(bytes), MemoryMarshal.Cast<byte, uint>(bytes));
        else
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ulong>(bytes), MemoryMarshal.Cast<byte, ulong>(bytes));
    }

    /// <summary>numpy takes any byte but zero for true, .NET compares a bool by its byte.</summary>
    private static void MakeOneOfTrue(Span<byte> bytes)
    {
        int other = bytes.IndexOfAnyExceptInRange<byte>(0, 1);
        for (int i = other; i >= 0 && i < bytes.Length; i++)
            bytes[i] = bytes[i] == 0 ? (byte)0 : (byte)1;
    }

    private static NpyRefusal Beyond(NpyHeader header, long index, string value, string type) =>
        new($"its {header.Element.Name} element {header.IndexOf(index)} is {value}, which {type} cannot hold. Clip or scale the array "
            + "before it is saved");
}
