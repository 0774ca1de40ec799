using System.Globalization;

namespace WorldModels.Samples;

/// <summary>How long something took, again and again.</summary>
internal sealed class Times
{
    private readonly List<double> _microseconds = [];

    public int Count => _microseconds.Count;

    public void Add(TimeSpan time) => _microseconds.Add(time.TotalMicroseconds);

    /// <summary>Such as "p50 58 us, p99 120 us, longest 900 us".</summary>
    public override string ToString()
    {
        double[] sorted = [.. _microseconds.Order()];
        string At(double share) => sorted[(int)(share * (sorted.Length - 1))].ToString("N0", CultureInfo.InvariantCulture);
        return sorted.Length == 0 ? "none" : $"p50 {At(0.5)} us, p99 {At(0.99)} us, longest {At(1)} us";
    }
}
