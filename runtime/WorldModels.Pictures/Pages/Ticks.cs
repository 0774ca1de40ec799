using System.Globalization;

namespace WorldModels.Pictures;

/// <summary>
/// Positions and labels along an axis: multiples of 1, 2 or 5 times a power of ten (Heckbert 1990, "Nice numbers for graph labels").
/// </summary>
public sealed class Ticks
{
    private Ticks(double step, double[] values) => (Step, Values) = (step, values);

    /// <summary>From one tick to the next.</summary>
    public double Step { get; }

    /// <summary>The ticks, ascending, at least two: the first at most the lower end, the last at least the upper end.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>Covers a range.</summary>
    /// <param name="low">Lower end.</param>
    /// <param name="high">Upper end; a range of nothing is widened.</param>
    /// <param name="most">About so many ticks.</param>
    /// <exception cref="ArgumentException">An end is not finite, or they are in the wrong order.</exception>
    public static Ticks Cover(double low, double high, int most = 6)
    {
        if (!double.IsFinite(low) || !double.IsFinite(high) || low > high)
            throw new ArgumentException($"Expected a finite range; found {low} to {high}.");
        // What double precision cannot part cannot be labelled either.
        if (high - low <= 1e-12 * Math.Max(Math.Abs(low), Math.Abs(high)))
            (low, high) = low == 0 ? (0, 1) : (low - Math.Abs(low) * 0.1, high + Math.Abs(high) * 0.1);
        double raw = (high - low) / Math.Max(most - 1, 1), power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step = power * (raw / power) switch { <= 1 + 1e-9 => 1, <= 2 + 1e-9 => 2, <= 5 + 1e-9 => 5, _ => 10 };
        double first = Math.Floor(low / step + 1e-9), last = Math.Ceiling(high / step - 1e-9);
        return new(step, [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)]);
    }

    /// <summary>A tick's label, with the decimals it needs; the whole axis in thousands (k), millions (M) or billions (G).</summary>
    public string Label(double value)
    {
        double largest = Values.Max(Math.Abs);
        (double unit, string suffix) = largest switch { >= 1e9 => (1e9, "G"), >= 1e6 => (1e6, "M"), >= 1e4 => (1e3, "k"), _ => (1, "") };
        if (Math.Abs(value) < Step * 1e-6)
            return "0";
        int decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(Step / unit) - 1e-9), 0, 15);
        string format = largest < 1e-4 ? "0.####e0" : "0." + new string('#', decimals);
        return (value / unit).ToString(format, CultureInfo.InvariantCulture).Replace('-', '−') + suffix;
    }
}
