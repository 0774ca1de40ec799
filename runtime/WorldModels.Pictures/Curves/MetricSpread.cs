namespace WorldModels.Pictures;

/// <summary>From where to where the many of one step reach.</summary>
/// <param name="Steps">Where it was measured, ascending.</param>
/// <param name="Low">The lower end there.</param>
/// <param name="High">The upper end there.</param>
internal sealed record CurveSpread(IReadOnlyList<double> Steps, IReadOnlyList<double> Low, IReadOnlyList<double> High);

/// <summary>
/// What belongs to a metric <c>X_mean</c> that is the mean over many at one step, such as a population's returns. By convention they are
/// other metrics of the run: <c>X_worst</c> and <c>X_best</c> (or <c>X_least</c> and <c>X_most</c>) are the ends of their range,
/// <c>X_quartile1</c> and <c>X_quartile3</c> of their middle half, and <c>X_of_mean</c> is the value of the one in their middle.
/// </summary>
internal static class MetricSpread
{
    private const string Suffix = "_mean";

    // From the widest to the narrowest: they are drawn over each other.
    private static readonly (string Low, string High)[] Pairs = [("_worst", "_best"), ("_least", "_most"), ("_quartile1", "_quartile3")];

    /// <summary>Names of lower and upper ends that some run has, from the widest to the narrowest.</summary>
    public static IReadOnlyList<(string Low, string High)> Ends(string metric, IReadOnlyList<TrainingCurve> runs) =>
        StemOf(metric) is not { } stem ? [] : [.. Pairs.Select(pair => (stem + pair.Low, stem + pair.High))
            .Where(pair => runs.Any(run => Has(run, metric, pair)))];

    /// <summary>The name of the value of the one in the middle; null: no run has it.</summary>
    public static string? Middle(string metric, IReadOnlyList<TrainingCurve> runs) =>
        StemOf(metric) is { } stem && runs.Any(run => run.Metrics.ContainsKey($"{stem}_of_mean")) ? $"{stem}_of_mean" : null;

    private static string? StemOf(string metric) =>
        metric.EndsWith(Suffix, StringComparison.Ordinal) ? metric[..^Suffix.Length] : null;

    private static bool Has(TrainingCurve run, string metric, (string Low, string High) pair) =>
        run.Metrics.ContainsKey(metric) && run.Metrics.ContainsKey(pair.Low) && run.Metrics.ContainsKey(pair.High);
}
