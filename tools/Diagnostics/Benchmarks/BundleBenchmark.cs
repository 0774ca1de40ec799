using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Diagnostics;

/// <summary>
/// How fast a bundle dreams, decodes and decides: each batch size, horizon, level and variant, in turn with PyTorch and with the real
/// environment.
/// </summary>
public static class BundleBenchmark
{
    /// <summary>Measures a bundle.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="options">What is measured.</param>
    /// <exception cref="BundleException">
    /// The bundle cannot do so, the options are out of range, or the peer is missing or computes something else.
    /// </exception>
    public static BenchmarkReport Run(string directory, BenchmarkOptions? options = null)
    {
        options ??= new();
        if (options.Batches.Count == 0 || options.Batches.Min() < 1 || options.Horizons.Count == 0 || options.Horizons.Min() < 1
            || options.Variants.Count == 0 || options.Seconds is not (> 0 and < 1e6))
            throw new BundleException("A benchmark needs batch sizes and horizons of at least 1, a variant, and more than 0 seconds.");
        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        bool decides = ControllerBenchmark.Fits(manifest), dreams = manifest.HasWorld() || !decides;
        using GraphPeer? peer = options.Peer ? new(options.Python) : null;
        BenchmarkReport? report = null;
        if (dreams)
        {
            using DreamBenchmark benchmark = new(directory, options, peer);
            report = benchmark.Run();
        }
        if (decides)
        {
            BenchmarkReport decisions = ControllerBenchmark.Run(directory, options, peer);
            report = report is null ? decisions : report with { Measurements = [.. report.Measurements, .. decisions.Measurements] };
        }
        return report! with { Peer = peer?.Description };
    }

    /// <summary>Whether a bundle can dream at all.</summary>
    internal static bool HasWorld(this Manifest manifest) =>
        manifest.Graphs.ContainsKey("imagine") || manifest.Graphs.ContainsKey("dream");
}

/// <summary>The table that most callers want.</summary>
public static class DreamReport
{
    /// <summary>Measures a world model's dreams and writes a plain table.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="batches">Batch sizes.</param>
    /// <param name="horizon">Steps of a dream.</param>
    /// <param name="seconds">Time for each batch size, and as much again for the simulator.</param>
    /// <param name="simulator">Whether the real environment is measured beside it.</param>
    /// <param name="output">Receives the table.</param>
    public static BenchmarkReport WriteTable(
        WorldModel world, IReadOnlyList<int> batches, int horizon, double seconds, bool simulator, TextWriter output)
    {
        BenchmarkOptions options = new()
        {
            Batches = batches,
            Horizons = [horizon],
            Levels = [BenchmarkLevels.Of(world.Manifest)[^1]],
            Seconds = seconds,
            Simulator = simulator,
        };
        using DreamBenchmark benchmark = new(world.Directory, options, peer: null);
        BenchmarkReport report = benchmark.Run();
        report.Write(output);
        return report;
    }
}
