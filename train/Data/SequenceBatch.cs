using WorldModels.Recordings;

namespace WorldModels.Train.Data;

/// <summary>Records of B sequences of T consecutive steps as networks take them, step by step: (T, B, ...).</summary>
/// <param name="length">T.</param>
/// <param name="batch">B.</param>
/// <param name="observation">Numbers in an observation (O).</param>
/// <param name="action">Numbers in an action vector (A).</param>
public sealed class SequenceBatch(int length, int batch, int observation, int action)
{
    /// <summary>T.</summary>
    public int Length { get; } = length;

    /// <summary>B.</summary>
    public int Batch { get; } = batch;

    /// <summary>(T, B, O); images of bytes as 0 to 1.</summary>
    public float[] Observations { get; } = new float[length * batch * observation];

    /// <summary>(T, B, A), action vectors, zero where an episode begins.</summary>
    public float[] Actions { get; } = new float[length * batch * action];

    /// <summary>(T, B).</summary>
    public float[] Rewards { get; } = new float[length * batch];

    /// <summary>(T, B), see <see cref="Episode.Discounts"/>.</summary>
    public float[] Discounts { get; } = new float[length * batch];

    /// <summary>(T, B), 1 where an episode begins.</summary>
    public float[] IsFirst { get; } = new float[length * batch];

    /// <summary>Copies a record to a step of a row.</summary>
    public void Copy(Episode episode, int record, ActionVectors actions, int step, int row)
    {
        int at = step * Batch + row, size = Observations.Length / Rewards.Length;
        episode.CopyObservation(record, Observations.AsSpan(at * size, size));
        actions.Encode(episode, record, Actions.AsSpan(at * actions.Size, actions.Size));
        Rewards[at] = episode.Rewards[record];
        Discounts[at] = episode.Discounts[record];
        IsFirst[at] = record == 0 ? 1 : 0;
    }
}
