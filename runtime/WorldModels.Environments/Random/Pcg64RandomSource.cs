using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// PCG64 (O'Neill 2014: a 128-bit congruential generator with XSL-RR output) with the semantics of NumPy's <c>np.random.default_rng</c>,
/// draw for draw: seeded through its SeedSequence, <c>random()</c> with 53 bits, <c>integers(n)</c> by Lemire's method on buffered
/// halves of a word. Gymnasium's environments draw from it.
/// </summary>
public sealed class Pcg64RandomSource : ISeededRandomSource
{
    private static readonly UInt128 Multiplier = new(0x2360ED051FC65DA4, 0x4385DF649FCCF645);

    private UInt128 _state;
    private UInt128 _increment;
    private uint _half;
    private bool _hasHalf;

    /// <inheritdoc cref="Seed"/>
    public Pcg64RandomSource(ulong seed) => Seed(seed);

    /// <summary>Restarts the stream, as <c>np.random.default_rng(seed)</c>.</summary>
    public void Seed(ulong seed)
    {
        Span<ulong> words = stackalloc ulong[4];
        SeedSequence(seed, words);
        _increment = new UInt128(words[2], words[3]) << 1 | 1;
        _state = _increment + new UInt128(words[0], words[1]);
        Advance();
        (_half, _hasHalf) = (0, false);
    }

    /// <inheritdoc/>
    public double Uniform() => (NextUInt64() >> 11) * (1.0 / (1ul << 53));

    /// <inheritdoc/>
    public int Int(int n)
    {
        if (n == 1)
            return 0; // NumPy draws nothing here
        uint range = (uint)n, threshold = (uint)-n % range;
        ulong product;
        do
            product = (ulong)NextUInt32() * range;
        while ((uint)product < threshold);
        return (int)(product >> 32);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong NextUInt64()
    {
        Advance();
        return BitOperations.RotateRight((ulong)(_state >> 64) ^ (ulong)_state, (int)(_state >> 122));
    }

    /// <summary>Writes 37 bytes.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write((ulong)(_state >> 64));
        writer.Write((ulong)_state);
        writer.Write((ulong)(_increment >> 64));
        writer.Write((ulong)_increment);
        writer.Write(_half);
        writer.Write(_hasHalf);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        UInt128 state = new(reader.ReadUInt64(), reader.ReadUInt64()), increment = new(reader.ReadUInt64(), reader.ReadUInt64());
        if (UInt128.IsEvenInteger(increment))
            throw new InvalidDataException("The saved random state is damaged: PCG64's increment is even; use another.");
        (_state, _increment, _half, _hasHalf) = (state, increment, reader.ReadUInt32(), reader.ReadBoolean());
    }

    private uint NextUInt32()
    {
        if (_hasHalf)
        {
            _hasHalf = false;
            return _half;
        }
        ulong next = NextUInt64();
        (_half, _hasHalf) = ((uint)(next >> 32), true);
        return (uint)next;
    }

    private void Advance() => _state = _state * Multiplier + _increment;

    /// <summary>NumPy's SeedSequence(seed).generate_state(4, uint64), after O'Neill's seed_seq_fe (2015).</summary>
    private static void SeedSequence(ulong seed, Span<ulong> words)
    {
        Span<uint> pool = [(uint)seed, (uint)(seed >> 32), 0, 0];
        uint constant = 0x43B0D7E5;
        foreach (ref uint entry in pool)
            entry = Hash(entry, ref constant, 0x931E8875);
        for (int source = 0; source < pool.Length; source++)
        {
            for (int target = 0; target < pool.Length; target++)
            {
                if (source == target)
                    continue;
                uint mixed = 0xCA01F9DD * pool[target] - 0x4973F715 * Hash(pool[source], ref constant, 0x931E8875);
                pool[target] = mixed ^ (mixed >> 16);
            }
        }
        constant = 0x8B51F9DD;
        for (int i = 0; i < words.Length; i++)
        {
            uint low = Hash(pool[2 * i % 4], ref constant, 0x58F38DED);
            words[i] = (ulong)Hash(pool[(2 * i + 1) % 4], ref constant, 0x58F38DED) << 32 | low;
        }

        static uint Hash(uint value, ref uint constant, uint multiplier)
        {
            value ^= constant;
            constant *= multiplier;
            value *= constant;
            return value ^ (value >> 16);
        }
    }
}
