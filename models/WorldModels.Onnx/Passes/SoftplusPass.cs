using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// Softplus out of vectorised kernels: ln(1 + exp(x)) = max(x, ln(1 + exp(min(x, 80)))). Softplus is never below x, and above it by
/// exp(-80) at most where min cuts, so this is exact; below 80 exp cannot overflow. ONNX Runtime's CPU kernel takes two exponentials and
/// two logarithms of every number and keeps one of each.
/// </summary>
public static class SoftplusPass
{
    private const float Ceiling = 80;

    /// <summary>The model with every softplus in this form.</summary>
    public static OnnxModel Apply(OnnxModel model)
    {
        Rewriter graph = new(model);
        foreach (NodeProto softplus in graph.Nodes("Softplus"))
        {
            (string x, string y, string scope) = (softplus.Input[0], softplus.Output[0], softplus.Name);
            AxisSize[] dims = graph.Dims(y);
            string low = graph.Add(scope, "Clip", [x, "", graph.Number(Ceiling)], dims);
            string sum = graph.Add(scope, "Add", [graph.Add(scope, "Exp", [low], dims), graph.Number(1)], dims);
            graph.Define(y, scope, "Max", [x, graph.Add(scope, "Log", [sum], dims)]);
        }
        return graph.Build();
    }
}
