using System.Buffers.Binary;
using System.Text;
using WorldModels.Bundles.Internals;

namespace WorldModels.Bundles;

/// <summary>
/// numpy's npy format, versions 1 to 3 (NEP 1). Numbers of every type, byte order and layout that numpy writes are read, into the four
/// types of <see cref="NpyType"/>: floats as float32, integers but uint8 as int64; a number that does not fit is refused. Elements are
/// copied as they lie in memory, so this supports little-endian machines only, as ONNX Runtime does. Thread-safe.
/// </summary>
public static class Npy
{
    private const int LargestPiece = 1 << 28;       // elements written at once: a span of bytes ends at 2 GiB

    /// <summary>What a file begins with.</summary>
    internal static readonly byte[] Magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Writes one array, format version 1, the data aligned to 64 bytes.</summary>
    public static void Write(Stream stream, NpyArray array)
    {
        string descr = array.Type switch { NpyType.Float32 => "<f4", NpyType.Int64 => "<i8", NpyType.UInt8 => "|u1", _ => "|b1" };
        string shape = array.Shape.Count == 1 ? $"({array.Shape[0]},)" : $"({string.Join(", ", array.Shape)})";
        string header = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}";
        int before = Magic.Length + 4;
        int padded = (before + header.Length + 1 + 63) / 64 * 64 - before;
        byte[] bytes = new byte[before + padded];
        Magic.CopyTo(bytes, 0);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)padded);
        Encoding.ASCII.GetBytes(header.PadRight(padded - 1) + '\n').CopyTo(bytes, before);
        stream.Write(bytes);
        for (int at = 0; at < array.Length; at += LargestPiece)
            stream.Write(array.BytesOf(at, Math.Min(LargestPiece, array.Length - at)));
    }

    /// <summary>Reads one array.</summary>
    /// <param name="stream">Positioned at the magic bytes.</param>
    /// <param name="length">Bytes there are, header included: an array that claims more is refused before memory is taken for it.</param>
    /// <exception cref="InvalidDataException">Not an npy array, cut short, or of a kind this does not read.</exception>
    public static NpyArray Read(Stream stream, long length)
    {
        try
        {
            return NpyReader.ReadWhole(stream, NpyReader.ReadHeader(stream, length));
        }
        catch (Exception e) when (NpyRefusal.Covers(e))
        {
            throw NpyRefusal.ToCaller(e, path: null);
        }
    }

    /// <summary>Opens an npy file, to be read by records.</summary>
    /// <exception cref="InvalidDataException">The file is missing, cut short, or no npy array.</exception>
    public static NpyReader Open(string path) => NpyFile.Open(path, stream => new NpyReader(stream, stream.Length, path, "", stream));
}
