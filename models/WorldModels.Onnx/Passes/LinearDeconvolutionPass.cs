using System.Numerics;
using WorldModels.Bundles;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// A linear layer, then a transposed convolution of the one pixel it makes, as one layer: y = V (W x + b) + c = (V W) x + (V b + c), where
/// V (O K K, C) holds the kernels. Dreamer V1's decoder multiplies 230 numbers into 1024 channels and those into 128 x 5 x 5: at once this
/// is a fifth of the operations, and one product in place of a product for each image.
/// </summary>
public static class LinearDeconvolutionPass
{
    /// <summary>The model with every such pair as one layer where that takes fewer operations.</summary>
    public static OnnxModel Apply(OnnxModel model)
    {
        Rewriter graph = new(model);
        foreach (NodeProto node in graph.Nodes("ConvTranspose"))
        {
            if (Deconvolution.Of(graph, node) is { } deconvolution && Before(graph, node) is { } linear)
                Merge(graph, linear, deconvolution);
        }
        return graph.Build();
    }

    /// <summary>The layer whose result this reads as one pixel, and nothing else reads.</summary>
    private static Layer? Before(Rewriter graph, NodeProto node)
    {
        NodeProto? reshape = graph.Producer(node.Input[0]);
        bool isPixel = reshape is { OpType: "Reshape" } && graph.Dims(node.Input[0]) is [_, _, { Value: 1 }, { Value: 1 }];
        if (!isPixel || !graph.OnlyReadBy(node.Input[0], node) || graph.Producer(reshape!.Input[0]) is not { } product)
            return null;
        return Layer.Of(graph, product) is { HasConstantBias: true } layer && graph.OnlyReadBy(layer.Output, reshape) ? layer : null;
    }

    private static void Merge(Rewriter graph, Layer linear, Deconvolution deconvolution)
    {
        NodeProto node = deconvolution.Node;
        AxisSize[] image = graph.Dims(node.Output[0]);
        int outputs = image[1].Value * image[2].Value * image[3].Value;
        long now = (long)linear.Inputs * linear.Outputs + (long)linear.Outputs * outputs, merged = (long)linear.Inputs * outputs;
        if (merged > now)
            return;
        string names = $"{deconvolution.WeightName}*{linear.WeightName}";
        (WeightArray Weight, WeightArray Bias)? product = null;
        string weight = graph.Weight(names, () => (product ??= Multiply(linear, deconvolution, image)).Weight);
        string bias = graph.Weight($"{names}/bias", () => (product ??= Multiply(linear, deconvolution, image)).Bias);
        string y = graph.Add(node.Name, "Gemm", [linear.Input, weight, bias], [image[0], outputs], Protos.Attribute("transB", 1));
        graph.Define(node.Output[0], node.Name, "Reshape", [y, graph.Vector(0, image[1].Value, image[2].Value, image[3].Value)]);
    }

    /// <summary>(V W, V b + c), summed in double precision.</summary>
    private static (WeightArray Weight, WeightArray Bias) Multiply(Layer linear, Deconvolution deconvolution, AxisSize[] image)
    {
        (int channels, int rows, int columns) = (image[1].Value, image[2].Value, image[3].Value);
        int outputs = channels * rows * columns, inputs = linear.Inputs;
        double[][] w = [.. Enumerable.Range(0, linear.Outputs)
            .Select(c => Enumerable.Range(0, inputs).Select(i => (double)linear.Weight(c, i)).Append(linear.Bias(c)).ToArray())];
        float[] weight = new float[outputs * inputs], bias = new float[outputs];
        Parallel.For(0, outputs, o =>
        {
            (int channel, int row, int column) = (o / (rows * columns), o / columns % rows, o % columns);
            double[] sum = new double[inputs + 1];
            for (int c = 0; c < w.Length; c++)
                Accumulate(sum, deconvolution.Weight(c, channel, row + deconvolution.Top, column + deconvolution.Left), w[c]);
            for (int i = 0; i < inputs; i++)
                weight[o * inputs + i] = (float)sum[i];
            bias[o] = (float)(sum[inputs] + deconvolution.Bias(channel));
        });
        return (new WeightArray(weight, outputs, inputs), new WeightArray(bias, outputs));
    }

    private static void Accumulate(double[] sum, double factor, double[] values)
    {
        int i = 0;
        for (; i <= sum.Length - Vector<double>.Count; i += Vector<double>.Count)
            (new Vector<double>(sum, i) + factor * new Vector<double>(values, i)).CopyTo(sum, i);
        for (; i < sum.Length; i++)
            sum[i] += factor * values[i];
    }
}
