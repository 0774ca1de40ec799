using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>What a benchmark of a bundle measures.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>The batch sizes.</summary>
    public IReadOnlyList<int> Batches { get; init; } = [1, 16, 64, 256, 1024];

    /// <summary>Steps of a dream.</summary>
    public IReadOnlyList<int> Horizons { get; init; } = [15];

    /// <summary>The forms of the graphs: see <see cref="RuntimeOptions.Variant"/>.</summary>
    public IReadOnlyList<string> Variants { get; init; } = [VariantSpec.Auto];

    /// <summary>How much of a dream; null: each level that the bundle has.</summary>
    public IReadOnlyList<BenchmarkLevel>? Levels { get; init; }

    /// <summary>Time for each figure, seconds.</summary>
    public double Seconds { get; init; } = 2;

    /// <summary>Whether the real environment is measured beside the dream, if there is one of the bundle's name.</summary>
    public bool Simulator { get; init; }

    /// <summary>How graphs are run; the variant is replaced.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    /// <summary>How dreams run; what they compute is replaced.</summary>
    public DreamOptions Dream { get; init; } = new() { Threads = 1 };
}
