using System.Text.RegularExpressions;
using ScottPlot;
using SkiaSharp;

namespace WorldModels.Pictures;

/// <summary>
/// The chosen metrics of a <see cref="CurvePage"/> as a picture that does not change: a plot for each environment and metric, two beside
/// each other where a pattern chose several, below them what their lines are.
/// </summary>
public sealed partial class CurvePicture
{
    private const int Edge = 5;

    private static readonly SKColor Ink = new(0x1C, 0x1F, 0x24), Soft = new(0x5C, 0x64, 0x70), Panel = new(0xF4, 0xF6, 0xF8);

    // The page's, of which the light ones come first.
    private static readonly SKColor[] Palette =
        [.. LineColours().Matches(Resources.Text("page.css")).Take(10).Select(match => SKColor.Parse(match.Groups[1].Value))];

    private readonly CurvePage _page;

    /// <summary>Prepares a picture of the page's chosen metrics.</summary>
    public CurvePicture(CurvePage page) => _page = page;

    /// <summary>Writes it to a file that ends in .png or .svg.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path) => PictureFile.SaveStill(path, Draw(), SKColors.White);

    /// <summary>The picture; on white.</summary>
    public Drawing Draw()
    {
        List<IReadOnlyList<Drawing>> rows = [[Drawing.Text(_page.Title, Ink, size: 19)]];
        foreach (string environment in _page.Environments)
        {
            CurveFigure[] figures = [.. _page.Chosen.Select(metric => _page.Figure(environment, metric)).OfType<CurveFigure>()];
            if (figures.Length == 0)
                continue;
            if (_page.Environments.Count > 1)
                rows.Add([Drawing.Text(CurvePage.Named(environment), Ink, size: 15)]);
            rows.AddRange(figures.Select(Plot).Chunk(2));
            rows.Add([Legend([.. figures.SelectMany(figure => figure.Groups).DistinctBy(entry => entry.Colour)])]);
        }
        return Drawing.Grid(rows, 8);
    }

    private static Drawing Plot(CurveFigure figure)
    {
        Plot plot = BundledPlot.Create(SKColors.White, Soft, new SKColor(0xE3, 0xE6, 0xEA));
        (double left, double top, double right, double bottom, double strip) = figure.Frame;
        (Ticks x, Ticks y, double last) = figure.Axes;
        double end = last * (right + strip - left) / (right - left), strips = last + (end - last) * 20 / Math.Max(strip, 20);
        foreach ((CurveGroup group, int colour) in figure.Groups)
            Curves(plot, figure.Metric, group, colour);
        foreach ((string look, string label, double value, double above) in figure.Levels)
            Level(plot, look == "level", label, value, above, last);
        if (figure.Finals.Count > 0)
            Finals(plot, figure, strips, end);
        double[] steps = [.. x.Values.Where(step => step <= last * (1 + 1e-9))];
        plot.Axes.Bottom.TickGenerator = figure.Finals.Count == 0
            ? new ScottPlot.TickGenerators.NumericManual(steps, [.. steps.Select(x.Label)])
            : new ScottPlot.TickGenerators.NumericManual(
                [.. steps, (strips + end) / 2], [.. steps.Select(x.Label), "final\nevaluation"]);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. y.Values], [.. y.Values.Select(y.Label)]);
        plot.Grid.XAxisStyle.IsVisible = false;
        // A little more than the ticks cover, or a dot on the first or last of them would be cut.
        double beyond = Edge / (bottom - top) * (y.Values[^1] - y.Values[0]);
        plot.Axes.SetLimits(0, end, y.Values[0] - beyond, y.Values[^1] + beyond);
        plot.Layout.Fixed(new PixelPadding((float)left, 16, CurveFigure.Height - (float)bottom - Edge, (float)top - Edge));
        return plot.Draw(CurveFigure.Width, CurveFigure.Height).With(canvas =>
        {
            canvas.Write(figure.StepName, (float)(left + right) / 2, CurveFigure.Height - 8, Ink, 13, SKTextAlign.Center);
            using SKAutoCanvasRestore restore = new(canvas);
            canvas.RotateDegrees(-90, 16, (float)(top + bottom) / 2);
            canvas.Write(figure.Metric, 16, (float)(top + bottom) / 2, Ink, 13, SKTextAlign.Center);
        });
    }

    private static void Curves(Plot plot, string metric, CurveGroup group, int colour)
    {
        Color ink = Colour(Palette[colour % Palette.Length]);
        CurveBand? band = group.Band(metric);
        bool alone = band is { Count: 1 };
        IReadOnlyList<CurveSpread> spreads = group.Spreads(metric);
        foreach (CurveSpread spread in spreads)
            Fill(plot, spread.Steps, spread.Low, spread.High, ink);
        if (band is not null && !alone && spreads.Count == 0)
            Fill(plot, band.Steps, band.Low, band.High, ink);
        foreach (TrainingCurve run in group.Runs)
        {
            if (!run.Metrics.TryGetValue(metric, out MetricSeries? series))
                continue;
            Line(plot, series.Steps, series.Values, alone ? ink : ink.WithAlpha(0.55), alone ? 2.2f : 1, colour);
            // A line of one point would be nothing.
            if (series.Steps.Count == 1)
                plot.Add.Marker(series.First, series.Values[0], MarkerShape.FilledCircle, 6, ink);
            if (run.Shortfall is not null)
                plot.Add.Marker(series.Last, series.Values[^1], MarkerShape.Eks, 10, ink).MarkerLineWidth = 2.5f;
        }
        if (band is not null && !alone)
            Line(plot, band.Steps, band.Mean, ink, 2.2f, colour);
        if (group.Middle(metric) is { } middle)
            Line(plot, middle.Steps, middle.Mean, ink, 1.6f, colour, LinePattern.Dotted);
    }

    private static void Fill(Plot plot, IReadOnlyList<double> steps, IReadOnlyList<double> low, IReadOnlyList<double> high, Color ink)
    {
        ScottPlot.Plottables.FillY range = plot.Add.FillY([.. steps], [.. low], [.. high]);
        (range.FillColor, range.LineWidth, range.MarkerSize) = (ink.WithAlpha(0.16), 0, 0);
    }

    private static void Line(Plot plot, IReadOnlyList<double> steps, IReadOnlyList<double> values, Color ink, float width, int colour,
        LinePattern? pattern = null)
    {
        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine([.. steps], (double[])[.. values], ink);
        line.LineWidth = width;
        if (pattern is { } own)
            line.LinePattern = own;
        else if (colour >= Palette.Length)
            line.LinePattern = LinePattern.Dashed;
    }

    private static void Level(Plot plot, bool isGiven, string label, double value, double above, double last)
    {
        plot.Add.HorizontalLine(value, 1.4f, Colour(isGiven ? Ink : Soft), isGiven ? LinePattern.Dashed : LinePattern.Dotted);
        ScottPlot.Plottables.Text text = plot.Add.Text(label, isGiven ? 0 : last, value);
        (text.LabelFontColor, text.LabelFontSize, text.LabelBackgroundColor) = (Colour(Ink), 12.5f, Colors.White.WithAlpha(0.7));
        text.LabelAlignment = isGiven ? Alignment.LowerLeft : Alignment.LowerRight;
        (text.OffsetX, text.OffsetY) = (isGiven ? 8 : -6, (float)-above + 3);
    }

    private static void Finals(Plot plot, CurveFigure figure, double from, double to)
    {
        ScottPlot.Plottables.HorizontalSpan panel = plot.Add.HorizontalSpan(from, to, Colour(Panel));
        panel.LineWidth = 0;
        plot.MoveToBack(panel);
        for (int i = 0; i < figure.Finals.Count; i++)
        {
            (int colour, string _, (string _, double mean, double? half)) = figure.Finals[i];
            double x = from + (i + 0.5) * (to - from) / figure.Finals.Count;
            Color ink = Colour(Palette[colour % Palette.Length]);
            if (half is { } width)
                plot.Add.Line(x, mean - width, x, mean + width).LineStyle = new() { Color = ink, Width = 1.6f };
            plot.Add.Marker(x, mean, MarkerShape.FilledCircle, 7, ink);
        }
    }

    private static Drawing Legend(IReadOnlyList<(CurveGroup Group, int Colour)> groups) => Drawing.Grid([.. groups.Select(entry => (Drawing[])
    [
        new(34, 16, canvas =>
        {
            SKColor ink = Palette[entry.Colour % Palette.Length];
            if (entry.Group.Runs.Count > 1)
                canvas.Fill(4, 1, 26, 14, ink.WithAlpha(41));
            int dash = entry.Colour < Palette.Length ? 26 : 6;
            for (int x = 4; x < 30; x += dash + 4)
                canvas.Fill(x, 7, dash, 2, ink);
        }),
        Drawing.Text(entry.Group.Label, Ink), Drawing.Text(entry.Group.Seeds, Soft),
    ])], 6);

    private static Color Colour(SKColor colour) => Color.FromSKColor(colour);

    [GeneratedRegex("--c\\d: (#[0-9a-f]{6})")]
    private static partial Regex LineColours();
}
