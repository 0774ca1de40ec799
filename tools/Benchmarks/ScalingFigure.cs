using System.Globalization;
using WorldModels.Measure;
using WorldModels.Pictures;

namespace WorldModels.Tools;

/// <summary>A line of a <see cref="ScalingFigure"/>.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="Colour">The number of its colour.</param>
/// <param name="Points">Batch sizes and values, ascending.</param>
internal sealed record ScalingLine(string Name, int Colour, IReadOnlyList<(int Batch, double Value)> Points);

/// <summary>A quantity over the batch size as an SVG, a line for each contestant. The batch axis is logarithmic.</summary>
internal sealed class ScalingFigure
{
    private const int Width = 560, Height = 330;
    private const double Left = 70, Top = 12, Right = Width - 12, Bottom = Height - 48;
    private const double Margin = 20; // no point lies on an axis

    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    private readonly string _quantity;
    private readonly IReadOnlyList<ScalingLine> _lines;
    private readonly bool _logarithmic;
    private readonly double? _level;
    private readonly int[] _batches;
    private readonly (double Value, string Label)[] _ticks;

    /// <summary>Prepares a figure.</summary>
    /// <param name="quantity">What the values are.</param>
    /// <param name="lines">The lines; at least one point among them.</param>
    /// <param name="logarithmic">Whether the values' axis is logarithmic; else it begins at 0.</param>
    /// <param name="level">A value with a line of its own, or null.</param>
    /// <param name="label">How a value is written on a linear axis; null: as a number.</param>
    public ScalingFigure(
        string quantity, IReadOnlyList<ScalingLine> lines, bool logarithmic, double? level = null, Func<double, string>? label = null)
    {
        (_quantity, _lines, _logarithmic, _level) = (quantity, lines, logarithmic, level);
        _batches = [.. lines.SelectMany(line => line.Points).Select(point => point.Batch).Distinct().Order()];
        double[] values = [.. lines.SelectMany(line => line.Points).Select(point => point.Value), .. level is { } at ? [at] : (double[])[]];
        if (logarithmic)
        {
            _ticks = [.. Decades(values.Min(), values.Max())];
        }
        else
        {
            Ticks ticks = Ticks.Cover(0, values.Max());
            _ticks = [.. ticks.Values.Select(value => (value, label is null ? ticks.Label(value) : label(value)))];
        }
    }

    /// <summary>The drawing.</summary>
    public string ToSvg()
    {
        Svg svg = new(Width, Height, $"{_quantity} over batch size");
        foreach ((double value, string label) in _ticks)
        {
            svg.Line("grid", Left, Y(value), Right, Y(value));
            svg.Text(label, Left - 8, Y(value) + 4, "end");
        }
        foreach (int batch in _batches)
        {
            svg.Line("axis", X(batch), Bottom, X(batch), Bottom + 5);
            svg.Text(batch.ToString("N0", Invariant), X(batch), Bottom + 19, "middle");
        }
        svg.Line("axis", Left, Bottom, Right, Bottom);
        svg.Text("batch size", (Left + Right) / 2, Height - 8, "middle", "name");
        svg.Text(_quantity, 14, (Top + Bottom) / 2, "middle", "name", upwards: true);
        if (_level is { } level)
            svg.Line("level", Left, Y(level), Right, Y(level));
        foreach (ScalingLine line in _lines)
        {
            svg.Begin($"group {CurveFigure.Class(line.Colour)}", line.Colour);
            svg.Polyline("mean", line.Points.Select(point => (X(point.Batch), Y(point.Value))));
            foreach ((int batch, double value) in line.Points)
            {
                svg.Begin("point", line.Colour);
                svg.Title($"{line.Name}, batch {batch.ToString("N0", Invariant)}: {Figures.Number(value)}");
                svg.Disc("dot", X(batch), Y(value), 4.5);
                svg.End();
            }
            svg.End();
        }
        return svg.ToString();
    }

    private double X(int batch)
    {
        (double first, double last) = (Math.Log(_batches[0]), Math.Log(_batches[^1]));
        double share = last == first ? 0.5 : (Math.Log(batch) - first) / (last - first);
        return Left + Margin + share * (Right - Left - 2 * Margin);
    }

    private double Y(double value)
    {
        double Height(double of) => _logarithmic ? Math.Log(of) : of;
        (double low, double high) = (Height(_ticks[0].Value), Height(_ticks[^1].Value));
        return Bottom - (Height(value) - low) / (high - low) * (Bottom - Top);
    }

    /// <summary>Ticks at 1, 2 and 5 times powers of ten, or at the powers alone where they are many.</summary>
    private static IEnumerable<(double, string)> Decades(double low, double high)
    {
        int first = (int)Math.Floor(Math.Log10(low)), last = (int)Math.Ceiling(Math.Log10(high));
        double[] steps = last - first > 3 ? [1] : [1, 2, 5];
        double[] ticks =
            [.. Enumerable.Range(first, last - first + 1).SelectMany(power => steps, (power, step) => step * Math.Pow(10, power))];
        int begin = Math.Max(0, Array.FindLastIndex(ticks, tick => tick <= low * (1 + 1e-9)));
        int end = Array.FindIndex(ticks, tick => tick >= high * (1 - 1e-9));
        end = Math.Max(end < 0 ? ticks.Length - 1 : end, begin + 1);
        return ticks[begin..Math.Min(end + 1, ticks.Length)].Select(tick => (tick, Short(tick)));
    }

    private static string Short(double tick) => tick switch
    {
        >= 1e9 => (tick / 1e9).ToString("0.#", Invariant) + "G",
        >= 1e6 => (tick / 1e6).ToString("0.#", Invariant) + "M",
        >= 1e3 => (tick / 1e3).ToString("0.#", Invariant) + "k",
        _ => tick.ToString("0.####", Invariant),
    };
}
