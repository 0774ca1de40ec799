using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>How <see cref="RealEpisode.Play(string, RealEpisodeOptions)"/> plays.</summary>
public sealed record RealEpisodeOptions
{
    /// <summary>T, the wanted length.</summary>
    public int Steps { get; init; } = 15;

    /// <summary>Steps played before the stretch begins.</summary>
    public int Skip { get; init; } = 20;

    /// <summary>Determines the games and random actions.</summary>
    public ulong Seed { get; init; }

    /// <summary>Most episodes played to find one of the wanted length; only the first starts as the seed says.</summary>
    public int Tries { get; init; } = 20;

    /// <summary>Steps of the environment that an action lasts; rewards are summed.</summary>
    public int ActionRepeat { get; init; } = 1;

    /// <summary>The bundle's observations: where they are pictures, the environment's are seen. Null: what the environment observes.</summary>
    public ObservationSpec? Observation { get; init; }

    /// <summary>The bundle's actions; those in -1..1 are stretched to the environment's. Null: the environment's own.</summary>
    public ActionSpec? Actions { get; init; }

    /// <summary>The steps, spaces and pictures that a bundle is made for.</summary>
    public static RealEpisodeOptions For(Manifest manifest) => new()
    {
        ActionRepeat = manifest.ActionRepeat ?? 1, Observation = manifest.Observation, Actions = manifest.Action,
    };

    /// <summary>Who plays. Null: MiniPacman's scripted player with a tenth of random moves, elsewhere uniformly random actions.</summary>
    public BundlePolicy? Policy { get; init; }
}

/// <summary>A stretch of a real episode: T actions and the T + 1 observations around them.</summary>
public sealed record RealEpisode
{
    /// <summary>Where it comes from, for titles.</summary>
    public required string Source { get; init; }

    /// <summary>T + 1 observations, the last one on arrival of the last action.</summary>
    public required IReadOnlyList<float[]> Observations { get; init; }

    /// <summary>The actions (T, ...shape): <c>long[]</c> if they are discrete, <c>float[]</c> if continuous.</summary>
    public required Array Actions { get; init; }

    /// <summary>The rewards (T); empty if they are not known.</summary>
    public required IReadOnlyList<float> Rewards { get; init; }

    /// <summary>The environment itself at each observation (T + 1); empty if it cannot be drawn.</summary>
    public IReadOnlyList<Scene> Scenes { get; init; } = [];

    /// <summary>T.</summary>
    public int Steps => Observations.Count - 1;

    /// <summary>The episode without its first steps.</summary>
    public RealEpisode From(int step)
    {
        int width = Actions.Length / Steps;
        return this with
        {
            Observations = [.. Observations.Skip(step)],
            Actions = Actions is long[] numbers ? numbers[(step * width)..] : ((float[])Actions)[(step * width)..],
            Rewards = [.. Rewards.Skip(step)],
            Scenes = [.. Scenes.Skip(step)],
        };
    }

    /// <summary>Plays a registered environment by its scripted player or random actions.</summary>
    /// <param name="environment">The registered name.</param>
    /// <param name="steps">T, the wanted length.</param>
    /// <param name="seed">Determines the games and the actions.</param>
    /// <param name="skip">Steps played before the stretch begins.</param>
    /// <exception cref="BundleException">There is no such environment.</exception>
    public static RealEpisode Play(string environment, int steps, ulong seed, int skip = 20) =>
        Play(environment, new() { Steps = steps, Seed = seed, Skip = skip });

    /// <summary>
    /// Plays a registered environment. Takes the first stretch of the wanted length that no end of an episode cuts, or the longest of some
    /// episodes.
    /// </summary>
    /// <param name="environment">The registered name.</param>
    /// <param name="options">How to play.</param>
    /// <exception cref="BundleException">There is no such environment, or its actions are not those of the bundle.</exception>
    public static RealEpisode Play(string environment, RealEpisodeOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Steps, 1);
        EnvironmentSpec spec = RegisteredEnvironments.Find(environment, out string? problem) ?? throw new BundleException(problem!);
        return spec switch
        {
            EnvironmentSpec<long> discrete => Play(discrete.Name, Make(discrete, options), options, RandomActions.Index),
            EnvironmentSpec<float> continuous =>
                Play(continuous.Name, Stretched(Make(continuous, options), options), options, RandomActions.Value),
            _ => throw new BundleException($"The actions of environment '{environment}' are of a kind that cannot be drawn here."),
        };
    }

    /// <summary>A stretch of a recorded episode, its observations as networks see them.</summary>
    /// <param name="episode">The episode.</param>
    /// <param name="source">Where it stands.</param>
    /// <param name="steps">Most steps taken from it.</param>
    /// <param name="skip">Steps left out before.</param>
    /// <param name="hasRewards">Whether its rewards are known.</param>
    /// <exception cref="BundleException">It is too short.</exception>
    public static RealEpisode Of(Episode episode, string source, int steps, int skip = 0, bool hasRewards = true)
    {
        if (episode.Steps <= skip)
            throw new BundleException($"'{source}' has {episode.Steps} steps: there is none after the first {skip}.");
        steps = Math.Min(steps, episode.Steps - skip);
        int size = episode.Observations.Length / episode.Records, width = episode.Actions.Length / episode.Records, first = skip + 1;
        float[][] observations = new float[steps + 1][];
        for (int t = 0; t <= steps; t++)
            episode.CopyObservation(skip + t, observations[t] = new float[size]);
        return new()
        {
            Source = Path.GetFileName(source),
            Observations = observations,
            Actions = episode.Actions.Type == NpyType.Int64
                ? episode.Actions.As<long>().Slice(first, steps).ToArray()
                : episode.Actions.As<float>().Slice(first * width, steps * width).ToArray(),
            Rewards = hasRewards ? episode.Rewards.Slice(first, steps).ToArray() : [],
        };
    }

    /// <summary>Makes an environment whose actions are the bundle's, each of them repeated.</summary>
    internal static IEnvironment<TAction> Make<TAction>(EnvironmentSpec<TAction> spec, RealEpisodeOptions options) where TAction : unmanaged
    {
        IEnvironment<TAction> environment = spec.Make();
        string own = environment.ActionSpace is Discrete numbered ? $"one of {numbered.N}" : $"{environment.ActionSpace.Size} reals";
        if (options.Actions is { } actions)
        {
            string wanted = actions.Kind == ActionKind.Discrete ? $"one of {actions.Count}" : $"{actions.Size} reals";
            if (own != wanted)
            {
                throw new BundleException(
                    $"An action of environment '{spec.Name}' is {own}, of the bundle {wanted}: give the environment it was trained on.");
            }
            // Those in -1..1 are stretched to the environment's.
            if (environment.ActionSpace is Box box && actions.BoundsText != "-1..1"
                && Enumerable.Range(0, actions.Size).Any(i => ((float)actions.LowOf(i), (float)actions.HighOf(i)) != (box.Low, box.High)))
            {
                throw new BundleException($"An action of environment '{spec.Name}' is in {box.Low}..{box.High}, of the bundle in "
                    + $"{actions.BoundsText}: give the environment it was trained on.");
            }
        }
        if (options.ActionRepeat > 1)
            environment = new ActionRepeat<TAction>(environment, options.ActionRepeat);
        if (options.Observation?.PictureShape is not { } picture)
            return environment;
        if (environment.ObservationSpace is not Box { Shape: [_, int height, int width] })
            return new PixelObservation<TAction>(environment, picture[1], withNumbers: options.Observation.Picture is not null);
        return (height, width) == (picture[1], picture[2]) || picture[1] != picture[2]
            ? environment : new ResizedPicture<TAction>(environment, picture[1], spec.SceneRows);
    }

    /// <summary>Takes the bundle's actions where those are in -1..1 and the environment's are not.</summary>
    internal static IEnvironment<float> Stretched(IEnvironment<float> environment, RealEpisodeOptions options) =>
        options.Actions is { Low: -1, High: 1 } && environment.ActionSpace is Box { Low: not -1 } or Box { High: not 1 }
            ? new NormalizedActions(environment) : environment;

    private static RealEpisode Play<TAction>(string name, IEnvironment<TAction> environment, RealEpisodeOptions options,
        Func<Random, Space, TAction> draw) where TAction : unmanaged
    {
        MiniPacmanGreedyPolicy scripted = new(epsilon: 0.1, options.Seed);
        Random random = new(unchecked((int)options.Seed));
        RealEpisode? longest = null;
        for (int attempt = 0; attempt < options.Tries && (longest is null || longest.Steps < options.Steps); attempt++)
        {
            float[] observation = new float[environment.ObservationSpace.Size];
            environment.Reset(attempt == 0 ? options.Seed : null, observation);
            options.Policy?.Reset();
            List<float[]> observations = [[.. observation]];
            List<Scene> scenes = [.. Look()];
            List<TAction> actions = [];
            List<float> rewards = [];
            TAction[] action = new TAction[environment.ActionSpace.Size];
            for (bool done = false; !done && rewards.Count < options.Skip + options.Steps;)
            {
                if (options.Policy is not null)
                {
                    options.Policy.Act(observation, action);
                }
                else if (environment is MiniPacmanEnvironment pacman && action is long[] move)
                {
                    move[0] = scripted.Act(pacman.Game);
                }
                else
                {
                    foreach (ref TAction value in action.AsSpan())
                        value = draw(random, environment.ActionSpace);
                }

                StepResult result = environment.Step(action, observation);
                done = result.Done;
                observations.Add([.. observation]);
                scenes.AddRange(Look());
                actions.AddRange(action);
                rewards.Add((float)result.Reward);
            }
            int begin = Math.Max(0, Math.Min(options.Skip, rewards.Count - options.Steps));
            if (longest is not null && longest.Steps >= rewards.Count - begin)
                continue;
            longest = new()
            {
                Source = name,
                Observations = observations[begin..],
                Actions = actions.Skip(begin * action.Length).ToArray(),
                Rewards = rewards[begin..],
                Scenes = scenes.Count > 0 ? scenes[begin..] : [],
            };
        }
        return longest!;

        // A wrapper can be drawn where what it wraps can.
        IEnumerable<Scene> Look() => environment is IDrawable drawable and not EnvironmentWrapper<TAction> { CanDraw: false }
            ? [drawable.Draw().Copy()] : [];
    }
}
