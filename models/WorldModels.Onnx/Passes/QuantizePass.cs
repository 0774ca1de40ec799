namespace WorldModels.Onnx;

/// <summary>Which layers <see cref="QuantizePass"/> takes.</summary>
/// <remarks>
/// The defaults are measured on the latent worlds of the zoo and on one with Dreamer's published sizes, on a CPU with VNNI. Against taking
/// layers from 16 inputs and outputs on, they halve the drift of a dream of 15 steps (pendulum 2.5 to 1.3 % of the state's standard
/// deviation, cart-pole swing-up 4.1 to 1.9 %) and cost no time. What they leave in float32 are the layers that read stochastic states,
/// actions and observations of few numbers, those of means and standard deviations, and the last ones of heads.
/// </remarks>
public sealed record QuantizeOptions
{
    /// <summary>Least inputs (K) of a layer, or of a part of what it reads, that is quantised.</summary>
    public int LeastInputs { get; init; } = 32;

    /// <summary>Least outputs (N) of a layer that is quantised.</summary>
    public int LeastOutputs { get; init; } = 64;

    /// <summary>
    /// Whether ELU and softplus take forms that are faster for many rows; for single rows, each of their nodes costs more than it gains.
    /// </summary>
    public bool FastActivations { get; init; } = true;
}

/// <summary>What <see cref="QuantizePass"/> made.</summary>
/// <param name="Model">The model; its weights are those that stayed float32.</param>
/// <param name="Quantized">Names of the layers that multiply 8-bit integers now.</param>
/// <param name="Kept">Names of the layers with constant weights that stayed float32.</param>
public sealed record QuantizedModel(OnnxModel Model, IReadOnlyList<string> Quantized, IReadOnlyList<string> Kept);

/// <summary>
/// Makes Gemm and MatMul with constant weights multiply 8-bit integers: weights signed, one scale an output, zero point 0; activations
/// unsigned, with one scale and zero point a tensor, found anew at every run (ONNX's DynamicQuantizeLinear). Layers that read one tensor
/// share its quantisation. ELU takes the form of <see cref="FastEluPass"/>: the folded one wastes the integers' range on its 1 and has
/// twice the error. Softplus takes that of <see cref="SoftplusPass"/>.
/// </summary>
/// <remarks>
/// <para>
/// The nodes have the shape that ONNX Runtime fuses to MatMulIntegerToFloat and DynamicQuantizeMatMul from ORT_ENABLE_EXTENDED on; unfused
/// they compute the same. One scale a tensor means that the rows of a batch share it: a row's numbers depend, by less than a quantisation
/// step, on the rows beside it.
/// </para><para>
/// A layer that decides a draw (its result becomes a standard deviation, or an ArgMax or Softmax reads it) stays float32 whatever its size:
/// in the zoo, those layers alone made most of the error of a sample. Where a layer reads a concatenation with small parts, such as a
/// state's sample beside its deterministic part, these are multiplied in float32 and the others by themselves, for one scale would be too
/// coarse for all: that halved the errors of heads and actors, at the same speed.
/// </para><para>
/// Weights use all 8 bits. On x86 without VNNI, ONNX Runtime adds pairs of their products in saturating 16 bits unless the session entry
/// <c>session.x64quantprecision</c> is 1; with VNNI it has to be 0, for 1 switches VNNI off. 7 bits would never saturate, and gave 1.2 to
/// 2.8 times the drift.
/// </para><para>
/// ONNX Runtime's own MatMulNBits (8 bits, blocks of 32 inputs) gives nothing more: with float activations ONNX Runtime 1.31 turns its
/// weights back into float32 at every run (14 to 40 times slower than Gemm for one row), and with 8-bit ones it dreamt as fast as this form
/// for one row (85 and 78 us a step at Dreamer's published sizes, float32 210) and at half its speed for four and eight.
/// </para><para>
/// Convolutions stay float32: as ConvInteger, ONNX Runtime 1.29 ran those of the zoo on the CPU at 0.2 (signed weights) to about 0.4 to 1.1
/// times (unsigned) the speed of float32.
/// </para>
/// </remarks>
public static class QuantizePass
{
    /// <summary>A quantised copy of a model, which stays as it is.</summary>
    public static QuantizedModel Run(OnnxModel model, QuantizeOptions? options = null)
    {
        options ??= new();
        QuantizedModel quantized = new Quantizer(model, options).Run();
        return !options.FastActivations ? quantized : quantized with { Model = SoftplusPass.Apply(FastEluPass.Apply(quantized.Model)) };
    }
}
