using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>Softplus.</summary>
public static class SoftplusPass
{
    public static OnnxModel Apply(OnnxModel model)
    {
        Rewriter graph = new(model);
        foreach (NodeProto node in graph.Nodes("Softplus"))
        {
            (string x, string y, string scope) = (node.Input[0], node.Output[0], node.Name);
            Dim[] dims = graph.Dims(y)!;
            string magnitude = graph.Add(scope, "Abs", [x], dims);
            string exp = graph.Add(scope, "Exp", [graph.Add(scope, "Neg", [magnitude], dims)], dims);
            string log = graph.Add(scope, "Log", [graph.Add(scope, "Add", [exp, graph.Number(1)], dims)], dims);
            graph.Define(y, scope, "Add", [graph.Add(scope, "Relu", [x], dims), log]);
        }
        return graph.Build();
    }
}
