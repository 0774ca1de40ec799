using ScottPlot;
using SkiaSharp;
using WorldModels.Measure;
using WorldModels.Pictures;
using Drawing = WorldModels.Pictures.Drawing;

namespace WorldModels.Tools;

/// <summary>
/// One number of all episodes over the steps, a chart an episode, in one range: that of the real values and a quarter of it on either side.
/// </summary>
internal sealed record OpenLoopChart
{
    /// <summary>Width of a chart, and of the values beside the first one.</summary>
    public const int Wide = 252, Values = 44;

    private const int High = 76, Below = 36;

    public static readonly SKColor RealLine = new(0x22, 0x26, 0x2E);
    public static readonly SKColor DreamLine = new(0xD1, 0x55, 0x0B);
    public static readonly SKColor OtherDreams = new(0xF0, 0xBE, 0x9C);
    public static readonly SKColor Shade = new(0xE0, 0xE1, 0xD8);

    private static readonly SKColor Field = new(0xFB, 0xFB, 0xF8), Line = new(0xE6, 0xE6, 0xE0), Faint = new(96, 100, 106);
    private static readonly SKColor Cursor = new(150, 60, 130);

    private readonly OpenLoopComparison _comparison;
    private readonly Func<int, int, float?> _real;
    private readonly Func<int, int, int, float> _dreamed;
    private readonly int _firstDreamed;
    private readonly double _low, _high;

    /// <summary>Prepares the charts.</summary>
    /// <param name="comparison">What is compared.</param>
    /// <param name="episodes">How many of its episodes are drawn.</param>
    /// <param name="name">What the number is called.</param>
    /// <param name="real">The real number, by episode and step; null where there is none.</param>
    /// <param name="dreamed">The dreamed one, by episode, dream and step.</param>
    /// <param name="firstDreamed">The first step that has one.</param>
    public OpenLoopChart(OpenLoopComparison comparison, int episodes, string name, Func<int, int, float?> real,
        Func<int, int, int, float> dreamed, int firstDreamed)
    {
        (_comparison, Name, _real, _dreamed, _firstDreamed) = (comparison, name, real, dreamed, firstDreamed);
        double[] values = [.. from e in Enumerable.Range(0, episodes) from t in Steps(e) select (double)real(e, t)!.Value];
        double extent = values.Max() - values.Min(), size = values.Max(Math.Abs);
        double margin = extent > 1e-6 * size ? extent / 4 : Math.Max(size / 2, 1e-3);
        (_low, _high) = (values.Min() - margin, values.Max() + margin);
    }

    /// <summary>What the number is called.</summary>
    public string Name { get; }

    /// <summary>Its unit; "" where it has none.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Whether the steps stand below.</summary>
    public bool HasSteps { get; init; }

    /// <summary>How long a step is, which then stands below as well; null where steps are not time.</summary>
    public double? SecondsPerStep { get; init; }

    /// <summary>What stands left of the charts: the number's name and unit and, where the steps stand below, what they are.</summary>
    public Drawing Heading(int width) => new(width, High, canvas =>
    {
        canvas.Write(Name, 0, High / 2 + 5, RealLine, 15);
        canvas.Write(Unit, 0, High / 2 + 22, Faint, 12);
        if (HasSteps)
            canvas.Write("steps", width, High + 14, Faint, 12, SKTextAlign.Right);
        if (HasSteps && SecondsPerStep is not null)
            canvas.Write("seconds", width, High + 28, Faint, 12, SKTextAlign.Right);
    });

    /// <summary>The chart of an episode.</summary>
    public Drawing Draw(int episode)
    {
        int left = episode == 0 ? Values : 0, height = High + (HasSteps ? Below : 0);
        Plot plot = BundledPlot.Create(OpenLoopPicture.Background, Faint, Line);
        plot.DataBackground.Color = Colour(Field);
        plot.Add.HorizontalSpan(1 - _comparison.Context, 0, Colour(Shade)).LineWidth = 0;
        int last = Steps(episode).Last();
        for (int dream = _comparison.Dreams - 1; dream >= 0; dream--)
            Add(dream == 0 ? DreamLine : OtherDreams, dream == 0 ? 1.9f : 1, _firstDreamed, t => _dreamed(episode, dream, t));
        Add(RealLine, 1.5f, Steps(episode).First(), t => _real(episode, t)!.Value);
        plot.Axes.SetLimits(1 - _comparison.Context, Math.Max(_comparison.Horizon, 2 - _comparison.Context), _low, _high);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
        {
            IntegerTicksOnly = true,
            TargetTickCount = 4,
            LabelFormatter = step => HasSteps ? Step(step) : "",
        };
        // A label at the edge would be cut.
        double edge = 0.085 * (_high - _low);
        double[] values = [.. Ticks.Cover(_low, _high, 6).Values.Where(value => value > _low + edge && value < _high - edge)];
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            values, [.. values.Select(value => left > 0 ? Figures.Number(value) : "")]);
        plot.Layout.Fixed(new PixelPadding(left, 0, height - High, 0));
        return plot.Draw(left + Wide, height);

        void Add(SKColor colour, float width, int from, Func<int, double> value)
        {
            int[] steps = [.. Enumerable.Range(from, last - from + 1)];
            // A dream that left the chart stays at its edge.
            double[] values = [.. steps.Select(t => double.IsNaN(value(t)) ? _low : Math.Clamp(value(t), _low, _high))];
            ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(steps, values, Colour(colour));
            line.LineWidth = width;
        }

        string Step(double step) => SecondsPerStep is { } seconds && step >= 0
            ? $"{Figures.Number(step)}\n{Figures.Number(step * seconds)}" : step >= 0 ? Figures.Number(step) : "";
    }

    /// <summary>A chart with a line at a step.</summary>
    public Drawing Marked(Drawing chart, int episode, int step)
    {
        float left = episode == 0 ? Values : 0, first = 1 - _comparison.Context;
        float x = left + (step - first) / (_comparison.Horizon - first) * Wide;
        return chart.With(canvas => canvas.Fill(MathF.Min(MathF.Round(x), left + Wide - 1), 0, 1, High, Cursor));
    }

    private IEnumerable<int> Steps(int episode) =>
        Enumerable.Range(1 - _comparison.Context, _comparison.Context + _comparison.Horizon).Where(t => _real(episode, t) is not null);

    private static Color Colour(SKColor colour) => Color.FromSKColor(colour);
}
