using WorldModels.Bundles;
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
    // Episodes of which the share that came to rest is told, and steps that the running means of rewards go back, roughly.
    private const int Remembered = 20, RewardMemory = 1000;

    private static readonly uint ActStream = Philox.Stream(IntentionGraphs.NoiseStream), CoinStream = Philox.Stream("epsilon"),
        RandomStream = Philox.Stream("random-actions");

    private readonly EpisodeRows _rows = new(environment, new EpisodeColumn(Windows.BehaviourColumn, NpyType.Float32));
    private readonly Played[] _played = [.. Enumerable.Range(0, environment.Count).Select(_ => new Played())];
    private readonly float[] _ofTasks = new float[tasks.Names.Count];
    private readonly Queue<bool> _landings = new();
    private readonly double?[] _earned = new double?[tasks.Names.Count];
    private long _step;

    /// <summary>Steps of the environment taken, those before a resumption among them.</summary>
    public long EnvironmentSteps => _rows.EnvironmentSteps;

    /// <summary>Mean return of the last episodes collected, whatever was played; null before the first.</summary>
    public double? MeanReturn => _rows.MeanReturn;

    /// <summary>Share of them that came to rest.</summary>
    public double Landed => _landings.Count == 0 ? 0 : _landings.Average(landed => landed ? 1.0 : 0);

    /// <summary>Running mean of what a task's steps earn of its own rewards while it is played; null before its first step.</summary>
    public double? Earned(int task) => _earned[task];

    /// <summary>Log probability, or density, of each uniformly random action vector.</summary>
    private double LogUniform =>
        environment.Actions.Discrete ? -Math.Log(environment.Actions.Size) : -environment.Actions.Size * Math.Log(2);

    /// <summary>Starts the first episode of every row.</summary>
    public void Begin() => _rows.Begin((ulong)options.Seed);

    /// <summary>Takes actions, over all rows: uniformly random ones, or the scheduled tasks'.</summary>
    public void Collect(long steps, bool random, CancellationToken stop = default, Action<long>? done = null)
    {
        for (long taken = 0; taken < steps && !stop.IsCancellationRequested; taken += _rows.Count, _step++)
        {
            for (int row = 0; row < _rows.Count; row++)
            {
                Played played = _played[row];
                played.IsRandom |= random;
                if (played.Rewards.Count % options.Period == 0)
                    played.Decisions.Add(scheduler.Decide(played.Decisions.Count, row, _step));
            }
            float[] behaviour = random ? Random() : Act();
            _rows.Step();
            for (int row = 0; row < _rows.Count; row++)
                Record(row, behaviour[row]);
            done?.Invoke(taken + _rows.Count);
        }
    }

    /// <summary>Writes where it stands.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_step);
        _rows.Save(writer);
        foreach (Played played in _played)
            played.Save(writer);
        writer.Write(_landings.Count);
        foreach (bool landed in _landings)
            writer.Write(landed);
        foreach (double? earned in _earned)
            writer.Write(earned ?? double.NaN);
        scheduler.Save(writer);
    }

    /// <summary>Takes back what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _step = reader.ReadInt64();
        _rows.Restore(reader);
        foreach (Played played in _played)
            played.Restore(reader);
        _landings.Clear();
        for (int left = reader.ReadInt32(); left > 0; left--)
            _landings.Enqueue(reader.ReadBoolean());
        for (int task = 0; task < _earned.Length; task++)
        {
            double earned = reader.ReadDouble();
            _earned[task] = double.IsNaN(earned) ? null : earned;
        }
        scheduler.Restore(reader);
    }

    private float[] Random()
    {
        for (int row = 0; row < _rows.Count; row++)
            environment.Actions.Draw(Key(row, RandomStream), _rows.Of(_rows.Vectors, row));
        return [.. Enumerable.Repeat((float)LogUniform, _rows.Count)];
    }

    /// <summary>Draws actions of each row's task, some uniformly. Gives the log probability of each under that mixture.</summary>
    private float[] Act()
    {
        using IDisposable guard = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        (int rows, int size) = (_rows.Count, environment.Actions.Size);
        EagerTensor observations = tensor(_rows.Observations, [rows, environment.Observation.Size]).On(device);
        EagerTensor playing = tensor(_played.Select(played => (long)played.Decisions[^1]).ToArray()).On(device);
        IDistribution<EagerTensor> chosen = policy.Forward(observations, playing);
        float[] noise = new float[rows * size];
        NoiseDraws.Fill(environment.Actions.Noise, (ulong)options.Seed, _step, ActStream, noise, rows);
        float[] drawn = chosen.Sample(tensor(noise, [rows, size]).On(device)).Value.cpu().contiguous().data<float>().ToArray();
        drawn.CopyTo(_rows.Vectors, 0);
        Span<float> coin = stackalloc float[1];
        for (int row = 0; row < rows; row++)
        {
            Philox.FillUniform(Key(row, CoinStream), coin);
            if (coin[0] < options.Exploration)
                environment.Actions.Draw(Key(row, RandomStream), _rows.Of(_rows.Vectors, row));
        }
        Tensor log = chosen.LogProb(tensor(_rows.Vectors, [rows, size]).On(device)).Value;                  // (B)
        Tensor mixture = (1 - options.Exploration) * log.exp() + options.Exploration * Math.Exp(LogUniform);
        return mixture.clamp_min(1e-12).log().cpu().data<float>().ToArray();
    }

    private void Record(int row, float behaviour)
    {
        Played played = _played[row];
        _rows.Add(row).Set(Windows.BehaviourColumn, behaviour);
        (float reward, bool terminated) = _rows.Received(row);
        tasks.Of(_rows.Arrived(row), reward, terminated, _ofTasks);
        played.Rewards.Add(_ofTasks[0]);
        if (!played.IsRandom)
            Earn(played.Decisions[^1]);
        if (_rows.End(row) is not { } episode)
            return;
        if (!played.IsRandom)
            scheduler.Remember(played.Decisions, played.Rewards);       // random actions are nobody's merit
        replay.Add(episode);
        _landings.Enqueue(LanderTasks.IsLanding(reward, terminated));
        if (_landings.Count > Remembered)
            _landings.Dequeue();
        played.Clear();
    }

    private void Earn(int task)
    {
        double reward = _ofTasks[task], before = _earned[task] ?? reward;
        _earned[task] = before + (reward - before) / RewardMemory;
    }

    private NoiseKey Key(int row, uint stream) => new((ulong)options.Seed, (uint)row, (uint)_step, stream);

    /// <summary>What was played of an episode on its way.</summary>
    private sealed class Played
    {
        /// <summary>The task of each decision.</summary>
        public List<int> Decisions { get; } = [];

        /// <summary>The main task's reward of each step.</summary>
        public List<float> Rewards { get; } = [];

        /// <summary>Whether some of its actions were random ones, whatever was decided.</summary>
        public bool IsRandom { get; set; }

        public void Clear()
        {
            Decisions.Clear();
            Rewards.Clear();
            IsRandom = false;
        }

        public void Save(BinaryWriter writer)
        {
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
            Clear();
            IsRandom = reader.ReadBoolean();
            for (int left = reader.ReadInt32(); left > 0; left--)
                Decisions.Add(reader.ReadInt32());
            for (int left = reader.ReadInt32(); left > 0; left--)
                Rewards.Add(reader.ReadSingle());
        }
    }
}
