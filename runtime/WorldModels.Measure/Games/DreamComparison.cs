using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>A real episode and what a world model dreams from its beginning along its actions, once or several times.</summary>
public sealed class DreamComparison
{
    private DreamComparison(Manifest manifest, RealEpisode real, float[][][] dreams, float[] rewards, float[] continues) =>
        (Manifest, Real, Dreams, DreamedRewards, DreamedContinues) = (manifest, real, dreams, rewards, continues);

    /// <summary>The world model's manifest.</summary>
    public Manifest Manifest { get; }

    /// <summary>The real episode.</summary>
    public RealEpisode Real { get; }

    /// <summary>Each dream's T + 1 observations.</summary>
    public IReadOnlyList<IReadOnlyList<float[]>> Dreams { get; }

    /// <summary>T + 1 dreamed observations, of the first dream; the first is the model's view of the start.</summary>
    public IReadOnlyList<float[]> Dreamed => Dreams[0];

    /// <summary>Dreamed rewards (T), of the first dream; empty if the model predicts none.</summary>
    public IReadOnlyList<float> DreamedRewards { get; }

    /// <summary>Dreamed probabilities that the episode goes on (T), in the first dream; empty if the model predicts none.</summary>
    public IReadOnlyList<float> DreamedContinues { get; }

    /// <summary>Dreams along a real episode.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="real">The episode; its spaces have to be the bundle's.</param>
    /// <param name="seed">Determines the noise of the dream.</param>
    /// <param name="context">
    /// Observations that the model filters before it dreams, the last of which is the first that is compared: a world that is seen in single
    /// pictures knows no speeds after one.
    /// </param>
    /// <param name="dreams">How many dreams, which differ by their noise alone.</param>
    /// <exception cref="BundleException">The episode does not fit the bundle, or the bundle cannot follow actions or show it.</exception>
    public static DreamComparison Run(WorldModel world, RealEpisode real, ulong seed = 0, int context = 1, int dreams = 1)
    {
        Manifest manifest = world.Manifest;
        if (real.Observations[0].Length != manifest.Observation.Size)
        {
            throw new BundleException($"The observations of {real.Source} have {real.Observations[0].Length} values, those of bundle "
                + $"'{manifest.Name}' {manifest.Observation.Size}: give the environment it was trained on, '{manifest.Environment}'.");
        }
        if (real.Steps < context)
            throw new BundleException($"{real.Source} has {real.Steps} steps: none is left to dream after {context} observations.");
        // (C, N, ...) and (T, N, ...): a row is a dream.
        float[] seen = [.. real.Observations.Take(context).SelectMany(observation => Enumerable.Repeat(observation, dreams))
            .SelectMany(observation => observation)];
        (Array before, real) = (real.Actions, real.From(context - 1));
        int width = real.Actions.Length / real.Steps, taken = before.Length - real.Actions.Length;
        using Dream dream = world.Dream(dreams, real.Steps);
        if (context == 1)
            dream.Start(seen);
        else if (before is long[] numbers)
            dream.Start(seen, Rows<long>(numbers.AsSpan(0, taken)));
        else
            dream.Start(seen, Rows<float>(((float[])before).AsSpan(0, taken)));
        DreamBatch imagined = real.Actions is long[] indices
            ? dream.Run(seed, Rows<long>(indices)) : dream.Run(seed, Rows<float>((float[])real.Actions));
        imagined.ThrowIfNotFinite();
        GraphSpec imagine = manifest.Graphs["imagine"]; // the graph that follows given actions
        bool rewards = imagine.Output(TensorRole.Reward) is not null, continues = imagine.Output(TensorRole.Continue) is not null;
        int size = manifest.Observation.Size;
        float[][] observations = [.. Enumerable.Range(0, real.Steps + 1).Select(t => imagined.Observations(t).ToArray())];
        return new(
            manifest, real,
            [.. Enumerable.Range(0, dreams).Select(row =>
                (float[][])[.. observations.Select(all => all.AsSpan(row * size, size).ToArray())])],
            rewards ? [.. Enumerable.Range(0, real.Steps).Select(t => imagined.Rewards(t)[0])] : [],
            continues ? [.. Enumerable.Range(0, real.Steps).Select(t => imagined.Continues(t)[0])] : []);

        // The actions of each step for every row.
        T[] Rows<T>(ReadOnlySpan<T> actions)
        {
            T[] rows = new T[actions.Length * dreams];
            for (int i = 0; i < rows.Length; i++)
                rows[i] = actions[i / (dreams * width) * width + i % width];
            return rows;
        }
    }
}
