using System.Globalization;

namespace WorldModels.Onnx;

/// <summary>
/// Size of an axis: a number, or dynamic under a name. Names of computed sizes are expressions of input names ("past+1", "4*batch",
/// "min(past+1,16)"), so that any reader of the file can evaluate them.
/// </summary>
/// <param name="Value">The size; -1 when dynamic.</param>
/// <param name="Name">The name of a dynamic size; null when fixed.</param>
public readonly record struct AxisSize(int Value, string? Name = null)
{
    /// <summary>The batch axis, by convention axis 0 of every input and output.</summary>
    public static AxisSize Batch { get; } = Dynamic("batch");

    /// <summary>Whether the size is known only when the graph runs.</summary>
    public bool IsDynamic => Name is not null;

    /// <summary>A size known only when the graph runs.</summary>
    public static AxisSize Dynamic(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new AxisSize(-1, name);
    }

    public static implicit operator AxisSize(int value) =>
        value >= 0
            ? new AxisSize(value)
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The size of an axis cannot be negative.");

    public static implicit operator AxisSize(string name) => Dynamic(name);

    public static AxisSize operator +(AxisSize a, AxisSize b) => (SizeExpression.Of(a) + SizeExpression.Of(b)).ToDim();
    public static AxisSize operator *(AxisSize a, AxisSize b) => (SizeExpression.Of(a) * SizeExpression.Of(b)).ToDim();
    public static AxisSize operator -(AxisSize a, int b) => (SizeExpression.Of(a) + SizeExpression.Constant(-b)).ToDim();

    /// <summary>The smaller of the two sizes.</summary>
    public static AxisSize Min(AxisSize a, int b) => a.IsDynamic ? Dynamic($"min({a.Name},{b})") : Math.Min(a.Value, b);

    /// <summary>The exact quotient, or null where it is not a whole number or cannot be known.</summary>
    public static AxisSize? Divide(AxisSize a, AxisSize b) => SizeExpression.Of(a).DividedBy(SizeExpression.Of(b))?.ToDim();

    /// <summary>"(batch, 30)".</summary>
    public static string Show(ReadOnlySpan<AxisSize> dims) => $"({string.Join(", ", dims.ToArray())})";

    public override string ToString() => Name ?? Value.ToString(CultureInfo.InvariantCulture);
}
