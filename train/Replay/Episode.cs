namespace WorldModels.Train.Replay;

/// <summary>
/// One episode of N steps as N + 1 records, as PlaNet and Dreamer V1 keep them: an observation, the action that led to it, the reward
/// received on arriving there, and whether anything follows. Record 0 is the reset: no action, no reward.
/// </summary>
/// <param name="Observations">(N + 1, O).</param>
/// <param name="Actions">(N + 1, A), action vectors (see <see cref="ActionVectors"/>); the first is zero.</param>
/// <param name="Rewards">(N + 1).</param>
/// <param name="Discounts">(N + 1): 0 where the episode terminated, 1 elsewhere, at a time limit too.</param>
public sealed record Episode(float[] Observations, float[] Actions, float[] Rewards, float[] Discounts)
{
    /// <summary>Number of records, N + 1.</summary>
    public int Records => Rewards.Length;

    /// <summary>Sum of the rewards.</summary>
    public double Return => Rewards.Sum(reward => (double)reward);
}

/// <summary>An episode on its way.</summary>
public sealed class EpisodeBuilder
{
    private readonly List<float> _observations = [], _actions = [], _rewards = [], _discounts = [];

    /// <summary>Adds a record.</summary>
    public void Add(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, float reward, float discount)
    {
        _observations.AddRange(observation);
        _actions.AddRange(action);
        _rewards.Add(reward);
        _discounts.Add(discount);
    }

    /// <summary>Makes the episode and begins the next one.</summary>
    public Episode End()
    {
        var episode = new Episode([.. _observations], [.. _actions], [.. _rewards], [.. _discounts]);
        foreach (List<float> list in Lists)
            list.Clear();
        return episode;
    }

    public void Save(BinaryWriter writer)
    {
        foreach (List<float> list in Lists)
        {
            writer.Write(list.Count);
            foreach (float value in list)
                writer.Write(value);
        }
    }

    public void Restore(BinaryReader reader)
    {
        foreach (List<float> list in Lists)
        {
            list.Clear();
            for (int left = reader.ReadInt32(); left > 0; left--)
                list.Add(reader.ReadSingle());
        }
    }

    private List<float>[] Lists => [_observations, _actions, _rewards, _discounts];
}
