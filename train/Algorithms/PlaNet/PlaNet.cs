using TorchSharp;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// PlaNet (Hafner et al. 2019, algorithm 1): nothing but the world model learns; every action is planned in it by the cross-entropy method.
/// </summary>
public sealed class PlaNet : ITrainer
{
    private readonly PlaNetOptions _options;
    private readonly Experience _experience;
    private readonly LatentWorldConfig _worldConfig;
    private readonly LatentWorld<EagerTensor> _world;
    private readonly LatentPlanner _planner;
    private readonly FlatOptimiser _optimiser;
    private readonly LatentEvaluation _evaluation;
    private LatentAgent? _agent;

    public PlaNet(PlaNetOptions options, Device device, IProgressReport? progress = null)
    {
        _options = options;
        _experience = new(options, progress);
        if (_experience.Actions.Discrete)
        {
            throw new UserException(
                $"PlaNet plans continuous actions; those of {_experience.RecordedIn} are discrete. Train dreamer on it instead.");
        }

        if (options.Elites > options.Candidates)
            throw new UserException($"elites={options.Elites} are to be chosen among candidates={options.Candidates}; lower elites.");
        if (options.PredictContinue)
        {
            throw new UserException(
                "PlaNet plans a fixed number of steps and asks nobody whether the episode goes on: leave predictContinue away.");
        }

        Parameters = new(options.Seed, device);
        _worldConfig = options.World(_experience.Observation, _experience.Actions.Size);
        _world = new(Parameters.Root[WorldSignature.World], _worldConfig);
        _planner = new(_world, options.Planner, _experience.Actions.Size, device);
        _optimiser = WorldModelSetup.Optimiser(Parameters, options);
        _evaluation = new(options, _experience, _world, _worldConfig, device, MakeAgent) { SideBySide = 10, EpisodesBetweenUpdates = 2 };
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public IReadOnlyList<string> LearningRates => ["modelLearningRate"];

    public bool FramesAreEnvironmentSteps => _experience.Collects;

    public long Frames => _experience.Frames;

    /// <summary>A control experiment ships nothing.</summary>
    public bool Ships => !(_options.BlindReward || _options.ShuffleActions);

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        _agent = _experience.Collects ? MakeAgent(_options.Environments, greedy: false) : null;
        if (_experience.Prepare(run, _agent, progress, stop) && _options.Standardize)
            WorldModelSetup.Standardise(Parameters, _experience.Statistics());
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        Dictionary<string, double>? figures = measure ? [] : null;
        using (Timings.Of("collect"))
            _experience.CollectBefore(update, figures);
        using (DisposeScope scope = NewDisposeScope())
        {
            // All that is drawn is a function of seed and update.
            using Generator random = new Generator((ulong)(_options.Seed * 1_000_003 + update), Parameters.Device);
            Sequences sequences;
            using (Timings.Of("sample"))
                sequences = _experience.Sample(update, Parameters.Device);
            using (Timings.Of("world model"))
                Learn(sequences, random, figures);
            using (Timings.Of("optimisers"))
                _optimiser.Step();
        }
        return figures ?? Measured.None;
    }

    /// <summary>
    /// Filters sequences and takes the gradient of the loss (eq. 3; eq. 7 with overshooting): the dynamics' own, and the log likelihood of
    /// what was observed and of the rewards.
    /// </summary>
    private void Learn(Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        EagerTensor observed = _world.Scale.Forward(sequences.Observations);                         // (T, B, O)
        FilteredSequence<EagerTensor> filtered = _world.Dynamics.ObserveSequence(
            sequences.ToFilter(_world.Dynamics, _world.Embed(observed), random));
        EagerTensor feature = _world.Dynamics.FeatureOf(filtered.States);                               // (T, B, F)
        Losses losses = new Losses
        {
            filtered.Losses,
            WorldModelSetup.ObservationLosses(_world, feature, observed),
            { "reward", -_world.Reward(feature.Value.flatten(0, 1)).LogProb(sequences.Rewards.reshape(-1)).Value.mean() },
        };
        Tensor total = losses.Total(_options.LossScales());
        _optimiser.ZeroGradients();
        total.backward();
        double norm = _options.Clip(_optimiser);
        if (figures is null)
            return;
        figures["loss"] = total.item<float>();
        Measured.Write(filtered.Figures, figures);
        losses.WriteTo(figures, except: filtered.Losses.Keys);
        figures["model_gradient_norm"] = norm;
    }

    public void Save(Checkpoint checkpoint)
    {
        _experience.Save(checkpoint);
        checkpoint.AddOptimiser(_optimiser, "optimiser/model");
    }

    public void Load(Checkpoint checkpoint)
    {
        _experience.Load(checkpoint);
        checkpoint.LoadOptimiser(_optimiser, "optimiser/model");
    }

    public IReadOnlyDictionary<string, double> EvaluateBetween(long updates) => _evaluation.Between(updates);

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) => _evaluation.Judge(episodes, progress);

    public BundleDefinition Bundle()
    {
        WorldSignature signature = _experience.Signature(_world, _worldConfig);
        return new()
        {
            Algorithm = "planet",
            Environment = _experience.RecordedIn,
            Observation = signature.Observation,
            Action = signature.Actions.Space,
            Limits = ["It has no policy: Planner searches for each action, which takes milliseconds or more.", .. _options.Limits],
            ActionRepeat = _options.ActionRepeat,
            Starts = _experience.StartObservations(),
            Graphs = new Dictionary<string, IGraphDefinition>(WorldGraphs.Of(signature)),
            Planner = _options.Planner,
        };
    }

    public void Dispose()
    {
        _agent?.Dispose();
        _optimiser.Dispose();
        Parameters.Dispose();
    }

    private LatentAgent MakeAgent(int rows, bool greedy) =>
        new(_world, Act, rows, _experience.Observation.Size, _experience.Actions.Size, Parameters.Device) { Greedy = greedy };

    /// <summary>Acting is planning; the search draws, greedy or not.</summary>
    private void Act(State<EagerTensor> state, ulong seed, long step, bool greedy, Span<float> vectors) =>
        _planner.Plan(state, seed, step, vectors);
}
