using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace WorldModels.Bundles;

/// <summary>
/// numpy's npy format, versions 1 to 3 (NEP 1): little-endian float32, int64, uint8 and bool in row-major order.
/// Elements are copied as they lie in memory, so this supports little-endian machines only, as ONNX Runtime does. Thread-safe.
/// </summary>
public static partial class Npy
{
    private static readonly byte[] Magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

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
        stream.Write(array.Bytes);
    }

    /// <summary>Reads one array.</summary>
    /// <param name="stream">Positioned at the magic bytes.</param>
    /// <param name="length">Bytes there are, header included: an array that claims more is refused before memory is taken for it.</param>
    /// <exception cref="InvalidDataException">Not an npy array, cut short, or of a kind this does not read.</exception>
    public static NpyArray Read(Stream stream, long length)
    {
        try
        {
            Span<byte> start = stackalloc byte[12];
            stream.ReadExactly(start[..10]);
            if (!start[..6].SequenceEqual(Magic) || start[6] is not (1 or 2 or 3))
                throw new InvalidDataException("not a numpy array");
            int headerLength = BinaryPrimitives.ReadUInt16LittleEndian(start[8..]);
            int read = 10;
            if (start[6] > 1)
            {
                stream.ReadExactly(start[10..]);
                headerLength = BinaryPrimitives.ReadInt32LittleEndian(start[8..]);
                read = 12;
            }
            if (headerLength < 0 || headerLength > length - read)
                throw new InvalidDataException("cut short in its header");
            byte[] header = new byte[headerLength];
            stream.ReadExactly(header);
            (NpyType type, int[] shape) = Header(Encoding.UTF8.GetString(header));
            long bytes = checked(NpyArray.Count(shape) * NpyArray.SizeOf(type));
            if (bytes != length - read - headerLength)
                throw new InvalidDataException($"its header says {bytes} bytes of data, there are {length - read - headerLength}");
            NpyArray array = NpyArray.Zeros(type, shape);
            stream.ReadExactly(array.Bytes);
            return array;
        }
        catch (Exception e) when (e is EndOfStreamException or OverflowException or FormatException)
        {
            throw new InvalidDataException("cut short or damaged", e);
        }
    }

    private static (NpyType, int[]) Header(string header)
    {
        Match match = HeaderPattern().Match(header);
        if (!match.Success)
            throw new InvalidDataException($"unreadable numpy header '{header.Trim()}'");
        if (match.Groups["order"].Value == "True")
            throw new InvalidDataException("column-major: save it with numpy.ascontiguousarray");
        string descr = match.Groups["descr"].Value;
        NpyType type = descr switch
        {
            "<f4" => NpyType.Float32,
            "<i8" => NpyType.Int64,
            "|u1" => NpyType.UInt8,
            "|b1" => NpyType.Bool,
            _ => throw new InvalidDataException($"numpy type '{descr}': expected float32, int64, uint8 or bool; save it with astype"),
        };
        string[] shape = match.Groups["shape"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return (type, Array.ConvertAll(shape, d => int.Parse(d, CultureInfo.InvariantCulture)));
    }

    [GeneratedRegex(@"^\{\s*'descr'\s*:\s*'(?<descr>[^']*)'\s*,\s*'fortran_order'\s*:\s*(?<order>True|False)\s*,"
        + @"\s*'shape'\s*:\s*\((?<shape>[0-9,\s]*)\)\s*,?\s*\}\s*$")]
    private static partial Regex HeaderPattern();
}
