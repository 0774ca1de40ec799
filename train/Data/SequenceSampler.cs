using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.Train.Data;

/// <summary>Draws sequences of T consecutive records from episodes.</summary>
public static class SequenceSampler
{
    private static readonly uint Stream = Philox.Stream("replay");

    /// <summary>
    /// Fills a batch: each row starts at a random place of a random episode, uniform over episodes, then over places; where an episode ends
    /// before the row does, another one begins. A function of the episodes, the seed and the update.
    /// </summary>
    public static void Fill(SequenceBatch batch, IReadOnlyList<Episode> episodes, ActionVectors actions, ulong seed, long update)
    {
        for (int row = 0; row < batch.Batch; row++)
        {
            uint draw = 0;
            for (int t = 0; t < batch.Length;)
            {
                Episode episode = episodes[Draw(episodes.Count)];
                int record = t == 0 ? Draw(Math.Max(0, episode.Records - batch.Length) + 1) : 0;
                for (; t < batch.Length && record < episode.Records; t++, record++)
                    batch.Copy(episode, record, actions, t, row);
            }

            int Draw(int bound) => Philox.NextInt(new NoiseKey(seed, ((uint)row << 8) + draw++, (uint)update, Stream), bound);
        }
    }
}
