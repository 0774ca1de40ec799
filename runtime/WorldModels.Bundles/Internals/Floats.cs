using System.Numerics;
using System.Runtime.InteropServices;

namespace WorldModels.Bundles.Internals;

/// <summary>Floats of other sizes as single precision, many at once.</summary>
internal static class Floats
{
    private const int SingleInfinity = 0x7F800000;      // as bits; those of a NaN are more

    /// <summary>Rounds to single precision.</summary>
    /// <returns>Whether all are finite.</returns>
    public static bool ToSingles(ReadOnlySpan<double> source, Span<float> target)
    {
        ReadOnlySpan<Vector<double>> wide = MemoryMarshal.Cast<double, Vector<double>>(source);
        Span<Vector<float>> narrow = MemoryMarshal.Cast<float, Vector<float>>(target);
        Vector<int> notFinite = Vector<int>.Zero;
        for (int i = 0; i < narrow.Length; i++)
        {
            Vector<float> values = Vector.Narrow(wide[2 * i], wide[(2 * i) + 1]);
            narrow[i] = values;
            notFinite |= Vector.GreaterThanOrEqual(Vector.AsVectorInt32(Vector.Abs(values)), new Vector<int>(SingleInfinity));
        }
        bool finite = notFinite == Vector<int>.Zero;
        for (int i = narrow.Length * Vector<float>.Count; i < source.Length; i++)
        {
            target[i] = (float)source[i];
            finite &= float.IsFinite(target[i]);
        }
        return finite;
    }

    /// <summary>Widens to single precision, which holds them all.</summary>
    public static void ToSingles(ReadOnlySpan<Half> source, Span<float> target)
    {
        ReadOnlySpan<Vector<ushort>> narrow = MemoryMarshal.Cast<Half, Vector<ushort>>(source);
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(target);
        for (int i = 0; i < narrow.Length; i++)
        {
            Vector.Widen(narrow[i], out Vector<uint> low, out Vector<uint> high);
            wide[2 * i] = ToSingle(low);
            wide[(2 * i) + 1] = ToSingle(high);
        }
        for (int i = narrow.Length * Vector<ushort>.Count; i < source.Length; i++)
            target[i] = (float)source[i];
    }

    /// <summary>Moves the bits of half precision to their places and the exponent to single precision's bias.</summary>
    private static Vector<float> ToSingle(Vector<uint> half)
    {
        const uint HalfInfinity = 0x7C00, Bias = (127 - 15) << 23, One = 1 << 23;
        Vector<uint> exponent = half & new Vector<uint>(HalfInfinity);
        Vector<uint> bits = Vector.ShiftLeft(half & new Vector<uint>(0x7FFF), 13) + new Vector<uint>(Bias);

        // An infinity or NaN has the largest exponent here too; a subnormal number has no leading one, so it is added and subtracted.
        Vector<uint> special = Vector.Equals(exponent, new Vector<uint>(HalfInfinity)) & new Vector<uint>(Bias);
        Vector<uint> subnormal = Vector.Equals(exponent, Vector<uint>.Zero);
        bits += special + (subnormal & new Vector<uint>(One));
        Vector<float> leading = Vector.AsVectorSingle(subnormal & new Vector<uint>(Bias + One));
        Vector<uint> value = Vector.AsVectorUInt32(Vector.AsVectorSingle(bits) - leading);
        return Vector.AsVectorSingle(value | Vector.ShiftLeft(half & new Vector<uint>(0x8000), 16));
    }
}
