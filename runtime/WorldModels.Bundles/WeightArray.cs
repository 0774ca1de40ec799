namespace WorldModels.Bundles;

/// <summary>A trained weight: its numbers in row-major order and its shape.</summary>
public sealed class WeightArray
{
    private readonly int[] _shape;

    /// <exception cref="ArgumentException">The shape does not hold as many numbers as there are.</exception>
    public WeightArray(float[] values, params ReadOnlySpan<int> shape)
    {
        TensorData.CheckCount(values.Length, shape);
        Values = values;
        _shape = shape.ToArray();
    }

    /// <summary>The numbers, the last axis varying fastest.</summary>
    public float[] Values { get; }

    /// <summary>Sizes of the axes.</summary>
    public IReadOnlyList<int> Shape => _shape;
}
