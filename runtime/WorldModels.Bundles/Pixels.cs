using System.Numerics;

namespace WorldModels.Bundles;

/// <summary>Images as they are kept, a byte a number, and as networks see them, 0 to 1.</summary>
public static class Pixels
{
    /// <summary>Divides by 255: every byte becomes exactly <c>value / 255f</c>.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void ToFloats(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        if (bytes.Length != values.Length)
            throw new ArgumentException($"There are {bytes.Length} bytes and room for {values.Length} numbers.");
        int i = 0, step = Vector<float>.Count;
        Vector<float> most = new Vector<float>(255);
        for (; i <= bytes.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(bytes[i..]), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low, out Vector<uint> first, out Vector<uint> second);
            Vector.Widen(high, out Vector<uint> third, out Vector<uint> fourth);
            (Vector.ConvertToSingle(first.As<uint, int>()) / most).CopyTo(values[i..]);
            (Vector.ConvertToSingle(second.As<uint, int>()) / most).CopyTo(values[(i + step)..]);
            (Vector.ConvertToSingle(third.As<uint, int>()) / most).CopyTo(values[(i + 2 * step)..]);
            (Vector.ConvertToSingle(fourth.As<uint, int>()) / most).CopyTo(values[(i + 3 * step)..]);
        }
        for (; i < bytes.Length; i++)
            values[i] = bytes[i] / 255f;
    }

    /// <summary>Takes each number in 0 to 1 to the nearest byte.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void ToBytes(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        if (bytes.Length != values.Length)
            throw new ArgumentException($"There are {values.Length} numbers and room for {bytes.Length} bytes.");
        for (int i = 0; i < values.Length; i++)
            bytes[i] = (byte)Math.Clamp(MathF.Round(values[i] * 255), 0, 255);
    }
}
