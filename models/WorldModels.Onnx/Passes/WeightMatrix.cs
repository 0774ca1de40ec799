using WorldModels.Bundles;
namespace WorldModels.Onnx;

/// <summary>The matrix of a layer, (inputs K, outputs N) or, by rows, (N, K).</summary>
internal sealed record WeightMatrix(string Name, WeightArray Array, bool IsByRows)
{
    /// <summary>K.</summary>
    public int Inputs => Array.Shape[IsByRows ? 1 : 0];

    /// <summary>N.</summary>
    public int Outputs => Array.Shape[IsByRows ? 0 : 1];

    private float this[int input, int output] => Array.Values[IsByRows ? output * Inputs + input : input * Outputs + output];

    /// <summary>The share of some consecutive inputs.</summary>
    public WeightMatrix Slice(int first, int count)
    {
        float[] values = IsByRows
            ? [.. Enumerable.Range(0, Outputs).SelectMany(row => Array.Values.Skip(row * Inputs + first).Take(count))]
            : Array.Values.AsSpan(first * Outputs, count * Outputs).ToArray();
        return new($"{Name}/{first}", IsByRows ? new(values, Outputs, count) : new(values, count, Outputs), IsByRows);
    }

    /// <summary>
    /// Integers (K, N) and scales (N), whose products are the weights: symmetric, to the largest magnitude of each output's weights.
    /// </summary>
    public (sbyte[] Values, float[] Scales) Quantize()
    {
        float[] scales = new float[Outputs];
        sbyte[] values = new sbyte[Inputs * Outputs];
        for (int output = 0; output < Outputs; output++)
        {
            float largest = 0;
            for (int input = 0; input < Inputs; input++)
                largest = Math.Max(largest, Math.Abs(this[input, output]));
            scales[output] = largest > 0 ? largest / sbyte.MaxValue : 1;
            for (int input = 0; input < Inputs; input++)
                values[input * Outputs + output] = (sbyte)MathF.Round(this[input, output] / scales[output]);
        }
        return (values, scales);
    }
}
