using WorldModels.Runtime;

namespace WorldModels.Diagnostics;

/// <summary>What <see cref="DreamBenchmark"/> measures.</summary>
public sealed record DreamBenchmarkOptions
{
    /// <summary>The batch sizes.</summary>
    public IReadOnlyList<int> Batches { get; init; } = [1, 64, 1024];

    /// <summary>Steps of a dream.</summary>
    public int Horizon { get; init; } = 15;

    /// <summary>Time for each batch size and contestant, seconds.</summary>
    public double Seconds { get; init; } = 2;

    /// <summary>Whether the real environment is measured beside the dream, if there is one of the bundle's name.</summary>
    public bool Simulator { get; init; }

    /// <summary>How dreams run.</summary>
    public DreamOptions Dream { get; init; } = new();
}

/// <summary>Frames per second of a world model's dream, and of the real environment beside it.</summary>
public static class DreamBenchmark
{
    /// <summary>Measures dreams of each batch size, in turn with the real environment.</summary>
    /// <exception cref="BundleException">The bundle cannot dream so, or the options are out of range.</exception>
    public static BenchmarkReport Run(WorldModel world, DreamBenchmarkOptions? options = null)
    {
        options ??= new();
        if (options.Batches.Count == 0 || options.Batches.Min() < 1 || options.Horizon < 1 || options.Seconds is not (> 0 and < 1e6))
            throw new BundleException("A benchmark needs batch sizes and a horizon of at least 1, and more than 0 seconds.");
        bool onCpu = world.ProviderReport.Chosen == "cpu";
        double flops = DreamCost.Flops(world.Directory, world.Manifest, world.Manifest.DreamGraphs);
        double? peak = onCpu ? MachinePeak.MeasureGflops() : null;
        List<Dream> dreams = [];
        List<Contestant> contestants = [];
        string? without = null;
        try
        {
            foreach (int batch in options.Batches)
            {
                Dream dream = world.Dream(batch, options.Horizon, options.Dream);
                dreams.Add(dream);
                ulong seed = 0;
                contestants.Add(new("dream", batch, options.Horizon, () => dream.Run(seed++)) { FlopsPerFrame = flops });
                if (options.Simulator && EnvironmentBenchmark.Find(world.Manifest.Environment, out without) is { } environment)
                {
                    int repeat = world.Manifest.ActionRepeat ?? 1;
                    contestants.Add(EnvironmentBenchmark.Contestant(environment, batch, options.Horizon, repeat));
                }
            }
            return new()
            {
                Bundle = world.Manifest.Name,
                Provider = world.ProviderReport.ToString(),
                PeakGflops = peak,
                Note = without,
                Measurements = Contest.Run(contestants, options.Seconds, peak),
            };
        }
        finally
        {
            foreach (Dream dream in dreams) dream.Dispose();
        }
    }
}
