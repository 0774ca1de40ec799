using System.Globalization;
using WorldModels.Measure;

namespace WorldModels.Pictures;

/// <summary>A published or otherwise known value to compare with.</summary>
/// <param name="Label">What it is, such as "PlaNet after 1e6 steps".</param>
/// <param name="Value">The value of the metric.</param>
public sealed record CurveLevel(string Label, double Value);

/// <summary>
/// One metric of one environment as an SVG: a line and a band for each group, thin lines for single seeds, levels, and on the right the
/// returns of the final evaluation. Colours are classes, so that the page sets them for light and dark.
/// </summary>
public sealed class CurveFigure
{
    /// <summary>Size of the drawing, in its own units.</summary>
    public const int Width = 960, Height = 430;

    private const double Left = 84, Top = 16, Bottom = Height - 50, Strip = 20;

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    private readonly (CurveGroup Group, int Colour)[] _groups;
    private readonly (string Look, string Label, double Value)[] _levels;
    private readonly (int Colour, string Run, (string Name, double Mean, double? HalfWidth) Return)[] _finals;
    private readonly Ticks _x, _y;
    private readonly double _right, _last;

    /// <summary>Prepares a figure.</summary>
    /// <param name="groups">Groups of one environment with the numbers of their colours; those without the metric are left out.</param>
    /// <param name="metric">The metric; returns have the random policy's level and the final evaluation beside them.</param>
    /// <param name="levels">Values to compare with.</param>
    public CurveFigure(IReadOnlyList<(CurveGroup Group, int Colour)> groups, string metric, IReadOnlyList<CurveLevel> levels)
    {
        (Metric, IsReturn) = (metric, metric.StartsWith("return", StringComparison.Ordinal));
        _groups = [.. groups.Where(entry => entry.Group.Runs.Any(run => run.Metrics.ContainsKey(metric)))];
        TrainingCurve[] runs = [.. _groups.SelectMany(entry => entry.Group.Runs)];
        // What random actions are worth depends on how long each lasts.
        IGrouping<string, TrainingCurve>[] random =
            [.. runs.Where(run => IsReturn && run.RandomReturn is not null).GroupBy(run => run.ActionRepeat).OrderBy(same => same.Key)];
        Random = [.. random.Select(same => (
            random.Length == 1 ? "random" : $"random, each action {same.Key} steps", same.Average(run => run.RandomReturn!.Value)))];
        _levels = [.. levels.Select(level => ("level", level.Label, level.Value))];
        _levels = [.. _levels, .. Random.Select(chance => ("random", $"{chance.Label}: {Figures.Number(chance.Mean)}", chance.Mean))];
        _finals = [.. from entry in _groups
            from run in entry.Group.Runs
            where IsReturn && run.Returns.Count > 0
            select (entry.Colour, $"{entry.Group.Label}, seed {run.Seed}", run.Returns[0])];
        MetricSeries[] curves = runs.Where(run => run.Metrics.ContainsKey(metric)).Select(run => run.Metrics[metric]).ToArray();
        _last = Math.Max(curves.Max(curve => curve.Last), 1);
        SpreadNames = [.. MetricSpread.Ends(metric, runs)];
        MiddleName = MetricSpread.Middle(metric, runs);
        IEnumerable<double> beside = SpreadNames.SelectMany(pair => new[] { pair.Low, pair.High }).Append(MiddleName).OfType<string>()
            .SelectMany(name => runs.Where(run => run.Metrics.ContainsKey(name)).SelectMany(run => run.Metrics[name].Values));
        double[] heights = [.. curves.SelectMany(curve => curve.Values), .. beside, .. _levels.Select(level => level.Value),
            .. _finals.Select(final => final.Return).SelectMany(final => Ends(final.Mean, final.HalfWidth ?? 0))];
        (_x, _y) = (Ticks.Cover(0, _last, 8), Ticks.Cover(heights.Min(), heights.Max()));
        _right = Width - 16 - (_finals.Length == 0 ? 0 : Strip + FinalsWidth);

        static double[] Ends(double mean, double half) => [mean - half, mean + half];
    }

    /// <summary>The metric shown.</summary>
    public string Metric { get; }

    /// <summary>Whether the metric is a return.</summary>
    public bool IsReturn { get; }

    /// <summary>Mean return of the random policy over the runs that measured it, of each action repeat that there is.</summary>
    public IReadOnlyList<(string Label, double Mean)> Random { get; }

    /// <summary>The figures of the final evaluation that stand on the right.</summary>
    public IReadOnlyList<string> FinalNames => [.. _finals.Select(final => final.Return.Name).Distinct()];

    /// <summary>Metrics that are the ends of a range about this one, the widest first (<see cref="MetricSpread"/>).</summary>
    internal IReadOnlyList<(string Low, string High)> SpreadNames { get; }

    /// <summary>The metric that is the value of the one in the middle; null: there is none.</summary>
    internal string? MiddleName { get; }

    /// <summary>The groups shown, with the numbers of their colours.</summary>
    public IReadOnlyList<(CurveGroup Group, int Colour)> Groups => _groups;

    /// <summary>Where the levels are, with their names' places above them, in the drawing's units.</summary>
    internal IReadOnlyList<(string Look, string Label, double Value, double Above)> Levels => [.. Placed()];

    /// <summary>Mean returns of the final evaluations.</summary>
    internal IReadOnlyList<(int Colour, string Run, (string Name, double Mean, double? HalfWidth) Return)> Finals => _finals;

    /// <summary>The ticks of both axes, and the last step.</summary>
    internal (Ticks X, Ticks Y, double Last) Axes => (_x, _y, _last);

    /// <summary>The corners of the plot, and the width of what stands right of it.</summary>
    internal (double Left, double Top, double Right, double Bottom, double Strip) Frame =>
        (Left, Top, _right, Bottom, _finals.Length == 0 ? 0 : Strip + FinalsWidth);

    private double FinalsWidth => Math.Clamp(_finals.Length * 12, 84, 240);

    /// <summary>What the axis below counts.</summary>
    public string StepName
    {
        get
        {
            bool[] counts = [.. _groups.SelectMany(entry => entry.Group.Runs).Select(run => run.CountsEnvironmentSteps).Distinct()];
            return counts.Length > 1 ? "environment steps or frames" : counts[0] ? "environment steps" : "frames";
        }
    }

    /// <summary>The drawing.</summary>
    public string ToSvg()
    {
        Svg svg = new(Width, Height, $"{Metric} over {StepName}");
        DrawAxes(svg);
        foreach ((CurveGroup group, int colour) in _groups)
            Curves(svg, group, colour);
        DrawLevels(svg);
        DrawFinals(svg);
        svg.Line("cross off", 0, Top, 0, Bottom);
        return svg.ToString();
    }

    /// <summary>What the page's script needs to read values off: the plot's corners, the ranges, and each group's mean and range.</summary>
    public object ToData() => new
    {
        left = Left,
        right = _right,
        top = Top,
        bottom = Bottom,
        steps = StepName,
        x = new[] { 0, _last },
        y = new[] { _y.Values[0], _y.Values[^1] },
        groups = _groups.Select(entry => (entry, Band: entry.Group.Band(Metric))).Where(pair => pair.Band is not null).Select(pair => new
        {
            label = pair.entry.Group.Label,
            colour = pair.entry.Colour,
            x = Numbers(pair.Band!.Steps),
            mean = Numbers(pair.Band.Mean),
            range = RangeOf(pair.entry.Group, pair.Band),
            middle = pair.entry.Group.Middle(Metric) is { } middle
                ? new { name = MiddleName, x = Numbers(middle.Steps), y = Numbers(middle.Mean) } : null,
        }),
    };

    /// <summary>From where to where: the many at one step or, where there is one value, the seeds; null: neither.</summary>
    private object? RangeOf(CurveGroup group, CurveBand band)
    {
        if (group.Spreads(Metric) is [var widest, ..])
            return new { x = Numbers(widest.Steps), low = Numbers(widest.Low), high = Numbers(widest.High) };
        return band.Count == 1 ? null : new { x = Numbers(band.Steps), low = Numbers(band.Low), high = Numbers(band.High) };
    }

    private static IEnumerable<double> Numbers(IReadOnlyList<double> values) => values.Select(Short);

    private double X(double step) => Left + step / _last * (_right - Left);

    private double Y(double value) => Bottom - (value - _y.Values[0]) / (_y.Values[^1] - _y.Values[0]) * (Bottom - Top);

    private void DrawAxes(Svg svg)
    {
        if (_finals.Length > 0)
            svg.Rectangle("strip", _right + Strip, Top, FinalsWidth, Bottom - Top);
        foreach (double value in _y.Values)
        {
            svg.Line("grid", Left, Y(value), _right, Y(value));
            svg.Text(_y.Label(value), Left - 8, Y(value) + 4, "end");
        }
        foreach (double step in _x.Values.Where(step => step <= _last * (1 + 1e-9)))
        {
            svg.Line("axis", X(step), Bottom, X(step), Bottom + 5);
            svg.Text(_x.Label(step), X(step), Bottom + 19, "middle");
        }
        svg.Line("axis", Left, Bottom, _right, Bottom);
        svg.Text(StepName, (Left + _right) / 2, Height - 8, "middle", "name");
        svg.Text(Metric, 14, (Top + Bottom) / 2, "middle", "name", upwards: true);
    }

    private void Curves(Svg svg, CurveGroup group, int colour)
    {
        svg.Begin($"group {Class(colour)}", colour);
        CurveBand? band = group.Band(Metric);
        bool alone = band is { Count: 1 };
        IReadOnlyList<CurveSpread> spreads = group.Spreads(Metric);
        foreach (CurveSpread spread in spreads)
            svg.Polygon("band", Places(spread.Steps, spread.High).Concat(Places(spread.Steps, spread.Low).Reverse()));
        if (band is not null && !alone && spreads.Count == 0)
            svg.Polygon("band", Places(band.Steps, band.High).Concat(Places(band.Steps, band.Low).Reverse()));
        foreach (TrainingCurve run in group.Runs)
        {
            if (!run.Metrics.TryGetValue(Metric, out MetricSeries? series))
                continue;
            svg.Polyline(alone ? "mean" : "seed", Places(series.Steps, series.Values));
            if (run.Shortfall is not null)
                svg.Text("×", X(series.Last), Y(series.Values[^1]) + 6, "middle", "short");
            // A line of one point would be nothing.
            if (series.Steps.Count == 1)
                svg.Disc("dot", X(series.First), Y(series.Values[0]), 3);
        }
        if (band is not null && !alone)
            svg.Polyline("mean", Places(band.Steps, band.Mean));
        if (group.Middle(Metric) is { } middle)
            svg.Polyline("middle", Places(middle.Steps, middle.Mean));
        svg.End();
    }

    private IEnumerable<(double X, double Y)> Places(IReadOnlyList<double> steps, IReadOnlyList<double> values) =>
        steps.Zip(values, (step, value) => (X(step), Y(value)));

    /// <summary>Levels are named on the left, the random policy on the right.</summary>
    private void DrawLevels(Svg svg)
    {
        double end = _right + (_finals.Length == 0 ? 0 : Strip + FinalsWidth);
        foreach ((string look, string label, double value, double above) in Placed())
        {
            svg.Line(look, Left, Y(value), end, Y(value));
            if (look == "level")
                svg.Text(label, Left + 8, Y(value) - above, "start", "note");
            else
                svg.Text(label, _right - 6, Y(value) - above, "end", "note");
        }
    }

    /// <summary>The levels with the places of their names: those of near levels make room for each other.</summary>
    private IEnumerable<(string Look, string Label, double Value, double Above)> Placed()
    {
        const double Line = 15;
        foreach (IGrouping<string, (string Look, string Label, double Value)> side in _levels.GroupBy(level => level.Look))
        {
            (string Look, string Label, double Value)[] upwards = [.. side.OrderBy(level => level.Value)];
            double place = double.PositiveInfinity;
            for (int i = 0; i < upwards.Length; i++)
            {
                double y = Y(upwards[i].Value);
                bool crowded = i + 1 < upwards.Length && y - Y(upwards[i + 1].Value) < Line + 5;
                place = Math.Max(Math.Min(crowded ? y + Line : y - 5, place - Line), 12);
                yield return (side.Key, upwards[i].Label, upwards[i].Value, y - place);
            }
        }
    }

    private void DrawFinals(Svg svg)
    {
        if (_finals.Length == 0)
            return;
        double left = _right + Strip, step = FinalsWidth / _finals.Length, middle = left + FinalsWidth / 2;
        for (int i = 0; i < _finals.Length; i++)
        {
            (int colour, string run, (string Name, double Mean, double? HalfWidth) final) = _finals[i];
            double x = left + (i + 0.5) * step;
            svg.Begin($"group {Class(colour)}", colour);
            svg.Title($"{run}: {final.Name} {Text(final)}");
            if (final.HalfWidth is { } half)
                svg.Line("interval", x, Y(final.Mean - half), x, Y(final.Mean + half));
            svg.Disc("dot", x, Y(final.Mean), 3.5);
            svg.End();
        }
        svg.Text("final", middle, Bottom + 19, "middle", "name");
        svg.Text("evaluation", middle, Bottom + 34, "middle", "name");
    }

    /// <summary>A mean and the half-width of its interval, to two figures of the latter.</summary>
    internal static string Text((string Name, double Mean, double? HalfWidth) figure)
    {
        if (figure.HalfWidth is not > 0)
            return Figures.Number(figure.Mean);
        string format = "F" + Math.Clamp(1 - (int)Math.Floor(Math.Log10(figure.HalfWidth.Value)), 0, 6);
        return $"{figure.Mean.ToString(format, Invariant)} ± {figure.HalfWidth.Value.ToString(format, Invariant)}";
    }

    /// <summary>The class of a colour; after ten the colours begin again, with dashed lines.</summary>
    internal static string Class(int colour) => colour < 10 ? $"c{colour}" : $"c{colour % 10} again";

    // Six figures are more than a screen shows.
    private static double Short(double value) => double.Parse(value.ToString("G6", Invariant), Invariant);
}
