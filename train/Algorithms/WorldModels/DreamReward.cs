using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>Whether what a dream is worth, 1 a step until M says that it ends, is what the environment rewards.</summary>
internal static class DreamReward
{
    private const int Rows = 16, LeastSteps = 300;

    /// <summary>Plays some episodes of random actions, as they are recorded; in most environments two steps tell.</summary>
    /// <exception cref="UserException">Rewards are not all equal and above 0, or no episode ends by itself.</exception>
    public static void Require(WorldModelsOptions options)
    {
        AgentEnvironment environment = VisibleEnvironment.Make(options with { Pixels = 0 }, Rows);
        RandomHold random = new(environment.Actions, Rows, options);
        ulong seed = (ulong)options.Seed;
        int size = environment.Actions.Size;
        (float[] observations, float[] vectors) = (new float[Rows * environment.Observation.Size], new float[Rows * size]);
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[Rows], new bool[Rows], new bool[Rows]);
        environment.Reset(seed, observations);
        // Play that is not random may end where this does not.
        bool ended = options.Recordings.Count > 0 || options.Player.Length > 0 || options.Memory.Length > 0;
        float? worth = null;
        for (int step = 0; step < (ended ? LeastSteps : Math.Max(LeastSteps, options.EpisodeSteps)); step++)
        {
            for (int row = 0; row < Rows; row++)
                random.Act(seed, row, step, share: 1, vectors.AsSpan(row * size, size));
            environment.Step(vectors, observations, rewards, terminated, truncated);
            worth ??= rewards[0];
            if (worth <= 0 || rewards.Any(reward => reward != worth))
            {
                throw new UserException($"A dream is worth 1 a step until it ends, and steps of {options.Env} are not all worth the same "
                    + $"above 0 ({worth:G3}, {rewards.First(reward => reward <= 0 || reward != worth):G3}). Have controllers tried in the "
                    + "environment itself: --set world=real");
            }
            ended |= terminated.Contains(true);
        }
        if (!ended)
            throw NoEnds(options);
    }

    /// <summary>M never saw an end.</summary>
    public static UserException NoEnds(WorldModelsOptions options) => new(
        $"A dream ends where episodes did, and none that is recorded of {options.Env} ends by itself within episodeSteps="
        + $"{options.EpisodeSteps}: --set world=real, or longer episodes.");
}
