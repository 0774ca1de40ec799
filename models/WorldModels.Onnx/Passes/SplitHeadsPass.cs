using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// Takes outputs away from a step, and what only they need: heads that feed nothing back (reward, value) can run once after a rollout on
/// all its steps together, a product of T B rows in place of T products of B. Inputs stay, for they are the graph's signature.
/// </summary>
public static class SplitHeadsPass
{
    /// <summary>The model without outputs of these names; a name that it has not is passed over.</summary>
    /// <exception cref="ArgumentException">No output would be left.</exception>
    public static OnnxModel Apply(OnnxModel model, params IReadOnlyCollection<string> outputs)
    {
        ModelProto proto = model.Proto.Clone();
        GraphProto graph = proto.Graph;
        ValueInfoProto[] kept = [.. graph.Output.Where(o => !outputs.Contains(o.Name))];
        if (kept.Length == 0)
        {
            throw new ArgumentException(
                $"Graph '{model.Name}' has no outputs but {string.Join(", ", outputs)}: leave at least one.", nameof(outputs));
        }

        graph.Output.Clear();
        graph.Output.AddRange(kept);
        PrunePass.Apply(graph);
        foreach (StringStringEntryProto fact in proto.MetadataProps.ToArray())
        {
            if (outputs.Any(output => fact.Key.EndsWith("." + output, StringComparison.Ordinal)))
                proto.MetadataProps.Remove(fact);
        }
        HashSet<string> left = [.. graph.Initializer.Select(i => i.Name)];
        return new OnnxModel(proto, model.Weights.Where(w => left.Contains(w.Key)).ToDictionary());
    }
}
