using System.Globalization;

namespace WorldModels.Pictures;

/// <summary>Mean and range of some curves.</summary>
/// <param name="Steps">Where all of them have values, ascending.</param>
/// <param name="Mean">The mean there.</param>
/// <param name="Low">The smallest value there.</param>
/// <param name="High">The largest value there.</param>
/// <param name="Count">Curves.</param>
public sealed record CurveBand(
    IReadOnlyList<double> Steps, IReadOnlyList<double> Mean, IReadOnlyList<double> Low, IReadOnlyList<double> High, int Count)
{
    /// <summary>
    /// Mean and range at each step that any of the curves has, between the last of their beginnings and the first of their ends; curves
    /// without a value at a step are interpolated. Null if there is no curve, or no step that all of them cover.
    /// </summary>
    public static CurveBand? Of(IReadOnlyList<MetricSeries> curves)
    {
        if (curves.Count == 0)
            return null;
        double from = curves.Max(curve => curve.First), to = curves.Min(curve => curve.Last);
        double[] steps = [.. curves.SelectMany(curve => curve.Steps).Where(step => step >= from && step <= to).Distinct().Order()];
        if (steps.Length == 0)
            return null;
        double[][] values = [.. steps.Select(step => curves.Select(curve => curve.At(step)).ToArray())];
        return new(steps, [.. values.Select(at => at.Average())], [.. values.Select(at => at.Min())], [.. values.Select(at => at.Max())],
            curves.Count);
    }
}

/// <summary>Runs that differ in nothing but their seed.</summary>
public sealed class CurveGroup
{
    private const string AlgorithmFact = "algorithm", EnvironmentFact = "env";

    private CurveGroup(string label, IReadOnlyList<TrainingCurve> runs, IReadOnlyList<string> differences) =>
        (Label, Runs, Differences) = (label, runs, differences);

    /// <summary>A name that no other group has.</summary>
    public string Label { get; }

    /// <summary>The environment of all runs.</summary>
    public string Environment => Runs[0].Environment;

    /// <summary>The runs by seed; at least one.</summary>
    public IReadOnlyList<TrainingCurve> Runs { get; }

    /// <summary>In what else the runs differ that were grouped by one option alone.</summary>
    internal IReadOnlyList<string> Differences { get; }

    /// <summary>Which seeds there are, for legends.</summary>
    internal string Seeds => Runs.Count > 1 ? $"mean and min–max of {Runs.Count} seeds" : $"seed {Runs[0].Seed}";

    /// <summary>One metric of the runs that have it.</summary>
    public CurveBand? Band(string metric) =>
        CurveBand.Of([.. Runs.Where(run => run.Metrics.ContainsKey(metric)).Select(run => run.Metrics[metric])]);

    /// <summary>
    /// From where to where the many reach of whom a metric is the mean (<see cref="MetricSpread"/>): means over the seeds of both ends, the
    /// widest range first.
    /// </summary>
    internal IReadOnlyList<CurveSpread> Spreads(string metric)
    {
        List<CurveSpread> spreads = [];
        foreach ((string low, string high) in MetricSpread.Ends(metric, Runs))
        {
            // Measured at the same steps, unless one of them was no number there.
            if (Band(low) is not { } lower || Band(high) is not { } upper)
                continue;
            MetricSeries top = new(upper.Steps, upper.Mean);
            (double Step, double Low)[] both =
                [.. lower.Steps.Zip(lower.Mean).Where(at => at.First >= top.First && at.First <= top.Last)];
            spreads.Add(new([.. both.Select(at => at.Step)], [.. both.Select(at => at.Low)], [.. both.Select(at => top.At(at.Step))]));
        }
        return spreads;
    }

    /// <summary>The value of the one in the middle of the many, mean over the seeds; null where it was not measured.</summary>
    internal CurveBand? Middle(string metric) => MetricSpread.Middle(metric, Runs) is { } name ? Band(name) : null;

    /// <summary>
    /// Groups runs, in the order in which their first ones come. A run that two sources tell of (a run's folder and the bundle it exported)
    /// counts once. Groups of one name are told apart by algorithm and environment, and
    /// by the options in which those of the same two differ.
    /// </summary>
    /// <param name="runs">The runs.</param>
    /// <param name="by">An option by which alone runs of the same algorithm and environment are grouped; null: by all options.</param>
    public static IReadOnlyList<CurveGroup> Of(IEnumerable<TrainingCurve> runs, string? by = null)
    {
        TrainingCurve[][] groups = runs.GroupBy(Identity)
            .Select(group => group.GroupBy(run => (run.Seed, run.LastLine)).Select(Fullest).OrderBy(run => run.Seed).ToArray()).ToArray();
        List<CurveGroup> labelled = [];
        foreach (TrainingCurve[] group in groups)
        {
            Dictionary<string, string> own = Facts(group[0]);
            Dictionary<string, string>[] rivals =
                [.. groups.Where(other => other != group && other[0].Name == group[0].Name).Select(rival => Facts(rival[0]))];
            string[] differing = own.Keys.Concat(rivals.SelectMany(rival => rival.Keys)).Distinct()
                .Where(key => rivals.Any(rival => Tells(key, rival, own) && Value(rival, key) != Value(own, key)))
                .Select(key => $"{key}={(own.TryGetValue(key, out string? value) ? value : "unset")}").ToArray();
            string facts = differing.Length > 0 ? $" ({string.Join(", ", differing)})" : "";
            labelled.Add(new(group[0].Name + facts, group, Differing(group)));
        }
        return labelled;

        Dictionary<string, string> Facts(TrainingCurve run) => new(Learning(run).Where(option => by is null || option.Key == by))
        {
            [AlgorithmFact] = run.Algorithm, [EnvironmentFact] = run.Environment,
        };

        string Identity(TrainingCurve run) => string.Join('\n', Facts(run)
            .OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => $"{fact.Key}={Canonical(fact.Value)}"));

        // Of another algorithm or environment every option may differ: those two say it.
        static bool Tells(string key, Dictionary<string, string> rival, Dictionary<string, string> own) =>
            key is AlgorithmFact or EnvironmentFact
            || (rival[AlgorithmFact] == own[AlgorithmFact] && rival[EnvironmentFact] == own[EnvironmentFact]);

        static TrainingCurve Fullest(IEnumerable<TrainingCurve> same) =>
            same.MaxBy(run => run.Metrics.Values.Sum(series => series.Steps.Count))!;
    }

    // How many threads compute decides on how fast it goes, not on what is learnt.
    private static IEnumerable<KeyValuePair<string, string>> Learning(TrainingCurve run) =>
        run.Config.Where(option => !option.Key.EndsWith("threads", StringComparison.OrdinalIgnoreCase));

    private static string[] Differing(TrainingCurve[] runs) =>
        [.. runs.SelectMany(Learning).Select(option => option.Key).Distinct()
            .Where(key => runs.Select(run => Value(run.Config, key)).Distinct().Count() > 1)];

    private static string? Value(IReadOnlyDictionary<string, string> facts, string key) =>
        facts.TryGetValue(key, out string? value) ? Canonical(value) : null;

    // Run folders and bundles write the same value in two ways: 1e-05 and 1E-05, true and True, hard and Hard, [64, 64] and [64,64].
    private static string Canonical(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number.ToString("R", CultureInfo.InvariantCulture) : value.ToLowerInvariant().Replace(" ", "", StringComparison.Ordinal);
}
