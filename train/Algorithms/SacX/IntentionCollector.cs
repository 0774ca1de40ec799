using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Plays the tasks that the scheduler decides on, each for its period, and keeps whole episodes with the probability of what was played.
/// </summary>
/// <param name="environment">Where it plays.</param>
/// <param name="options">Period, exploration, seed.</param>
/// <param name="policy">The policies of all tasks.</param>
/// <param name="tasks">What steps are rewarded for.</param>
/// <param name="scheduler">Decides what is played, and hears how it went.</param>
/// <param name="replay">Gets the episodes.</param>
/// <param name="device">Where the policies compute.</param>
public sealed class IntentionCollector(
    AgentEnvironment environment, SacXOptions options, IntentionPolicy<EagerTensor> policy, LanderTasks tasks,
    IntentionScheduler scheduler, ReplayBuffer replay, Device device)
{
    private const int Remembered = 20;

    // Steps that the running means of rewards go back, roughly.
    private const int RewardMemory = 1000;

    private static readonly uint ActStream = Philox.Stream(IntentionGraphs.NoiseStream), CoinStream = Philox.Stream("epsilon"),
        RandomStream = Philox.Stream("random-actions");

    private readonly Row[] _rows = [.. Enumerable.Range(0, environment.Count).Select(_ => new Row(environment))];
    private readonly float[] _observations = new float[environment.Count * environment.Observation.Size];      // (B, O)
    private readonly float[] _vectors = new float[environment.Count * environment.Actions.Size];               // (B, A)
    private readonly float[] _rewards = new float[environment.Count];
    private readonly float[] _ofTasks = new float[tasks.Names.Count];
    private readonly bool[] _terminated = new bool[environment.Count], _truncated = new bool[environment.Count];
    private readonly Queue<(double Return, bool Landed)> _last = new();
    private readonly double?[] _earned = new double?[tasks.Names.Count];
    private long _step, _stepsBefore;

    /// <summary>Steps of the environment taken, those before a resumption among them.</summary>
    public long EnvironmentSteps => _stepsBefore + environment.Steps;

    /// <summary>Mean return of the last episodes collected, whatever was played; null before the first.</summary>
    public double? MeanReturn => _last.Count == 0 ? null : _last.Average(episode => episode.Return);

    /// <summary>Share of them that came to rest.</summary>
    public double Landed => _last.Count == 0 ? 0 : _last.Average(episode => episode.Landed ? 1.0 : 0);

    /// <summary>Running mean of what a task's steps earn of its own rewards while it is played; null before its first step.</summary>
    public double? Earned(int task) => _earned[task];

    /// <summary>Log probability, or density, of each uniformly random action vector.</summary>
    private double LogUniform =>
        environment.Actions.Discrete ? -Math.Log(environment.Actions.Size) : -environment.Actions.Size * Math.Log(2);

    /// <summary>Starts the first episode of every row.</summary>
    public void Begin()
    {
        environment.Reset((ulong)options.Seed, _observations);
        for (int row = 0; row < _rows.Length; row++)
            _rows[row].Episode.Begin(Of(_observations, row));
    }

    /// <summary>Takes actions, over all rows: uniformly random ones, or the scheduled tasks'.</summary>
    public void Collect(long steps, bool random, CancellationToken stop = default, Action<long>? done = null)
    {
        for (long taken = 0; taken < steps && !stop.IsCancellationRequested; taken += _rows.Length, _step++)
        {
            for (int row = 0; row < _rows.Length; row++)
            {
                _rows[row].IsRandom |= random;
                if (_rows[row].Rewards.Count % options.Period == 0)
                    _rows[row].Decisions.Add(scheduler.Decide(_rows[row].Decisions.Count, row, _step));
            }
            float[] behaviour = random ? Random() : Act();
            environment.Step(_vectors, _observations, _rewards, _terminated, _truncated);
            for (int row = 0; row < _rows.Length; row++)
                Record(row, behaviour[row]);
            done?.Invoke(taken + _rows.Length);
        }
    }

    /// <summary>Writes where it stands.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_step);
        writer.Write(EnvironmentSteps);
        environment.State.Save(writer);
        foreach (float value in _observations)
            writer.Write(value);
        foreach (Row row in _rows)
            row.Save(writer);
        writer.Write(_last.Count);
        foreach ((double value, bool landed) in _last)
        {
            writer.Write(value);
            writer.Write(landed);
        }
        foreach (double? earned in _earned)
            writer.Write(earned ?? double.NaN);
        scheduler.Save(writer);
    }

    /// <summary>Takes back what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _step = reader.ReadInt64();
        _stepsBefore = reader.ReadInt64() - environment.Steps;
        environment.State.Restore(reader);
        for (int i = 0; i < _observations.Length; i++)
            _observations[i] = reader.ReadSingle();
        foreach (Row row in _rows)
            row.Restore(reader);
        _last.Clear();
        for (int left = reader.ReadInt32(); left > 0; left--)
            _last.Enqueue((reader.ReadDouble(), reader.ReadBoolean()));
        for (int task = 0; task < _earned.Length; task++)
        {
            double earned = reader.ReadDouble();
            _earned[task] = double.IsNaN(earned) ? null : earned;
        }
        scheduler.Restore(reader);
    }

    private float[] Random()
    {
        for (int row = 0; row < _rows.Length; row++)
            environment.Actions.Draw(Key(row, RandomStream), Of(_vectors, row));
        return [.. Enumerable.Repeat((float)LogUniform, _rows.Length)];
    }

    /// <summary>Draws actions of each row's task, some uniformly. Gives the log probability of each under that mixture.</summary>
    private float[] Act()
    {
        using IDisposable guard = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        (int rows, int size) = (_rows.Length, environment.Actions.Size);
        EagerTensor observations = tensor(_observations, [rows, environment.Observation.Size]).to(device);
        EagerTensor playing = tensor(_rows.Select(row => (long)row.Decisions[^1]).ToArray()).to(device);
        IDistribution<EagerTensor> chosen = policy.Forward(observations, playing);
        float[] noise = new float[rows * size];
        NoiseDraws.Fill(environment.Actions.Noise, (ulong)options.Seed, _step, ActStream, noise, rows);
        float[] drawn = chosen.Sample(tensor(noise, [rows, size]).to(device)).Value.cpu().contiguous().data<float>().ToArray();
        drawn.CopyTo(_vectors, 0);
        Span<float> coin = stackalloc float[1];
        for (int row = 0; row < rows; row++)
        {
            Philox.FillUniform(Key(row, CoinStream), coin);
            if (coin[0] < options.Exploration)
                environment.Actions.Draw(Key(row, RandomStream), Of(_vectors, row));
        }
        Tensor log = chosen.LogProb(tensor(_vectors, [rows, size]).to(device)).Value;                       // (B)
        Tensor mixture = (1 - options.Exploration) * log.exp() + options.Exploration * Math.Exp(LogUniform);
        return mixture.clamp_min(1e-12).log().cpu().data<float>().ToArray();
    }

    private void Record(int index, float behaviour)
    {
        Row row = _rows[index];
        bool done = _terminated[index] || _truncated[index];
        ReadOnlySpan<float> arrived = done ? environment.FinalObservation(index) : Of(_observations, index);
        row.Episode.Add(arrived, Of(_vectors, index), _rewards[index], _terminated[index], _truncated[index]);
        row.Episode.Set(Windows.BehaviourColumn, behaviour);
        tasks.Of(arrived, _rewards[index], _terminated[index], _ofTasks);
        row.Rewards.Add(_ofTasks[0]);
        if (!row.IsRandom)
            Earn(row.Decisions[^1]);
        if (!done)
            return;
        if (!row.IsRandom)
            scheduler.Remember(row.Decisions, row.Rewards);     // random actions are nobody's merit
        Episode episode = row.Episode.End();
        replay.Add(episode);
        _last.Enqueue((episode.Return, LanderTasks.IsLanding(_rewards[index], _terminated[index])));
        if (_last.Count > Remembered)
            _last.Dequeue();
        row.Decisions.Clear();
        row.Rewards.Clear();
        row.IsRandom = false;
        row.Episode.Begin(Of(_observations, index));
    }

    private void Earn(int task)
    {
        double reward = _ofTasks[task], before = _earned[task] ?? reward;
        _earned[task] = before + (reward - before) / RewardMemory;
    }

    private NoiseKey Key(int row, uint stream) => new((ulong)options.Seed, (uint)row, (uint)_step, stream);

    private Span<float> Of(float[] values, int row)
    {
        int size = values.Length / _rows.Length;
        return values.AsSpan(row * size, size);
    }

    /// <summary>An episode on its way in one environment.</summary>
    private sealed class Row(AgentEnvironment environment)
    {
        public EpisodeBuilder Episode { get; } = new(
            environment.Observation.Size, environment.Actions, new EpisodeColumn(Windows.BehaviourColumn, Bundles.NpyType.Float32));

        /// <summary>The task of each decision.</summary>
        public List<int> Decisions { get; } = [];

        /// <summary>The main task's reward of each step.</summary>
        public List<float> Rewards { get; } = [];

        /// <summary>Whether some of its actions were random ones, whatever was decided.</summary>
        public bool IsRandom { get; set; }

        public void Save(BinaryWriter writer)
        {
            Episode.Save(writer);
            writer.Write(IsRandom);
            writer.Write(Decisions.Count);
            foreach (int task in Decisions)
                writer.Write(task);
            writer.Write(Rewards.Count);
            foreach (float reward in Rewards)
                writer.Write(reward);
        }

        public void Restore(BinaryReader reader)
        {
            Episode.Restore(reader);
            IsRandom = reader.ReadBoolean();
            Decisions.Clear();
            for (int left = reader.ReadInt32(); left > 0; left--)
                Decisions.Add(reader.ReadInt32());
            Rewards.Clear();
            for (int left = reader.ReadInt32(); left > 0; left--)
                Rewards.Add(reader.ReadSingle());
        }
    }
}
