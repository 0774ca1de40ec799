using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>How <see cref="VariantDrift.Measure"/> dreams.</summary>
public sealed record VariantDriftOptions
{
    /// <summary>C, real observations that are filtered before a dream starts.</summary>
    public int Context { get; init; } = 5;

    /// <summary>T, steps dreamed; fewer where no episode is as long.</summary>
    public int Horizon { get; init; } = 15;

    /// <summary>Most dreams, which start at moments evenly spread over the episodes.</summary>
    public int Dreams { get; init; } = 256;

    /// <summary>Determines the noise.</summary>
    public ulong Seed { get; init; }
}

/// <summary>How far a variant's prediction of one thing is from the plain graphs', in standard deviations of theirs.</summary>
/// <param name="Name">"state_" and its name, "reward", "continue" or "observation".</param>
/// <param name="Deviation">That standard deviation, of a number on average.</param>
/// <param name="OneStep">After one step.</param>
/// <param name="AtHorizon">After T steps, each on what the step before gave.</param>
public sealed record PredictionDrift(string Name, double Deviation, double OneStep, double AtHorizon)
{
    internal const string StatePrefix = "state_";

    /// <summary>Whether it is a state, on which the next step depends.</summary>
    public bool IsState => Name.StartsWith(StatePrefix, StringComparison.Ordinal);
}

/// <summary>
/// A variant's dreams beside the plain graphs': from the same states, the plain graphs' posteriors of real observations, along the actions
/// that were really taken, with the same noise.
/// </summary>
/// <param name="Horizon">T.</param>
/// <param name="Dreams">Dreams compared.</param>
/// <param name="Predictions">What was compared: states, reward, continuation, decoded observation, as far as the bundle has them.</param>
public sealed record VariantDrift(int Horizon, int Dreams, IReadOnlyList<PredictionDrift> Predictions)
{
    /// <summary>Dreams in both.</summary>
    /// <param name="plain">The plain graphs.</param>
    /// <param name="variant">The variant.</param>
    /// <param name="episodes">Real episodes, whose spaces are the bundle's.</param>
    /// <param name="options">How to dream.</param>
    /// <exception cref="BundleException">No episode is long enough, or the bundle cannot follow given actions.</exception>
    public static VariantDrift Measure(
        WorldModel plain, WorldModel variant, IReadOnlyList<RealEpisode> episodes, VariantDriftOptions? options = null)
    {
        options ??= new();
        Manifest manifest = plain.Manifest;
        int context = manifest.Graphs.ContainsKey("observe") ? options.Context : 1;
        int horizon = Math.Min(options.Horizon, episodes.Select(episode => episode.Steps - context + 1).DefaultIfEmpty(0).Max());
        if (horizon < 1)
            throw new BundleException($"No episode goes on after the {context} observations that are filtered.");
        Moment[] moments = Spread([.. episodes.SelectMany(episode => Enumerable.Range(0, Math.Max(0, episode.Steps - context - horizon + 2))
            .Select(first => new Moment(episode, first)))], options.Dreams);
        // With tile and threads given, no plan is searched for.
        DreamOptions run = new() { Tile = 0, Threads = 1 };
        using Dream reference = plain.Dream(moments.Length, horizon, run), other = variant.Dream(moments.Length, horizon, run);
        bool discrete = moments[0].Episode.Actions is long[];
        DreamBatch expected = discrete ? Start<long>(reference, moments, context, horizon, options.Seed)
            : Start<float>(reference, moments, context, horizon, options.Seed);
        expected.ThrowIfNotFinite();
        foreach (string state in expected.StateNames)
            other.Start(state, expected.State(state, 0));
        DreamBatch found = discrete ? other.Run(options.Seed, Actions<long>(moments, context - 1, horizon))
            : other.Run(options.Seed, Actions<float>(moments, context - 1, horizon));
        found.ThrowIfNotFinite();
        return new(horizon, moments.Length, [.. Compare(manifest, expected, found)]);
    }

    private static IEnumerable<PredictionDrift> Compare(Manifest manifest, DreamBatch expected, DreamBatch found)
    {
        GraphSpec imagine = manifest.Graphs["imagine"];
        foreach (string state in expected.StateNames)
        {
            int size = imagine.Inputs.Single(input => input.Name == state).RowSize;
            if (One(PredictionDrift.StatePrefix + state, size, (dream, t) => dream.State(state, t)) is { } drift)
                yield return drift;
        }
        if (imagine.Output(TensorRole.Reward) is not null
            && One("reward", 1, (dream, t) => dream.Rewards(t - 1)) is { } reward)
        {
            yield return reward;
        }

        if (imagine.Output(TensorRole.Continue) is not null
            && One("continue", 1, (dream, t) => dream.Continues(t - 1)) is { } carryOn)
        {
            yield return carryOn;
        }

        if (manifest.Graphs.ContainsKey("decode")
            && One("observation", manifest.Observation.Size, (dream, t) => dream.Observations(t)) is { } seen)
        {
            yield return seen;
        }

        PredictionDrift? One(string name, int size, Values values)
        {
            RelativeError one = new(size), last = new(size);
            for (int t = 1; t <= expected.Horizon; t++)
            {
                ReadOnlySpan<float> reference = values(expected, t);
                one.AddReference(reference);
                last.AddReference(reference);
                if (t == 1)
                    one.Add(values(found, t), reference);
                if (t == expected.Horizon)
                    last.Add(values(found, t), reference);
            }
            return one.Value is { } first && last.Value is { } end ? new(name, one.Deviation, first, end) : null;
        }
    }

    private delegate ReadOnlySpan<float> Values(DreamBatch dream, int t);

    private static DreamBatch Start<TAction>(Dream dream, Moment[] moments, int context, int horizon, ulong seed)
        where TAction : unmanaged
    {
        int size = moments[0].Episode.Observations[0].Length;
        float[] observations = new float[context * moments.Length * size];
        for (int t = 0; t < context; t++)
        {
            for (int row = 0; row < moments.Length; row++)
                moments[row].Episode.Observations[moments[row].First + t].CopyTo(observations, (t * moments.Length + row) * size);
        }

        TAction[] before = Actions<TAction>(moments, 0, context - 1), after = Actions<TAction>(moments, context - 1, horizon);
        if (before is long[] numbers)
        {
            dream.Start(observations, numbers);
            return dream.Run(seed, (long[])(object)after);
        }
        dream.Start(observations, (float[])(object)before);
        return dream.Run(seed, (float[])(object)after);
    }

    /// <summary>Actions (T, B, ...shape) from so many steps after each moment.</summary>
    private static TAction[] Actions<TAction>(Moment[] moments, int offset, int steps)
    {
        int size = moments[0].Episode.Actions.Length / moments[0].Episode.Steps;
        TAction[] actions = new TAction[steps * moments.Length * size];
        for (int t = 0; t < steps; t++)
        {
            for (int row = 0; row < moments.Length; row++)
            {
                int from = (moments[row].First + offset + t) * size;
                Array.Copy(moments[row].Episode.Actions, from, actions, (t * moments.Length + row) * size, size);
            }
        }
        return actions;
    }

    private static Moment[] Spread(Moment[] all, int most) => all.Length <= most
        ? all : [.. Enumerable.Range(0, most).Select(i => all[(int)((long)i * all.Length / most)])];

    /// <summary>Where a context begins: step First of an episode.</summary>
    private sealed record Moment(RealEpisode Episode, int First);
}
