using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The Mersenne Twister MT19937 (Matsumoto, Nishimura 1998) with the semantics of NumPy's legacy global generator, draw for draw:
/// <c>np.random.seed(s)</c>, <c>np.random.randint(n)</c> (masked rejection on 32 bits) and <c>np.random.uniform()</c> (53 bits of
/// two words).
/// </summary>
public sealed class Mt19937RandomSource : ISeededRandomSource
{
    private const int N = 624;
    private const int M = 397;

    private readonly uint[] _key = new uint[N];
    private int _position;

    /// <inheritdoc cref="Seed"/>
    public Mt19937RandomSource(ulong seed) => Seed(seed);

    /// <summary>
    /// Restarts the stream. Below 2^32 as <c>np.random.seed(seed)</c>, from there on, where NumPy takes no integer, as
    /// <c>np.random.seed([low, high])</c> with the two 32-bit halves.
    /// </summary>
    public void Seed(ulong seed)
    {
        uint low = (uint)seed, high = (uint)(seed >> 32);
        if (high == 0)
            Initialize(low);
        else
            Initialize([low, high]);
    }

    /// <inheritdoc/>
    public int Int(int n)
    {
        uint max = (uint)(n - 1);
        if (max == 0)
            return 0; // NumPy draws nothing here
        uint mask = uint.MaxValue >> BitOperations.LeadingZeroCount(max);
        uint value;
        do
            value = NextUInt32() & mask;
        while (value > max);
        return (int)value;
    }

    /// <inheritdoc/>
    public double Uniform()
    {
        uint a = NextUInt32() >> 5, b = NextUInt32() >> 6;
        return (a * 67108864.0 + b) / 9007199254740992.0;
    }

    /// <summary>The next 32 bits.</summary>
    public uint NextUInt32()
    {
        if (_position == N)
            Twist();
        uint y = _key[_position++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    /// <summary>Writes the 624 words and the position, 2,500 bytes.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (uint word in _key)
            writer.Write(word);
        writer.Write(_position);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        for (int i = 0; i < N; i++)
            _key[i] = reader.ReadUInt32();
        int position = reader.ReadInt32();
        if (position is < 0 or > N)
            throw new InvalidDataException($"The saved random state is damaged: position {position} is not in 0..{N}; use another.");
        _position = position;
    }

    private void Initialize(uint seed)
    {
        _key[0] = seed;
        for (uint i = 1; i < N; i++)
        {
            uint previous = _key[i - 1];
            _key[i] = 1812433253 * (previous ^ (previous >> 30)) + i;
        }
        _position = N;
    }

    private void Initialize(ReadOnlySpan<uint> seeds)
    {
        Initialize(19650218);
        uint i = 1;
        int j = 0;
        for (int k = 0; k < N; k++)
        {
            uint previous = _key[i - 1];
            _key[i] = (_key[i] ^ ((previous ^ (previous >> 30)) * 1664525)) + seeds[j] + (uint)j;
            i = Wrap(i);
            j = (j + 1) % seeds.Length;
        }
        for (int k = 0; k < N - 1; k++)
        {
            uint previous = _key[i - 1];
            _key[i] = (_key[i] ^ ((previous ^ (previous >> 30)) * 1566083941)) - i;
            i = Wrap(i);
        }
        _key[0] = 0x80000000;
        _position = N;

        uint Wrap(uint index)
        {
            if (++index < N)
                return index;
            _key[0] = _key[N - 1];
            return 1;
        }
    }

    private void Twist()
    {
        Span<uint> key = _key;
        for (int i = 0; i < N - M; i++)
            key[i] = key[i + M] ^ Blend(key[i], key[i + 1]);
        for (int i = N - M; i < N - 1; i++)
            key[i] = key[i + M - N] ^ Blend(key[i], key[i + 1]);
        key[N - 1] = key[M - 1] ^ Blend(key[N - 1], key[0]);
        _position = 0;

        static uint Blend(uint high, uint low) =>
            (((high & 0x80000000) | (low & 0x7FFFFFFF)) >> 1) ^ ((low & 1) * 0x9908B0DF);
    }
}
