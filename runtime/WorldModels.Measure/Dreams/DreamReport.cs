using WorldModels.Runtime;

namespace WorldModels.Measure;

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
