using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>How <see cref="PlayedEpisodes.Play"/> plays.</summary>
public sealed record PlayedEpisodesOptions
{
    /// <summary>E, episodes; each is a row of one batch.</summary>
    public int Episodes { get; init; } = 100;

    /// <summary>Determines the games and the policy's draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>The policy takes its likeliest action instead of a draw.</summary>
    public bool Greedy { get; init; }

    /// <summary>How many episodes are recorded.</summary>
    public int Recorded { get; init; }

    /// <summary>What plays: provider, threads and variant.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    /// <summary>The environment; null: the bundle's.</summary>
    public string? Environment { get; init; }

    /// <summary>What is changed in it, one of <see cref="EnvironmentSpec{TAction}.Changes"/> by name; null: nothing.</summary>
    public string? Change { get; init; }

    /// <summary>Steps of the environment that actions come late.</summary>
    public int Delay { get; init; }

    /// <summary>The task that the policy acts for; null: its first.</summary>
    public string? Task { get; init; }

    /// <summary>Random actions are played instead of the policy's.</summary>
    public bool Random { get; init; }

    /// <summary>An onlooker, which gets the same observations and whose actions are compared but not played. Null: none.</summary>
    public RuntimeOptions? Onlooker { get; init; }

    /// <summary>The onlooker's bundle; null: the one that plays.</summary>
    public string? OnlookerBundle { get; init; }

    /// <summary>The onlooker is told what was played, and goes on from that; otherwise it remembers its own actions.</summary>
    public bool OnlookerFollows { get; init; }
}

/// <summary>How far an onlooker's actions are from those that were played, while each remembers its own.</summary>
/// <param name="Decisions">Actions compared.</param>
/// <param name="Agreeing">Discrete actions that are the same; null if actions are continuous.</param>
/// <param name="Error">
/// Root mean square of the difference, in standard deviations of the actions played; null if actions are discrete.
/// </param>
public sealed record ActionAgreement(int Decisions, int? Agreeing, double? Error);

/// <summary>Whole episodes of a bundle's real environment that its policy played, a row each, so that no row plays twice.</summary>
/// <param name="Returns">The return of each episode (E).</param>
/// <param name="Recorded">The first episodes, from beginning to end.</param>
/// <param name="Others">What the onlooker would have done at each step of those (T, ...shape); empty without one.</param>
/// <param name="Agreement">How an onlooker agreed; null without one.</param>
/// <param name="Clipping">That actions were clipped, as a sentence; null if none was.</param>
/// <param name="Novelty">How novel each step of all episodes was; empty where the bundle does not say it.</param>
public sealed record PlayedEpisodes(
    IReadOnlyList<double> Returns, IReadOnlyList<RealEpisode> Recorded, IReadOnlyList<Array> Others, ActionAgreement? Agreement,
    string? Clipping, IReadOnlyList<float> Novelty)
{
    /// <summary>Plays.</summary>
    /// <exception cref="BundleException">
    /// The environment is not registered or does not fit the bundle, or the bundle has no player.
    /// </exception>
    public static PlayedEpisodes Play(string directory, PlayedEpisodesOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Episodes, 1);
        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        RealEpisodeOptions fitting = RealEpisodeOptions.For(manifest);
        EnvironmentSpec spec =
            RegisteredEnvironments.Find(options.Environment ?? manifest.Environment, out string? problem)
            ?? throw new BundleException(problem!);
        return spec switch
        {
            EnvironmentSpec<long> discrete => Play(directory, manifest, options,
                () => RealEpisode.Make(Changed(discrete, options), fitting), RandomActions.Index,
                (played, other) => new(played.Length, played.Zip(other).Count(pair => pair.First == pair.Second), null)),
            EnvironmentSpec<float> continuous => Play(directory, manifest, options,
                () => RealEpisode.Stretched(RealEpisode.Make(Changed(continuous, options), fitting), fitting), RandomActions.Value,
                (played, other) => new(played.Length / manifest.Action.Size, null, RelativeError.Of(other, played, manifest.Action.Size))),
            _ => throw new BundleException($"The actions of environment '{spec.Name}' are of a kind that no policy here chooses."),
        };
    }

    /// <summary>The environment with what the options change in it.</summary>
    private static EnvironmentSpec<TAction> Changed<TAction>(EnvironmentSpec<TAction> spec, PlayedEpisodesOptions options)
        where TAction : unmanaged
    {
        Func<IEnvironment<TAction>> make = options.Change is not { } name ? spec.Make
            : spec.Changes.FirstOrDefault(change => change.Name == name)?.Make ?? throw new BundleException(
                $"There is no change '{name}' of environment '{spec.Name}'. Known: "
                + $"{(spec.Changes.Count == 0 ? "none" : string.Join(", ", spec.Changes.Select(change => change.Name)))}.");
        return spec with { Make = options.Delay == 0 ? make : () => new DelayedActions<TAction>(make(), options.Delay) };
    }

    private static PlayedEpisodes Play<TAction>(
        string directory, Manifest manifest, PlayedEpisodesOptions options, Func<IEnvironment<TAction>> make,
        Func<Random, Space, TAction> draw, Func<TAction[], TAction[], ActionAgreement> compare) where TAction : unmanaged
    {
        using BundlePolicy? player = options.Random ? null : Open(directory, options, options.Runtime);
        using BundlePolicy? onlooker =
            options.Onlooker is null ? null : Open(options.OnlookerBundle ?? directory, options, options.Onlooker);
        Random random = new(unchecked((int)options.Seed));
        Game<TAction>[] games = [.. Enumerable.Range(0, options.Episodes)
            .Select(row => new Game<TAction>(make(), RowSeed.Of(options.Seed, row), isRecorded: row < options.Recorded))];
        int size = games[0].Observation.Length, actionSize = games[0].ActionSize;
        float[] observations = new float[games.Length * size];
        TAction[] actions = new TAction[games.Length * actionSize], others = new TAction[actions.Length];
        List<TAction> played = [], compared = [];
        List<float> novelty = [];
        RequireWidth(manifest, size);
        player?.Reset();
        onlooker?.Reset();
        if (options.Task is not null)
            player?.SetTask(options.Task);
        while (games.Any(game => !game.IsOver))
        {
            for (int row = 0; row < games.Length; row++)
                games[row].Observation.CopyTo(observations, row * size);
            foreach (ref TAction value in player is null ? actions.AsSpan() : [])
                value = draw(random, games[0].Actions);
            player?.Act(observations, actions);
            onlooker?.Act(observations, others);
            if (options.OnlookerFollows)
                onlooker?.Played(actions);
            ReadOnlySpan<float> novel = player is null ? [] : player.Novelty;
            for (int row = 0; row < games.Length; row++)
            {
                if (games[row].IsOver)
                    continue;
                if (novel.Length > 0)
                    novelty.Add(novel[row]);
                Span<TAction> action = actions.AsSpan(row * actionSize, actionSize), other = others.AsSpan(row * actionSize, actionSize);
                if (onlooker is not null)
                {
                    played.AddRange(action);
                    compared.AddRange(other);
                }
                games[row].Step(action, other);
            }
        }
        return new([.. games.Select(game => game.Return)], [.. games.Take(options.Recorded).Select(game => game.Episode())],
            onlooker is null ? [] : [.. games.Take(options.Recorded).Select(game => game.Others)],
            onlooker is null ? null : compare([.. played], [.. compared]), player?.Clipping, novelty);
    }

    private static void RequireWidth(Manifest manifest, int size)
    {
        if (manifest.Observation.Size != size)
        {
            throw new BundleException($"An observation of the environment has {size} numbers, of bundle '{manifest.Name}' "
                + $"{manifest.Observation.Size}: give the environment it was trained on, '{manifest.Environment}'.");
        }
    }

    private static BundlePolicy Open(string directory, PlayedEpisodesOptions options, RuntimeOptions runtime) =>
        BundlePolicy.Open(directory, options.Seed, options.Greedy, runtime, options.Episodes)
        ?? throw new BundleException($"Bundle '{directory}' has no policy to play with.");

    /// <summary>One episode while it is played.</summary>
    private sealed class Game<TAction> where TAction : unmanaged
    {
        private readonly IEnvironment<TAction> _environment;
        private readonly bool _isRecorded;
        private readonly List<float[]> _observations = [];
        private readonly List<TAction> _actions = [], _others = [];
        private readonly List<float> _rewards = [];

        public Game(IEnvironment<TAction> environment, ulong seed, bool isRecorded)
        {
            (_environment, _isRecorded) = (environment, isRecorded);
            Observation = new float[environment.ObservationSpace.Size];
            environment.Reset(seed, Observation);
            if (isRecorded)
                _observations.Add([.. Observation]);
        }

        public float[] Observation { get; }

        public Space Actions => _environment.ActionSpace;

        public int ActionSize => Actions.Size;

        public Array Others => _others.ToArray();

        public bool IsOver { get; private set; }

        public double Return { get; private set; }

        public void Step(ReadOnlySpan<TAction> action, ReadOnlySpan<TAction> other)
        {
            StepResult result = _environment.Step(action, Observation);
            IsOver = result.Done;
            Return += result.Reward;
            if (!_isRecorded)
                return;
            _observations.Add([.. Observation]);
            _actions.AddRange(action);
            _others.AddRange(other);
            _rewards.Add((float)result.Reward);
        }

        public RealEpisode Episode() => new()
        {
            Source = _environment.Name, Observations = _observations, Actions = _actions.ToArray(), Rewards = _rewards,
        };
    }
}
