using WorldModels.Recordings;
using WorldModels.Train.Data;

namespace WorldModels.Train.LatentWorlds;

/// <summary>Environments in lock step while somebody plays them: what each row sees, and its episode so far. Not thread-safe.</summary>
public sealed class EpisodeRows
{
    private const int Remembered = 20;

    private readonly AgentEnvironment _environment;
    private readonly EpisodeBuilder[] _episodes;
    private readonly float[] _rewards;
    private readonly bool[] _terminated, _truncated;
    private readonly Queue<double> _returns = new();
    private long _stepsBefore;

    /// <param name="environment">What is played.</param>
    /// <param name="extras">Columns that the player adds to every record.</param>
    public EpisodeRows(AgentEnvironment environment, params EpisodeColumn[] extras)
    {
        (_environment, Count) = (environment, environment.Count);
        _episodes = [.. Enumerable.Range(0, Count).Select(_ => new EpisodeBuilder(
            environment.Observation.Column, environment.Actions, [.. environment.Observation.Beside, .. extras]))];
        (Observations, First) = (new float[Count * environment.Observation.Size], new float[Count]);
        Vectors = new float[Count * environment.Actions.Size];
        (_rewards, _terminated, _truncated) = (new float[Count], new bool[Count], new bool[Count]);
    }

    /// <summary>Rows (B).</summary>
    public int Count { get; }

    /// <summary>(B, O): what is seen now.</summary>
    public float[] Observations { get; }

    /// <summary>(B): 1 where an episode begins with what is seen, else 0.</summary>
    public float[] First { get; }

    /// <summary>(B, A): the action vectors that <see cref="Step"/> takes.</summary>
    public float[] Vectors { get; }

    /// <summary>Steps of the environment taken, those before a resumption among them.</summary>
    public long EnvironmentSteps => _stepsBefore + _environment.Steps;

    /// <summary>Mean return of the last episodes; null before the first.</summary>
    public double? MeanReturn => _returns.Count == 0 ? null : _returns.Average();

    /// <summary>The row's part of <see cref="Observations"/> or <see cref="Vectors"/>.</summary>
    public Span<float> Of(float[] values, int row) => values.AsSpan(row * (values.Length / Count), values.Length / Count);

    /// <summary>Starts the first episode of every row.</summary>
    public void Begin(ulong seed)
    {
        _environment.Reset(seed, Observations);
        for (int row = 0; row < Count; row++)
            Begin(row);
    }

    /// <summary>Advances every row by its vector; what that gave is then added row by row.</summary>
    public void Step() => _environment.Step(Vectors, Observations, _rewards, _terminated, _truncated);

    /// <summary>What the last step gave a row.</summary>
    /// <returns>The reward, and whether the episode ended there by itself.</returns>
    public (float Reward, bool Terminated) Received(int row) => (_rewards[row], _terminated[row]);

    /// <summary>Where the last step led to, the last observation of an episode that ended.</summary>
    public ReadOnlySpan<float> Arrived(int row) => IsOver(row) ? _environment.FinalObservation(row) : Of(Observations, row);

    /// <summary>Adds the last step to a row's episode.</summary>
    /// <returns>The episode, whose last record may be added to.</returns>
    public EpisodeBuilder Add(int row)
    {
        First[row] = 0;
        _episodes[row].Add(Arrived(row), Of(Vectors, row), _rewards[row], _terminated[row], _truncated[row]);
        return _episodes[row];
    }

    /// <summary>The row's episode where the last step ended it, after which the next one begins; else null.</summary>
    public Episode? End(int row)
    {
        if (!IsOver(row))
            return null;
        Episode episode = _episodes[row].End();
        _returns.Enqueue(episode.Return);
        if (_returns.Count > Remembered)
            _returns.Dequeue();
        Begin(row);
        return episode;
    }

    /// <summary>Writes where everything stands.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(EnvironmentSteps);
        _environment.State.Save(writer);
        foreach (float value in Observations.Concat(First))
            writer.Write(value);
        foreach (EpisodeBuilder episode in _episodes)
            episode.Save(writer);
        writer.Write(_returns.Count);
        foreach (double value in _returns)
            writer.Write(value);
    }

    /// <summary>Takes back what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _stepsBefore = reader.ReadInt64() - _environment.Steps;
        _environment.State.Restore(reader);
        foreach (float[] values in new[] { Observations, First })
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = reader.ReadSingle();
        }
        foreach (EpisodeBuilder episode in _episodes)
            episode.Restore(reader);
        _returns.Clear();
        for (int left = reader.ReadInt32(); left > 0; left--)
            _returns.Enqueue(reader.ReadDouble());
    }

    private bool IsOver(int row) => _terminated[row] || _truncated[row];

    private void Begin(int row)
    {
        First[row] = 1;
        _episodes[row].Begin<float>(Of(Observations, row));
    }
}
