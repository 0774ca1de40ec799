using Google.Protobuf;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// Computes once what nodes of the same operator, attributes and inputs compute several times, such as a state's feature for each head.
/// Runtimes do so at load; here it shows other passes which layers read the same value.
/// </summary>
public static class CommonSubexpressionPass
{
    private static readonly string[] Random = ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"];

    public static OnnxModel Apply(OnnxModel model)
    {
        Rewriter graph = new(model);
        Dictionary<string, NodeProto> first = [];
        foreach (NodeProto node in graph.Graph.Node.ToArray())
        {
            bool isPure = !Random.Contains(node.OpType) && !node.Output.Any(graph.IsOutput);
            if (!isPure || first.TryAdd(Key(node), node))
                continue;
            NodeProto same = first[Key(node)];
            for (int i = 0; i < node.Output.Count; i++)
                graph.Redirect(node.Output[i], same.Output[i]);
            graph.Remove(node);
        }
        return graph.Build();
    }

    private static string Key(NodeProto node)
    {
        NodeProto key = node.Clone();
        key.Name = "";
        key.Output.Clear();
        key.Output.AddRange(node.Output.Select(o => o.Length == 0 ? "" : "*"));
        return key.ToByteString().ToBase64();
    }
}
