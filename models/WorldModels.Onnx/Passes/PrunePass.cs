using Google.Protobuf.Collections;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// Removes what no output needs: nodes (a softmax kept for its gradient), initialisers, declared shapes. Inputs stay: they are the
/// graph's signature.
/// </summary>
public static class PrunePass
{
    /// <summary>Removes outputs other than these, then what no output needs.</summary>
    public static void Apply(GraphProto graph, IReadOnlyCollection<string> outputs)
    {
        graph.ValueInfo.AddRange(graph.Output.Where(output => !outputs.Contains(output.Name)));   // others may need them all the same
        Keep(graph.Output, output => outputs.Contains(output.Name));
        Apply(graph);
    }

    /// <summary>Removes what no output needs.</summary>
    public static void Apply(GraphProto graph)
    {
        HashSet<string> needed = [.. graph.Output.Select(o => o.Name)];
        HashSet<NodeProto> alive = new(ReferenceEqualityComparer.Instance);
        foreach (NodeProto node in graph.Node.Reverse())        // nodes are in topological order
        {
            if (node.Output.Any(needed.Contains))
            {
                alive.Add(node);
                needed.UnionWith(Uses(node));
            }
        }
        HashSet<string> computed = [.. alive.SelectMany(node => node.Output)];
        Keep(graph.Node, alive.Contains);
        Keep(graph.Initializer, initializer => needed.Contains(initializer.Name));
        Keep(graph.ValueInfo, value => computed.Contains(value.Name));
    }

    /// <summary>Values a node reads, those that the bodies of an If or a Loop take from outside included.</summary>
    internal static IEnumerable<string> Uses(NodeProto node)
    {
        IEnumerable<GraphProto> bodies = node.Attribute.SelectMany(a => a.Graphs.Append(a.G)).Where(body => body is not null);
        return node.Input.Concat(bodies.SelectMany(body => body.Node.SelectMany(Uses).Concat(body.Output.Select(o => o.Name))));
    }

    private static void Keep<T>(RepeatedField<T> items, Predicate<T> wanted)
    {
        T[] kept = [.. items.Where(item => wanted(item))];
        if (kept.Length == items.Count)
            return;
        items.Clear();
        items.AddRange(kept);
    }
}
