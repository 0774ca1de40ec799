using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Train;

/// <summary>Returns and lengths of whole episodes.</summary>
public sealed record ReturnSample(IReadOnlyList<double> Returns, IReadOnlyList<int> Lengths)
{
    /// <summary>Steps of each episode with a reward below 0; empty where nobody counted them.</summary>
    public IReadOnlyList<int> Punished { get; init; } = [];

    /// <summary>Mean and spread of the returns.</summary>
    public ReturnStatistics Statistics { get; } = ReturnStatistics.Of(Returns);

    public double Mean => Statistics.Mean;

    public double MeanLength => Lengths.Average();
}

/// <summary>Plays whole episodes. The first episodes to be begun are counted, so that short ones are not favoured.</summary>
public static class Evaluation
{
    /// <summary>Chooses actions (B) for observations at a step; where first is 1, not 0, an episode begins.</summary>
    /// <typeparam name="TAction">Element of an action.</typeparam>
    public delegate void Policy<TAction>(long step, ReadOnlySpan<float> observations, ReadOnlySpan<float> first, Span<TAction> actions);

    /// <summary>Whether a short evaluation falls due in the updates since the line of metrics before.</summary>
    /// <param name="every">Updates between two evaluations; 0: none.</param>
    /// <param name="logEvery">Updates between two lines of metrics.</param>
    /// <param name="updates">Updates made.</param>
    public static bool IsDue(long every, long logEvery, long updates) =>
        every > 0 && updates % logEvery == 0 && updates / every > (updates - logEvery) / every;

    /// <summary>Plays <paramref name="episodes"/> episodes on games in lock step, no more of them than episodes.</summary>
    public static ReturnSample Play<TAction>(
        IVectorEnvironment<TAction> games, int episodes, ulong seed, Policy<TAction> policy, Action<int>? done = null)
        where TAction : unmanaged
    {
        int rows = games.Count;
        float[] first = [.. Enumerable.Repeat(1f, rows)];
        float[] observations = new float[rows * games.ObservationSpace.Size];
        TAction[] actions = new TAction[rows * games.ActionSpace.Size];
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[rows], new bool[rows], new bool[rows]);
        (double[] total, int[] length, int[] punished, int begun) = (new double[rows], new int[rows], new int[rows], rows);
        bool[] counted = [.. Enumerable.Repeat(true, rows)];
        (List<double> returns, List<int> lengths, List<int> punishments) = (new(episodes), new(episodes), new(episodes));
        games.Reset(seed, observations);
        for (long step = 0; returns.Count < episodes; step++)
        {
            policy(step, observations, first, actions);
            games.Step(actions, observations, rewards, terminated, truncated);
            for (int row = 0; row < rows; row++)
            {
                total[row] += rewards[row];
                length[row]++;
                punished[row] += rewards[row] < 0 ? 1 : 0;
                first[row] = terminated[row] || truncated[row] ? 1 : 0;
                if (first[row] == 0)
                    continue;
                if (counted[row])
                {
                    returns.Add(total[row]);
                    lengths.Add(length[row]);
                    punishments.Add(punished[row]);
                    done?.Invoke(returns.Count);
                }
                counted[row] = begun++ < episodes;
                (total[row], length[row], punished[row]) = (0, 0, 0);
            }
        }
        return new(returns, lengths) { Punished = punishments };
    }

    /// <summary>
    /// Figures of returns by the way of playing: return_NAME_mean, _sd, _ci95, length_NAME_mean, and how many episodes. Where rewards below
    /// 0 are met in random play, and in less than half of its steps, punished_NAME_mean says at how many steps of an episode.
    /// </summary>
    public static Dictionary<string, double> Figures(IEnumerable<(string Name, ReturnSample Returns)> judged, int episodes)
    {
        Dictionary<string, double> figures = new Dictionary<string, double>();
        (string Name, ReturnSample Returns)[] all = [.. judged];
        ReturnSample? random = all.FirstOrDefault(way => way.Name == "random").Returns;
        bool punishes = random?.Punished.Sum() is > 0 and int punished && 2 * punished < random.Lengths.Sum();
        foreach ((string name, ReturnSample returns) in all)
        {
            figures[$"return_{name}_mean"] = returns.Mean;
            figures[$"return_{name}_sd"] = returns.Statistics.Deviation;
            figures[$"return_{name}_ci95"] = returns.Statistics.HalfWidth;
            figures[$"length_{name}_mean"] = returns.MeanLength;
            if (punishes && returns.Punished.Count > 0)
                figures[$"punished_{name}_mean"] = returns.Punished.Average();
        }
        figures["evaluation_episodes"] = episodes;
        return figures;
    }

    /// <summary>Plays uniformly random actions: the floor to compare with.</summary>
    public static ReturnSample PlayRandom(string environment, int episodes, ulong seed)
    {
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>(environment, Math.Min(16, episodes));
        int actionCount = ((Discrete)games.ActionSpace).N;
        uint stream = Philox.Stream("random-policy");
        return Play(games, episodes, seed, (step, _, _, actions) =>
        {
            for (int row = 0; row < actions.Length; row++)
                actions[row] = Philox.NextInt(new NoiseKey(seed, (uint)row, (uint)step, stream), actionCount);
        });
    }
}
