using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>How episodes went that one policy played.</summary>
/// <param name="Returns">Returns and lengths.</param>
/// <param name="Landed">Share that came to rest.</param>
/// <param name="Crashed">Share that crashed or flew out.</param>
/// <param name="TimedOut">Share that the time limit cut.</param>
/// <param name="OfTasks">Mean sum of each task's rewards over an episode.</param>
public sealed record IntentionSample(
    ReturnSample Returns, double Landed, double Crashed, double TimedOut, IReadOnlyList<double> OfTasks);

/// <summary>Plays whole episodes and counts what every task would have given for them.</summary>
public static class IntentionJudge
{
    /// <summary>Plays the first episodes of as many rows.</summary>
    /// <param name="environment">Its rows, of which each counts one episode.</param>
    /// <param name="seed">Of the environment.</param>
    /// <param name="tasks">What steps are rewarded for.</param>
    /// <param name="policy">Chooses action vectors.</param>
    /// <param name="done">Hears how many episodes are over.</param>
    public static IntentionSample Play(
        AgentEnvironment environment, ulong seed, LanderTasks tasks, VectorPolicy policy, Action<int>? done = null)
    {
        (int rows, int size, int kinds) = (environment.Count, environment.Observation.Size, tasks.Names.Count);
        (float[] observations, float[] vectors) = (new float[rows * size], new float[rows * environment.Actions.Size]);
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[rows], new bool[rows], new bool[rows]);
        float[] first = [.. Enumerable.Repeat(1f, rows)], ofStep = new float[kinds];
        (double[] total, int[] length, bool[] over) = (new double[rows], new int[rows], new bool[rows]);
        (double[] ofTasks, int landed, int crashed, int ended) = (new double[kinds], 0, 0, 0);
        environment.Reset(seed, observations);
        for (long step = 0; ended < rows; step++)
        {
            policy(step, observations, first, vectors);
            environment.Step(vectors, observations, rewards, terminated, truncated);
            for (int row = 0; row < rows; row++)
            {
                bool isEnd = terminated[row] || truncated[row];
                first[row] = isEnd ? 1 : 0;
                if (over[row])
                    continue;
                total[row] += rewards[row];
                length[row]++;
                tasks.Of(isEnd ? environment.FinalObservation(row) : observations.AsSpan(row * size, size), rewards[row], terminated[row],
                    ofStep);
                for (int task = 0; task < kinds; task++)
                    ofTasks[task] += ofStep[task] / rows;
                if (!isEnd)
                    continue;
                over[row] = true;
                landed += LanderTasks.IsLanding(rewards[row], terminated[row]) ? 1 : 0;
                crashed += terminated[row] && !LanderTasks.IsLanding(rewards[row], terminated[row]) ? 1 : 0;
                ended++;
                done?.Invoke(ended);
            }
        }
        int cut = rows - landed - crashed;
        return new(new(total, length), (double)landed / rows, (double)crashed / rows, (double)cut / rows, ofTasks);
    }
}
