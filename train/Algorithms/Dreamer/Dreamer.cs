using TorchSharp;
using TorchSharp.Modules;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Dreamer V1 (Hafner et al. 2020, algorithm 1): a world model learns from experience; an actor learns from trajectories imagined in it, by
/// gradients that flow back through the learned dynamics; a critic sees beyond their horizon.
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
    private readonly ActorConfig _actorConfig;
    private readonly Actor<EagerTensor> _actor;
    private readonly MlpConfig _criticConfig;
    private readonly Critic<EagerTensor> _critic;
    private readonly Parameter[] _actorParameters, _criticParameters;
    private readonly FlatOptimiser _modelOptimiser, _actorOptimiser, _criticOptimiser;
    private readonly LatentEvaluation _evaluation;
    private LatentAgent? _agent;

    public Dreamer(DreamerOptions options, Device device, IProgressReport? progress = null)
    {
        _options = options;
        _experience = new(options, progress);
        Parameters = new(options.Seed, device);
        _worldConfig = options.World(_experience.Observation, _experience.Actions.Size);
        _world = new(Parameters.Root[WorldSignature.World], _worldConfig);
        _actorConfig = options.Actor(_world.Dynamics.Feature, _experience.Actions);
        _criticConfig = options.Critic();
        _actor = new(Parameters.Root[ActorPath], _actorConfig);
        _critic = new(Parameters.Root[CriticPath], _world.Dynamics.Feature, _criticConfig, Unary.Elu);
        _actorParameters = Parameters.Below(ActorPath);
        _criticParameters = Parameters.Below(CriticPath);
        _modelOptimiser = WorldModelSetup.Optimiser(Parameters, options);
        _actorOptimiser = new(_actorParameters, whole => optim.Adam(whole, options.ActorLearningRate, eps: options.AdamEpsilon));
        _criticOptimiser = new(_criticParameters, whole => optim.Adam(whole, options.CriticLearningRate, eps: options.AdamEpsilon));
        _evaluation = new(options, _experience, _world, _worldConfig, device, MakeAgent);
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public IReadOnlyList<string> LearningRates => ["modelLearningRate", "actorLearningRate", "criticLearningRate"];

    public bool FramesAreEnvironmentSteps => _experience.Collects;

    public long Frames => _experience.Frames;

    /// <summary>A control experiment ships nothing.</summary>
    public bool Ships => !(_options.BlindReward || _options.ShuffleActions || _options.FreezeActor);

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
            State<EagerTensor> posteriors;
            using (Timings.Of("world model"))
                posteriors = LearnWorldModel(sequences, random, figures);
            using (Timings.Of("behaviour"))
                LearnBehaviour(posteriors, sequences, random, figures);
            // All gradients are of the parameters as they were: the steps come last.
            using (Timings.Of("optimisers"))
            {
                _modelOptimiser.Step();
                if (!_options.FreezeActor)
                    _actorOptimiser.Step();
                _criticOptimiser.Step();
            }
        }
        return figures ?? Measured.None;
    }

    /// <summary>Filters sequences and takes the gradient of the world model's loss. Gives the posteriors, (T, B, ...).</summary>
    private State<EagerTensor> LearnWorldModel(Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        EagerTensor observed = _world.Standard.Forward(sequences.Observations);                         // (T, B, O)
        FilteredSequence<EagerTensor> filtered = _world.Dynamics.ObserveSequence(
            sequences.ToFilter(_world.Dynamics, _world.Embed(observed), random));
        Losses losses = WorldModelLosses(_world, sequences, observed, filtered, _options.Gamma);
        Tensor total = losses.Total(_options.LossScales());
        _modelOptimiser.ZeroGradients();
        total.backward();
        double norm = _modelOptimiser.ClipGradients(_options.MaxGradNorm);
        if (figures is not null)
        {
            figures["loss"] = total.item<float>();
            Measured.Write(filtered.Figures, figures);
            losses.WriteTo(figures, except: filtered.Losses.Keys);
            figures["model_gradient_norm"] = norm;
        }
        return filtered.States;
    }

    /// <summary>
    /// The world model's losses (eq. 10; appendix A), means over T x B: its dynamics' own, and the negative log likelihood of what was
    /// observed, of the rewards, and of the episode going on.
    /// </summary>
    /// <param name="world">The world model.</param>
    /// <param name="sequences">What was recorded.</param>
    /// <param name="observed">Its observations, standardised, (T, B, O).</param>
    /// <param name="filtered">What the dynamics made of it.</param>
    /// <param name="gamma">Discount.</param>
    public static Losses WorldModelLosses(
        LatentWorld<EagerTensor> world, Sequences sequences, EagerTensor observed, FilteredSequence<EagerTensor> filtered, double gamma)
    {
        EagerTensor feature = world.Dynamics.FeatureOf(filtered.States);                                // (T, B, F)
        EagerTensor flat = feature.Value.flatten(0, 1);                                                 // (T B, F)
        Losses losses = new Losses
        {
            filtered.Losses,
            { "observation", -world.Decode(feature).LogProb(observed.Detach()).Value.mean() },
            { "reward", -world.Reward(flat).LogProb(sequences.Rewards.reshape(-1)).Value.mean() },
        };
        if (world.HasContinue)      // A soft label carries the discount (Dreamer V1's pcont).
            losses.Add("continue", -world.Continue(flat).LogProb(gamma * sequences.Continues.reshape(-1)).Value.mean());
        return losses;
    }

    /// <summary>
    /// Imagines trajectories from posteriors and takes the gradients of the actor's and the critic's losses (sections 3 and 4): the actor
    /// raises the lambda-returns, the critic predicts them.
    /// </summary>
    private void LearnBehaviour(
        State<EagerTensor> posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        State<EagerTensor> start = Starts(posteriors, sequences, _options.Starts, _options.PredictContinue, random);
        (int horizon, long rows) = (_options.Horizon, start.Values[0].Value.size(0));
        NoiseSpec noise = _world.Dynamics.Noise;
        Tensor[] latentNoise = NoiseDraws.Of(
            noise.Distribution.ToKind(), [horizon, rows, noise.Size], random, Parameters.Device).unbind();
        Tensor[] actionNoise = NoiseDraws.Of(
            _experience.Actions.Noise, [horizon, rows, _experience.Actions.Size], random, Parameters.Device).unbind();

        EagerTensor feature = Imagine(_world.Dynamics, _actor.Forward, start, latentNoise, actionNoise);    // (H N, F)
        Tensor rewards = _world.Reward(feature).Mean.Value.reshape(horizon, rows);
        Tensor values = _critic.Forward(feature).Mean.Value.reshape(horizon, rows);
        Tensor discounts = _world.HasContinue
            ? _world.Continue(feature).Mean.Value.reshape(horizon, rows)
            : full([horizon, rows], _options.Gamma, device: Parameters.Device);
        (Tensor actorLoss, Tensor criticLoss, Tensor returns) = BehaviourLosses(rewards, values, discounts, _options.Lambda);

        _actorOptimiser.ZeroGradients();
        _criticOptimiser.ZeroGradients();
        // Each loss reaches its own network alone, through a graph that both share.
        autograd.backward([criticLoss], retain_graph: true, inputs: [.. _criticParameters]);
        autograd.backward([actorLoss], inputs: [.. _actorParameters]);
        double actorNorm = _actorOptimiser.ClipGradients(_options.MaxGradNorm);
        double criticNorm = _criticOptimiser.ClipGradients(_options.MaxGradNorm);
        if (figures is null)
            return;
        using IDisposable guard = no_grad();
        figures["imagined_reward"] = rewards.mean().item<float>() / _options.RewardScale;
        figures["imagined_return"] = returns.mean().item<float>() / _options.RewardScale;
        figures["policy_entropy"] =
            -_actor.Forward(_world.Dynamics.FeatureOf(start)).LogProbOfSample(actionNoise[0]).Value.mean().item<float>();
        figures["actor_loss"] = actorLoss.item<float>();
        figures["critic_loss"] = criticLoss.item<float>();
        figures["actor_gradient_norm"] = actorNorm;
        figures["critic_gradient_norm"] = criticNorm;
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

    /// <summary>
    /// Imagines H steps. The actor does not see how its features came about; its actions' effects flow back through the dynamics all the
    /// same.
    /// </summary>
    /// <param name="dynamics">What is imagined in.</param>
    /// <param name="policy">A feature (N, F) to the distribution of actions (N, A).</param>
    /// <param name="start">States (N, ...).</param>
    /// <param name="latentNoise">H tensors (N, S).</param>
    /// <param name="actionNoise">H tensors (N, A).</param>
    /// <returns>Features on arrival at each of H states, one step after another, (H N, F).</returns>
    public static EagerTensor Imagine(
        IDynamics<EagerTensor> dynamics, Func<EagerTensor, IDistribution<EagerTensor>> policy, State<EagerTensor> start,
        Tensor[] latentNoise, Tensor[] actionNoise)
    {
        State<EagerTensor> state = start;
        EagerTensor feature = dynamics.FeatureOf(state);                                                    // (N, F)
        Tensor[] features = new Tensor[latentNoise.Length];
        for (int step = 0; step < features.Length; step++)
        {
            EagerTensor action = policy(feature.Detach()).Sample(actionNoise[step]);                        // (N, A)
            state = dynamics.Imagine(state, action, latentNoise[step]).State;
            feature = dynamics.FeatureOf(state);
            features[step] = feature.Value;
        }
        return cat(features);
    }

    /// <summary>
    /// The actor's loss, minus the mean weighted lambda-return (eq. 7), and the critic's, its negative log likelihood of them (eq. 8). States
    /// count as much as they are likely to be reached.
    /// </summary>
    /// <param name="rewards">(H, N), on arrival at each imagined state.</param>
    /// <param name="values">(H, N), which include that reward.</param>
    /// <param name="discounts">(H, N), of what follows.</param>
    /// <param name="lambda">As in <see cref="Returns.Lambda"/>.</param>
    public static (Tensor Actor, Tensor Critic, Tensor Returns) BehaviourLosses(
        Tensor rewards, Tensor values, Tensor discounts, double lambda)
    {
        static Tensor ButLast(Tensor x) => x.slice(0, 0, -1, 1);
        Tensor returns = Returns.Lambda(ButLast(rewards), ButLast(discounts), values.slice(0, 1, long.MaxValue, 1), lambda);
        Tensor weights = Returns.Weights(ButLast(discounts));                                               // (H - 1, N)
        IDistribution<EagerTensor> critic = new UnitNormal<EagerTensor>(ButLast(values), axes: 0);
        return (-(weights * returns).mean(), -(weights * critic.LogProb(returns.detach()).Value).mean(), returns);
    }

    public void Save(Checkpoint checkpoint)
    {
        _experience.Save(checkpoint);
        checkpoint.AddOptimiser(_modelOptimiser, "optimiser/model");
        checkpoint.AddOptimiser(_actorOptimiser, "optimiser/actor");
        checkpoint.AddOptimiser(_criticOptimiser, "optimiser/critic");
    }

    public void Load(Checkpoint checkpoint)
    {
        _experience.Load(checkpoint);
        checkpoint.LoadOptimiser(_modelOptimiser, "optimiser/model");
        checkpoint.LoadOptimiser(_actorOptimiser, "optimiser/actor");
        checkpoint.LoadOptimiser(_criticOptimiser, "optimiser/critic");
    }

    public IReadOnlyDictionary<string, double> EvaluateBetween(long updates) => _evaluation.Between(updates);

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) => _evaluation.Judge(episodes, progress);

    public BundleDefinition Bundle() =>
        DreamerGraphs.Define(
            _experience.RecordedIn, _experience.Signature(_world, _worldConfig), _actorConfig, _criticConfig, _experience.StartObservations())
        with
        {
            ActionRepeat = _options.ActionRepeat,
            Limits = _options.Limits,
        };

    public void Dispose()
    {
        _agent?.Dispose();
        _modelOptimiser.Dispose();
        _actorOptimiser.Dispose();
        _criticOptimiser.Dispose();
        Parameters.Dispose();
    }

    private LatentAgent MakeAgent(int rows, bool greedy) =>
        new(_world, Act, rows, _experience.Observation.Size, _experience.Actions.Size, Parameters.Device) { Greedy = greedy };

    /// <summary>The policy at play: acts on latent states (B, ...) by the actor.</summary>
    private void Act(State<EagerTensor> state, ulong seed, long step, bool greedy, Span<float> vectors)
    {
        int actions = _experience.Actions.Size, rows = vectors.Length / actions;
        float[] noise = new float[vectors.Length];
        if (!greedy)
            NoiseDraws.Fill(_experience.Actions.Noise, seed, step, ActStream, noise, rows);
        Tensor action = _actor.Forward(_world.Dynamics.FeatureOf(state)).Sample(tensor(noise, [rows, actions]).to(Parameters.Device)).Value;
        action.cpu().contiguous().data<float>().ToArray().CopyTo(vectors);
    }
}
