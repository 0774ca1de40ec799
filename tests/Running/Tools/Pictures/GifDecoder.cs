using System.Text;
using WorldModels.Pictures;

namespace WorldModels.Tests.Tools;

/// <summary>Reads GIF files by the GIF89a specification, strictly: what it does not expect is an error.</summary>
internal sealed class GifDecoder
{
    private readonly byte[] _file;
    private int _at;

    private GifDecoder(byte[] file) => _file = file;

    public static (List<Image> Frames, List<int> Delays) Decode(byte[] file) => new GifDecoder(file).Decode();

    private (List<Image>, List<int>) Decode()
    {
        if (Encoding.ASCII.GetString(Take(6)) != "GIF89a")
            throw new InvalidDataException("signature");
        int width = Short(), height = Short(), flags = Byte();
        Take(2);
        byte[] palette = Take(3 << ((flags & 7) + 1)).ToArray();
        List<Image> frames = [];
        List<int> delays = [];
        int transparent = -1;
        while (true)
        {
            switch (Byte())
            {
                case 0x3B when _at == _file.Length:
                    return (frames, delays);
                case 0x21 when Byte() is var label:
                    byte[] body = Blocks();
                    if (label == 0xF9)
                    {
                        if (body[0] is not (4 or 5))
                            throw new InvalidDataException("disposal");
                        delays.Add(body[1] | (body[2] << 8));
                        transparent = body[0] == 5 ? body[3] : -1;
                    }
                    else if (label != 0xFF)
                    {
                        throw new InvalidDataException("extension");
                    }

                    break;
                case 0x2C:
                    if ((Short(), Short(), Short(), Short(), Byte()) != (0, 0, width, height, 0))
                        throw new InvalidDataException("frame");
                    Image frame = frames.Count > 0 ? frames[^1].Scale(1) : new(width, height);
                    byte[] indices = Decompress(Byte(), Blocks(), width * height);
                    for (int i = 0; i < indices.Length; i++)
                    {
                        if (indices[i] != transparent)
                            frame[i % width, i / width] = Colour(palette.AsSpan(indices[i] * 3));
                    }

                    frames.Add(frame);
                    break;
                default:
                    throw new InvalidDataException("block");
            }
        }
    }

    private static Rgb Colour(ReadOnlySpan<byte> bytes) => new(bytes[0], bytes[1], bytes[2]);

    private static byte[] Decompress(int bits, byte[] data, int expected)
    {
        int clear = 1 << bits, end = clear + 1, width = bits + 1, position = 0;
        List<byte[]> table = [];
        List<byte> output = [];
        byte[]? previous = null;
        Reset();
        while (true)
        {
            int code = 0;
            for (int bit = 0; bit < width; bit++, position++)
                code |= ((data[position >> 3] >> (position & 7)) & 1) << bit;
            if (code == end)
                break;
            if (code == clear)
            {
                Reset();
                continue;
            }
            byte[] text = code < table.Count ? table[code] : [.. previous!, previous![0]];
            output.AddRange(text);
            if (previous is not null && table.Count < 4096)
                table.Add([.. previous, text[0]]);
            if (table.Count == 1 << width && width < 12)
                width++;
            previous = text;
        }
        if (output.Count != expected || data.Length != (position + 7) / 8)
            throw new InvalidDataException("length");
        return [.. output];

        void Reset()
        {
            table = [.. Enumerable.Range(0, clear).Select(i => new[] { (byte)i }), [], []];
            (width, previous) = (bits + 1, null);
        }
    }

    private byte[] Blocks()
    {
        List<byte> bytes = [];
        for (int length = Byte(); length > 0; length = Byte())
            bytes.AddRange(Take(length));
        return [.. bytes];
    }

    private ReadOnlySpan<byte> Take(int count) => _file.AsSpan((_at += count) - count, count);

    private int Byte() => Take(1)[0];

    private int Short() => Byte() | (Byte() << 8);
}
