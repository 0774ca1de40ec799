using TorchSharp.Modules;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentDynamics;

/// <summary>
/// Learning in the latent space of a recurrent state-space model (Hafner et al. 2019 and 2020): collect, sample sequences, learn the world
/// model; what acts in it, and what it learns from the posteriors, derived classes say. Without an environment it learns from a dataset.
/// </summary>
public abstract class LatentTrainer : Trainer
{
    private const string Statistics = $"{LatentSignature.World}/{LatentWorldConfig.Statistics}";
    private const int KeepBack = 10;            // every tenth episode of a dataset is never trained on
    private const int RandomEpisodes = 100;     // cheap, and the floor of every comparison

    private readonly LatentOptions _options;
    private readonly AgentEnvironment? _games;
    private readonly SequenceBatch _batch;
    private WorldModelLearner? _learner;
    private ReplayBuffer? _replay;
    private LatentAgent? _agent;
    private Collector? _collector;
    private IReadOnlyList<Episode> _heldOut = [];
    private long _prefilled;        // random actions of each row

    protected LatentTrainer(LatentOptions options, Unary activation, GruForm gru, Device device)
    {
        _options = options;
        if (options.Dataset.Length > 0)
        {
            DatasetSpec spec = Dataset.ReadSpec(options.Dataset);
            RecordedIn = Plays ? options.Env : spec.Environment;
            (Actions, Observation) = Plays
                ? Same(spec)
                : (new(spec.Action), new() { Shape = [spec.Observation], Low = float.MinValue, High = float.MaxValue });
        }
        else
        {
            RecordedIn = options.Env;
            _games = AgentEnvironment.Make(options.Env, options.Environments, options.ActionRepeat);
            (Actions, Observation) = (_games.Actions, _games.Observation);
        }
        Config = new()
        {
            Rssm = new()
            {
                Deterministic = options.Deterministic, Stochastic = options.Stochastic, Hidden = options.Hidden,
                Embedding = options.Embedding, Actions = Actions.Size, Gru = gru, Activation = activation,
            },
            Observation = Observation.Size,
            Encoder = new(options.EncoderLayers, options.EncoderUnits),
            Decoder = new(options.EncoderLayers, options.EncoderUnits),
            Reward = new(options.RewardLayers, options.HeadUnits),
            Continue = options.PredictContinue ? new(3, options.HeadUnits) : null,
            Activation = activation,
        };
        Parameters = new EagerParameters(options.Seed, device);
        Model = new(Parameters.Root[LatentSignature.World], Config);
        _batch = new(options.Length, options.Batch, Observation.Size, Actions.Size);
    }

    public override TrainOptions Options => _options;
    public override EagerParameters Parameters { get; }

    /// <summary>The actions and how networks see them.</summary>
    protected ActionVectors Actions { get; }

    /// <summary>The environment that it learns of.</summary>
    protected string RecordedIn { get; }

    /// <summary>One observation.</summary>
    protected ObservationSpec Observation { get; }

    /// <summary>Sizes of the world model.</summary>
    public LatentWorldConfig Config { get; }

    /// <summary>The world model.</summary>
    protected LatentWorld<EagerTensor> Model { get; }

    /// <summary>The tensors by which the world ships.</summary>
    protected LatentSignature Signature => new(Config, Observation, Actions, _options.RewardScale, _options.Gamma);

    /// <summary>How the agent acts.</summary>
    protected abstract LatentPolicy Policy { get; }

    public override bool FramesAreEnvironmentSteps => _games is not null;

    public override IReadOnlyList<string> LearningRates => ["modelLearningRate"];

    /// <summary>What nobody should expect of any of them.</summary>
    protected IReadOnlyList<string> Limits =>
    [
        .. _options.Deterministic < 200
            ? ["A small world learnt from vectors in minutes; the published results are of images, larger networks and a hundred times the "
                + "experience, and no measure for it."]
            : Array.Empty<string>(),
        "Where its experience did not go, its dreams are guesses.",
    ];

    /// <summary>A control experiment ships nothing.</summary>
    public override bool Ships => !(_options.BlindReward || _options.ShuffleActions);

    /// <summary>Whether there is an environment to be judged in.</summary>
    private bool Plays => _options.Env != DatasetSpec.NoEnvironment;

    /// <summary>Episodes of an evaluation on the way.</summary>
    protected virtual int EvaluationOnTheWay => 5;

    /// <summary>Most episodes played side by side.</summary>
    protected virtual int SideBySide => 50;

    /// <summary>
    /// Learns from the posteriors of an update, before the world model takes its step; the steps of what it learnt are taken after that,
    /// when the returned action runs: all gradients are of the same parameters.
    /// </summary>
    protected virtual Action? Learn(
        Posteriors posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures) => null;

    /// <summary>Environment steps taken when so many updates are done; of a dataset, records learnt from.</summary>
    public override long Frames(long updates)
    {
        if (_games is null)
            return updates * _options.Batch * _options.Length;
        long collections = updates <= _options.Pretrain ? 0 : 1 + (updates - 1 - _options.Pretrain) / _options.CollectEvery;
        long rows = _options.Environments;
        long Rounded(long steps) => (steps + rows - 1) / rows * rows;
        return (_prefilled * rows + collections * Rounded(_options.CollectSteps)) * _options.ActionRepeat;
    }

    public override void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        _learner = new(Model, Config.Rssm, _options, Parameters);
        bool fresh = !File.Exists(run.CheckpointPath);
        if (_games is null)
        {
            _replay = new(Observation.Shape, Actions, _options.Capacity, folder: null);
            _heldOut = _replay.AddAll(_options.Dataset, KeepBack, progress);
            if (_replay.Forgotten > 0)
                progress.Say($"The first {_replay.Forgotten} episodes are beyond capacity={_options.Capacity} records, and left out.");
            if (fresh)
                Begin(progress);
            return;
        }
        if (fresh && Directory.Exists(run.ReplayPath))
            Directory.Delete(run.ReplayPath, recursive: true);
        Directory.CreateDirectory(run.ReplayPath);
        Dataset.WriteSpec(run.ReplayPath, new()
        {
            Environment = _options.Env, Observation = Observation.Size, Action = Actions.Space, ActionRepeat = _options.ActionRepeat,
        });
        _replay = new(Observation.Shape, Actions, _options.Capacity, run.ReplayPath);
        _agent = Sit(_games.Count, greedy: false);
        _collector = new(_games, _agent, _replay, _options);
        if (!fresh)
            return;
        using IProgressTask task = progress.Start("random actions", _options.Prefill);
        _collector.Begin();
        _collector.Collect(_options.Prefill, random: true, stop, done => task.Report(done, $"{_replay.Count} episodes"));
        while (_replay.Count == 0 && !stop.IsCancellationRequested)
            _collector.Collect(_games.Count, random: true);     // there has to be an episode to learn from
        _prefilled = _collector.Steps;
        if (_replay.Count > 0)
            Begin(progress);
    }

    public override IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        long since = update - _options.Pretrain;
        if (_collector is not null && since >= 0 && since % _options.CollectEvery == 0)
            using (Timings.Of("collect"))
                _collector.Collect(_options.CollectSteps, random: false);
        Dictionary<string, double>? figures = measure ? [] : null;
        if (figures is not null && _collector?.MeanReturn is { } mean)
            figures["return"] = mean;
        using (var scope = NewDisposeScope())
        {
            // All that is drawn is a function of seed and update.
            using var random = new Generator((ulong)(_options.Seed * 1_000_003 + update), Parameters.Device);
            using (Timings.Of("sample"))
                _replay!.Sample(_batch, (ulong)_options.Seed, update);
            Sequences sequences = Sequences.From(_batch, _options, Observation.Size, Actions.Size, Parameters.Device);
            Posteriors posteriors;
            using (Timings.Of("world model"))
                posteriors = _learner!.Differentiate(sequences, random, figures);
            Action? steps;
            using (Timings.Of("behaviour"))
                steps = Learn(posteriors, sequences, random, figures);
            using (Timings.Of("optimisers"))
            {
                _learner.Step();
                steps?.Invoke();
            }
        }
        if (figures is not null && Plays && EvaluationIsDue(update + 1))
            figures["return_evaluation"] = Play(EvaluationOnTheWay, (ulong)_options.Seed + 2_000_003, greedy: true, null).Mean;
        return figures ?? Unmeasured;
    }

    public override void Save(Checkpoint checkpoint)
    {
        checkpoint.AddOptimiser(_learner!.Optimiser, "optimiser/model");
        if (_collector is not null)
            checkpoint.AddBytes("collector", writer =>
            {
                writer.Write(_prefilled);
                _replay!.Save(writer);
                _collector.Save(writer);
            });
    }

    public override void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadOptimiser(_learner!.Optimiser, "optimiser/model");
        if (_collector is not null)
            checkpoint.LoadBytes("collector", reader =>
            {
                _prefilled = reader.ReadInt64();
                _replay!.Restore(reader);
                _collector.Restore(reader);
            });
    }

    public override IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress)
    {
        Dictionary<string, double> figures = Plays ? Evaluation.Figures(Judge(episodes, progress), episodes) : [];
        foreach ((string name, double value) in OpenLoop.Judge(
            Model, Config, HeldOut(), Actions, _options.RewardScale, Parameters.Device))
            figures[name] = value;
        return figures;
    }

    public override void Dispose()
    {
        _agent?.Dispose();
        _learner?.Dispose();
        base.Dispose();
    }

    /// <summary>Observations to start dreams and reference inputs from, (N, O): every so many of what was recorded.</summary>
    protected float[] StartObservations() => _replay!.SpreadObservations(64);

    /// <summary>Returns of whole episodes never trained on, by the way of playing.</summary>
    private IEnumerable<(string Name, ReturnSample Returns)> Judge(int episodes, IProgressReport progress)
    {
        ulong seed = (ulong)_options.Seed + 1_000_003;
        using (IProgressTask task = progress.Start("playing greedily", episodes))
            yield return ("greedy", Play(episodes, seed, greedy: true, task));
        using (IProgressTask task = progress.Start("playing", episodes))
            yield return ("sampled", Play(episodes, seed, greedy: false, task));
        AgentEnvironment games = AgentEnvironment.Make(_options.Env, Math.Min(SideBySide, episodes), _options.ActionRepeat);
        yield return ("random", games.PlayRandom(Math.Max(episodes, RandomEpisodes), seed));
    }

    private ReturnSample Play(int episodes, ulong seed, bool greedy, IProgressTask? task)
    {
        AgentEnvironment games = AgentEnvironment.Make(_options.Env, Math.Min(SideBySide, episodes), _options.ActionRepeat);
        using LatentAgent agent = Sit(games.Count, greedy);
        return games.Play(episodes, seed, (step, observations, first, vectors) => agent.Act(seed, step, observations, first, vectors),
            done => task?.Report(done, ""));
    }

    private LatentAgent Sit(int rows, bool greedy) =>
        new(Model, Config.Rssm, Policy, rows, Observation.Size, Parameters.Device) { Greedy = greedy };

    /// <summary>Episodes that the model has not learnt from: kept back of a dataset, or else played now as in training.</summary>
    private IReadOnlyCollection<Episode> HeldOut()
    {
        if (_games is null)
            return _heldOut;
        LatentOptions options = _options with { Seed = _options.Seed + 3_000_017 };
        AgentEnvironment games = AgentEnvironment.Make(options.Env, count: 10, options.ActionRepeat);
        var replay = new ReplayBuffer(Observation.Shape, Actions, long.MaxValue, folder: null);
        using LatentAgent agent = Sit(games.Count, greedy: false);
        var collector = new Collector(games, agent, replay, options);
        collector.Begin();
        while (replay.Count < games.Count)
            collector.Collect(games.Count, random: false);
        return replay.Episodes;
    }

    /// <summary>
    /// Takes what a run keeps from its first episodes: how observations are measured, where numbers that never change stay as they are.
    /// </summary>
    private void Begin(IProgressReport progress)
    {
        if (!_options.PredictContinue && _replay!.Episodes.Any(episode => episode.Discounts.Contains(0)))
            progress.Say("Episodes terminate here, and this run does not learn when (see the option predictContinue).");
        if (!_options.Standardize)
            return;
        (float[] mean, float[] std) = _replay!.Statistics();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Parameters.All[$"{Statistics}/{Standardizer<EagerTensor>.MeanName}"].copy_(tensor(mean));
        Parameters.All[$"{Statistics}/{Standardizer<EagerTensor>.StdName}"].copy_(tensor(
            [.. std.Select(value => value < 1e-6f ? 1 : value)]));
    }

    /// <summary>Whether an evaluation on the way falls into the updates since the line of metrics before.</summary>
    private bool EvaluationIsDue(long updates) => _options.EvaluateEvery > 0 && updates % _options.LogEvery == 0
        && updates / _options.EvaluateEvery > (updates - _options.LogEvery) / _options.EvaluateEvery;

    /// <summary>The spaces of the environment that a dataset is to be judged in, which has to be the one it was recorded in.</summary>
    private (ActionVectors, ObservationSpec) Same(DatasetSpec spec)
    {
        AgentEnvironment games = AgentEnvironment.Make(_options.Env, 1, _options.ActionRepeat);
        ActionSpec there = games.Actions.Space, here = spec.Action;
        bool sameActions = there.Kind == here.Kind && (spec.IsInferred
            ? there.Size == here.Size && here.Count.GetValueOrDefault() <= there.Count.GetValueOrDefault()
            : (there.Size, there.Count, there.Low, there.High) == (here.Size, here.Count, here.Low, here.High));
        if (games.Observation.Size != spec.Observation || !sameActions)
            throw new UserException(
                $"{_options.Dataset} was not recorded in {_options.Env}: observations of {spec.Observation} numbers and "
                + $"actions {ModelCard.Describe(here)} there, {games.Observation.Size} and {ModelCard.Describe(there)} here. Name another "
                + "environment, or leave --env away to evaluate without one.");
        return (games.Actions, games.Observation);
    }
}
