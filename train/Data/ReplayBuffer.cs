using WorldModels.Recordings;

namespace WorldModels.Train.Data;

/// <summary>
/// Whole episodes in bounded memory, the oldest forgotten first, each also an npz file of the run's folder. Files are deleted one
/// checkpoint after they were forgotten, so that a killed run finds what its last checkpoint knew. Columns keep their type: an image of
/// bytes stays bytes until a batch is made of it. Not thread-safe.
/// </summary>
/// <param name="observation">Shape of one observation.</param>
/// <param name="actions">The actions.</param>
/// <param name="capacity">Records kept.</param>
/// <param name="folder">Where the files are; null: none are written.</param>
/// <param name="extras">Columns beside those of every episode.</param>
public sealed class ReplayBuffer(
    IReadOnlyList<int> observation, ActionVectors actions, long capacity, string? folder, params EpisodeColumn[] extras)
{
    private readonly int _size = observation.Aggregate(1, (size, axis) => size * axis)      // numbers in an observation
        + extras.Where(column => column.Name == EpisodeColumn.Numbers).Sum(column => column.Size);
    private readonly Queue<Episode> _episodes = new();
    private Episode[] _sampled = [];    // the queue as an array, made when it is first sampled from after a change
    private int[] _firstSteps = [];     // of each of those: steps before it
    private long _first;                // number of the oldest episode
    private long _named;                // the same when the last checkpoint was made

    /// <summary>Bytes of all columns that are kept at most.</summary>
    public long Memory { get; init; } = long.MaxValue;

    /// <summary>Records kept.</summary>
    public long Records { get; private set; }

    /// <summary>Bytes of all their columns.</summary>
    public long Bytes { get; private set; }

    /// <summary>Episodes kept.</summary>
    public int Count => _episodes.Count;

    /// <summary>Episodes that were forgotten.</summary>
    public long Forgotten => _first;

    /// <summary>All episodes kept, the oldest first.</summary>
    public IReadOnlyCollection<Episode> Episodes => _episodes;

    /// <summary>Adds an episode and forgets the oldest ones beyond capacity and memory, but for the last.</summary>
    public void Add(Episode episode)
    {
        if (folder is not null)
            Dataset.Write(EpisodeFile.PathOf(folder, _first + _episodes.Count), episode);
        Keep(episode);
    }

    /// <summary>Keeps episodes that somebody else recorded, but for every so many, which are returned; of fewer episodes none is kept back.</summary>
    public IReadOnlyList<Episode> AddAll(IReadOnlyList<Episode> recorded, int keepBack)
    {
        List<Episode> heldOut = [];
        for (int i = 0; i < recorded.Count; i++)
        {
            if (i % keepBack == keepBack - 1)
                heldOut.Add(recorded[i]);
            else
                Keep(recorded[i]);
        }
        return heldOut;
    }

    /// <summary>Fills a batch with sequences, a function of episodes, seed and update: see <see cref="SequenceSampler"/>.</summary>
    public void Sample(SequenceBatch batch, ulong seed, long update)
    {
        if (_sampled.Length != _episodes.Count)
            _sampled = [.. _episodes];
        SequenceSampler.Fill(batch, _sampled, actions, seed, update);
    }

    /// <summary>The episode of a step, of all steps counted from the oldest on, and the record before it.</summary>
    public (Episode Episode, int Record) Step(int number)
    {
        if (_sampled.Length != _episodes.Count)
            _sampled = [.. _episodes];
        if (_firstSteps.Length != _sampled.Length)
        {
            _firstSteps = new int[_sampled.Length];
            for (int i = 1; i < _sampled.Length; i++)
                _firstSteps[i] = _firstSteps[i - 1] + _sampled[i - 1].Steps;
        }
        int found = Array.BinarySearch(_firstSteps, number);
        int episode = found >= 0 ? found : ~found - 1;
        return (_sampled[episode], number - _firstSteps[episode]);
    }

    /// <summary>Mean and standard deviation (O) of each number of the observations.</summary>
    public (float[] Mean, float[] Std) Statistics()
    {
        Moments moments = Moments.OfObservations(_episodes, _size);
        return (
            [.. Enumerable.Range(0, _size).Select(i => (float)moments.Mean(i))],
            [.. Enumerable.Range(0, _size).Select(i => (float)moments.Std(i))]);
    }

    /// <summary>Observations (N, O), spread evenly over all records.</summary>
    public float[] SpreadObservations(int count)
    {
        float[] spread = new float[count * _size];
        (Episode Episode, int Record)[] all =
            [.. _episodes.SelectMany(episode => Enumerable.Range(0, episode.Records).Select(record => (episode, record)))];
        for (int i = 0; i < count; i++)
        {
            (Episode episode, int record) = all[(int)(i * Records / count)];
            episode.CopyObservation(record, spread.AsSpan(i * _size, _size));
        }
        return spread;
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
        for (long number = _named - 1; File.Exists(EpisodeFile.PathOf(folder, number)); number--)
            File.Delete(EpisodeFile.PathOf(folder, number));
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
        (Records, Bytes) = (0, 0);
        for (int i = 0; i < count; i++)
        {
            Episode episode = Dataset.Read(EpisodeFile.PathOf(folder, _first + i), observation, actions, extras);
            Enqueue(episode);
        }
        for (long number = _first + count; File.Exists(EpisodeFile.PathOf(folder, number)); number++)
            File.Delete(EpisodeFile.PathOf(folder, number));
        (_sampled, _firstSteps) = ([], []);
    }

    private void Keep(Episode episode)
    {
        Enqueue(episode);
        while ((Records > capacity || Bytes > Memory) && _episodes.Count > 1)
        {
            Episode oldest = _episodes.Dequeue();
            Records -= oldest.Records;
            Bytes -= oldest.Bytes;
            _first++;
        }
        (_sampled, _firstSteps) = ([], []);
    }

    private void Enqueue(Episode episode)
    {
        _episodes.Enqueue(episode);
        Records += episode.Records;
        Bytes += episode.Bytes;
    }
}
