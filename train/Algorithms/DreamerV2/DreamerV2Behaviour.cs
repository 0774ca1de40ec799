using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How DreamerV2 learns to act (Hafner et al. 2021, section 2, "behavior learning"): returns are measured by a target critic, which follows
/// the critic in steps; the actor is moved by the score function, through the dynamics, or by both, and by its entropy.
/// </summary>
public sealed class DreamerV2Behaviour : IBehaviour
{
    private const string TargetPath = "target";
    private const double DynamicsShareOfBoth = 0.1;

    private readonly DreamerV2Options _options;
    private readonly LatentWorld<EagerTensor> _world;
    private readonly ActionVectors _actions;
    private readonly Device _device;
    private readonly Actor<EagerTensor> _actor;
    private readonly ScalarHead<EagerTensor> _critic, _target;
    private readonly TargetNetwork _targetCopy;
    private readonly ActorCriticOptimisers _optimisers;
    private readonly double _dynamicsShare;

    /// <param name="options">Hyperparameters.</param>
    /// <param name="world">What is imagined in.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="parameters">Where actor and critics get their parameters.</param>
    public DreamerV2Behaviour(DreamerV2Options options, LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters)
    {
        (_options, _world, _actions, _device) = (options, world, actions, parameters.Device);
        int feature = world.Dynamics.Feature;
        _actor = new(parameters.Root[Dreamer.ActorPath], options.Actor(feature, actions));
        _critic = new(parameters.Root[Dreamer.CriticPath], feature, options.Critic());
        _target = new(parameters.Root[TargetPath], feature, options.Critic());
        _targetCopy = new(parameters, TargetPath, Dreamer.CriticPath);
        _optimisers = new(options, parameters);
        _dynamicsShare = options.ActorGradient switch
        {
            ActorGradient.Dynamics => 1,
            ActorGradient.Reinforce => 0,
            ActorGradient.Both => DynamicsShareOfBoth,
            _ => actions.Discrete ? 0 : 1,
        };
    }

    public IDistribution<EagerTensor> Policy(EagerTensor feature) => _actor.Forward(feature);

    public Losses Learn(
        long update, State<EagerTensor> posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        if (update % _options.TargetEvery == 0)
            _targetCopy.Follow(share: 1);
        State<EagerTensor> start = Dreamer.Starts(posteriors, sequences, _options.Starts, _options.PredictContinue, random);
        (int horizon, long rows) = (_options.Horizon, start.Values[0].Value.size(0));
        // States 0 to H; the actions that led to states 1 to H.
        Tensor features, actions, rewards, values, returns, weights;
        using (_dynamicsShare == 0 ? no_grad() : null)      // then nothing flows back through what is imagined
        {
            (features, actions) = ImaginedTrajectory.From(_world.Dynamics, _actor.Forward, start, horizon, _actions, random);
            EagerTensor flat = features.flatten(0, 1);                                                      // ((H + 1) N, F)
            rewards = _world.Reward(flat).Mean.Value.reshape(horizon + 1, rows);
            values = _target.Forward(flat).Mean.Value.reshape(horizon + 1, rows);
            Tensor discounts = full([horizon + 1, rows], _options.Gamma, device: _device);
            if (_world.HasContinue)     // starts are none of the states at which an episode ended
                discounts = cat([discounts.slice(0, 0, 1, 1), _world.Continue(flat).Mean.Value.reshape(horizon + 1, rows).ButFirst()]);
            // (H, N), of states 0 to H - 1
            returns = Returns.Lambda(rewards.ButLast(), discounts.ButLast(), values.ButFirst(), _options.Lambda, _options.UseValue);
            weights = Returns.Weights(discounts.ButLast());                                                  // (H, N)
        }

        IDistribution<EagerTensor> policy = _actor.Forward(features.ButLast().detach().flatten(0, 1));
        Tensor logProbs = policy.LogProb(actions.detach().flatten(0, 1)).Value.reshape(horizon, rows);
        Tensor entropy = policy.Entropy.Value.reshape(horizon, rows);
        Tensor actorLoss = ActorLoss(returns, values.ButLast(), logProbs, entropy, weights, _dynamicsShare, _options.Entropy);

        IDistribution<EagerTensor> critic = _critic.Forward(features.ButLast().detach().flatten(0, 1));
        Tensor criticLoss = -(weights.flatten() * critic.LogProb(returns.detach().flatten()).Value).mean();

        _optimisers.TakeGradients(actorLoss, criticLoss, figures);
        if (figures is null)
            return new Losses();
        using IDisposable guard = no_grad();
        figures["imagined_reward"] = rewards.ButFirst().mean().item<float>() / _options.RewardScale;
        figures["imagined_return"] = returns.mean().item<float>() / _options.RewardScale;
        figures["policy_entropy"] = entropy.mean().item<float>();
        return new Losses();
    }

    /// <summary>
    /// The actor's loss (Hafner et al. 2021, eq. 6): what follows the action in state t counts, which is the return of state t + 1; its
    /// surplus over the value of state t weighs the action's log probability. States 0 to H - 2.
    /// </summary>
    /// <param name="returns">(H, N), of states 0 to H - 1, each with the reward on arriving there.</param>
    /// <param name="values">(H, N), the target critic's, of the same states.</param>
    /// <param name="logProbs">(H, N), of the actions taken in them.</param>
    /// <param name="entropy">(H, N), of the policy in them.</param>
    /// <param name="weights">(H, N).</param>
    /// <param name="dynamicsShare">Share of the gradient that flows through the dynamics.</param>
    /// <param name="entropyScale">Weight of the entropy.</param>
    public static Tensor ActorLoss(
        Tensor returns, Tensor values, Tensor logProbs, Tensor entropy, Tensor weights, double dynamicsShare, double entropyScale)
    {
        Tensor following = returns.ButFirst();                                                      // (H - 1, N)
        Tensor objective = entropyScale * entropy.ButLast();
        if (dynamicsShare > 0)
            objective = objective + dynamicsShare * following;
        if (dynamicsShare < 1)
            objective = objective + (1 - dynamicsShare) * logProbs.ButLast() * (following - values.ButLast()).detach();
        return -(weights.ButLast() * objective).mean();
    }

    public void Step(Dictionary<string, double>? figures) => _optimisers.Step(figures);

    public void Save(Checkpoint checkpoint) => _optimisers.Save(checkpoint);

    public void Load(Checkpoint checkpoint) => _optimisers.Load(checkpoint);

    public void Dispose() => _optimisers.Dispose();
}
