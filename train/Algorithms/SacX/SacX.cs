using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Scheduled Auxiliary Control (Riedmiller et al. 2018): a policy and a critic for each task over shared layers; a scheduler decides which
/// task is played; whatever was played, every task learns from it. Critics learn Retrace's values (Munos et al. 2016), policies what the
/// critics value, and keep their entropy.
/// </summary>
public sealed class SacX : ITrainer
{
    /// <summary>Where the policies' parameters live.</summary>
    public const string ActorPath = "actor";

    /// <summary>Where the critics' parameters live.</summary>
    public const string CriticPath = "critic";

    private const string TargetPath = "target";

    private readonly SacXOptions _options;
    private readonly AgentEnvironment _environment;
    private readonly LanderTasks _tasks;
    private readonly IntentionConfig _config;
    private readonly IntentionPolicy<EagerTensor> _policy;
    private readonly IntentionCritic<EagerTensor> _critic, _target;
    private readonly TargetNetwork _following;
    private readonly FlatOptimiser _actorOptimiser, _criticOptimiser;
    private readonly IntentionScheduler _scheduler;
    private readonly SacXEvaluation _evaluation;
    private ReplayBuffer? _replay;
    private IntentionCollector? _collector;

    public SacX(SacXOptions options, Device device)
    {
        _options = options;
        if (options is { Auxiliary: false, PermuteRewards: true })
            throw new UserException("permuteRewards=true needs tasks whose rewards can be permuted: leave auxiliary=true.");
        if (!EnvironmentRegistry.Find(options.Env).Name.StartsWith("lunar-lander", StringComparison.Ordinal))
        {
            throw new UserException($"sacx knows auxiliary tasks of the lander alone: --env lunar-lander, or lunar-lander-continuous, not "
                + $"{options.Env}.");
        }
        _environment = AgentEnvironment.Make(options.Env, options.Environments, actionRepeat: 1, options.EpisodeSteps);
        _tasks = new(options.MainReward, options.Gamma, options.Auxiliary, options.PermuteRewards);
        _config = options.Networks(_environment.Observation.Size, _environment.Actions, _tasks.Names.Count);
        Parameters = new(options.Seed, device);
        _policy = new(Parameters.Root[ActorPath], _config);
        _critic = new(Parameters.Root[CriticPath], _config);
        _target = new(Parameters.Root[TargetPath], _config);
        _following = new(Parameters, TargetPath, CriticPath);
        _actorOptimiser = new(Parameters.Below(ActorPath), whole => optim.Adam(whole, options.LearningRate));
        _criticOptimiser = new(Parameters.Below(CriticPath), whole => optim.Adam(whole, options.LearningRate));
        _scheduler = new(options, _tasks.Names.Count);
        _evaluation = new(options, _tasks.Unpermuted, _policy, device);
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public long Frames => _collector?.EnvironmentSteps ?? 0;

    /// <summary>A control experiment ships nothing.</summary>
    public bool Ships => _options is { PermuteRewards: false, Scheduler: not SchedulerKind.Fixed, Auxiliary: true };

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        bool isNew = !File.Exists(run.CheckpointPath);
        if (isNew && Directory.Exists(run.ReplayPath))
            Directory.Delete(run.ReplayPath, recursive: true);
        Directory.CreateDirectory(run.ReplayPath);
        _replay = new(
            _environment.Observation.Shape, _environment.Actions, _options.Capacity, run.ReplayPath,
            new Recordings.EpisodeColumn(Windows.BehaviourColumn, NpyType.Float32));
        _collector = new(_environment, _options, _policy, _tasks, _scheduler, _replay, Parameters.Device);
        if (!isNew)
            return;
        _following.Follow(share: 1);
        using IProgressTask task = progress.Start("random actions", _options.Prefill);
        _collector.Begin();
        _collector.Collect(_options.Prefill, random: true, stop, done => task.Report(done, $"{_replay.Count} episodes"));
        while (_replay.Count == 0 && !stop.IsCancellationRequested)
            _collector.Collect(_environment.Count, random: true);       // there has to be an episode to learn from
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        Dictionary<string, double>? figures = measure ? [] : null;
        using (Timings.Of("play"))
            _collector!.Collect(_options.CollectSteps, random: false);
        using (DisposeScope scope = NewDisposeScope())
        {
            // All that is drawn is a function of seed and update.
            using Generator random = new((ulong)(_options.Seed * 1_000_003 + update), Parameters.Device);
            Windows windows;
            using (Timings.Of("sample"))
            {
                windows = Windows.Draw(
                    _replay!, _options, _environment.Actions, _config.Observation, _tasks, update, Parameters.Device);
            }
            LearningRate.Set(_actorOptimiser, _options.LearningRate, _options.Decay, update, _options.Updates);
            LearningRate.Set(_criticOptimiser, _options.LearningRate, _options.Decay, update, _options.Updates);
            Tensor targets;
            using (Timings.Of("retrace"))
                targets = Targets(windows, random);
            using (Timings.Of("critic"))
                LearnCritic(windows, targets, figures);
            using (Timings.Of("actor"))
                LearnActor(windows, EntropyAt(update), random, figures);
            _following.Follow(_options.TargetRate);
        }
        if (figures is not null)
            Report(figures);
        return figures ?? Measured.None;
    }

    /// <summary>Retrace's values of the steps taken, for every task (section 4, "policy evaluation"): (L, B, K).</summary>
    private Tensor Targets(Windows windows, Generator random)
    {
        using IDisposable guard = no_grad();
        Tensor before = Before(windows), after = windows.Observations.ButFirst().flatten(0, 1);     // (L B, O)
        Tensor acted = windows.Actions.flatten(0, 1);                                                       // (L B, A)
        long[] shape = windows.Rewards.shape;                                                               // (L, B, K)
        Tensor values = _target.Forward(before, acted).Value;                                               // (L B, K)
        (Tensor following, _) = Expected(_target, _policy.Forward(after), after, random);                   // (L B, K)
        Tensor log = _policy.Forward(before).LogProb(acted.unsqueeze(1)).Value;                             // (L B, K)
        Tensor ratios = (log.reshape(shape) - windows.Behaviour.unsqueeze(-1)).exp();
        return Retrace.Targets(
            values.reshape(shape), following.reshape(shape), windows.Rewards, (_options.Gamma * windows.Continues).unsqueeze(-1), ratios,
            windows.Valid.unsqueeze(-1), _options.Lambda);
    }

    private void LearnCritic(Windows windows, Tensor targets, Dictionary<string, double>? figures)
    {
        Tensor values = _critic.Forward(Before(windows), windows.Actions.flatten(0, 1)).Value;              // (L B, K)
        // Coming to rest is rare and worth much: with the usual bend at 1 its errors counted evenly, and the critic would forget them.
        Tensor errors = nn.functional.huber_loss(values, targets.flatten(0, 1), _options.HuberDelta, nn.Reduction.None);
        Tensor loss = OverTasks(errors, windows);
        _criticOptimiser.ZeroGradients();
        loss.backward();
        double norm = _criticOptimiser.ClipGradients(_options.MaxGradNorm);
        _criticOptimiser.Step();
        if (figures is not null)
            (figures["critic_loss"], figures["critic_gradient_norm"]) = (loss.item<float>(), norm);
    }

    /// <summary>The policies of all tasks rise to what their critics value, and to entropy (section 4, "policy improvement").</summary>
    private void LearnActor(Windows windows, double entropyScale, Generator random, Dictionary<string, double>? figures)
    {
        Tensor before = Before(windows);
        IDistribution<EagerTensor> policy = _policy.Forward(before);
        (Tensor expected, Tensor entropy) = Expected(_critic, policy, before, random);
        Tensor loss = OverTasks(-(expected + entropyScale * entropy), windows);
        _actorOptimiser.ZeroGradients();
        autograd.backward([loss], inputs: [.. Parameters.Below(ActorPath)]);
        double norm = _actorOptimiser.ClipGradients(_options.MaxGradNorm);
        _actorOptimiser.Step();
        if (figures is null)
            return;
        (figures["actor_loss"], figures["actor_gradient_norm"]) = (loss.item<float>(), norm);
        figures["policy_entropy"] = entropy.mean().item<float>();
    }

    /// <summary>
    /// What policies (N, K, A) expect of a critic, and their entropy, (N, K) each: over all numbered actions, or of one draw that carries
    /// the gradient.
    /// </summary>
    private (Tensor Value, Tensor Entropy) Expected(
        IntentionCritic<EagerTensor> critic, IDistribution<EagerTensor> policy, Tensor observations, Generator random)
    {
        if (_config.Discrete)
            return ((policy.Mean.Value * critic.OfAll(observations).Value).sum(-1), policy.Entropy.Value);
        (long rows, long kinds, long size) = (observations.size(0), _config.Tasks, _config.Actions);
        Tensor noise = randn([rows, kinds, size], generator: random, device: Parameters.Device);
        Tensor drawn = policy.Sample(noise).Value.reshape(rows * kinds, size);                              // (N K, A)
        Tensor seen = observations.unsqueeze(1).expand(rows, kinds, -1).reshape(rows * kinds, -1);          // (N K, O)
        Tensor ofAll = critic.Forward(seen, drawn).Value.reshape(rows, kinds, kinds);           // each draw by each task
        return (ofAll.diagonal(0, 1, 2), -policy.LogProbOfSample(noise).Value);
    }

    /// <summary>The mean over steps, the sum over tasks, of numbers (L B, K).</summary>
    private static Tensor OverTasks(Tensor numbers, Windows windows) =>
        (numbers * windows.Valid.reshape(-1, 1)).sum() / windows.Valid.sum();

    private static Tensor Before(Windows windows) => windows.Observations.ButLast().flatten(0, 1);

    private double EntropyAt(long update) =>
        _options.Entropy + (_options.EntropyAtEnd - _options.Entropy) * Math.Min(1, 2.0 * update / _options.Updates);

    private void Report(Dictionary<string, double> figures)
    {
        if (_collector!.MeanReturn is { } mean)
            (figures["return"], figures["landed"]) = (mean, _collector.Landed);
        double[] shares = _scheduler.Probabilities(decision: 0);
        for (int task = 0; task < shares.Length; task++)
        {
            figures[$"schedule_{_tasks.Names[task]}"] = shares[task];
            if (_collector.Earned(task) is { } earned)
                figures[$"reward_{_tasks.Names[task]}"] = earned;
        }
    }

    public void Save(Checkpoint checkpoint)
    {
        checkpoint.AddOptimiser(_actorOptimiser, "optimiser/actor");
        checkpoint.AddOptimiser(_criticOptimiser, "optimiser/critic");
        checkpoint.AddBytes("collector", writer =>
        {
            _replay!.Save(writer);
            _collector!.Save(writer);
        });
    }

    public void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadOptimiser(_actorOptimiser, "optimiser/actor");
        checkpoint.LoadOptimiser(_criticOptimiser, "optimiser/critic");
        checkpoint.LoadBytes("collector", reader =>
        {
            _replay!.Restore(reader);
            _collector!.Restore(reader);
        });
    }

    public IReadOnlyDictionary<string, double> EvaluateBetween(long updates) => _evaluation.Between(updates);

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) => _evaluation.Judge(episodes, progress);

    public BundleDefinition Bundle() => IntentionGraphs.Define(
        _options.Env, _environment.Observation, _environment.Actions, _tasks, _config, _replay!.SpreadObservations(64));

    public void Dispose()
    {
        _actorOptimiser.Dispose();
        _criticOptimiser.Dispose();
        Parameters.Dispose();
    }
}
