namespace WorldModels.Onnx;

/// <summary>
/// Forms of a graph that compute the same within float32's rounding, each faster at some batch sizes. What was measured and left out: layers
/// that read the same value as one product and a Split, and strided transposed convolutions as convolutions of sub-pixels, both of which gain
/// nothing in ONNX Runtime on the CPU.
/// </summary>
public static class ExactForms
{
    /// <summary>For batches from about 16 on: fewer and vectorised passes over the activations, less work for images.</summary>
    public static OnnxModel Throughput(OnnxModel model) =>
        SoftplusPass.Apply(FoldedEluPass.Apply(LinearDeconvolutionPass.Apply(model)));

    /// <summary>For single rows, where each node more costs more than a faster one gains: less work for images.</summary>
    public static OnnxModel Latency(OnnxModel model) => LinearDeconvolutionPass.Apply(model);
}
