using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>
/// How fast a bundle dreams, decodes and decides: each batch size, horizon, level and variant, in turn with the real environment.
/// </summary>
public static class BundleBenchmark
{
    /// <summary>Measures a bundle.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="options">What is measured.</param>
    /// <exception cref="BundleException">
    /// The bundle cannot do so, the options are out of range.
    /// </exception>
    public static BenchmarkReport Run(string directory, BenchmarkOptions? options = null)
    {
        options ??= new();
        if (options.Batches.Count == 0 || options.Batches.Min() < 1 || options.Horizons.Count == 0 || options.Horizons.Min() < 1
            || options.Variants.Count == 0 || options.Seconds is not (> 0 and < 1e6))
        {
            throw new BundleException("A benchmark needs batch sizes and horizons of at least 1, a variant, and more than 0 seconds.");
        }

        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        bool decides = ControllerBenchmark.Fits(manifest), dreams = manifest.HasWorld() || !decides;
        BenchmarkReport? report = null;
        if (dreams)
        {
            using DreamBenchmark benchmark = new(directory, options);
            report = benchmark.Run();
        }
        if (decides)
        {
            BenchmarkReport decisions = ControllerBenchmark.Run(directory, options);
            report = report is null ? decisions : report with
            {
                Measurements = [.. report.Measurements, .. decisions.Measurements],
                Note = string.Join(' ', ((string?[])[report.Note, decisions.Note]).OfType<string>()) is { Length: > 0 } notes
                    ? notes : null,
            };
        }
        return report!;
    }
}
