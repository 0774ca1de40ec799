using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>Graphs that were exported for one number of rows, whatever their tensors say.</summary>
internal static class FixedBatch
{
    /// <summary>What to do about one.</summary>
    public static string Remedy(GraphSpec graph) => "export it with a dynamic batch axis (torch.onnx.export(..., dynamic_axes={"
        + string.Join(", ", graph.Inputs.Concat(graph.Outputs).Select(tensor => $"'{tensor.Name}': {{0: 'batch'}}")) + "}))";

    /// <summary>Why a graph that failed with several rows runs with one only; null if it does not, or runs with two.</summary>
    public static string? Explain(GraphSession graph)
    {
        if (graph.Spec.Inputs.Concat(graph.Spec.Outputs).Any(t => t.Shape.Skip(1).Any(d => !d.IsFixed)) || Fault(graph, 1) is not null)
            return null;
        return Fault(graph, 2) is { } fault ? $"{fault}, though it runs with one row: {Remedy(graph.Spec)}" : null;
    }

    private static string? Fault(GraphSession graph, int rows)
    {
        try
        {
            IReadOnlyDictionary<string, NpyArray> outputs = new GraphRunner(graph).Run(graph.Spec.Inputs.ToDictionary(i => i.Name,
                i => NpyArray.Zeros(Tensors.ArrayType(i.Dtype), [.. Tensors.Shape(i, rows).Select(d => (int)d)])), explains: false);
            KeyValuePair<string, NpyArray> odd = outputs.FirstOrDefault(o => o.Value.Shape.Count == 0 || o.Value.Shape[0] != rows);
            return odd.Key is null ? null : $"it gives '{odd.Key}' as {odd.Value.Describe()} for {rows} rows";
        }
        catch (BundleException)
        {
            return $"it fails with {rows} rows";
        }
    }
}
