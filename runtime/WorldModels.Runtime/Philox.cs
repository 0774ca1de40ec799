using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using WorldModels.Bundles;
using WorldModels.Runtime.Internals;

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
/// Key: (low, high) 32 bits of the seed. Counter: (block, step, row, stream). Block i of a key yields four 32-bit words, which are the
/// words 4i .. 4i+3. Draw n is a function of word n alone:
/// </para>
/// <list type="bullet">
/// <item>uniform: (word >> 8) 2^-24, in [0, 1);</item>
/// <item>Gaussian: sqrt(2) erfinv(x), with x = (2 (word >> 8) + 1 - 2^24) 2^-24, in (-1, 1);</item>
/// <item>Gumbel: -ln(-ln u), with u = (2 (word >> 9) + 1) 2^-24, in (0, 1);</item>
/// <item>integer below n: the high 32 bits of word times n (bias below n 2^-32).</item>
/// </list>
/// <para>
/// All is computed in float32 with nothing but addition, multiplication and square root, each rounded once (no fused multiply-add), by the
/// polynomials of <c>Draws.cs</c>. So the bits are the same on every machine, and in JavaScript with <c>Math.fround</c> around each step.
/// </para>
/// Thread-safe; allocates nothing.
/// </summary>
public static class Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57, Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>The number of a named stream: FNV-1a, 32 bits, of its UTF-8 name.</summary>
    public static uint Stream(string name)
    {
        uint hash = 2166136261;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ b) * 16777619;
        return hash;
    }

    /// <summary>One block: ten rounds over a counter of four words with a key of two.</summary>
    public static (uint X0, uint X1, uint X2, uint X3) Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)c0 * Multiplier0;
            ulong p1 = (ulong)c2 * Multiplier1;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>Fills <paramref name="destination"/> with standard normal draws.</summary>
    public static void FillGaussian(in NoiseKey key, Span<float> destination) => Fill(NoiseKind.Gaussian, key, destination);

    /// <summary>Fills <paramref name="destination"/> with standard Gumbel draws.</summary>
    public static void FillGumbel(in NoiseKey key, Span<float> destination) => Fill(NoiseKind.Gumbel, key, destination);

    /// <summary>Fills <paramref name="destination"/> with draws uniform in [0, 1).</summary>
    public static void FillUniform(in NoiseKey key, Span<float> destination) => Fill(NoiseKind.Uniform, key, destination);

    /// <summary>Fills <paramref name="destination"/> with draws of <paramref name="kind"/>.</summary>
    public static void Fill(NoiseKind kind, in NoiseKey key, Span<float> destination)
    {
        FillWords(key, MemoryMarshal.Cast<float, uint>(destination));
        Draws.FromWords(kind, destination);
    }

    /// <summary>Fills <paramref name="destination"/> with the words themselves.</summary>
    public static void FillWords(in NoiseKey key, Span<uint> destination)
    {
        uint block = 0;
        if (Avx2.IsSupported)
        {
            for (; destination.Length >= 16; destination = destination[16..], block += 4)
                FourBlocks(key, block, destination);
        }
        Span<uint> last = stackalloc uint[16];
        if (Avx2.IsSupported && destination.Length > 4)
        {
            FourBlocks(key, block, last);
            last[..destination.Length].CopyTo(destination);
            return;
        }
        for (; !destination.IsEmpty; destination = destination[Math.Min(4, destination.Length)..])
        {
            (last[0], last[1], last[2], last[3]) = Block(key, block++);
            last[..Math.Min(4, destination.Length)].CopyTo(destination);
        }
    }

    /// <summary>One integer in [0, <paramref name="bound"/>), of word 0 of the key.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is below 1.</exception>
    public static int NextInt(in NoiseKey key, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)(((ulong)Block(key, 0).X0 * (uint)bound) >> 32);
    }

    private static (uint X0, uint X1, uint X2, uint X3) Block(in NoiseKey key, uint block) =>
        Block(block, key.Step, key.Row, key.Stream, (uint)key.Seed, (uint)(key.Seed >> 32));

    /// <summary>Four blocks side by side, a word in the low half of each 64-bit lane; the high halves are never read.</summary>
    private static void FourBlocks(in NoiseKey key, uint block, Span<uint> destination)
    {
        Vector256<ulong> c0 = Vector256.Create(block, (ulong)block + 1, (ulong)block + 2, (ulong)block + 3);
        Vector256<ulong> c1 = Vector256.Create((ulong)key.Step);
        Vector256<ulong> c2 = Vector256.Create((ulong)key.Row);
        Vector256<ulong> c3 = Vector256.Create((ulong)key.Stream);
        (Vector256<uint> m0, Vector256<uint> m1) = (Vector256.Create((ulong)Multiplier0).AsUInt32(), Vector256.Create((ulong)Multiplier1).AsUInt32());
        uint k0 = (uint)key.Seed, k1 = (uint)(key.Seed >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            Vector256<ulong> p0 = Avx2.Multiply(c0.AsUInt32(), m0);
            Vector256<ulong> p1 = Avx2.Multiply(c2.AsUInt32(), m1);
            c0 = (p1 >>> 32) ^ c1 ^ Vector256.Create((ulong)k0);
            c2 = (p0 >>> 32) ^ c3 ^ Vector256.Create((ulong)k1);
            (c1, c3) = (p1, p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }
        Vector256<ulong> low = Vector256.Create((ulong)uint.MaxValue);
        Vector256<ulong> first = (c0 & low) | (c1 << 32); // Words 0 and 1 of each block.
        Vector256<ulong> second = (c2 & low) | (c3 << 32);
        Vector256<ulong> even = Avx2.UnpackLow(first, second); // Blocks 0 and 2.
        Vector256<ulong> odd = Avx2.UnpackHigh(first, second);
        Avx2.Permute2x128(even, odd, 0x20).AsUInt32().CopyTo(destination);
        Avx2.Permute2x128(even, odd, 0x31).AsUInt32().CopyTo(destination[8..]);
    }
}
