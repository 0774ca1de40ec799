using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace WorldModels.Measure;

/// <summary>
/// The most floating-point operations that one core does, measured: fused multiply-adds between registers, in the widest vectors the
/// processor has, with enough independent sums to hide the latency. No kernel exceeds it, so it is what a share of the limit refers to.
/// </summary>
public static class MachinePeak
{
    private const int Sums = 12;
    private const int Iterations = 1 << 15;

    /// <summary>Elements of a vector: 16, 8 or 4.</summary>
    public static int VectorWidth => Avx512F.IsSupported ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;

    /// <summary>Measures the peak of the calling thread's core, GFLOP/s in fp32 (a fused multiply-add counts two), in a few ms.</summary>
    /// <param name="repeats">The best of this many runs of a few milliseconds is returned.</param>
    public static double MeasureGflops(int repeats = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        double best = 0;
        for (int i = 0; i < repeats; i++)
            best = Math.Max(best, Once());
        return best;
    }

    private static double Once()
    {
        long start = Stopwatch.GetTimestamp();
        float result = VectorWidth switch { 16 => Loop512(Iterations), 8 => Loop256(Iterations), _ => Loop128(Iterations) };
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (float.IsNaN(result))
            throw new InvalidOperationException("The register loop lost its numbers."); // And the result is used.
        return 2.0 * VectorWidth * Sums * Iterations / seconds / 1e9;
    }

    // One loop a width: the sums have to be local variables, or they would not stay in registers. They tend to 1 / (1 - 0.999) = 1000.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Loop512(int iterations)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512<float>.One;
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (int n = 0; n < iterations; n++)
        {
            a = Vector512.MultiplyAddEstimate(a, x, y);
            b = Vector512.MultiplyAddEstimate(b, x, y);
            c = Vector512.MultiplyAddEstimate(c, x, y);
            d = Vector512.MultiplyAddEstimate(d, x, y);
            e = Vector512.MultiplyAddEstimate(e, x, y);
            f = Vector512.MultiplyAddEstimate(f, x, y);
            g = Vector512.MultiplyAddEstimate(g, x, y);
            h = Vector512.MultiplyAddEstimate(h, x, y);
            i = Vector512.MultiplyAddEstimate(i, x, y);
            j = Vector512.MultiplyAddEstimate(j, x, y);
            k = Vector512.MultiplyAddEstimate(k, x, y);
            l = Vector512.MultiplyAddEstimate(l, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Loop256(int iterations)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256<float>.One;
        Vector256<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (int n = 0; n < iterations; n++)
        {
            a = Vector256.MultiplyAddEstimate(a, x, y);
            b = Vector256.MultiplyAddEstimate(b, x, y);
            c = Vector256.MultiplyAddEstimate(c, x, y);
            d = Vector256.MultiplyAddEstimate(d, x, y);
            e = Vector256.MultiplyAddEstimate(e, x, y);
            f = Vector256.MultiplyAddEstimate(f, x, y);
            g = Vector256.MultiplyAddEstimate(g, x, y);
            h = Vector256.MultiplyAddEstimate(h, x, y);
            i = Vector256.MultiplyAddEstimate(i, x, y);
            j = Vector256.MultiplyAddEstimate(j, x, y);
            k = Vector256.MultiplyAddEstimate(k, x, y);
            l = Vector256.MultiplyAddEstimate(l, x, y);
        }
        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Loop128(int iterations)
    {
        Vector128<float> x = Vector128.Create(0.999f), y = Vector128<float>.One;
        Vector128<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (int n = 0; n < iterations; n++)
        {
            a = Vector128.MultiplyAddEstimate(a, x, y);
            b = Vector128.MultiplyAddEstimate(b, x, y);
            c = Vector128.MultiplyAddEstimate(c, x, y);
            d = Vector128.MultiplyAddEstimate(d, x, y);
            e = Vector128.MultiplyAddEstimate(e, x, y);
            f = Vector128.MultiplyAddEstimate(f, x, y);
            g = Vector128.MultiplyAddEstimate(g, x, y);
            h = Vector128.MultiplyAddEstimate(h, x, y);
            i = Vector128.MultiplyAddEstimate(i, x, y);
            j = Vector128.MultiplyAddEstimate(j, x, y);
            k = Vector128.MultiplyAddEstimate(k, x, y);
            l = Vector128.MultiplyAddEstimate(l, x, y);
        }
        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
