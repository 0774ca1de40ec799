using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// Layers that read the same value as one product: x [W; W']ᵀ + [b; b'], then a Split.
/// </summary>
public static class SiblingPass
{
    public static OnnxModel Apply(OnnxModel model, bool hoist)
    {
        Rewriter graph = new(model);
        Layer[] layers = [.. graph.Nodes("Gemm").Select(n => Layer.Of(graph, n)).OfType<Layer>().Where(l => l.HasConstantBias && l.BiasName is not null)];
        foreach (var group in layers.GroupBy(l => l.Input).Where(g => g.Count() > 1))
            Merge(graph, [.. group], hoist);
        return graph.Build();
    }

    private static void Merge(Rewriter graph, Layer[] layers, bool hoist)
    {
        int inputs = layers[0].Inputs;
        int outputs = layers.Sum(l => l.Outputs);
        string weight = graph.Weight(string.Join('+', layers.Select(l => l.WeightName)), () =>
            new WeightArray([.. layers.SelectMany(l => Enumerable.Range(0, l.Outputs).SelectMany(o => Enumerable.Range(0, inputs).Select(i => l.Weight(o, i))))], outputs, inputs));
        string bias = graph.Weight(string.Join('+', layers.Select(l => l.BiasName)), () =>
            new WeightArray([.. layers.SelectMany(l => Enumerable.Range(0, l.Outputs).Select(l.Bias))], outputs));
        Dim[] dims = [graph.Dims(layers[0].Output)![0], outputs];
        string merged = graph.Add(layers[0].Node.Name, "Gemm", [layers[0].Input, weight, bias], dims, Protos.Attribute("transB", 1));
        string[] ends = [.. layers.Select(l => l.Output)];
        if (hoist && layers.All(l => graph.Consumers(l.Output).ToArray() is [{ OpType: "Elu" }]))
        {
            ends = [.. layers.Select(l => graph.Consumers(l.Output).Single().Output[0])];
            merged = graph.Add(layers[0].Node.Name, "Elu", [merged], dims);
        }
        graph.Define(ends, layers[0].Node.Name, "Split", [merged, graph.Vector([.. layers.Select(l => (long)l.Outputs)])], Protos.Attribute("axis", 1));
    }
}
