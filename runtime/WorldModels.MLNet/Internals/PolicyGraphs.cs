using WorldModels.Bundles;

namespace WorldModels.MLNet.Internals;

/// <summary>What a manifest says of what its graphs give.</summary>
internal static class PolicyGraphs
{
    /// <summary>Whether a policy's action depends on the observation and the draw alone, so that rows in any order are a batch.</summary>
    public static bool HaveNoMemory(Manifest manifest) => manifest.PolicyGraphs.All(graph => manifest.Graphs[graph].Inputs
        .All(input => input.Role is TensorRole.Observation or TensorRole.Noise));

    /// <summary>Numbers in a row of what a controller gives beside actions; null: it gives none.</summary>
    public static int? Width(Manifest manifest, TensorRole role)
    {
        IEnumerable<GraphSpec> graphs = manifest.PolicyGraphs.Select(graph => manifest.Graphs[graph]);
        if (graphs.Select(graph => graph.Output(role)).FirstOrDefault(output => output is not null) is { } output)
            return output.RowSize;
        HashSet<string> states = [.. graphs.SelectMany(graph => graph.Inputs)
            .Where(input => input.Role == TensorRole.State).Select(input => input.Name)];
        return manifest.Head(role) is { } head && manifest.Graphs[head].Inputs.All(input => states.Contains(input.Name))
            ? manifest.Graphs[head].Output(role)!.RowSize : null;
    }

    /// <summary>Whether a dream computes rewards or continuations.</summary>
    public static bool Predicts(Manifest manifest, TensorRole role) => manifest.Head(role) is not null
        || manifest.DreamGraphs.Any(graph => manifest.Graphs.TryGetValue(graph, out GraphSpec? spec) && spec.Output(role) is not null);
}
