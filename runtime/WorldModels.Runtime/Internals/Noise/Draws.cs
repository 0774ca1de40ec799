using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>
/// From random words to draws, in place, as <see cref="Philox"/> documents. Each lane does what scalar float32 arithmetic would do, so the
/// vector's width does not show in the result.
/// </summary>
internal static class Draws
{
    private const float Ulp24 = 1f / 16777216;

    // ln(1 + x) / x = 1 - x / 2 + x^2 P(x) for 1 + x in [sqrt(1/2), sqrt(2)): the coefficients of Cephes' logf, highest power first.
    private static readonly float[] Log =
    [
        7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f,
        -2.4999993993e-1f, 3.3333331174e-1f,
    ];

    // erfinv(x) / x as a polynomial in w = -ln(1 - x^2): in w - 2.5 where w < 5, in sqrt(w) - 3 beyond. M. Giles, "Approximating the
    // erfinv function", GPU Computing Gems 2, 2010.
    private static readonly float[] ErfInvCentre =
    [
        2.81022636e-08f, 3.43273939e-07f, -3.5233877e-06f, -4.39150654e-06f, 0.00021858087f, -0.00125372503f, -0.00417768164f, 0.246640727f,
        1.50140941f,
    ];

    private static readonly float[] ErfInvTail =
    [
        -0.000200214257f, 0.000100950558f, 0.00134934322f, -0.00367342844f, 0.00573950773f, -0.0076224613f, 0.00943887047f, 1.00167406f,
        2.83297682f,
    ];

    /// <summary>Turns the words in <paramref name="values"/> into draws.</summary>
    public static void FromWords(NoiseKind kind, Span<float> values)
    {
        switch (kind)
        {
            case NoiseKind.Gaussian: Each<Gaussian>(values); break;
            case NoiseKind.Gumbel: Each<Gumbel>(values); break;
            default: Each<Uniform>(values); break;
        }
    }

    private interface IDraw
    {
        static abstract Vector<float> Of(Vector<uint> word);
    }

    private static void Each<TDraw>(Span<float> values) where TDraw : struct, IDraw
    {
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        foreach (ref Vector<float> vector in vectors)
            vector = TDraw.Of(Vector.AsVectorUInt32(vector));
        Span<float> rest = values[(vectors.Length * Vector<float>.Count)..];
        if (rest.IsEmpty)
            return;
        Span<float> padded = stackalloc float[Vector<float>.Count];
        padded.Clear();
        rest.CopyTo(padded);
        TDraw.Of(new Vector<uint>(MemoryMarshal.Cast<float, uint>(padded))).CopyTo(padded);
        padded[..rest.Length].CopyTo(rest);
    }

    private readonly struct Uniform : IDraw
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Of(Vector<uint> word) => Float(Vector.ShiftRightLogical(word, 8)) * Ulp24;
    }

    private readonly struct Gumbel : IDraw
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Of(Vector<uint> word)
        {
            Vector<float> u = (Float(Vector.ShiftRightLogical(word, 9)) * 2 + Vector<float>.One) * Ulp24;
            return -Ln(-Ln(u));
        }
    }

    private readonly struct Gaussian : IDraw
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Of(Vector<uint> word)
        {
            Vector<float> x = (Float(Vector.ShiftRightLogical(word, 8)) * 2 + new Vector<float>(1 - 16777216)) * Ulp24;
            Vector<float> w = -Ln((Vector<float>.One - x) * (Vector<float>.One + x));
            Vector<float> centre = Polynomial(ErfInvCentre, w - new Vector<float>(2.5f));
            Vector<float> tail = Polynomial(ErfInvTail, Vector.SquareRoot(w) - new Vector<float>(3));
            return Vector.ConditionalSelect(Vector.LessThan(w, new Vector<float>(5)), centre, tail) * x * 1.41421356f;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Float(Vector<uint> below31Bits) => Vector.ConvertToSingle(Vector.AsVectorInt32(below31Bits));

    /// <summary>The natural logarithm of positive normal numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Ln(Vector<float> value)
    {
        // value = 2^e (1 + x), with 1 + x in [sqrt(1/2), sqrt(2)): subtracting the bits of sqrt(1/2) carries into the exponent just there.
        Vector<int> half = new Vector<int>(0x3F3504F3);
        Vector<int> shifted = Vector.AsVectorInt32(value) - half;
        Vector<float> e = Vector.ConvertToSingle(Vector.ShiftRightArithmetic(shifted, 23));
        Vector<float> x = Vector.AsVectorSingle((shifted & new Vector<int>(0x007FFFFF)) + half) - Vector<float>.One;
        Vector<float> square = x * x;
        Vector<float> y = Polynomial(Log, x) * x * square;
        y += e * -2.12194440e-4f; // ln 2 in two parts, so that the larger is exact.
        y -= square * 0.5f;
        return x + y + e * 0.693359375f;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Polynomial(float[] coefficients, Vector<float> x)
    {
        Vector<float> sum = new Vector<float>(coefficients[0]);
        for (int i = 1; i < coefficients.Length; i++)
            sum = sum * x + new Vector<float>(coefficients[i]);
        return sum;
    }
}
