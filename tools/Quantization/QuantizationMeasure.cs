using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>Measures what a variant costs on real trajectories, on the CPU, one core.</summary>
internal static class QuantizationMeasure
{
    private const int Trajectories = 8, PlannedTrajectories = 2, TrajectorySteps = 200, PlannedTile = 200;

    private static readonly RuntimeOptions Plain = new() { Provider = "cpu", Variant = VariantSpec.Plain };
    private static readonly RuntimeOptions Int8 = Plain with { Variant = Quantization.Variant };

    /// <summary>Measures what can be measured of a bundle with its variant.</summary>
    /// <exception cref="BundleException">Nothing can be.</exception>
    public static QuantizationCost Run(string directory, Manifest manifest, QuantizationOptions options)
    {
        List<string> skipped = [];
        EnvironmentSpec? environment = RegisteredEnvironments.Find(manifest.Environment, out string? unknown);
        IReadOnlyList<RealEpisode> episodes = options.Recordings;
        ReturnCost? returns = null;
        if (manifest.PolicyGraphs.Length == 0)
        {
            skipped.Add("return: the bundle has no policy");
        }
        else if (environment is null)
        {
            skipped.Add($"return: {unknown}");
        }
        else
        {
            (returns, IReadOnlyList<RealEpisode> played) = Play(directory, manifest, options);
            if (episodes.Count == 0)
                episodes = played;
        }
        if (!manifest.Graphs.ContainsKey("imagine"))
        {
            skipped.Add("drift: the bundle has no graph 'imagine', which follows given actions");
            return returns is not null ? new(null, returns, skipped)
                : throw new BundleException($"Nothing of bundle '{directory}' can be measured: {string.Join("; ", skipped)}.");
        }
        if (episodes.Count == 0)
        {
            if (environment is null)
                throw new BundleException($"{unknown} Give recorded episodes with --recordings.");
            episodes = Record(directory, manifest, options);
        }
        options.Progress($"dreaming along {episodes.Count} real episodes in both precisions");
        using WorldModel plain = WorldModel.Load(directory, Plain), int8 = WorldModel.Load(directory, Int8);
        return new(VariantDrift.Measure(plain, int8, episodes, new() { Seed = options.Seed }), returns, skipped);
    }

    /// <summary>Both precisions play the same games with the same draws; while float32 plays, int8 is the onlooker.</summary>
    private static (ReturnCost Cost, IReadOnlyList<RealEpisode> Played) Play(
        string directory, Manifest manifest, QuantizationOptions options)
    {
        bool greedy = IsBetterGreedy(manifest);
        string way = $"{options.Episodes} episodes of {manifest.Environment}, {(greedy ? "likeliest actions" : "drawn actions")}";
        PlayedEpisodesOptions play = new() { Episodes = options.Episodes, Seed = options.Seed, Greedy = greedy };
        options.Progress($"playing in float32: {way}");
        PlayedEpisodes plain = PlayedEpisodes.Play(directory, play with { Runtime = Plain, Onlooker = Int8, Recorded = Trajectories });
        if (plain.Clipping is { } clipping)
            options.Progress(clipping);
        options.Progress($"playing in int8: {way}");
        PlayedEpisodes int8 = PlayedEpisodes.Play(directory, play with { Runtime = Int8 });
        double[] differences = [.. int8.Returns.Zip(plain.Returns, (after, before) => after - before)];
        return (new(options.Episodes, ReturnStatistics.Of(plain.Returns), ReturnStatistics.Of(int8.Returns),
            ReturnStatistics.Of(differences), plain.Agreement!), plain.Recorded);
    }

    /// <summary>Real episodes of a bundle without a policy: planned, or played by the environment's scripted or random player.</summary>
    private static List<RealEpisode> Record(string directory, Manifest manifest, QuantizationOptions options)
    {
        using BundlePolicy? planner = BundlePolicy.Open(directory, options.Seed, greedy: true, Plain, tile: PlannedTile);
        int count = planner is null ? Trajectories : PlannedTrajectories;
        string how = planner?.How ?? "its scripted player or random actions";
        options.Progress($"recording {count} episodes of {manifest.Environment}, {how}");
        return [.. Enumerable.Range(0, count).Select(episode => RealEpisode.Play(manifest.Environment, RealEpisodeOptions.For(manifest) with
        {
            Steps = TrajectorySteps, Skip = 0, Seed = options.Seed + (ulong)episode, Policy = planner,
        }))];
    }

    /// <summary>How the card says that the policy plays best; likeliest actions where it says nothing.</summary>
    private static bool IsBetterGreedy(Manifest manifest)
    {
        IReadOnlyDictionary<string, double> figures = manifest.Training?.Figures ?? new Dictionary<string, double>();
        return figures.GetValueOrDefault("return_greedy_mean", double.MaxValue)
            >= figures.GetValueOrDefault("return_sampled_mean", double.MinValue);
    }
}
