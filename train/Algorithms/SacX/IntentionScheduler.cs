using WorldModels.Runtime;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Decides which task is played next (Riedmiller et al. 2018, section 5). SAC-Q: the value of a task as an episode's h-th decision is the
/// mean discounted main return from there on, over the last times that it was decided so; tasks are drawn by a softmax of them.
/// </summary>
public sealed class IntentionScheduler
{
    // Later decisions are too rare to be told apart.
    private const int MostDecisions = 6;

    private static readonly uint Stream = Philox.Stream("scheduler");

    private readonly SacXOptions _options;
    private readonly int _tasks;
    private readonly Queue<float>[,] _returns;      // (decision, task): main returns from it on

    /// <param name="options">Which kind, its temperature and memory.</param>
    /// <param name="tasks">K.</param>
    public IntentionScheduler(SacXOptions options, int tasks)
    {
        if (options.FixedTask >= tasks)
            throw new UserException($"fixedTask={options.FixedTask} is no task: there are 0 to {tasks - 1}.");
        (_options, _tasks) = (options, tasks);
        _returns = new Queue<float>[MostDecisions, tasks];
        for (int decision = 0; decision < MostDecisions; decision++)
        {
            for (int task = 0; task < tasks; task++)
                _returns[decision, task] = new();
        }
    }

    /// <summary>
    /// Draws the task of a row's h-th decision of its episode, a function of what was remembered, the seed, the row and the step.
    /// </summary>
    public int Decide(int decision, int row, long step)
    {
        Span<float> draw = stackalloc float[1];
        Philox.FillUniform(new NoiseKey((ulong)_options.Seed, (uint)row, (uint)step, Stream), draw);
        double left = draw[0];
        double[] shares = Probabilities(decision);
        for (int task = 0; task < shares.Length - 1; task++)
        {
            if ((left -= shares[task]) < 0)
                return task;
        }
        return shares.Length - 1;
    }

    /// <summary>How likely each task is as the h-th decision.</summary>
    public double[] Probabilities(int decision)
    {
        double[] shares = new double[_tasks];
        if (_options.Scheduler == SchedulerKind.Fixed)
        {
            shares[_options.FixedTask] = 1;
            return shares;
        }
        if (_options.Scheduler == SchedulerKind.Q)
        {
            for (int task = 0; task < _tasks; task++)
                shares[task] = Value(decision, task) / _options.Temperature;
        }
        double most = shares.Max();
        shares = [.. shares.Select(value => Math.Exp(value - most))];
        double sum = shares.Sum() / (1 - _options.MainShare);
        shares = [.. shares.Select(share => share / sum)];
        shares[0] += _options.MainShare;
        return shares;
    }

    /// <summary>The mean return remembered; 0 where there is none yet.</summary>
    public double Value(int decision, int task)
    {
        Queue<float> returns = Of(decision, task);
        return returns.Count == 0 ? 0 : returns.Average();
    }

    /// <summary>Remembers an episode.</summary>
    /// <param name="decisions">The task of each decision.</param>
    /// <param name="rewards">The main task's, a step each.</param>
    public void Remember(IReadOnlyList<int> decisions, IReadOnlyList<float> rewards)
    {
        double following = 0;
        for (int step = rewards.Count - 1; step >= 0; step--)
        {
            following = rewards[step] + _options.Gamma * following;
            if (step % _options.Period != 0)
                continue;
            Queue<float> returns = Of(step / _options.Period, decisions[step / _options.Period]);
            returns.Enqueue((float)following);
            if (returns.Count > _options.Memory)
                returns.Dequeue();
        }
    }

    /// <summary>Writes what it remembers.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (Queue<float> returns in _returns)
        {
            writer.Write(returns.Count);
            foreach (float value in returns)
                writer.Write(value);
        }
    }

    /// <summary>Takes back what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        foreach (Queue<float> returns in _returns)
        {
            returns.Clear();
            for (int left = reader.ReadInt32(); left > 0; left--)
                returns.Enqueue(reader.ReadSingle());
        }
    }

    private Queue<float> Of(int decision, int task) => _returns[Math.Min(decision, MostDecisions - 1), task];
}
