using TorchSharp;
using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How TWM learns to act (Robine et al. 2023, section 2.2, and its code): no gradient flows through what is imagined; the score function of
/// the actions is weighed by generalised advantages (Schulman et al. 2016), with predicted discounts. A rollout that has probably ended
/// goes on in another state, of a real step, as a rollout of its own.
/// </summary>
public sealed class AdvantageBehaviour : IBehaviour
{
    private const double LeastEntropy = 0.1;

    private readonly TransformerOptions _options;
    private readonly LatentWorld<EagerTensor> _world;
    private readonly ActionVectors _actions;
    private readonly Device _device;
    private readonly Actor<EagerTensor> _actor;
    private readonly ScalarHead<EagerTensor> _critic;
    private readonly ActorCriticOptimisers _optimisers;

    /// <param name="options">Hyperparameters.</param>
    /// <param name="world">What is imagined in.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="parameters">Where actor and critic get their parameters.</param>
    /// <exception cref="UserException">Actions are not numbered.</exception>
    public AdvantageBehaviour(
        TransformerOptions options, LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters)
    {
        if (!actions.Discrete)
        {
            throw new UserException("actorLearning=advantages chooses among numbered actions, which these are not: set "
                + "actorLearning=valueGradient, rewardGradient, scoreFunction or dreamerV1.");
        }
        (_options, _world, _actions, _device) = (options, world, actions, parameters.Device);
        _actor = new(parameters.Root[Dreamer.ActorPath], options.Actor(world.Dynamics.Feature, actions));
        _critic = new(parameters.Root[Dreamer.CriticPath], world.Dynamics.Feature, options.Critic());
        _optimisers = new(options, parameters);
    }

    public IDistribution<EagerTensor> Policy(EagerTensor feature) => _actor.Forward(feature);

    public Losses Learn(
        long update, State<EagerTensor> posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        State<EagerTensor> start = Dreamer.Starts(posteriors, sequences, _options.Starts, _options.PredictContinue, random);
        (int horizon, long rows) = (_options.Horizon, start.Values[0].Value.size(0));
        (Tensor features, Tensor next, Tensor actions, Tensor discounts, Tensor weights) = Imagine(start, horizon, rows, random);
        EagerTensor states = features.flatten(0, 1);                                                        // (H N, F)
        Tensor rewards, advantages, values;
        using (no_grad())
        {
            rewards = _world.Reward(next.flatten(0, 1)).Mean.Value.reshape(horizon, rows);
            values = _critic.Forward(states).Mean.Value.reshape(horizon, rows);
            Tensor following = _critic.Forward(next.flatten(0, 1)).Mean.Value.reshape(horizon, rows);
            advantages = Advantages(rewards, discounts, values, following, _options.Lambda);                // (H, N)
        }

        IDistribution<EagerTensor> policy = _actor.Forward(states);
        Tensor logProbs = policy.LogProb(actions.flatten(0, 1)).Value.reshape(horizon, rows);
        Tensor share = policy.Entropy.Value.mean() / Math.Log(_actions.Size);
        Tensor actorLoss = -(weights * logProbs * advantages).mean() + _options.Entropy * (LeastEntropy - share).clamp_min(0);
        Tensor targets = (advantages + values).flatten();
        Tensor criticLoss = -(weights.flatten() * _critic.Forward(states).LogProb(targets).Value).mean();

        _optimisers.TakeGradients(actorLoss, criticLoss, figures);
        if (figures is null)
            return new Losses();
        figures["imagined_reward"] = rewards.mean().item<float>() / _options.RewardScale;
        figures["imagined_return"] = targets.mean().item<float>() / _options.RewardScale;
        figures["policy_entropy"] = share.item<float>() * Math.Log(_actions.Size);
        return new Losses();
    }

    /// <summary>
    /// Generalised advantages, A_t = r_{t+1} + c_{t+1} v_{t+1} - v_t + lambda c_{t+1} A_{t+1}; the last has none behind it.
    /// </summary>
    /// <param name="rewards">(H, N), on arriving at states 1 to H.</param>
    /// <param name="discounts">(H, N), of what follows those; 0 where a rollout ends.</param>
    /// <param name="values">(H, N), of states 0 to H - 1.</param>
    /// <param name="following">(H, N), of states 1 to H.</param>
    /// <param name="lambda">0: one step; 1: all.</param>
    /// <returns>(H, N).</returns>
    public static Tensor Advantages(Tensor rewards, Tensor discounts, Tensor values, Tensor following, double lambda)
    {
        Tensor[] errors = (rewards + discounts * following - values).unbind(), c = discounts.unbind();
        Tensor[] advantages = new Tensor[errors.Length];
        Tensor next = zeros_like(errors[0]);
        for (int t = errors.Length - 1; t >= 0; t--)
            advantages[t] = next = errors[t] + lambda * c[t] * next;
        return stack(advantages);
    }

    /// <summary>Imagines H steps.</summary>
    /// <returns>
    /// Features of the states acted in, and of those arrived at, which differ where a rollout began anew, (H, N, F); the actions between,
    /// (H, N, A); the discount of what follows the arrival, 0 where a rollout ended; the discount since its beginning, (H, N).
    /// </returns>
    private (Tensor Features, Tensor Next, Tensor Actions, Tensor Discounts, Tensor Weights) Imagine(
        State<EagerTensor> start, int horizon, long rows, Generator random)
    {
        using IDisposable guard = no_grad();
        IDynamics<EagerTensor> dynamics = _world.Dynamics;
        NoiseSpec noise = dynamics.Noise;
        Tensor[] latentNoise = NoiseDraws.Of(noise.Distribution.ToKind(), [horizon, rows, noise.Size], random, _device).unbind();
        Tensor[] actionNoise = NoiseDraws.Of(_actions.Noise, [horizon, rows, _actions.Size], random, _device).unbind();
        (Tensor[] features, Tensor[] arrived, Tensor[] actions) = (new Tensor[horizon], new Tensor[horizon], new Tensor[horizon]);
        (Tensor[] discounts, Tensor[] weights) = (new Tensor[horizon], new Tensor[horizon]);
        State<EagerTensor> state = start;
        Tensor weight = ones(rows, device: _device);
        for (int t = 0; t < horizon; t++)
        {
            using DisposeScope step = NewDisposeScope();    // of a step nothing stays but what is returned: caches are large
            EagerTensor feature = dynamics.FeatureOf(state);                                                // (N, F)
            EagerTensor action = _actor.Forward(feature).Sample(actionNoise[t]);                            // (N, A)
            State<EagerTensor> next = dynamics.Imagine(state, action, latentNoise[t]).State;
            EagerTensor reached = dynamics.FeatureOf(next);
            Tensor discount = _world.HasContinue ? _world.Continue(reached).Mean.Value : full(rows, _options.Gamma, device: _device);
            Tensor product = weight * discount, ended = product.lt(_options.DiscountThreshold);             // (N)
            features[t] = feature.Value.MoveToOuterDisposeScope();
            arrived[t] = reached.Value.MoveToOuterDisposeScope();
            actions[t] = action.Value.MoveToOuterDisposeScope();
            weights[t] = weight;
            discounts[t] = discount.masked_fill(ended, 0).MoveToOuterDisposeScope();
            weight = product.masked_fill(ended, 1).MoveToOuterDisposeScope();
            Tensor others = randperm(rows, generator: random, device: _device);
            if (ended.any().item<bool>())
                next = Begun(next, ended, others);
            State<EagerTensor> before = state;
            state = next.Map(value => value.Value.MoveToOuterDisposeScope());
            if (t > 0)
                before.Map(Dispose);
        }
        return (stack(features), stack(arrived), stack(actions), stack(discounts), stack(weights));

        // Rows that ended go on from another row's start.
        State<EagerTensor> Begun(State<EagerTensor> next, Tensor ended, Tensor others) =>
            new(next.Names, [.. next.Values.Select((value, i) => new EagerTensor(where(
                ended.reshape([rows, .. Enumerable.Repeat(1L, value.Rank - 1)]),
                start.Values[i].Value.index_select(0, others), value.Value)))]);

        static EagerTensor Dispose(EagerTensor value)
        {
            value.Value.Dispose();
            return value;
        }
    }

    public void Step(Dictionary<string, double>? figures) => _optimisers.Step(figures);

    public void Save(Checkpoint checkpoint) => _optimisers.Save(checkpoint);

    public void Load(Checkpoint checkpoint) => _optimisers.Load(checkpoint);

    public void Dispose() => _optimisers.Dispose();
}
