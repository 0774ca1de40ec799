namespace WorldModels.Bundles;

/// <summary>What the variants of a manifest must satisfy.</summary>
internal static class VariantCheck
{
    public static void Problems(Manifest manifest, List<string> problems)
    {
        foreach ((string name, VariantSpec variant) in manifest.Variants ?? new Dictionary<string, VariantSpec>())
        {
            if (name is VariantSpec.Auto or VariantSpec.Plain or "")
                problems.Add($"variant '{name}': the name is reserved");
            if (variant.Graphs.Count == 0)
                problems.Add($"variant {name}: graphs is empty");
            if (variant.LeastBatch < 1)
                problems.Add($"variant {name}: leastBatch must be at least 1, found {variant.LeastBatch}");
            if (variant.Tolerance is { } tolerance && !(tolerance >= 0))
                problems.Add($"variant {name}: tolerance must be at least 0, found {tolerance}");
            foreach ((string graph, UnrolledSpec unrolled) in variant.Unrolled ?? new Dictionary<string, UnrolledSpec>())
            {
                string where = $"variant {name}: unrolled {graph}";
                if (!variant.Graphs.ContainsKey(graph))
                    problems.Add($"{where}: the variant has no graph of that name");
                if (variant.Graphs.GetValueOrDefault(graph) is { } step && step.Input(TensorRole.Action) is not null
                    && step.Output(TensorRole.Action) is not null)
                {
                    problems.Add($"{where}: a graph that reads the action it chose before cannot run several steps at once");
                }

                if (unrolled.Steps < 2)
                    problems.Add($"{where}: steps must be at least 2, found {unrolled.Steps}");
                if (!manifest.Files.ContainsKey(unrolled.File))
                    problems.Add($"{where}: '{unrolled.File}' is not listed in files");
            }
            foreach ((string graph, GraphSpec spec) in variant.Graphs)
                Graph(manifest, $"variant {name}: graph {graph}", graph, spec, problems);
        }
    }

    private static void Graph(Manifest manifest, string where, string name, GraphSpec spec, List<string> problems)
    {
        if (!manifest.Files.ContainsKey(spec.File))
            problems.Add($"{where}: '{spec.File}' is not listed in files");
        if (!manifest.Graphs.TryGetValue(name, out GraphSpec? plain))
        {
            problems.Add($"{where} stands for no graph of the bundle, which has: {ManifestCheck.Listed(manifest.Graphs.Keys)}");
            return;
        }
        if (!Same(spec.Inputs, plain.Inputs))
            problems.Add($"{where}: expected the inputs of the plain graph");
        foreach (TensorSpec output in spec.Outputs)
        {
            if (!plain.Outputs.Any(o => Same(o, output)))
                problems.Add($"{where}: output '{output.Name}' is not one of the plain graph");
        }

        foreach (TensorSpec missing in plain.Outputs.Where(o => spec.Outputs.All(s => s.Name != o.Name)))
        {
            if (manifest.Head(missing.Role) is null)
                problems.Add($"{where}: output '{missing.Name}' is missing, and no graph of the bundle computes it from states alone");
        }
    }

    private static bool Same(IReadOnlyList<TensorSpec> a, IReadOnlyList<TensorSpec> b) =>
        a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second));

    private static bool Same(TensorSpec a, TensorSpec b) => a with { Shape = b.Shape } == b && a.Shape.SequenceEqual(b.Shape);
}
