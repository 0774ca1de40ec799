using System.Buffers.Binary;
using System.Numerics;

namespace WorldModels.Pictures;

/// <summary>
/// Writes animated GIF files (GIF89a) that repeat for ever, with one palette for all frames: 256 colours at most, and one less where it
/// takes more than one frame, each of which holds only the pixels that change.
/// </summary>
public static class GifWriter
{
    private const int MaximumCode = 4095; // twelve bits

    /// <summary>Writes an animation to a file, which is replaced if it exists.</summary>
    /// <inheritdoc cref="Write"/>
    public static void Save(string path, IReadOnlyList<Image> frames, int delayMilliseconds = 200)
    {
        using MemoryStream whole = new();
        Write(whole, frames, delayMilliseconds);
        File.WriteAllBytes(path, whole.ToArray());
    }

    /// <summary>Writes an animation to a stream.</summary>
    /// <param name="stream">Receives the file.</param>
    /// <param name="frames">At least one, all of the same size, at most 65,535 pixels wide and high.</param>
    /// <param name="delayMilliseconds">Time of each frame; the format counts hundredths of a second.</param>
    public static void Write(Stream stream, IReadOnlyList<Image> frames, int delayMilliseconds = 200)
    {
        if (frames.Count == 0)
            throw new ArgumentException("An animation needs at least one frame.", nameof(frames));
        ArgumentOutOfRangeException.ThrowIfNegative(delayMilliseconds);
        Image first = frames[0];
        if (frames.Any(f => f.Width != first.Width || f.Height != first.Height))
            throw new ArgumentException($"All frames must be as large as the first, {first.Width} x {first.Height}.", nameof(frames));
        ushort width = checked((ushort)first.Width), height = checked((ushort)first.Height);
        bool moves = frames.Count > 1;
        GifColours palette = new(frames, moves ? 255 : 256);
        byte unchanged = (byte)palette.Colours.Count; // transparent
        int bits = Math.Max(1, BitOperations.Log2((uint)Math.Max(palette.Colours.Count - (moves ? 0 : 1), 1)) + 1);

        stream.Write("GIF89a"u8);
        Short(stream, width);
        Short(stream, height);
        stream.Write([(byte)(0xF0 | (bits - 1)), 0, 0]); // a palette of 2^bits colours; background 0; square pixels
        for (int i = 0; i < 1 << bits; i++)
        {
            Rgb colour = i < palette.Colours.Count ? palette.Colours[i] : Rgb.Black;
            stream.Write([colour.R, colour.G, colour.B]);
        }
        stream.Write([0x21, 0xFF, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0]); // repeat for ever
        byte[]? before = null;
        foreach (Image frame in frames)
        {
            byte[] indices = Indices(frame, palette);
            byte[] shown = before is null ? indices : [.. indices.Zip(before, (now, then) => now == then ? unchanged : now)];
            before = indices;
            stream.Write([0x21, 0xF9, 4, (byte)(moves ? 5 : 4)]); // what is there stays; bit 0: one index is transparent
            Short(stream, (ushort)Math.Min(delayMilliseconds / 10, ushort.MaxValue));
            stream.Write([moves ? unchanged : (byte)0, 0, 0x2C, 0, 0, 0, 0]);
            Short(stream, width);
            Short(stream, height);
            stream.WriteByte(0);
            Compress(stream, shown, Math.Max(bits, 2));
        }
        stream.WriteByte(0x3B);
    }

    private static byte[] Indices(Image frame, GifColours palette)
    {
        byte[] indices = new byte[frame.Width * frame.Height];
        for (int y = 0; y < frame.Height; y++)
        {
            for (int x = 0; x < frame.Width; x++)
                indices[y * frame.Width + x] = palette[frame[x, y]];
        }

        return indices;
    }

    /// <summary>Lempel-Ziv-Welch with codes that grow from <paramref name="bits"/> + 1 to 12 bits, in blocks.</summary>
    private static void Compress(Stream stream, byte[] indices, int bits)
    {
        stream.WriteByte((byte)bits);
        int clear = 1 << bits, end = clear + 1;
        CodeWriter codes = new(stream);
        Dictionary<int, int> table = []; // (code of a string, one more index) -> code of the longer string
        int width = bits + 1, next = end + 1;
        codes.Write(clear, width);
        int current = indices[0];
        foreach (byte index in indices.AsSpan(1))
        {
            int longer = (current << 8) | index;
            if (table.TryGetValue(longer, out int code))
            {
                current = code;
                continue;
            }
            codes.Write(current, width);
            current = index;
            if (next > MaximumCode)
            {
                codes.Write(clear, width);
                table.Clear();
                (width, next) = (bits + 1, end + 1);
                continue;
            }
            if (next == 1 << width)
                width++;
            table[longer] = next++;
        }
        codes.Write(current, width);
        // The reader has added one string more by now, which may have widened its codes.
        if (next == 1 << width && width < 12)
            width++;
        codes.Write(end, width);
        codes.Finish();
    }

    private static void Short(Stream stream, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    /// <summary>Packs codes from the lowest bit and cuts the bytes into GIF's blocks.</summary>
    private sealed class CodeWriter(Stream stream)
    {
        private readonly byte[] _block = new byte[255];
        private int _count;
        private int _pending;
        private int _pendingBits;

        public void Write(int code, int width)
        {
            _pending |= code << _pendingBits;
            for (_pendingBits += width; _pendingBits >= 8; _pendingBits -= 8, _pending >>= 8)
                Add((byte)_pending);
        }

        public void Finish()
        {
            if (_pendingBits > 0)
                Add((byte)_pending);
            Flush();
            stream.WriteByte(0);
        }

        private void Add(byte value)
        {
            _block[_count++] = value;
            if (_count == _block.Length)
                Flush();
        }

        private void Flush()
        {
            if (_count == 0)
                return;
            stream.WriteByte((byte)_count);
            stream.Write(_block, 0, _count);
            _count = 0;
        }
    }
}
