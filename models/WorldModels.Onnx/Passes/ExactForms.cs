namespace WorldModels.Onnx;

/// <summary>
/// Forms of a graph that compute the same within float32's rounding, each faster at some batch sizes. Measured and left out, since they
/// gain nothing in ONNX Runtime on a CPU: layers that read the same value as one product and a Split; strided transposed convolutions as
/// convolutions of sub-pixels.
/// </summary>
public static class ExactForms
{
    /// <summary>For batches from about 16 on: fewer and vectorised passes over the activations, less work for images.</summary>
    public static OnnxModel Throughput(OnnxModel model) =>
        SoftplusPass.Apply(FoldedEluPass.Apply(LinearDeconvolutionPass.Apply(model)));

    /// <summary>For single rows, where each node more costs more than a faster one gains: less work for images.</summary>
    public static OnnxModel Latency(OnnxModel model) => LinearDeconvolutionPass.Apply(model);
}
