using WorldModels.Recordings;
using WorldModels.Runtime;
using WorldModels.Train.Data;

namespace WorldModels.Train.LatentWorlds;

/// <summary>Plays, with some exploration, and keeps whole episodes in a replay buffer.</summary>
public sealed class Collector(AgentEnvironment environment, LatentAgent agent, ReplayBuffer replay, LatentOptions options)
{
    private const int Remembered = 20;

    private static readonly uint RandomStream = Philox.Stream("random-actions"), NoiseStream = Philox.Stream("exploration"),
        CoinStream = Philox.Stream("epsilon");

    private readonly EpisodeBuilder[] _episodes = [.. Enumerable.Range(0, environment.Count)
        .Select(_ => new EpisodeBuilder(environment.Observation.Column, environment.Actions, environment.Observation.Beside))];
    private readonly float[] _observations = new float[environment.Count * environment.Observation.Size];      // (B, O)
    private readonly float[] _first = new float[environment.Count];
    private readonly float[] _vectors = new float[environment.Count * environment.Actions.Size];               // (B, A)
    private readonly float[] _rewards = new float[environment.Count];
    private readonly bool[] _terminated = new bool[environment.Count], _truncated = new bool[environment.Count];
    private readonly Queue<double> _returns = new();
    private long _step, _stepsBefore;

    /// <summary>Mean return of the last episodes collected; null before the first.</summary>
    public double? MeanReturn => _returns.Count == 0 ? null : _returns.Average();

    /// <summary>Starts the first episode of every row.</summary>
    public void Begin()
    {
        environment.Reset((ulong)options.Seed, _observations);
        for (int row = 0; row < environment.Count; row++)
            Begin(row);
    }

    /// <summary>Steps of the environment taken, those before a resumption among them.</summary>
    public long EnvironmentSteps => _stepsBefore + environment.Steps;

    /// <summary>Takes <paramref name="steps"/> actions, over all rows, uniformly random ones or the agent's with exploration.</summary>
    public void Collect(long steps, bool random, CancellationToken stop = default, Action<long>? done = null)
    {
        (int rows, int size) = (environment.Count, environment.Actions.Size);
        for (long taken = 0; taken < steps && !stop.IsCancellationRequested; taken += rows, _step++)
        {
            if (random)
                agent.Watch((ulong)options.Seed, _step, _observations, _first);
            else
                agent.Act((ulong)options.Seed, _step, _observations, _first, _vectors);
            for (int row = 0; row < rows; row++)
                Explore(row, _vectors.AsSpan(row * size, size), random);
            agent.Executed(_vectors);
            environment.Step(_vectors, _observations, _rewards, _terminated, _truncated);
            for (int row = 0; row < rows; row++)
                Record(row);
            done?.Invoke(taken + rows);
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_step);
        writer.Write(EnvironmentSteps);
        environment.State.Save(writer);
        agent.Save(writer);
        foreach (float value in _observations.Concat(_first))
            writer.Write(value);
        foreach (EpisodeBuilder episode in _episodes)
            episode.Save(writer);
        writer.Write(_returns.Count);
        foreach (double value in _returns)
            writer.Write(value);
    }

    public void Restore(BinaryReader reader)
    {
        _step = reader.ReadInt64();
        _stepsBefore = reader.ReadInt64() - environment.Steps;
        environment.State.Restore(reader);
        agent.Restore(reader);
        foreach (float[] values in new[] { _observations, _first })
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

    private void Begin(int row)
    {
        _first[row] = 1;
        _episodes[row].Begin(Of(_observations, row));
    }

    private void Explore(int row, Span<float> vector, bool random)
    {
        NoiseKey Key(uint stream) => new((ulong)options.Seed, (uint)row, (uint)_step, stream);
        Span<float> draw = stackalloc float[environment.Actions.Discrete ? 1 : vector.Length];
        if (environment.Actions.Discrete)
        {
            Philox.FillUniform(Key(CoinStream), draw);
            random |= draw[0] < options.Epsilon;
        }
        if (random)
        {
            environment.Actions.Draw(Key(RandomStream), vector);
            return;
        }
        if (environment.Actions.Discrete)
            return;
        Philox.FillGaussian(Key(NoiseStream), draw);
        for (int i = 0; i < vector.Length; i++)
            vector[i] = Math.Clamp(vector[i] + (float)options.ActionNoise * draw[i], -1, 1);
    }

    private void Record(int row)
    {
        bool done = _terminated[row] || _truncated[row];
        _first[row] = 0;
        ReadOnlySpan<float> arrived = done ? environment.FinalObservation(row) : Of(_observations, row);
        _episodes[row].Add(arrived, Of(_vectors, row), _rewards[row], _terminated[row], _truncated[row]);
        if (!done)
            return;
        Episode episode = _episodes[row].End();
        replay.Add(episode);
        _returns.Enqueue(episode.Return);
        if (_returns.Count > Remembered)
            _returns.Dequeue();
        Begin(row);
    }

    private ReadOnlySpan<float> Of(float[] values, int row)
    {
        int size = values.Length / environment.Count;
        return values.AsSpan(row * size, size);
    }
}
