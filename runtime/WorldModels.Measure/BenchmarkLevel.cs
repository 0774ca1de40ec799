using WorldModels.Bundles;

namespace WorldModels.Measure;

/// <summary>How much of a dream is measured.</summary>
public enum BenchmarkLevel
{
    /// <summary>States alone, along given actions.</summary>
    Latent,

    /// <summary>The policy chooses the actions, where there is one; rewards, continuations and values, where the bundle has them.</summary>
    Heads,

    /// <summary>And the observation of every step, decoded.</summary>
    Pixels,

    /// <summary>All that, from recorded observations, which are filtered into the first state.</summary>
    EndToEnd,
}

/// <summary>Names of levels, and which of them a bundle has.</summary>
public static class BenchmarkLevels
{
    /// <summary>What states alone tell besides the observation.</summary>
    internal static IReadOnlyList<TensorRole> Heads { get; } = [TensorRole.Reward, TensorRole.Continue, TensorRole.Value];

    /// <summary>The level's name on the command line and in files.</summary>
    public static string Name(this BenchmarkLevel level) =>
        level == BenchmarkLevel.EndToEnd ? "end-to-end" : level.ToString().ToLowerInvariant();

    /// <summary>Every level, by its name.</summary>
    public static IReadOnlyDictionary<string, BenchmarkLevel> ByName { get; } = Enum.GetValues<BenchmarkLevel>().ToDictionary(Name);

    /// <summary>The levels that a bundle can be measured at, from the least work to the most.</summary>
    public static IReadOnlyList<BenchmarkLevel> Of(Manifest manifest) =>
        [.. Enum.GetValues<BenchmarkLevel>().Where(level => Lacks(manifest, level) is null)];

    /// <summary>What a bundle lacks for a level; null: nothing.</summary>
    public static string? Lacks(Manifest manifest, BenchmarkLevel level) => !manifest.HasWorld() ? "a world model" : level switch
    {
        BenchmarkLevel.Latent => manifest.Graphs.ContainsKey("imagine") ? null : "a graph 'imagine', which takes actions",
        BenchmarkLevel.Heads => manifest.DreamGraphs.Length > 1 || manifest.DreamGraphs[0] == "dream"
            || Heads.Any(role => manifest.Head(role) is not null || manifest.Graphs["imagine"].Output(role) is not null)
                ? null : "a policy, rewards and values",
        BenchmarkLevel.Pixels => HasDecoder(manifest) ? null : "a graph 'decode'",
        _ => manifest.Graphs.ContainsKey("observe") || manifest.Files.ContainsKey("starts.npz") ? null : "recorded starts",
    };

    /// <summary>What a variant computes with, or null where it is float32.</summary>
    internal static string? Precision(Manifest manifest, string variant) =>
        manifest.Variants?.GetValueOrDefault(variant)?.Precision is { } precision and not Bundles.Precision.Float32
            ? precision.ToString().ToLowerInvariant() : null;

    /// <summary>Whether a bundle can dream at all.</summary>
    internal static bool HasWorld(this Manifest manifest) =>
        manifest.Graphs.ContainsKey("imagine") || manifest.Graphs.ContainsKey("dream");

    internal static bool HasDecoder(Manifest manifest) => manifest.Head(TensorRole.Observation) is not null;
}
