using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Train.Replay;

/// <summary>Records of B sequences of T consecutive steps, step by step: (T, B, ...).</summary>
public sealed class SequenceBatch(int length, int batch, int observation, int action)
{
    public int Length { get; } = length;
    public int Batch { get; } = batch;

    /// <summary>(T, B, O).</summary>
    public float[] Observations { get; } = new float[length * batch * observation];

    /// <summary>(T, B, A), zero where an episode begins.</summary>
    public float[] Actions { get; } = new float[length * batch * action];

    /// <summary>(T, B).</summary>
    public float[] Rewards { get; } = new float[length * batch];

    /// <summary>(T, B).</summary>
    public float[] Discounts { get; } = new float[length * batch];

    /// <summary>(T, B), 1 where an episode begins.</summary>
    public float[] IsFirst { get; } = new float[length * batch];
}

/// <summary>
/// Whole episodes in bounded memory, the oldest forgotten first, each also an npz file of the run's folder. Files are deleted one
/// checkpoint after they were forgotten, so that a killed run finds what its last checkpoint knew.
/// </summary>
public sealed class ReplayBuffer(int observation, ActionVectors actions, long capacity, string? folder)
{
    private static readonly uint SampleStream = Philox.Stream("replay");

    private readonly Queue<Episode> _episodes = new();
    private Episode[] _sampled = [];    // the queue as an array, made when it is first sampled from after a change
    private long _first;                // number of the oldest episode
    private long _named;                // the same when the last checkpoint was made

    /// <summary>Records kept.</summary>
    public long Records { get; private set; }

    /// <summary>Episodes kept.</summary>
    public int Count => _episodes.Count;

    /// <summary>Episodes that were forgotten.</summary>
    public long Forgotten => _first;

    /// <summary>All episodes kept, the oldest first.</summary>
    public IReadOnlyCollection<Episode> Episodes => _episodes;

    /// <summary>Adds an episode and forgets the oldest ones beyond the capacity, but for the last.</summary>
    public void Add(Episode episode)
    {
        if (folder is not null)
            Dataset.Write(Dataset.FileOf(folder, _first + _episodes.Count), episode, actions);
        Keep(episode);
    }

    /// <summary>
    /// Reads a folder of episodes that somebody else recorded, but for one in <paramref name="keepBack"/>, which are returned; of fewer
    /// episodes none is kept back.
    /// </summary>
    public IReadOnlyList<Episode> AddAll(string dataset, int keepBack, IProgressReport progress)
    {
        IReadOnlyList<string> files = Dataset.Files(dataset);
        using IProgressTask task = progress.Start("reading episodes", files.Count);
        List<Episode> heldOut = [];
        for (int i = 0; i < files.Count; i++)
        {
            Episode episode = Dataset.Read(files[i], observation, actions);
            if (i % keepBack == keepBack - 1)
                heldOut.Add(episode);
            else
                Keep(episode);
            task.Report(i + 1, $"{Records} records");
        }
        return heldOut;
    }

    /// <summary>
    /// Fills a batch: each row starts at a random place of a random episode, uniform over episodes, then over places; where an episode ends
    /// before the row does, another one begins. A function of the episodes, the seed and the update.
    /// </summary>
    public void Sample(SequenceBatch batch, ulong seed, long update)
    {
        if (_sampled.Length != _episodes.Count)
            _sampled = [.. _episodes];
        for (int row = 0; row < batch.Batch; row++)
        {
            uint draw = 0;
            for (int t = 0; t < batch.Length;)
            {
                Episode episode = _sampled[Draw(_sampled.Length)];
                int start = t == 0 ? Draw(Math.Max(0, episode.Records - batch.Length) + 1) : 0;
                for (; t < batch.Length && start < episode.Records; t++, start++)
                    Copy(episode, start, batch, t, row);
            }

            int Draw(int bound) => Philox.NextInt(new NoiseKey(seed, ((uint)row << 8) + draw++, (uint)update, SampleStream), bound);
        }
    }

    /// <summary>Mean and standard deviation of each number of the observations.</summary>
    public (float[] Mean, float[] Std) Statistics()
    {
        var (sum, squares) = (new double[observation], new double[observation]);
        foreach (Episode episode in _episodes)
            for (int i = 0; i < episode.Observations.Length; i++)
            {
                sum[i % observation] += episode.Observations[i];
                squares[i % observation] += (double)episode.Observations[i] * episode.Observations[i];
            }
        float[] mean = [.. sum.Select(value => (float)(value / Records))];
        float[] std = [.. squares.Select((value, i) => (float)Math.Sqrt(Math.Max(0, value / Records - (double)mean[i] * mean[i])))];
        return (mean, std);
    }

    /// <summary>
    /// Writes which episodes are kept. Files that the checkpoint before this one knew no more are deleted; this one may yet fail to be
    /// written.
    /// </summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_first);
        writer.Write(_episodes.Count);
        if (folder is null)
            return;
        for (long number = _named - 1; File.Exists(Dataset.FileOf(folder, number)); number--)
            File.Delete(Dataset.FileOf(folder, number));
        _named = _first;
    }

    /// <summary>Reads back the episodes that <see cref="Save"/> told of; files of later ones are deleted.</summary>
    public void Restore(BinaryReader reader)
    {
        (_first, int count) = (reader.ReadInt64(), reader.ReadInt32());
        if (folder is null)
            return;
        _named = _first;
        _episodes.Clear();
        Records = 0;
        for (int i = 0; i < count; i++)
        {
            Episode episode = Dataset.Read(Dataset.FileOf(folder, _first + i), observation, actions);
            _episodes.Enqueue(episode);
            Records += episode.Records;
        }
        for (long number = _first + count; File.Exists(Dataset.FileOf(folder, number)); number++)
            File.Delete(Dataset.FileOf(folder, number));
        _sampled = [];
    }

    private void Keep(Episode episode)
    {
        _episodes.Enqueue(episode);
        Records += episode.Records;
        while (Records > capacity && _episodes.Count > 1)
        {
            Records -= _episodes.Dequeue().Records;
            _first++;
        }
        _sampled = [];
    }

    private void Copy(Episode episode, int record, SequenceBatch batch, int t, int row)
    {
        int at = t * batch.Batch + row, size = actions.Size;
        episode.Observations.AsSpan(record * observation, observation).CopyTo(batch.Observations.AsSpan(at * observation));
        episode.Actions.AsSpan(record * size, size).CopyTo(batch.Actions.AsSpan(at * size));
        batch.Rewards[at] = episode.Rewards[record];
        batch.Discounts[at] = episode.Discounts[record];
        batch.IsFirst[at] = record == 0 || t == 0 ? 1 : 0;
    }
}
