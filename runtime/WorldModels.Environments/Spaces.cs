namespace WorldModels.Environments;

/// <summary>The set an observation or an action is taken from, one row of it (no batch axis).</summary>
public abstract record Space
{
    private protected Space() { }

    /// <summary>
    /// Elements one row takes in a span: 1 for <see cref="Discrete"/> (the index), the product of the shape for <see cref="Box"/>.
    /// </summary>
    public abstract int Size { get; }
}

/// <summary>The integers 0 .. <paramref name="N"/>-1.</summary>
public sealed record Discrete(int N) : Space
{
    public override int Size => 1;
}

/// <summary>An array of reals between two bounds, the same for every element, in row-major order.</summary>
/// <param name="Low">Lower bound; negative infinity where there is none.</param>
/// <param name="High">Upper bound; positive infinity where there is none.</param>
/// <param name="Shape">Axes without the batch, for example (3, 15, 19).</param>
public sealed record Box(float Low, float High, int[] Shape) : Space
{
    public override int Size { get; } = Shape.Aggregate(1, (size, axis) => checked(size * axis));

    public bool Equals(Box? other) =>
        other is not null && Low.Equals(other.Low) && High.Equals(other.High) && Shape.AsSpan().SequenceEqual(other.Shape);

    public override int GetHashCode() => HashCode.Combine(Low, High, Shape.Length, Size);

    public override string ToString() => $"Box({Low}, {High}, ({string.Join(", ", Shape)}))";
}
