namespace WorldModels.Models;

/// <summary>The policies of several tasks (Riedmiller et al. 2018, section 4), one-hot or tanh-normal.</summary>
public sealed class IntentionPolicy<T> where T : ITensor<T>
{
    // Keeps means off the flat ends of tanh, as Dreamer's actor does.
    private const double MeanScale = 5, LeastStd = 0.02;

    private static readonly double StdShift = Math.Log(Math.E - 1);     // a standard deviation of 1 at first

    private readonly IntentionConfig _config;
    private readonly TaskNetwork<T> _network;

    public IntentionPolicy(Parameters<T> p, IntentionConfig config)
    {
        _config = config;
        int outputs = config.Discrete ? config.Actions : 2 * config.Actions;
        _network = new(p, config.Observation, config.Actor, config.LayerNorm, config.Tasks, outputs);
    }

    /// <summary>Observations (B, O) to a distribution of action vectors for each task, (B, K, A).</summary>
    public IDistribution<T> Forward(T observation)
    {
        T output = _network.Forward(observation);
        if (_config.Discrete)
            return new OneHot<T>(output);
        T[] parts = output.Split(-1, _config.Actions, _config.Actions);                             // 2 x (B, K, A)
        return new TanhNormal<T>((parts[0] / MeanScale).Tanh() * MeanScale, (parts[1] + StdShift).Softplus() + LeastStd);
    }

    /// <summary>Observations (B, O) to the distribution of action vectors (B, A) for the task of each row, int64 (B).</summary>
    public IDistribution<T> Forward(T observation, T task) => Forward(observation).Map(all => all.OfTask(task));
}

/// <summary>The action values of several tasks.</summary>
public sealed class IntentionCritic<T> where T : ITensor<T>
{
    private readonly bool _discrete;
    private readonly TaskNetwork<T> _network;

    public IntentionCritic(Parameters<T> p, IntentionConfig config)
    {
        _discrete = config.Discrete;
        _network = config.Discrete
            ? new(p, config.Observation, config.Critic, config.LayerNorm, config.Tasks, config.Actions)
            : new(p, config.Observation + config.Actions, config.Critic, config.LayerNorm, config.Tasks, 1);
    }

    /// <summary>Values (B, K) of action vectors (B, A) at observations (B, O).</summary>
    public T Forward(T observation, T action) => _discrete
        ? (OfAll(observation) * action.Reshape(Axis.Keep, 1, action.Size(-1))).Sum(-1)
        : _network.Forward(observation.Concat(action)).Sum(-1);

    /// <summary>Observations (B, O) to the values of every numbered action, (B, K, A).</summary>
    public T OfAll(T observation) => _network.Forward(observation);
}

/// <summary>Choosing among tasks.</summary>
public static class TaskExtensions
{
    extension<T>(T all) where T : ITensor<T>
    {
        /// <summary>Of numbers (B, K, ...), those of each row's task, int64 (B): (B, ...).</summary>
        public T OfTask(T task)
        {
            T mask = task.OneHot(all.Size(1));                                                      // (B, K)
            return (all * (all.Rank == 2 ? mask : mask.Reshape(Axis.Keep, all.Size(1), 1))).Sum(1);
        }
    }
}
