using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>What a graph of a bundle costs, per row.</summary>
/// <param name="Graph">The graph's name.</param>
/// <param name="Flops">Floating-point operations of a row; a multiply-add counts two.</param>
/// <param name="Bytes">Bytes that its nodes read and write for a row, weights included, at the batch it was counted for.</param>
/// <param name="WeightBytes">Bytes of its weights and constants.</param>
/// <param name="Nodes">Its nodes.</param>
/// <param name="Unknown">Operators that the count leaves out.</param>
public sealed record GraphCost(string Graph, double Flops, double Bytes, long WeightBytes, int Nodes, IReadOnlyList<string> Unknown);

/// <summary>Counts the operations of a bundle's graphs.</summary>
public static class DreamCost
{
    /// <summary>Counts one graph for a batch.</summary>
    /// <exception cref="BundleException">The graph's file cannot be read or counted.</exception>
    public static GraphCost OfGraph(string directory, Manifest manifest, string graph, int batch = 1)
    {
        CostReport report = Count(Path.Combine(directory, manifest.Graphs[graph].File), batch, outputs: null);
        return new(graph, (double)report.Flops / batch, (double)report.Bytes / batch, report.StoredWeightBytes, report.Nodes.Count,
            [.. report.Unknown.Select(node => node.OpType).Distinct().Order(StringComparer.Ordinal)]);
    }

    /// <summary>Floating-point operations of a row for the wanted outputs of a graph.</summary>
    /// <exception cref="BundleException">The graph's file cannot be read or counted.</exception>
    internal static double OfCall(GraphCall call) => Count(call.File, batch: 1, [.. call.Outputs.Keys]).Flops;

    /// <summary>The operators that the wanted outputs of a graph need.</summary>
    internal static IEnumerable<string> Operators(GraphCall call) =>
        Count(call.File, batch: 1, [.. call.Outputs.Keys]).Nodes.Select(node => node.OpType).Distinct();

    private static CostReport Count(string path, int batch, IReadOnlyCollection<string>? outputs)
    {
        try
        {
            ModelProto model = ModelReader.Load(path);
            if (outputs is not null)
                PrunePass.Apply(model.Graph, outputs);
            // Other exporters call the first axis as they like.
            Dictionary<string, long> sizes = model.Graph.Input
                .Select(input => input.Type?.TensorType?.Shape?.Dim.FirstOrDefault()?.DimParam)
                .OfType<string>().Where(name => name.Length > 0).Append("batch").Distinct().ToDictionary(name => name, _ => (long)batch);
            return CostPass.Run(model, sizes);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or KeyNotFoundException)
        {
            throw new BundleException($"The operations of '{path}' cannot be counted: {e.Message}", e);
        }
    }

    /// <summary>
    /// Number of parameters of all graphs, each counted once; null if the bundle has no file of weights, because inside a graph nothing
    /// tells a parameter from a constant.
    /// </summary>
    /// <exception cref="BundleException">A graph's file cannot be read.</exception>
    public static long? Parameters(string directory, Manifest manifest)
    {
        try
        {
            Dictionary<string, long> counts = [];
            foreach (GraphSpec graph in manifest.Graphs.Values)
            {
                foreach ((string name, WeightArray weight) in ModelReader.LoadWithWeights(Path.Combine(directory, graph.File)).Weights)
                    counts[name] = weight.Values.LongLength;
            }

            return counts.Count == 0 ? null : counts.Values.Sum();
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new BundleException(e.Message, e);
        }
    }
}
