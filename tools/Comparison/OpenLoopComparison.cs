using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>How <see cref="OpenLoopComparison"/> dreams.</summary>
public sealed record OpenLoopOptions
{
    /// <summary>C, observations that the model filters before it dreams.</summary>
    public int Context { get; init; } = 5;

    /// <summary>T, most steps dreamed.</summary>
    public int Horizon { get; init; } = 45;

    /// <summary>Dreams of each episode, which differ in their noise.</summary>
    public int Dreams { get; init; } = 8;

    /// <summary>Determines the noise.</summary>
    public ulong Seed { get; init; }
}

/// <summary>
/// Real episodes and what a world model dreams of them open loop: it filters the first observations, then imagines along the actions that
/// were really taken, without seeing more (Hafner et al. 2019, "Learning latent dynamics for planning from pixels", figure 4).
/// </summary>
public sealed class OpenLoopComparison
{
    private readonly float[][] _observations; // C + T entries of (E, D, O)
    private readonly float[][] _rewards;      // T entries of (E, D); none if the model predicts no reward
    private readonly int _size;

    private OpenLoopComparison(Manifest manifest, IReadOnlyList<RealEpisode> episodes, OpenLoopOptions options, float[][] observations,
        float[][] rewards)
    {
        (Name, Episodes, Dreams, _observations, _rewards) = (manifest.Name, episodes, options.Dreams, observations, rewards);
        (Context, Horizon, _size, Names) = (options.Context, options.Horizon, manifest.Observation.Size, SpaceNames.Of(manifest));
    }

    /// <summary>The bundle's name.</summary>
    public string Name { get; }

    /// <summary>What the bundle's numbers are called.</summary>
    public SpaceNames Names { get; }

    /// <summary>The episodes, each longer than the context; those shorter than context and horizon end while the dream goes on.</summary>
    public IReadOnlyList<RealEpisode> Episodes { get; }

    /// <summary>C, observations filtered; 1 where the bundle has no graph <c>observe</c>.</summary>
    public int Context { get; }

    /// <summary>T, steps dreamed: as many as wanted, or as the longest episode has.</summary>
    public int Horizon { get; }

    /// <summary>Dreams of each episode.</summary>
    public int Dreams { get; }

    /// <summary>Whether the model predicts rewards, and the real ones are known.</summary>
    public bool HasRewards => _rewards.Length > 0;

    /// <summary>Dreams along real episodes.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="episodes">The episodes; their spaces have to be the bundle's.</param>
    /// <param name="options">How to dream.</param>
    /// <exception cref="BundleException">
    /// The episodes do not fit the bundle or are too short, or the bundle cannot follow actions or show what it dreams.
    /// </exception>
    public static OpenLoopComparison Run(WorldModel world, IReadOnlyList<RealEpisode> episodes, OpenLoopOptions? options = null)
    {
        options ??= new();
        Manifest manifest = world.Manifest;
        if (!manifest.Graphs.ContainsKey("observe"))
            options = options with { Context = 1 };
        int context = options.Context, size = manifest.Observation.Size;
        if (episodes.FirstOrDefault(episode => episode.Observations[0].Length != size) is { } other)
        {
            throw new BundleException($"The observations of {other.Source} have {other.Observations[0].Length} values, those of bundle "
                + $"'{manifest.Name}' {size}: give the environment it was trained on, '{manifest.Environment}'.");
        }
        RealEpisode[] enough = [.. episodes.Where(episode => episode.Steps >= context)];
        if (enough.Length == 0)
            throw new BundleException($"No episode goes on after the {context} observations that are filtered: take a smaller context.");
        options = options with { Horizon = Math.Min(options.Horizon, enough.Max(episode => episode.Steps - context + 1)) };
        using Dream dream = world.Dream(enough.Length * options.Dreams, options.Horizon);
        DreamBatch imagined = enough[0].Actions is long[]? Follow<long>(dream, enough, options) : Follow<float>(dream, enough, options);
        imagined.ThrowIfNotFinite();
        bool rewards = manifest.Graphs["imagine"].Output(TensorRole.Reward) is not null && enough.All(episode => episode.Rewards.Count > 0);
        return new(manifest, enough, options,
            [.. Enumerable.Range(1 - context, context + options.Horizon).Select(t => imagined.Observations(t).ToArray())],
            rewards ? [.. Enumerable.Range(0, options.Horizon).Select(t => imagined.Rewards(t).ToArray())] : []);
    }

    /// <summary>A dreamed observation; from step 1 - C to 0 what the model makes of the one it filtered.</summary>
    /// <param name="episode">Number of the episode.</param>
    /// <param name="dream">Number of the dream.</param>
    /// <param name="t">1 - C to T.</param>
    public ReadOnlySpan<float> Dreamed(int episode, int dream, int t) =>
        _observations[t + Context - 1].AsSpan((episode * Dreams + dream) * _size, _size);

    /// <summary>The dreamed reward on arriving at step <paramref name="t"/>, 1 to T.</summary>
    public float DreamedReward(int episode, int dream, int t) => _rewards[t - 1][episode * Dreams + dream];

    /// <summary>The real observation at step <paramref name="t"/>, 1 - C to T; null before, and where the episode is over.</summary>
    public float[]? Real(int episode, int t) =>
        t + Context - 1 >= 0 && t + Context - 1 <= Episodes[episode].Steps ? Episodes[episode].Observations[t + Context - 1] : null;

    /// <summary>The real reward on arriving at step <paramref name="t"/>, 2 - C to T; null before, and where the episode is over.</summary>
    public float? RealReward(int episode, int t) =>
        t + Context - 2 >= 0 && t + Context - 2 < Episodes[episode].Rewards.Count ? Episodes[episode].Rewards[t + Context - 2] : null;

    /// <summary>The errors at the distances that some episode reaches.</summary>
    public IReadOnlyList<OpenLoopError> Errors(params IEnumerable<int> distances) =>
        [.. distances.Where(distance => distance <= Horizon).Select(distance => OpenLoopError.At(this, distance))];

    private static DreamBatch Follow<TAction>(Dream dream, RealEpisode[] episodes, OpenLoopOptions options) where TAction : unmanaged
    {
        int context = options.Context, dreams = options.Dreams, rows = episodes.Length * dreams;
        int size = episodes[0].Observations[0].Length, actionSize = episodes[0].Actions.Length / episodes[0].Steps;
        float[] observations = new float[context * rows * size];
        // What follows the end of an episode is dreamed along zeros, and not looked at.
        TAction[] taken = new TAction[(context - 1 + options.Horizon) * rows * actionSize];
        for (int row = 0; row < rows; row++)
        {
            RealEpisode episode = episodes[row / dreams];
            for (int t = 0; t < context; t++)
                episode.Observations[t].CopyTo(observations, (t * rows + row) * size);
            for (int t = 0; t < Math.Min(episode.Steps, context - 1 + options.Horizon); t++)
                Array.Copy(episode.Actions, t * actionSize, taken, (t * rows + row) * actionSize, actionSize);
        }
        int before = (context - 1) * rows * actionSize;
        if (taken is long[] numbers)
        {
            dream.Start(observations, numbers.AsSpan(0, before));
            return dream.Run(options.Seed, numbers.AsSpan(before));
        }
        float[] values = (float[])(object)taken;
        dream.Start(observations, values.AsSpan(0, before));
        return dream.Run(options.Seed, values.AsSpan(before));
    }
}
