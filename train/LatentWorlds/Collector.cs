using WorldModels.Runtime;
using WorldModels.Train.Data;

namespace WorldModels.Train.LatentWorlds;

/// <summary>Plays, with some exploration, and keeps whole episodes in a replay buffer.</summary>
public sealed class Collector(AgentEnvironment environment, LatentAgent agent, ReplayBuffer replay, LatentOptions options)
{
    private static readonly uint RandomStream = Philox.Stream("random-actions"), NoiseStream = Philox.Stream("exploration"),
        CoinStream = Philox.Stream("epsilon");

    private readonly EpisodeRows _rows = new(environment);
    private long _step;

    /// <summary>Mean return of the last episodes collected; null before the first.</summary>
    public double? MeanReturn => _rows.MeanReturn;

    /// <summary>Is told what was observed on arrival; null: nobody is.</summary>
    public StateCoverage? Coverage { get; init; }

    /// <summary>Steps of the environment taken, those before a resumption among them.</summary>
    public long EnvironmentSteps => _rows.EnvironmentSteps;

    /// <summary>Starts the first episode of every row.</summary>
    public void Begin() => _rows.Begin((ulong)options.Seed);

    /// <summary>Takes <paramref name="steps"/> actions, over all rows, uniformly random ones or the agent's with exploration.</summary>
    public void Collect(long steps, bool random, CancellationToken stop = default, Action<long>? done = null)
    {
        for (long taken = 0; taken < steps && !stop.IsCancellationRequested; taken += _rows.Count, _step++)
        {
            if (random)
                agent.Watch((ulong)options.Seed, _step, _rows.Observations, _rows.First);
            else
                agent.Act((ulong)options.Seed, _step, _rows.Observations, _rows.First, _rows.Vectors);
            for (int row = 0; row < _rows.Count; row++)
                Explore(row, _rows.Of(_rows.Vectors, row), random);
            agent.Executed(_rows.Vectors);
            _rows.Step();
            for (int row = 0; row < _rows.Count; row++)
            {
                _rows.Add(row);
                Coverage?.Visit(_rows.Arrived(row));
                if (_rows.End(row) is { } episode)
                    replay.Add(episode);
            }
            done?.Invoke(taken + _rows.Count);
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_step);
        _rows.Save(writer);
        agent.Save(writer);
        Coverage?.Save(writer);
    }

    public void Restore(BinaryReader reader)
    {
        _step = reader.ReadInt64();
        _rows.Restore(reader);
        agent.Restore(reader);
        Coverage?.Restore(reader);
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
}
