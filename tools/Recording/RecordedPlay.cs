using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>How <see cref="RecordedPlay"/> plays.</summary>
public sealed record RecordedPlayOptions
{
    /// <summary>A bundle that plays; null: random actions.</summary>
    public string? Bundle { get; init; }

    /// <summary>The environment; null: the bundle's.</summary>
    public string? Environment { get; init; }

    /// <summary>Determines the games and the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>The policy takes its likeliest action instead of a draw.</summary>
    public bool Greedy { get; init; }

    /// <summary>Share of actions that are uniformly random instead.</summary>
    public double Epsilon { get; init; }

    /// <summary>Steps that an action lasts; null: as the bundle has it, or 1.</summary>
    public int? ActionRepeat { get; init; }

    /// <summary>Provider, threads and variant of the bundle.</summary>
    public RuntimeOptions Runtime { get; init; } = new();
}

/// <summary>Plays a real environment and gives its episodes, one after another, to be kept. Not thread-safe.</summary>
public sealed class RecordedPlay
{
    private readonly RecordedPlayOptions _options;
    private readonly RealEpisodeOptions _fitting;
    private readonly EnvironmentSpec _environment;

    /// <summary>Finds the environment.</summary>
    /// <exception cref="BundleException">There is none of that name, or it does not fit the bundle.</exception>
    public RecordedPlay(RecordedPlayOptions options)
    {
        _options = options;
        Manifest? manifest = options.Bundle is null ? null : Manifest.Load(options.Bundle, verifyHashes: false);
        string name = options.Environment ?? manifest?.Environment ?? throw new BundleException("Name an environment with --env, or a bundle.");
        _environment = RegisteredEnvironments.Find(name, out string? problem) ?? throw new BundleException(problem!);
        _fitting = manifest is null ? new() : RealEpisodeOptions.For(manifest);
        _fitting = _fitting with { ActionRepeat = options.ActionRepeat ?? _fitting.ActionRepeat };
        (Space observation, Space action) = _environment switch
        {
            EnvironmentSpec<long> discrete => Spaces(RealEpisode.Make(discrete, _fitting)),
            EnvironmentSpec<float> continuous => Spaces(Continuous(continuous)),
            _ => throw new BundleException($"The actions of environment '{name}' are of a kind that cannot be recorded."),
        };
        Spec = new()
        {
            Environment = _environment.Name,
            Observation = PictureSize ?? observation.Size,
            ObservationNames = Names(_environment.ObservationNames, PictureSize ?? observation.Size),
            Action = (action is Discrete numbered
                ? ActionSpec.Discrete(numbered.N)
                : ActionSpec.Continuous(((Box)action).Shape, ((Box)action).Low, ((Box)action).High)) with
            {
                Names = Names(_environment.ActionNames, action is Discrete all ? all.N : action.Size),
            },
            ActionRepeat = _fitting.ActionRepeat,
        };
    }

    /// <summary>What is recorded.</summary>
    public DatasetSpec Spec { get; }

    /// <summary>Episodes without end; each is a function of the seed and its number.</summary>
    /// <exception cref="BundleException">The bundle has nothing that plays, or does not run.</exception>
    public IEnumerable<Episode> Episodes() => _environment is EnvironmentSpec<long> discrete
        ? Play(RealEpisode.Make(discrete, _fitting), RandomActions.Index)
        : Play(Continuous((EnvironmentSpec<float>)_environment), RandomActions.Value);

    private IEnvironment<float> Continuous(EnvironmentSpec<float> spec) => RealEpisode.Stretched(RealEpisode.Make(spec, _fitting), _fitting);

    private IEnumerable<Episode> Play<TAction>(IEnvironment<TAction> environment, Func<Random, Space, TAction> draw) where TAction : unmanaged
    {
        using BundlePolicy? policy = _options.Bundle is null ? null
            : BundlePolicy.Open(_options.Bundle, _options.Seed, _options.Greedy, _options.Runtime)
                ?? throw new BundleException($"Bundle '{_options.Bundle}' has no policy to play with.");
        for (int number = 0; ; number++)
        {
            ulong seed = RowSeed.Of(_options.Seed, number);
            Random random = new(unchecked((int)seed));
            policy?.Reset();
            yield return PlayOne(environment, policy, seed, random, draw);
        }
    }

    private Episode PlayOne<TAction>(
        IEnvironment<TAction> environment, BundlePolicy? policy, ulong seed, Random random, Func<Random, Space, TAction> draw)
        where TAction : unmanaged
    {
        int width = environment.ActionSpace.Size;
        float[] observation = new float[environment.ObservationSpace.Size];
        TAction[] action = new TAction[width];
        environment.Reset(seed, observation);
        List<float> observations = [.. observation], rewards = [0];
        List<TAction> actions = [.. action];
        List<bool> terminated = [false], truncated = [false];
        for (StepResult result = default; !result.Done;)
        {
            policy?.Act(observation, action);
            if (policy is null || random.NextDouble() < _options.Epsilon)
            {
                foreach (ref TAction value in action.AsSpan())
                    value = draw(random, environment.ActionSpace);
            }

            result = environment.Step(action, observation);
            observations.AddRange(observation);
            actions.AddRange(action);
            rewards.Add((float)result.Reward);
            terminated.Add(result.Terminated);
            truncated.Add(result.Truncated);
        }
        return new Episode(new Dictionary<string, NpyArray>(Observations([.. observations], rewards.Count, environment))
        {
            [EpisodeColumn.Action] = actions.ToArray() is long[] numbers ? NpyArray.Of(numbers)
                : NpyArray.Of((float[])(object)actions.ToArray(), rewards.Count, width),
            [EpisodeColumn.Reward] = NpyArray.Of(rewards.ToArray()),
            [EpisodeColumn.Terminated] = NpyArray.Of(terminated.ToArray()),
            [EpisodeColumn.Truncated] = NpyArray.Of(truncated.ToArray()),
        });
    }

    /// <summary>Numbers in the picture that numbers follow; null: there is none.</summary>
    private int? PictureSize => _fitting.Observation?.Picture is { } picture ? picture[0] * picture[1] * picture[2] : null;

    /// <summary>Vectors as float32; pictures, which are 0 to 1, as bytes; numbers behind a picture in a column of their own.</summary>
    private IEnumerable<KeyValuePair<string, NpyArray>> Observations<TAction>(
        float[] values, int records, IEnvironment<TAction> environment) where TAction : unmanaged
    {
        int[] shape = ((Box)environment.ObservationSpace).Shape;
        int whole = values.Length / records, picture = PictureSize ?? (shape.Length > 1 ? whole : 0);
        if (picture == 0)
        {
            yield return new(EpisodeColumn.Observation, NpyArray.Of(values, records, whole));
            yield break;
        }
        byte[] bytes = new byte[records * picture];
        float[] numbers = new float[records * (whole - picture)];
        for (int record = 0; record < records; record++)
        {
            ReadOnlySpan<float> seen = values.AsSpan(record * whole, whole);
            Pixels.ToBytes(seen[..picture], bytes.AsSpan(record * picture, picture));
            seen[picture..].CopyTo(numbers.AsSpan(record * (whole - picture)));
        }
        yield return new(EpisodeColumn.Observation, NpyArray.Of(bytes, [records, .. _fitting.Observation?.PictureShape ?? shape]));
        if (numbers.Length > 0)
            yield return new(EpisodeColumn.Numbers, NpyArray.Of(numbers, records, whole - picture));
    }

    private static (Space, Space) Spaces<TAction>(IEnvironment<TAction> environment) where TAction : unmanaged =>
        (environment.ObservationSpace, environment.ActionSpace);

    private static IReadOnlyList<string>? Names(IReadOnlyList<string> names, int count) => names.Count == count ? names : null;
}
