using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>What <see cref="ChangedWorlds.Measure"/> plays.</summary>
public sealed record ChangedWorldsOptions
{
    /// <summary>Episodes in each world.</summary>
    public int Episodes { get; init; } = 20;

    /// <summary>By how many steps of the environment actions come late, a world each.</summary>
    public IReadOnlyList<int> Delays { get; init; } = [1, 2, 4];

    /// <summary>The task that the policy acts for; null: its first.</summary>
    public string? Task { get; init; }

    /// <summary>Determines the games and the policy's draws, the same in every world.</summary>
    public ulong Seed { get; init; }

    /// <summary>The policy takes its likeliest action instead of a draw.</summary>
    public bool Greedy { get; init; }

    /// <summary>Provider and threads.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    /// <summary>Hears of each world before it is played.</summary>
    public Action<string> Progress { get; init; } = _ => { };
}

/// <summary>How novel a policy's steps are in one world.</summary>
/// <param name="World">What is changed in it.</param>
/// <param name="Mean">Mean novelty of a step.</param>
/// <param name="Above">Share of the steps whose novelty is above the bundle's threshold; null where the bundle has none.</param>
/// <param name="Return">Of its episodes.</param>
public sealed record WorldNovelty(string World, double Mean, double? Above, ReturnStatistics Return);

/// <summary>
/// Whether a controller notices that it is far from what it learnt: its policy plays in its environment as it is, in each change of it that
/// is known (<see cref="EnvironmentSpec{TAction}.Changes"/>), and where actions come late.
/// </summary>
public static class ChangedWorlds
{
    /// <summary>Plays them all, the environment as it is first.</summary>
    /// <exception cref="BundleException">The bundle does not say how novel a step is, or its environment is not here.</exception>
    public static IReadOnlyList<WorldNovelty> Measure(string directory, ChangedWorldsOptions options)
    {
        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        if (!manifest.SaysNovelty)
        {
            throw new BundleException($"Bundle '{directory}' does not say how novel a step is: its policy has no output of role novelty. "
                + "One of train plan2explore has.");
        }
        PlayedEpisodesOptions asItIs = new()
        {
            Episodes = options.Episodes, Seed = options.Seed, Greedy = options.Greedy, Runtime = options.Runtime, Task = options.Task,
        };
        EnvironmentSpec spec = RegisteredEnvironments.Find(manifest.Environment, out string? problem)
            ?? throw new BundleException(problem!);
        string[] changes = spec switch
        {
            EnvironmentSpec<long> discrete => [.. discrete.Changes.Select(change => change.Name)],
            EnvironmentSpec<float> continuous => [.. continuous.Changes.Select(change => change.Name)],
            _ => [],
        };
        return
        [
            Play("as it is", asItIs),
            .. changes.Select(change => Play(change, asItIs with { Change = change })),
            .. options.Delays.Select(delay => Play($"actions {delay} step{(delay == 1 ? "" : "s")} late", asItIs with { Delay = delay })),
        ];

        WorldNovelty Play(string world, PlayedEpisodesOptions play)
        {
            options.Progress(world);
            PlayedEpisodes played = PlayedEpisodes.Play(directory, play);
            return new(world, played.Novelty.Average(novelty => (double)novelty),
                manifest.NoveltyThreshold is { } threshold ? played.Novelty.Average(novelty => novelty > threshold ? 1.0 : 0) : null,
                ReturnStatistics.Of(played.Returns));
        }
    }
}
