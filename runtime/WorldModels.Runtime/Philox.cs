using System.Runtime.CompilerServices;
using System.Text;

namespace WorldModels.Runtime;

/// <summary>What a draw depends on, and all that it depends on.</summary>
/// <param name="Seed">The caller's seed; the generator's key.</param>
/// <param name="Row">The row in the batch. A row draws the same at any batch size and in any order.</param>
/// <param name="Step">The time step.</param>
/// <param name="Stream">The purpose; see <see cref="Philox.Stream"/>.</param>
public readonly record struct NoiseKey(ulong Seed, uint Row, uint Step, uint Stream);

/// <summary>
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a counter-based generator, without state.
/// <para>
/// Key: (low, high) 32 bits of the seed. Counter: (block, step, row, stream). Block i of a key yields four 32-bit words x0..x3,
/// which are the draws 4i .. 4i+3. From words to numbers, computed in double precision and then rounded to float32:
/// </para>
/// <list type="bullet">
/// <item>open uniform u(x) = (x + 0.5) 2^-32, in (0, 1);</item>
/// <item>Gaussian (Box-Muller): r = sqrt(-2 ln u(x0)), a = 2 pi u(x1); draws r cos a, r sin a; the same with x2, x3;</item>
/// <item>Gumbel: -ln(-ln u(x));</item>
/// <item>uniform: (x >> 8) 2^-24, in [0, 1);</item>
/// <item>integer below n: the high 32 bits of x n (bias below n 2^-32).</item>
/// </list>
/// Thread-safe; allocates nothing.
/// </summary>
public static class Philox
{
    private const double Ulp32 = 1.0 / 4294967296.0;

    /// <summary>The number of a named stream: FNV-1a, 32 bits, of its UTF-8 name.</summary>
    public static uint Stream(string name)
    {
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 16777619;
        return hash;
    }

    /// <summary>One block: ten rounds over a counter of four words with a key of two.</summary>
    public static (uint X0, uint X1, uint X2, uint X3) Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)c0 * 0xD2511F53;
            ulong p1 = (ulong)c2 * 0xCD9E8D57;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>Fills <paramref name="destination"/> with standard normal draws.</summary>
    public static void FillGaussian(in NoiseKey key, Span<float> destination) => Fill<Gaussian>(key, destination);

    /// <summary>Fills <paramref name="destination"/> with standard Gumbel draws.</summary>
    public static void FillGumbel(in NoiseKey key, Span<float> destination) => Fill<Gumbel>(key, destination);

    /// <summary>Fills <paramref name="destination"/> with draws uniform in [0, 1).</summary>
    public static void FillUniform(in NoiseKey key, Span<float> destination) => Fill<Uniform>(key, destination);

    /// <summary>Fills <paramref name="destination"/> with draws of <paramref name="kind"/>.</summary>
    public static void Fill(NoiseKind kind, in NoiseKey key, Span<float> destination)
    {
        switch (kind)
        {
            case NoiseKind.Gaussian: FillGaussian(key, destination); break;
            case NoiseKind.Gumbel: FillGumbel(key, destination); break;
            default: FillUniform(key, destination); break;
        }
    }

    /// <summary>One integer in [0, <paramref name="bound"/>): draw 0 of the key.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is below 1.</exception>
    public static int NextInt(in NoiseKey key, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)(((ulong)Block(key, 0).X0 * (uint)bound) >> 32);
    }

    private static (uint X0, uint X1, uint X2, uint X3) Block(in NoiseKey key, uint block) =>
        Block(block, key.Step, key.Row, key.Stream, (uint)key.Seed, (uint)(key.Seed >> 32));

    // A struct per distribution: the JIT compiles one tight loop for each.
    private static void Fill<TDraw>(in NoiseKey key, Span<float> destination) where TDraw : struct, IDraw
    {
        uint block = 0;
        for (; destination.Length >= 4; destination = destination[4..])
        {
            var (x0, x1, x2, x3) = Block(key, block++);
            TDraw.Pair(x0, x1, out destination[0], out destination[1]);
            TDraw.Pair(x2, x3, out destination[2], out destination[3]);
        }
        if (destination.IsEmpty) return;
        var (y0, y1, y2, y3) = Block(key, block);
        Span<float> last = stackalloc float[4];
        TDraw.Pair(y0, y1, out last[0], out last[1]);
        TDraw.Pair(y2, y3, out last[2], out last[3]);
        last[..destination.Length].CopyTo(destination);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Open(uint x) => (x + 0.5) * Ulp32;

    private interface IDraw
    {
        static abstract void Pair(uint x, uint y, out float a, out float b);
    }

    private readonly struct Gaussian : IDraw
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pair(uint x, uint y, out float a, out float b)
        {
            double radius = Math.Sqrt(-2 * Math.Log(Open(x)));
            var (sin, cos) = Math.SinCos(2 * Math.PI * Open(y));
            (a, b) = ((float)(radius * cos), (float)(radius * sin));
        }
    }

    private readonly struct Gumbel : IDraw
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pair(uint x, uint y, out float a, out float b) =>
            (a, b) = ((float)-Math.Log(-Math.Log(Open(x))), (float)-Math.Log(-Math.Log(Open(y))));
    }

    private readonly struct Uniform : IDraw
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pair(uint x, uint y, out float a, out float b) =>
            (a, b) = ((x >> 8) * (1f / 16777216f), (y >> 8) * (1f / 16777216f));
    }
}
