using TorchSharp;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Dreamer (Hafner et al. 2020, algorithm 1; 2021; 2025): a world model learns from experience; an actor and a critic learn from
/// trajectories imagined in it. How these learn is the <see cref="IBehaviour"/> of the version: <see cref="DreamerBehaviour"/> of V1, <see
/// cref="DreamerV2Behaviour"/> of V2, <see cref="DreamerV3Behaviour"/> of V3; what else differs are sizes, heads and losses of the world,
/// in the options. With a transformer for a world (<see cref="TransformerOptions"/>) it is the loop of TWM (Robine et al. 2023) and of the
/// Simple World example, whose behaviours are <see cref="AdvantageBehaviour"/> and <see cref="GradientBehaviour"/>.
/// </summary>
public sealed class Dreamer : ITrainer
{
    /// <summary>Where the actor's parameters live.</summary>
    public const string ActorPath = "actor";

    /// <summary>Where the critic's parameters live.</summary>
    public const string CriticPath = "critic";

    private static readonly uint ActStream = Philox.Stream(WorldSignature.ActStream);

    private readonly DreamerOptions _options;
    private readonly Experience _experience;
    private readonly LatentWorldConfig _worldConfig;
    private readonly LatentWorld<EagerTensor> _world;
    private readonly IBehaviour _behaviour;
    private readonly FlatOptimiser _modelOptimiser;
    private readonly LatentEvaluation _evaluation;
    private LatentAgent? _agent;

    public Dreamer(DreamerOptions options, Device device, IProgressReport? progress = null)
    {
        _options = options;
        _experience = new(options, progress);
        Parameters = new(options.Seed, device);
        _worldConfig = options.World(_experience.Observation, _experience.Actions.Size);
        _world = new(Parameters.Root[WorldSignature.World], _worldConfig);
        _behaviour = options.Behaviour(_world, _experience.Actions, Parameters);
        _modelOptimiser = WorldModelSetup.Optimiser(Parameters, options);
        _evaluation = new(options, _experience, _world, _worldConfig, device, MakeAgent) { OfWorldAlone = options.LearnsWorldAlone };
    }

    public TrainOptions Options => _options;

    /// <summary>What its networks were made with that its options alone do not decide, by option; its checkpoints keep it.</summary>
    public IReadOnlyDictionary<string, string> Settled { get; init; } = new Dictionary<string, string>();

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public IReadOnlyList<string> LearningRates => ["modelLearningRate", "actorLearningRate", "criticLearningRate"];

    public bool FramesAreEnvironmentSteps => _experience.Collects;

    public long Frames => _experience.Frames;

    /// <summary>A control experiment ships nothing.</summary>
    public bool Ships => !_options.IsControl;

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
        {
            if (!_options.LearnsWorldAlone)
                _experience.CollectBefore(update, figures);
        }
        using (DisposeScope scope = NewDisposeScope())
        {
            // All that is drawn is a function of seed and update.
            using Generator random = new Generator((ulong)(_options.Seed * 1_000_003 + update), Parameters.Device);
            Sequences sequences;
            using (Timings.Of("sample"))
                sequences = _experience.Sample(update, Parameters.Device);
            (FilteredSequence<EagerTensor> filtered, Losses losses) = Observe(sequences, random);
            if (_options.WorldStepsFirst)
                StepWorldModel(filtered, losses, figures);
            bool behaves = update >= _options.BehaviourAfter && !_options.LearnsWorldAlone;
            using (Timings.Of("behaviour"))
            {
                if (behaves)
                    losses.Add(_behaviour.Learn(update, filtered.States, sequences, random, figures));
            }
            // Otherwise all gradients are of the parameters as they were: the steps come last.
            if (!_options.WorldStepsFirst)
                StepWorldModel(filtered, losses, figures);
            using (Timings.Of("optimisers"))
            {
                if (behaves)
                    _behaviour.Step(figures);
            }
        }
        return figures ?? Measured.None;
    }

    /// <summary>Filters sequences, and computes the world model's losses.</summary>
    private (FilteredSequence<EagerTensor> Filtered, Losses Losses) Observe(Sequences sequences, Generator random)
    {
        using Timings.Part timing = Timings.Of("world model");
        EagerTensor observed = _world.Scale.Forward(sequences.Observations);                            // (T, B, O)
        FilteredSequence<EagerTensor> filtered = _world.Dynamics.ObserveSequence(
            sequences.ToFilter(_world.Dynamics, _world.Embed(observed), random));
        return (filtered, WorldModelLosses(_world, sequences, observed, filtered, _options.Gamma, _options.Reconstruct));
    }

    /// <summary>A step along the gradient of the world model's losses.</summary>
    private void StepWorldModel(FilteredSequence<EagerTensor> filtered, Losses losses, Dictionary<string, double>? figures)
    {
        double norm;
        Tensor total = losses.Total(_options.LossScales());
        using (Timings.Of("world model"))
        {
            _modelOptimiser.ZeroGradients();
            total.backward();
            norm = _options.Clip(_modelOptimiser);
        }
        using (Timings.Of("optimisers"))
        {
            _modelOptimiser.Step();
            _modelOptimiser.Decay(_options.WeightDecay);
        }
        if (figures is null)
            return;
        figures["loss"] = total.item<float>();
        Measured.Write(filtered.Figures, figures);
        losses.WriteTo(figures, except: filtered.Losses.Keys);
        figures["model_gradient_norm"] = norm;
    }

    /// <summary>
    /// The world model's losses (eq. 10; appendix A), means over T x B: its dynamics' own, and the negative log likelihood of what was
    /// observed, of the rewards, and of the episode going on.
    /// </summary>
    /// <param name="world">The world model.</param>
    /// <param name="sequences">What was recorded.</param>
    /// <param name="observed">Its observations, scaled, (T, B, O).</param>
    /// <param name="filtered">What the dynamics made of it.</param>
    /// <param name="gamma">Discount.</param>
    /// <param name="reconstruct">Whether observing shapes the states; if not, the decoder alone learns from it.</param>
    /// <param name="rewarded">Whether rewards shape the states; if not, the reward head alone learns from them.</param>
    public static Losses WorldModelLosses(
        LatentWorld<EagerTensor> world, Sequences sequences, EagerTensor observed, FilteredSequence<EagerTensor> filtered, double gamma,
        bool reconstruct = true, bool rewarded = true)
    {
        EagerTensor feature = world.Dynamics.FeatureOf(filtered.States);                                // (T, B, F)
        EagerTensor flat = feature.Value.flatten(0, 1);                                                 // (T B, F)
        Losses losses = new Losses
        {
            filtered.Losses,
            WorldModelSetup.ObservationLosses(world, reconstruct ? feature : feature.Detach(), observed),
            { "reward", -Mean(world.Reward(rewarded ? flat : flat.Detach()).LogProb(sequences.Rewards.reshape(-1)).Value) },
        };
        if (world.HasContinue)      // A soft label carries the discount (Dreamer V1's pcont).
            losses.Add("continue", -Mean(world.Continue(flat).LogProb(gamma * sequences.Continues.reshape(-1)).Value));
        return losses;

        Tensor Mean(Tensor values)
        {
            if (!world.Dynamics.NeedsPast)
                return values.mean();
            Tensor counts = sequences.Foretold.reshape(-1);
            return (values * counts).sum() / counts.sum().clamp_min(1);
        }
    }

    /// <summary>States to imagine from: posteriors, all or a random share, through which no gradient flows.</summary>
    /// <param name="posteriors">(T, B, ...).</param>
    /// <param name="sequences">Where they came from.</param>
    /// <param name="most">How many; 0: all.</param>
    /// <param name="avoidEnds">Whether an episode's end, which nothing follows, is left out.</param>
    /// <param name="random">What draws them.</param>
    /// <returns>(N, ...).</returns>
    public static State<EagerTensor> Starts(
        State<EagerTensor> posteriors, Sequences sequences, int most, bool avoidEnds, Generator random)
    {
        State<EagerTensor> all = posteriors.Map(value => value.Value.detach().flatten(0, 1));               // (T B, ...)
        if (most == 0 && !avoidEnds)
            return all;
        Tensor continues = sequences.Continues.reshape(-1);                                                 // (T B)
        // A random order, in which ends come last.
        Tensor order = (rand(continues.shape, generator: random, device: continues.device) * continues).argsort(descending: true);
        long available = avoidEnds ? sequences.NotEnded : continues.numel();
        Tensor chosen = order.slice(0, 0, most == 0 ? available : Math.Min(most, available), 1);
        return all.Map(value => value.Value.index_select(0, chosen));
    }

    public void Save(Checkpoint checkpoint)
    {
        _experience.Save(checkpoint);
        checkpoint.AddOptimiser(_modelOptimiser, "optimiser/model");
        _behaviour.Save(checkpoint);
        foreach ((string option, string value) in Settled)
            checkpoint.Set(option, value);
    }

    public void Load(Checkpoint checkpoint)
    {
        _experience.Load(checkpoint);
        checkpoint.LoadOptimiser(_modelOptimiser, "optimiser/model");
        _behaviour.Load(checkpoint);
    }

    public IReadOnlyDictionary<string, double> EvaluateBetween(long updates) => _evaluation.Between(updates);

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) => _evaluation.Judge(episodes, progress);

    public BundleDefinition Bundle() =>
        DreamerGraphs.Define(
            _experience.RecordedIn, _experience.Signature(_world, _worldConfig),
            _options.Actor(_world.Dynamics.Feature, _experience.Actions), _options.Critic(), _experience.StartObservations())
        with
        {
            Algorithm = _options.Algorithm,
            ActionRepeat = _options.ActionRepeat,
            Limits = _options.Limits,
        };

    public void Dispose()
    {
        _agent?.Dispose();
        _modelOptimiser.Dispose();
        _behaviour.Dispose();
        Parameters.Dispose();
    }

    private LatentAgent MakeAgent(int rows, bool greedy) =>
        new(_world, Playing(_world, _experience.Actions, _behaviour.Policy, Parameters.Device), rows, _experience.Observation.Size,
            _experience.Actions.Size, Parameters.Device)
        { Greedy = greedy };

    /// <summary>A policy at play: acts on latent states (B, ...) of a world by a distribution for their features (B, F).</summary>
    internal static LatentPolicy Playing(
        LatentWorld<EagerTensor> world, ActionVectors actions, Func<EagerTensor, IDistribution<EagerTensor>> policy, Device device) =>
        (state, seed, step, greedy, vectors) =>
        {
            int rows = vectors.Length / actions.Size;
            float[] noise = new float[vectors.Length];
            if (!greedy)
                NoiseDraws.Fill(actions.Noise, seed, step, ActStream, noise, rows);
            IDistribution<EagerTensor> distribution = policy(world.Dynamics.FeatureOf(state));
            Tensor action = distribution.Sample(tensor(noise, [rows, actions.Size]).On(device)).Value;
            action.clamp(-1, 1).cpu().contiguous().data<float>().ToArray().CopyTo(vectors);
        };
}
