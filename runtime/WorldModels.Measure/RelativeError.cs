namespace WorldModels.Measure;

/// <summary>
/// Errors in standard deviations: the root of the mean squared difference over that of the mean variance of the reference's numbers, each
/// about its own mean over all rows. Numbers that hardly vary weigh little in both.
/// </summary>
internal sealed class RelativeError(int size)
{
    private readonly double[] _sum = new double[size], _squares = new double[size];
    private double _error;
    private long _rows, _compared;

    /// <summary>The error of rows (N, size); null if the reference never changes.</summary>
    public static double? Of(ReadOnlySpan<float> found, ReadOnlySpan<float> reference, int size)
    {
        RelativeError error = new(size);
        error.AddReference(reference);
        error.Add(found, reference);
        return error.Value;
    }

    /// <summary>The root of the mean variance of the reference's numbers; 0 if they never change.</summary>
    public double Deviation
    {
        get
        {
            double variance = 0, magnitude = 0;
            for (int i = 0; i < size; i++)
            {
                double mean = _sum[i] / _rows, square = _squares[i] / _rows;
                variance += Math.Max(0, square - mean * mean);
                magnitude += square;
            }
            return variance > 1e-12 * magnitude ? Math.Sqrt(variance / size) : 0;
        }
    }

    /// <summary>The error of what was added; null if the reference never changes.</summary>
    public double? Value => Deviation is > 0 and var deviation ? Math.Sqrt(_error / _compared / size) / deviation : null;

    /// <summary>Rows (N, size) whose spread counts.</summary>
    public void AddReference(ReadOnlySpan<float> reference)
    {
        for (int at = 0; at < reference.Length; at++)
        {
            _sum[at % size] += reference[at];
            _squares[at % size] += (double)reference[at] * reference[at];
        }
        _rows += reference.Length / size;
    }

    /// <summary>Rows (N, size) that are compared.</summary>
    public void Add(ReadOnlySpan<float> found, ReadOnlySpan<float> reference)
    {
        for (int at = 0; at < reference.Length; at++)
            _error += Math.Pow((double)found[at] - reference[at], 2);
        _compared += reference.Length / size;
    }
}
