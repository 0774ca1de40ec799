namespace WorldModels.Environments;

/// <summary>
/// NumPy's legacy generator <c>np.random.RandomState</c>: MT19937 with normal draws by Marsaglia's polar method, of which each second
/// one is kept for the next call. The control suite draws from it.
/// </summary>
public sealed class NumPyRandomState(ulong seed) : ISeededRandomSource
{
    private readonly Mt19937RandomSource _bits = new(seed);
    private double _kept;
    private bool _hasKept;

    /// <inheritdoc cref="Mt19937RandomSource.Seed"/>
    public void Seed(ulong seed)
    {
        _bits.Seed(seed);
        (_kept, _hasKept) = (0, false);
    }

    /// <inheritdoc/>
    public int Int(int n) => _bits.Int(n);

    /// <inheritdoc/>
    public double Uniform() => _bits.Uniform();

    /// <summary>A uniform real in [low, high).</summary>
    public double Uniform(double low, double high) => low + (high - low) * Uniform();

    /// <summary>A draw from the standard normal distribution.</summary>
    public double Normal()
    {
        if (_hasKept)
        {
            _hasKept = false;
            return _kept;
        }
        double first, second, squares;
        do
        {
            first = 2 * Uniform() - 1;
            second = 2 * Uniform() - 1;
            squares = first * first + second * second;
        }
        while (squares is >= 1 or 0);
        double factor = Math.Sqrt(-2 * Math.Log(squares) / squares);
        (_kept, _hasKept) = (factor * first, true);
        return factor * second;
    }

    /// <summary>Writes 2,509 bytes.</summary>
    public void Save(BinaryWriter writer)
    {
        _bits.Save(writer);
        writer.Write(_kept);
        writer.Write(_hasKept);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        _bits.Restore(reader);
        (_kept, _hasKept) = (reader.ReadDouble(), reader.ReadBoolean());
    }
}
