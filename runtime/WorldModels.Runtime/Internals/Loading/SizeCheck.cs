using WorldModels.Bundles;
namespace WorldModels.Runtime.Internals;

/// <summary>Refuses impossible sizes, and says which are possible, before anything is measured or allocated.</summary>
internal static class SizeCheck
{
    /// <summary>More threads than machines have cores, and few enough for the operating system to start them all.</summary>
    public const int MostThreads = 1024;

    // What ONNX Runtime and we keep for a graph that is bound at one step: 6 to 10 kB were measured.
    private const long BoundStepBytes = 12_000;

    /// <summary>A dream of some rows and steps, or a planner's of all its candidates, before it is measured.</summary>
    public static void Dream(Bundle bundle, int batch, int horizon)
    {
        Rows(bundle, ["observe", "act", "imagine", "dream"], batch);
        Steps(batch, horizon, batch);
    }

    /// <summary>The steps that a dream binds, each for every tile.</summary>
    public static void Steps(int batch, int horizon, int tile)
    {
        long tiles = ((long)batch + tile - 1) / tile, most = Available / BoundStepBytes / tiles;
        if (horizon > most)
        {
            throw new BundleException($"Expected a horizon of at most {most} at batch {batch} in tiles of {tile} rows, found {horizon}: "
                + $"each step of a tile takes about {BoundStepBytes / 1000} kB beside its tensors, and this process may use "
                + $"{Available / 1e9:0.0} GB. Take larger tiles, or run a shorter dream several times, with Continue in between.");
        }
    }

    /// <summary>A controller of some rows: all its tensors, each twice where it is a state or an action.</summary>
    public static void Controller(Bundle bundle, IEnumerable<string> graphs, int batch)
    {
        List<TensorSpec> tensors = Rows(bundle, graphs, batch);
        long row = tensors.Sum(t => BytesOfRow(t) * (t.Role is TensorRole.State or TensorRole.Action ? 2 : 1));
        if (batch > Available / row)
        {
            throw new BundleException($"Bundle '{bundle.Directory}': expected a batch of at most {Available / row}, found {batch}: a row "
                + $"takes {row} bytes, and this process may use {Available / 1e9:0.0} GB.");
        }
    }

    private static long Available => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    private static List<TensorSpec> Rows(Bundle bundle, IEnumerable<string> graphs, int batch)
    {
        List<TensorSpec> tensors = graphs.Where(bundle.Has).Select(g => bundle.Manifest.Graphs[g]).SelectMany(g => g.Inputs.Concat(g.Outputs))
            .Where(t => t.Shape.Skip(1).All(d => d.IsFixed)).ToList();
        if (tensors.MaxBy(BytesOfRow) is { } largest && batch > TensorBuffer.MostRows(largest))
        {
            throw new BundleException($"Bundle '{bundle.Directory}': expected a batch of at most {TensorBuffer.MostRows(largest)} rows, "
                + $"found {batch}: '{largest.Name}' {largest.Describe()} would take {BytesOfRow(largest) * (double)batch / 1e9:0.0} GB in "
                + "one tensor.");
        }

        return tensors;
    }

    private static long BytesOfRow(TensorSpec tensor) => (long)tensor.RowSize * Tensors.SizeOf(tensor.Dtype);
}
