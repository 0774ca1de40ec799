using TorchSharp;
using TorchSharp.Modules;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Plan2Explore (Sekar et al. 2020): an explorer learns in imagination to go where an ensemble of one-step models disagrees, and plays; the
/// world model learns from what it meets, and no reward shapes either. Tasks are learnt in the model meanwhile or afterwards, without playing
/// (zero-shot), then with some more episodes, which rewards shape (few-shot). The stages of a run are <see cref="ExplorationStage"/>; actors
/// and critics are Dreamer V1's.
/// </summary>
public sealed class Plan2Explore : ITrainer
{
    /// <summary>Where the ensemble's parameters live.</summary>
    public const string EnsemblePath = "ensemble";

    /// <summary>Name of the exploration among the policies.</summary>
    public const string Exploring = "explore";

    private const string CuriosityPath = "curiosity";

    private readonly Plan2ExploreOptions _options;
    private readonly Experience _experience;
    private readonly LatentWorldConfig _worldConfig;
    private readonly LatentWorld<EagerTensor> _world;
    private readonly IIntrinsicReward? _intrinsic;
    private readonly DreamerBehaviour? _explorer;
    private readonly IReadOnlyList<ExploredTask> _tasks;
    private readonly FlatOptimiser _modelOptimiser, _rewardOptimiser;
    private readonly FlatOptimiser? _intrinsicOptimiser;
    private readonly ExplorationEvaluation _evaluation;
    private LatentAgent? _agent;
    private ExplorationStage _stage;

    public Plan2Explore(Plan2ExploreOptions options, Device device, IProgressReport? progress = null)
    {
        _ = ExploredTask.NamesOf(options);
        options.Check();
        _options = options;
        _experience = new(options, progress) { Coverage = StateCoverage.Of(options) };
        Parameters = new(options.Seed, device);
        _worldConfig = options.World(_experience.Observation, _experience.Actions.Size);
        _world = new(Parameters.Root[WorldSignature.World], _worldConfig);
        _tasks = ExploredTask.All(options, _world, _experience, Parameters);
        Parameter[] rewardHeads =
        [
            .. Parameters.Below($"{WorldSignature.World}/reward"),
            .. _tasks.SelectMany(task => Parameters.Below(ExploredTask.RewardPath(task.Name))),
        ];
        // Apart, so that not even the common norm of their gradients lets rewards reach the model.
        _rewardOptimiser = options.OptimiserOf(rewardHeads, options.ModelLearningRate);
        _modelOptimiser = WorldModelSetup.Optimiser(Parameters, options, rewardHeads);
        DisagreementReward? disagreement = null;
        if (options.Explorer != ExplorerKind.Random)
        {
            string path = options.Explorer == ExplorerKind.Plan2Explore ? EnsemblePath : CuriosityPath;
            _intrinsic = options.Explorer == ExplorerKind.Curiosity
                ? new PredictionErrorReward(Parameters.Root[path], _world, options)
                : disagreement = new(
                    Parameters.Root[path], _world, options.Ensemble(_worldConfig, _experience.Actions.Size), options.Target);
            _intrinsicOptimiser = options.OptimiserOf(Parameters.Below(path), options.EnsembleLearningRate);
            _explorer = new(options, _world, _experience.Actions, Parameters, PathOf(Exploring), _intrinsic.Of, rewardScale: 1);
        }
        _evaluation = new(options, _experience, _world, _worldConfig, _tasks, _explorer, disagreement, device);
        progress?.Say(options.Stages);
    }

    /// <summary>What the paths of a policy's actor and critic begin with.</summary>
    public static string PathOf(string policy) => $"policies/{policy}/";

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public IReadOnlyList<string> LearningRates => ["modelLearningRate", "actorLearningRate", "criticLearningRate", "ensembleLearningRate"];

    public long Frames => _experience.Frames;

    /// <summary>A control experiment ships nothing, and neither does a baseline.</summary>
    public bool Ships => !_options.IsControl;

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        _agent = new(
            _world, Dreamer.Playing(_world, _experience.Actions, feature => Player.Policy(feature), Parameters.Device), _options.Environments,
            _experience.Observation.Size, _experience.Actions.Size, Parameters.Device);
        if (_experience.Prepare(run, _agent, progress, stop) && _options.Standardize)
            WorldModelSetup.Standardise(Parameters, _experience.Statistics());
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        Dictionary<string, double>? figures = measure ? [] : null;
        _stage = _options.StageAt(update);
        bool modelLearns = _stage != ExplorationStage.Task, explores = _stage == ExplorationStage.Explore;
        bool tasksLearn = !explores || _options.TaskLearning == TaskLearning.Meanwhile;
        if (update == _options.ZeroShotUpdates)
            _evaluation.JudgeZeroShot();
        using (Timings.Of("collect"))
        {
            if (modelLearns)
                _experience.CollectBefore(update, figures, random: explores && _explorer is null);
        }
        using DisposeScope scope = NewDisposeScope();
        // All that is drawn is a function of seed and update.
        using Generator random = new Generator((ulong)(_options.Seed * 1_000_003 + update), Parameters.Device);
        Sequences sequences;
        using (Timings.Of("sample"))
            sequences = Sample(update);
        FilteredSequence<EagerTensor> filtered;
        using (Timings.Of("world model"))
            filtered = LearnModel(sequences, random, modelLearns, figures);
        using (Timings.Of("behaviour"))
        {
            if (explores && _explorer is not null)
                Learn(Exploring, _explorer);
            foreach (ExploredTask task in tasksLearn ? _tasks : [])
                Learn(task.Name, task.Behaviour);
        }
        // All gradients are of the parameters as they were: the steps come last.
        using (Timings.Of("optimisers"))
        {
            if (modelLearns)
            {
                _modelOptimiser.Step();
                _rewardOptimiser.Step();
                _intrinsicOptimiser?.Step();
            }
            if (explores)
                _explorer?.Step(figures: null);
            foreach (ExploredTask task in tasksLearn ? _tasks : [])
                task.Behaviour.Step(figures: null);
        }
        if (figures is not null)
            figures["stage"] = (int)_stage;
        return figures ?? Measured.None;

        void Learn(string name, DreamerBehaviour behaviour)
        {
            Dictionary<string, double>? own = figures is null ? null : [];
            _ = behaviour.Learn(update, filtered.States, sequences, random, own);
            foreach ((string figure, double value) in own ?? [])
                figures![$"{name}_{figure}"] = value;
        }
    }

    private Sequences Sample(long update)
    {
        Sequences sequences = _experience.Sample(update, Parameters.Device);
        return _options.ShuffleRewards ? sequences with { Rewards = sequences.Rewards.roll([1], [1]) } : sequences;
    }

    /// <summary>
    /// Filters sequences and, where the model learns, takes the gradients of the losses of the world, of all tasks' rewards and of what is
    /// explored for. Rewards shape the world's states in the adaptation alone, and what is explored for never does.
    /// </summary>
    private FilteredSequence<EagerTensor> LearnModel(
        Sequences sequences, Generator random, bool learns, Dictionary<string, double>? figures)
    {
        using IDisposable? frozen = learns ? null : no_grad();
        EagerTensor observed = _world.Scale.Forward(sequences.Observations);                            // (T, B, O)
        FilteredSequence<EagerTensor> filtered = _world.Dynamics.ObserveSequence(
            sequences.ToFilter(_world.Dynamics, _world.Embed(observed), random));
        if (!learns)
            return filtered;
        Losses losses = Dreamer.WorldModelLosses(
            _world, sequences, observed, filtered, _options.Gamma, _options.Reconstruct, rewarded: _stage == ExplorationStage.Adapt);
        Dictionary<string, double> scales = new(_options.LossScales());
        Tensor feature = _world.Dynamics.FeatureOf(filtered.States).Value.detach();                     // (T, B, F)
        foreach (ExploredTask task in _tasks)
        {
            if (task.RewardLoss(feature, sequences) is not { } loss)
                continue;
            losses.Add($"reward_{task.Name}", loss);
            scales[$"reward_{task.Name}"] = _options.RewardLossScale;
        }
        if (_intrinsic is not null)
        {
            losses.Add("intrinsic", _intrinsic.Loss(filtered, sequences, observed, random));
            scales["intrinsic"] = 1;
        }
        FlatOptimiser[] optimisers = _intrinsicOptimiser is null
            ? [_modelOptimiser, _rewardOptimiser] : [_modelOptimiser, _rewardOptimiser, _intrinsicOptimiser];
        foreach (FlatOptimiser optimiser in optimisers)
            optimiser.ZeroGradients();
        losses.Total(scales).backward();
        double[] norms = [.. optimisers.Select(_options.Clip)];
        if (figures is null)
            return filtered;
        Measured.Write(filtered.Figures, figures);
        losses.WriteTo(figures, except: filtered.Losses.Keys);
        figures["model_gradient_norm"] = norms[0];
        return filtered;
    }

    public void Save(Checkpoint checkpoint)
    {
        _experience.Save(checkpoint);
        checkpoint.AddOptimiser(_modelOptimiser, "optimiser/model");
        checkpoint.AddOptimiser(_rewardOptimiser, "optimiser/reward");
        if (_intrinsicOptimiser is not null)
            checkpoint.AddOptimiser(_intrinsicOptimiser, "optimiser/intrinsic");
        _evaluation.Save(checkpoint);
        _explorer?.Save(checkpoint);
        foreach (ExploredTask task in _tasks)
            task.Behaviour.Save(checkpoint);
    }

    public void Load(Checkpoint checkpoint)
    {
        _experience.Load(checkpoint);
        checkpoint.LoadOptimiser(_modelOptimiser, "optimiser/model");
        checkpoint.LoadOptimiser(_rewardOptimiser, "optimiser/reward");
        if (_intrinsicOptimiser is not null)
            checkpoint.LoadOptimiser(_intrinsicOptimiser, "optimiser/intrinsic");
        _evaluation.Load(checkpoint);
        _explorer?.Load(checkpoint);
        foreach (ExploredTask task in _tasks)
            task.Behaviour.Load(checkpoint);
    }

    public IReadOnlyDictionary<string, double> EvaluateBetween(long updates) => _evaluation.Between(updates);

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) => _evaluation.Judge(episodes, progress);

    public BundleDefinition Bundle() => Plan2ExploreGraphs.Define(
        _options, _experience.Signature(_world, _worldConfig), _options.Actor(_world.Dynamics.Feature, _experience.Actions),
        _options.Ensemble(_worldConfig, _experience.Actions.Size), _experience.StartObservations(), _evaluation.NoveltyThreshold);

    public void Dispose()
    {
        _agent?.Dispose();
        _modelOptimiser.Dispose();
        _rewardOptimiser.Dispose();
        _intrinsicOptimiser?.Dispose();
        _explorer?.Dispose();
        foreach (ExploredTask task in _tasks)
            task.Dispose();
        Parameters.Dispose();
    }

    /// <summary>Who plays now.</summary>
    private DreamerBehaviour Player =>
        _stage == ExplorationStage.Explore && _explorer is not null ? _explorer : _tasks[0].Behaviour;
}
