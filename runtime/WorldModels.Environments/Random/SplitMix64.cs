namespace WorldModels.Environments;

/// <summary>SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): eight bytes of state, good enough for seeds and for scripted players.</summary>
internal struct SplitMix64(ulong state)
{
    public const ulong Gamma = 0x9E3779B97F4A7C15;

    public ulong State = state;

    public ulong Next() => Mix(State += Gamma);

    /// <summary>A real in [0, 1) with 53 random bits.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1ul << 53));

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
