using WorldModels.Bundles;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// ELU with its constant in the next layer: Elu(x) + 1 = relu(x) + exp(min(x, 0)), and W Elu(x) + b = W (Elu(x) + 1) + (b - W 1), where
/// W 1 sums the rows of W. Saves one pass over the activations beside <see cref="FastEluPass"/>, whose form an ELU gets that something
/// else than products with constant weights reads.
/// </summary>
public static class FoldedEluPass
{
    /// <summary>The model with every ELU of slope 1 in this form, or in <see cref="FastEluPass"/>'s.</summary>
    public static OnnxModel Apply(OnnxModel model)
    {
        Rewriter graph = new(model);
        foreach (NodeProto elu in graph.Nodes("Elu").Where(FastEluPass.HasUnitSlope))
        {
            string y = elu.Output[0];
            Layer?[] layers = [.. graph.Consumers(y).Select(reader => Layer.Of(graph, reader))];
            bool folds = layers.Length > 0 && !graph.IsOutput(y) && layers.All(l => l is { HasConstantBias: true } && l.Input == y);
            if (folds)
                Fold(graph, elu, layers!);
            else
                FastEluPass.Rewrite(graph, elu);
        }
        return graph.Build();
    }

    private static void Fold(Rewriter graph, NodeProto elu, Layer[] layers)
    {
        AxisSize[] dims = graph.Dims(elu.Output[0]);
        string positive = graph.Add(elu.Name, "Relu", [elu.Input[0]], dims);
        string shifted = graph.Add(elu.Name, "Add", [positive, FastEluPass.Exponential(graph, elu)], dims);
        foreach (Layer layer in layers)
        {
            layer.SetInput(shifted);
            string sum = $"sum({layer.WeightName})";
            string name = layer.BiasName is { } bias ? $"{bias}-{sum}" : $"-{sum}";
            layer.SetBias(graph.Weight(name, () => Less(layer)));
        }
    }

    private static WeightArray Less(Layer layer)
    {
        float[] bias = new float[layer.Outputs];
        for (int o = 0; o < bias.Length; o++)
        {
            double sum = 0;
            for (int i = 0; i < layer.Inputs; i++)
                sum += layer.Weight(o, i);
            bias[o] = (float)(layer.Bias(o) - sum);
        }
        return new WeightArray(bias, bias.Length);
    }
}
