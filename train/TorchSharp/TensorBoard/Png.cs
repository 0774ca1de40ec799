using System.Buffers.Binary;
using System.IO.Compression;

namespace TorchSharp.TensorBoard;

/// <summary>Writes 8-bit PNG images.</summary>
internal static class Png
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <param name="pixels">(height, width, channels)</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="channels">1 grey, 3 RGB or 4 RGBA.</param>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        byte colour = channels switch
        {
            1 => 0, 3 => 2, 4 => 6,
            _ => throw new ArgumentException($"An image has 1, 3 or 4 channels, not {channels}.", nameof(channels)),
        };
        using var image = new MemoryStream();
        image.Write(Signature);

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (8, colour);
        Chunk(image, "IHDR"u8, header);

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            for (int row = 0; row < height; row++)
            {
                zlib.WriteByte(0);                              // each row unfiltered
                zlib.Write(pixels.Slice(row * width * channels, width * channels));
            }
        Chunk(image, "IDAT"u8, packed.ToArray());
        Chunk(image, "IEND"u8, []);
        return image.ToArray();
    }

    private static void Chunk(MemoryStream image, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        image.Write(number);
        image.Write(type);
        image.Write(data);
        uint crc = Crc32(Crc32(uint.MaxValue, type), data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        image.Write(number);
    }

    private static uint Crc32(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
        }
        return crc;
    }
}
