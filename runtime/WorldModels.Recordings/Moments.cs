namespace WorldModels.Recordings;

/// <summary>
/// Mean, spread and range of each number of many vectors, in one pass (Welford 1962): exact in double also where the mean is large and the
/// spread small. Not thread-safe.
/// </summary>
/// <param name="size">Numbers in a vector.</param>
public sealed class Moments(int size)
{
    private readonly double[] _mean = new double[size];
    private readonly double[] _squares = new double[size];      // of the distances from the mean
    private readonly float[] _lowest = [.. Enumerable.Repeat(float.PositiveInfinity, size)];
    private readonly float[] _highest = [.. Enumerable.Repeat(float.NegativeInfinity, size)];

    /// <summary>Numbers in a vector.</summary>
    public int Size => size;

    /// <summary>Vectors so far.</summary>
    public long Count { get; private set; }

    /// <summary>The lowest of each number.</summary>
    public IReadOnlyList<float> Lowest => _lowest;

    /// <summary>The highest of each number.</summary>
    public IReadOnlyList<float> Highest => _highest;

    /// <summary>The moments of all observations of episodes, as networks see them.</summary>
    public static Moments OfObservations(IEnumerable<Episode> episodes, int size)
    {
        Moments moments = new Moments(size);
        float[] values = new float[size];
        foreach (Episode episode in episodes)
        {
            for (int record = 0; record < episode.Records; record++)
            {
                episode.CopyObservation(record, values);
                moments.Add(values);
            }
        }
        return moments;
    }

    /// <summary>Adds a vector.</summary>
    public void Add(ReadOnlySpan<float> values)
    {
        double share = 1.0 / ++Count;
        for (int i = 0; i < _mean.Length; i++)
        {
            double value = values[i], from = value - _mean[i];
            _mean[i] += from * share;
            _squares[i] += from * (value - _mean[i]);
            _lowest[i] = Math.Min(_lowest[i], values[i]);
            _highest[i] = Math.Max(_highest[i], values[i]);
        }
    }

    /// <summary>Whether a number was the same in every vector.</summary>
    public bool IsConstant(int number) => _lowest[number] == _highest[number];

    /// <summary>Mean of a number; of a constant one, that constant exactly.</summary>
    public double Mean(int number) => IsConstant(number) ? _lowest[number] : _mean[number];

    /// <summary>Standard deviation of a number; of a constant one, 0 exactly.</summary>
    public double Std(int number) => IsConstant(number) ? 0 : Math.Sqrt(_squares[number] / Count);
}
