using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How DreamerV3 learns to act (Hafner et al. 2025, "critic learning" and "actor learning"): the actor is moved by the score function,
/// whose surplus is divided by the range of returns; the critic says two-hot numbers, learns from imagined and from replayed states, and is
/// kept near a slow copy of itself.
/// </summary>
public sealed class DreamerV3Behaviour : IBehaviour
{
    /// <summary>Name of the critic's loss on replayed states.</summary>
    public const string ReplayValue = "replay_value";

    private const string SlowPath = "slow";

    private readonly DreamerV3Options _options;
    private readonly LatentWorld<EagerTensor> _world;
    private readonly ActionVectors _actions;
    private readonly Actor<EagerTensor> _actor;
    private readonly ScalarHead<EagerTensor> _critic, _slow;
    private readonly TargetNetwork _slowly;
    private readonly ActorCriticOptimisers _optimisers;
    private readonly ReturnRange _range;

    /// <param name="options">Hyperparameters.</param>
    /// <param name="world">What is imagined in.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="parameters">Where actor and critics get their parameters.</param>
    public DreamerV3Behaviour(DreamerV3Options options, LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters)
    {
        (_options, _world, _actions) = (options, world, actions);
        int feature = world.Dynamics.Feature;
        _actor = new(parameters.Root[Dreamer.ActorPath], options.Actor(feature, actions));
        _critic = new(parameters.Root[Dreamer.CriticPath], feature, options.Critic());
        _slow = new(parameters.Root[SlowPath], feature, options.Critic());
        _slowly = new(parameters, SlowPath, Dreamer.CriticPath);
        _optimisers = new(options, parameters);
        _range = new(options.ReturnRate);
    }

    public IDistribution<EagerTensor> Policy(EagerTensor feature) => _actor.Forward(feature);

    public Losses Learn(
        long update, State<EagerTensor> posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        if (update == 0)
            _slowly.Follow(share: 1);
        State<EagerTensor> start = Dreamer.Starts(posteriors, sequences, _options.Starts, avoidEnds: false, random);
        Tensor features, actions, rewards, values, returns, weights;
        using (no_grad())       // the score function needs no gradient of what is imagined
        {
            (features, actions) = ImaginedTrajectory.From(
                _world.Dynamics, _actor.Forward, start, _options.Horizon, _actions, random);
            (long states, long rows) = (features.size(0), features.size(1));
            EagerTensor flat = features.flatten(0, 1);                                                      // ((H + 1) N, F)
            rewards = _world.Reward(flat).Mean.Value.reshape(states, rows);
            values = _critic.Forward(flat).Mean.Value.reshape(states, rows);
            Tensor continues = _world.Continue(flat).Mean.Value.reshape(states, rows);                      // which hold the discount
            // (H, N): of states 0 to H - 1, without the reward on arriving there
            returns = Returns.Lambda(
                rewards.ButFirst(), continues.ButFirst(), values.ButFirst(), _options.Lambda, _options.UseValue);
            weights = continues.ButLast().cumprod(0);                                                        // (H, N)
        }
        _range.Follow(returns);

        EagerTensor acted = features.ButLast().flatten(0, 1);                                                // (H N, F)
        IDistribution<EagerTensor> policy = _actor.Forward(acted);
        Tensor logProbs = policy.LogProb(actions.flatten(0, 1)).Value.reshape(returns.shape);
        Tensor entropy = policy.Entropy.Value.reshape(returns.shape);
        Tensor surplus = (returns - values.ButLast()) / _range.Scale;
        Tensor actorLoss = -(weights * (logProbs * surplus + _options.Entropy * entropy)).mean();
        Tensor criticLoss = CriticLoss(acted, returns.flatten(), weights.flatten());
        _optimisers.TakeGradients(actorLoss, criticLoss, figures);
        if (figures is not null)
        {
            using IDisposable guard = no_grad();
            figures["imagined_reward"] = rewards.ButFirst().mean().item<float>() / _options.RewardScale;
            figures["imagined_return"] = returns.mean().item<float>() / _options.RewardScale;
            figures["return_range"] = _range.Scale;
            figures["policy_entropy"] = entropy.mean().item<float>();
        }
        return _options.ReplayValueScale == 0 || !_options.UseValue
            ? new Losses()
            : new Losses { { ReplayValue, ReplayLoss(posteriors, sequences, returns[0].reshape(sequences.Rewards.shape)) } };
    }

    /// <summary>Clips and steps, then lets the slow critic follow.</summary>
    public void Step(Dictionary<string, double>? figures)
    {
        _optimisers.Step(figures);
        _slowly.Follow(_options.SlowRate);
    }

    public void Save(Checkpoint checkpoint)
    {
        _optimisers.Save(checkpoint);
        _range.Save(checkpoint);
    }

    public void Load(Checkpoint checkpoint)
    {
        _optimisers.Load(checkpoint);
        _range.Load(checkpoint);
    }

    public void Dispose() => _optimisers.Dispose();

    /// <summary>
    /// The critic's loss on replayed states, whose gradient goes on into the world: what was received is in the place of what is imagined,
    /// and the return imagined from a state in that of its value.
    /// </summary>
    private Tensor ReplayLoss(State<EagerTensor> posteriors, Sequences sequences, Tensor imagined)
    {
        Tensor returns = Returns.Replayed(
            sequences.Rewards, sequences.Continues * _options.Gamma, sequences.Keep, imagined, _options.Lambda);    // (T - 1, B)
        EagerTensor feature = _world.Dynamics.FeatureOf(posteriors).Value.ButLast().flatten(0, 1);           // ((T - 1) B, F)
        // Nothing follows the last state of an episode.
        return CriticLoss(feature, returns.flatten(), sequences.Keep.ButFirst().flatten());
    }

    /// <summary>Weighted negative log probability of returns, and of what the slow critic expects: the mean over states (N, F).</summary>
    private Tensor CriticLoss(EagerTensor features, Tensor returns, Tensor weights)
    {
        IDistribution<EagerTensor> critic = _critic.Forward(features);
        Tensor slow;
        using (no_grad())
            slow = _slow.Forward(features).Mean.Value;                                                      // (N)
        return -(weights * (critic.LogProb(returns).Value + _options.SlowScale * critic.LogProb(slow).Value)).mean();
    }
}
