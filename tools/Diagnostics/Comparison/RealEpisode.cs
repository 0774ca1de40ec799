using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Diagnostics;

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

    /// <summary>T.</summary>
    public int Steps => Observations.Count - 1;

    /// <summary>
    /// Plays a registered environment: MiniPacman by its scripted player with a tenth of random moves, others by random actions. Takes the
    /// first stretch of the wanted length that no end of an episode cuts, or the longest of some episodes.
    /// </summary>
    /// <param name="environment">The registered name.</param>
    /// <param name="steps">T, the wanted length.</param>
    /// <param name="seed">Determines the games and the actions.</param>
    /// <param name="skip">Steps played before the stretch begins.</param>
    /// <exception cref="BundleException">There is no such environment.</exception>
    public static RealEpisode Play(string environment, int steps, ulong seed, int skip = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        EnvironmentSpec spec = EnvironmentBenchmark.Find(environment, out string? problem) ?? throw new BundleException(problem!);
        return spec switch
        {
            EnvironmentSpec<long> discrete => Play(discrete, steps, seed, skip, EnvironmentBenchmark.DrawIndex),
            EnvironmentSpec<float> continuous => Play(continuous, steps, seed, skip, EnvironmentBenchmark.DrawValue),
            _ => throw new BundleException($"The actions of environment '{environment}' are of a kind that cannot be drawn here."),
        };
    }

    /// <summary>
    /// Reads a recorded episode: an npz with <c>observation</c> (T + 1, ...), <c>action</c> (T, ...) and, if they are known,
    /// <c>reward</c> (T). Observations of uint8 are images of 0 to 255 and become 0 to 1.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="steps">Most steps taken from it.</param>
    /// <param name="skip">Steps left out before.</param>
    /// <exception cref="BundleException">The file cannot be read, or is no such episode.</exception>
    public static RealEpisode Read(string path, int steps, int skip = 0)
    {
        var arrays = Npz.Read(path, name => name is "observation" or "action" or "reward");
        NpyArray observations = Take("observation"), actions = Take("action");
        int length = observations.Shape.DefaultIfEmpty(0).First() - 1;
        if (actions.Shape.Count == 0 || actions.Shape[0] != length || actions.Type is not (NpyType.Int64 or NpyType.Float32))
            throw new BundleException($"'{path}' is no episode: expected T + 1 observations and T actions of int64 or float32; "
                + $"found {observations.Describe()} and {actions.Describe()}.");
        if (length <= skip) throw new BundleException($"'{path}' has {length} steps: there is none after the first {skip}.");
        steps = Math.Min(steps, length - skip);
        float scale = observations.Type == NpyType.UInt8 ? 1f / 255 : 1;
        int size = actions.Length / length;
        float[] rewards = arrays.TryGetValue("reward", out var reward) && reward.Length == length ? reward.ToFloats() : [];
        return new()
        {
            Source = Path.GetFileName(path),
            Observations =
                [.. Enumerable.Range(skip, steps + 1).Select(t => Array.ConvertAll(observations.Slice(t).ToFloats(), x => x * scale))],
            Actions = actions.Type == NpyType.Int64
                ? actions.As<long>().Slice(skip * size, steps * size).ToArray()
                : actions.As<float>().Slice(skip * size, steps * size).ToArray(),
            Rewards = [.. rewards.Skip(skip).Take(steps)],
        };

        NpyArray Take(string name) => arrays.TryGetValue(name, out var array) ? array : throw new BundleException(
            $"'{path}' is no episode: it has no array '{name}'. Give an npz with observation, action and reward.");
    }

    private static RealEpisode Play<TAction>(
        EnvironmentSpec<TAction> spec, int steps, ulong seed, int skip, Func<Random, Space, TAction> draw) where TAction : unmanaged
    {
        const int Tries = 20;
        IEnvironment<TAction> environment = spec.Make();
        MiniPacmanGreedyPlayer player = new(epsilon: 0.1, seed);
        Random random = new(unchecked((int)seed));
        RealEpisode? longest = null;
        for (int attempt = 0; attempt < Tries && (longest is null || longest.Steps < steps); attempt++)
        {
            float[] observation = new float[environment.ObservationSpace.Size];
            environment.Reset(attempt == 0 ? seed : null, observation);
            List<float[]> observations = [[.. observation]];
            List<TAction> actions = [];
            List<float> rewards = [];
            TAction[] action = new TAction[environment.ActionSpace.Size];
            for (bool done = false; !done && rewards.Count < skip + steps;)
            {
                if (environment is MiniPacmanEnvironment pacman && action is long[] move) move[0] = player.Act(pacman.Game);
                else foreach (ref TAction value in action.AsSpan()) value = draw(random, environment.ActionSpace);
                StepResult result = environment.Step(action, observation);
                done = result.Done;
                observations.Add([.. observation]);
                actions.AddRange(action);
                rewards.Add((float)result.Reward);
            }
            int begin = Math.Max(0, Math.Min(skip, rewards.Count - steps));
            if (longest is not null && longest.Steps >= rewards.Count - begin) continue;
            longest = new()
            {
                Source = spec.Name,
                Observations = observations[begin..],
                Actions = actions.Skip(begin * action.Length).ToArray(),
                Rewards = rewards[begin..],
            };
        }
        return longest!;
    }
}
