using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>A graph in an older version of ONNX's operators, for readers that know no newer one (Unity: 15).</summary>
public static class OpsetPass
{
    /// <summary>The oldest version that graphs are brought to.</summary>
    public const int Oldest = 15;

    private static readonly Dictionary<string, int> Since = new()
    {
        ["GridSample"] = 16, ["BlackmanWindow"] = 17, ["DFT"] = 17, ["HammingWindow"] = 17, ["HannWindow"] = 17, ["LayerNormalization"] = 17,
        ["MelWeightMatrix"] = 17, ["SequenceMap"] = 17, ["STFT"] = 17,
    };

    /// <summary>
    /// The model in this version. Normalisation of layers, new in 17, is written out; the other operators of our graphs mean the same in 15
    /// to 17, for what 16 added to some of them (element types, ways to scatter) is not used.
    /// </summary>
    /// <exception cref="InvalidDataException">The graph is newer than 17, or uses an operator that this version has not.</exception>
    public static OnnxModel Apply(OnnxModel model, int opset)
    {
        OperatorSetIdProto own = model.Proto.OpsetImport.First(import => import.Domain is "" or "ai.onnx");
        if (own.Version <= opset)
            return model;
        if (own.Version > 17)
            throw new InvalidDataException($"Graph '{model.Name}' is of opset {own.Version}: only 17 and older are brought to {opset}.");
        Rewriter graph = new(model);
        foreach (NodeProto norm in opset < 17 ? graph.Nodes("LayerNormalization") : [])
            WriteOut(graph, norm);
        NodeProto? newer = graph.Graph.Node.FirstOrDefault(node => node.Domain.Length == 0 && Since.GetValueOrDefault(node.OpType) > opset);
        if (newer is not null)
        {
            throw new InvalidDataException(
                $"Graph '{model.Name}' cannot be brought to opset {opset}: {newer.OpType} is new in {Since[newer.OpType]}.");
        }
        OnnxModel older = graph.Build();
        older.Proto.OpsetImport.Single(import => import.Domain is "" or "ai.onnx").Version = opset;
        return older;
    }

    /// <summary>(x - mean) / sqrt(variance + epsilon) * gain + bias, over the last axis.</summary>
    private static void WriteOut(Rewriter graph, NodeProto norm)
    {
        (string x, string y, string scope) = (norm.Input[0], norm.Output[0], norm.Name);
        AxisSize[] dims = graph.Dims(x), one = [.. dims[..^1], 1];
        if (norm.Int("axis", -1) is not -1 and long axis && axis != dims.Length - 1)
            throw new InvalidDataException($"'{norm.Name}' normalises more than the last axis, which is not written out.");
        string Mean(string of) => graph.Add(scope, "ReduceMean", [of], one, Protos.Attribute("axes", (ReadOnlySpan<int>)[-1]), Protos.Attribute("keepdims", 1));
        string centred = graph.Add(scope, "Sub", [x, Mean(x)], dims);
        string variance = Mean(graph.Add(scope, "Mul", [centred, centred], dims));
        string epsilon = graph.Number(norm.Float("epsilon", 1e-5f));
        string deviation = graph.Add(scope, "Sqrt", [graph.Add(scope, "Add", [variance, epsilon], one)], one);
        string scaled = graph.Add(scope, "Mul", [graph.Add(scope, "Div", [centred, deviation], dims), norm.Input[1]], dims);
        if (norm.Input.Count > 2 && norm.Input[2].Length > 0)
            graph.Define(y, scope, "Add", [scaled, norm.Input[2]]);
        else
            graph.Define(y, scope, "Identity", [scaled]);
    }
}
