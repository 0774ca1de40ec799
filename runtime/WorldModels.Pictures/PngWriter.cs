using System.Buffers.Binary;
using System.IO.Compression;

namespace WorldModels.Pictures;

/// <summary>Writes PNG files (ISO/IEC 15948): 8-bit RGB, every row filtered by the one above, which repeated rows reward.</summary>
public static class PngWriter
{
    private const byte Up = 2;

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(n => CrcOfByte((uint)n))];

    /// <summary>Writes a picture to a file, which is replaced if it exists.</summary>
    public static void Save(string path, Image image)
    {
        using MemoryStream whole = new();
        Write(whole, image);
        File.WriteAllBytes(path, whole.ToArray());
    }

    /// <summary>Writes a picture to a stream.</summary>
    public static void Write(Stream stream, Image image)
    {
        stream.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        (header[8], header[9]) = (8, 2); // bits a channel, RGB; the rest: deflate, adaptive filters, not interlaced
        Chunk(stream, "IHDR"u8, header);
        Chunk(stream, "IDAT"u8, Compress(image));
        Chunk(stream, "IEND"u8, []);
    }

    private static byte[] Compress(Image image)
    {
        using MemoryStream compressed = new();
        using (ZLibStream zlib = new(compressed, CompressionLevel.SmallestSize))
        {
            byte[] above = new byte[image.Width * 3], filtered = new byte[image.Width * 3 + 1];
            filtered[0] = Up;
            for (int y = 0; y < image.Height; y++)
            {
                Span<byte> row = image.Row(y);
                for (int i = 0; i < row.Length; i++)
                    filtered[i + 1] = (byte)(row[i] - above[i]);
                zlib.Write(filtered);
                row.CopyTo(above);
            }
        }
        return compressed.ToArray();
    }

    private static void Chunk(Stream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        stream.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data)
            crc = CrcTable[(byte)(crc ^ b)] ^ (crc >> 8);
        return crc;
    }

    private static uint CrcOfByte(uint n)
    {
        for (int bit = 0; bit < 8; bit++)
            n = (n & 1) == 0 ? n >> 1 : 0xEDB88320 ^ (n >> 1);
        return n;
    }
}
