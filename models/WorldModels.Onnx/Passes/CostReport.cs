namespace WorldModels.Onnx;

/// <summary>What one node costs.</summary>
/// <param name="Name">Name of the node.</param>
/// <param name="OpType">Its operator.</param>
/// <param name="Flops">Floating-point (or integer) operations; a multiply-add counts two.</param>
/// <param name="WeightBytes">Bytes of weights and constants it reads.</param>
/// <param name="ReadBytes">Bytes of activations it reads.</param>
/// <param name="WrittenBytes">Bytes of activations it writes.</param>
/// <param name="IsKnown">Whether the pass knows the operator and the shapes; if not, the figures are zero.</param>
public sealed record NodeCost(string Name, string OpType, long Flops, long WeightBytes, long ReadBytes, long WrittenBytes,
    bool IsKnown = true)
{
    /// <summary>All bytes moved.</summary>
    public long Bytes => WeightBytes + ReadBytes + WrittenBytes;
}

/// <summary>What all nodes of one operator cost together.</summary>
public sealed record OperatorCost(string OpType, int Count, long Flops, long Bytes);

/// <summary>What one run of a model costs: the count to hold a measurement against.</summary>
/// <param name="Nodes">Costs by node, in the order of the graph.</param>
/// <param name="StoredWeightBytes">Bytes of the weights and constants of the graph, each once: the least that must be loaded.</param>
public sealed record CostReport(IReadOnlyList<NodeCost> Nodes, long StoredWeightBytes)
{
    /// <summary>Operations in all; a multiply-add counts two.</summary>
    public long Flops => Nodes.Sum(n => n.Flops);

    /// <summary>Bytes in all, when every node reads and writes memory.</summary>
    public long Bytes => Nodes.Sum(n => n.Bytes);

    /// <summary>Bytes of weights in all; an unrolled graph reads them at every step.</summary>
    public long WeightBytes => Nodes.Sum(n => n.WeightBytes);

    /// <summary>Nodes that are not counted, because their operator or a shape is not known.</summary>
    public IReadOnlyList<NodeCost> Unknown => [.. Nodes.Where(n => !n.IsKnown)];

    /// <summary>Costs by operator, the most operations first.</summary>
    public IReadOnlyList<OperatorCost> ByOperator => [.. Nodes.GroupBy(n => n.OpType)
        .Select(g => new OperatorCost(g.Key, g.Count(), g.Sum(n => n.Flops), g.Sum(n => n.Bytes)))
        .OrderByDescending(o => o.Flops).ThenByDescending(o => o.Bytes).ThenBy(o => o.OpType, StringComparer.Ordinal)];
}
