using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>What is imagined to be earned on arriving at states 1 to H of trajectories, (H, N), in the units of training.</summary>
public delegate Tensor ImaginedRewards(ImaginedTrajectory imagined);

/// <summary>
/// How Dreamer V1 learns to act (Hafner et al. 2020, sections 3 and 4): the actor raises the returns that it imagines, by gradients that
/// flow back through the learned dynamics; the critic predicts them.
/// </summary>
public sealed class DreamerBehaviour : IBehaviour
{
    private readonly DreamerOptions _options;
    private readonly LatentWorld<EagerTensor> _world;
    private readonly ActionVectors _actions;
    private readonly Device _device;
    private readonly Actor<EagerTensor> _actor;
    private readonly ScalarHead<EagerTensor> _critic;
    private readonly ActorCriticOptimisers _optimisers;
    private readonly ImaginedRewards _rewards;
    private readonly double _rewardScale;

    /// <param name="options">Hyperparameters.</param>
    /// <param name="world">What is imagined in.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="parameters">Where actor and critic get their parameters.</param>
    /// <param name="path">What their paths begin with; "" where there is one actor.</param>
    /// <param name="rewards">What it acts for; null: what the world's reward head says.</param>
    /// <param name="rewardScale">The factor that those rewards have, which figures are divided by; null: that of the environment's.</param>
    public DreamerBehaviour(
        DreamerOptions options, LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters, string path = "",
        ImaginedRewards? rewards = null, double? rewardScale = null)
    {
        (_options, _world, _actions, _device) = (options, world, actions, parameters.Device);
        _rewardScale = rewardScale ?? options.RewardScale;
        _rewards = rewards ?? RewardsOf(world.Reward);
        _actor = new(parameters.Root[path + Dreamer.ActorPath], options.Actor(world.Dynamics.Feature, actions));
        _critic = new(parameters.Root[path + Dreamer.CriticPath], world.Dynamics.Feature, options.Critic());
        _optimisers = new(options, parameters, path);
    }

    /// <summary>What a head says, of features (N, F) to numbers (N), on arrival.</summary>
    public static ImaginedRewards RewardsOf(Func<EagerTensor, IDistribution<EagerTensor>> head) => imagined =>
        head(imagined.Features.ButFirst().flatten(0, 1)).Mean.Value.reshape(imagined.Actions.size(0), imagined.Actions.size(1));

    public IDistribution<EagerTensor> Policy(EagerTensor feature) => _actor.Forward(feature);

    /// <summary>
    /// Imagines trajectories from posteriors and takes the gradients of the actor's and the critic's losses (sections 3 and 4): the actor
    /// raises the lambda-returns, the critic predicts them.
    /// </summary>
    public Losses Learn(
        long update, State<EagerTensor> posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        State<EagerTensor> start = Dreamer.Starts(posteriors, sequences, _options.Starts, _options.PredictContinue, random);
        (int horizon, long rows) = (_options.Horizon, start.Values[0].Value.size(0));
        NoiseSpec noise = _world.Dynamics.Noise;
        Tensor[] latentNoise = NoiseDraws.Of(
            noise.Distribution.ToKind(), [horizon, rows, noise.Size], random, _device).unbind();
        Tensor[] actionNoise = NoiseDraws.Of(
            _actions.Noise, [horizon, rows, _actions.Size], random, _device).unbind();

        // The actor does not see how its features came about; its actions' effects flow back through the dynamics all the same.
        ImaginedTrajectory imagined = ImaginedTrajectory.From(_world.Dynamics, _actor.Forward, start, latentNoise, actionNoise);
        EagerTensor feature = imagined.Features.ButFirst().flatten(0, 1);                                   // (H N, F)
        Tensor rewards = _rewards(imagined);
        Tensor values = _critic.Forward(feature).Mean.Value.reshape(horizon, rows);
        Tensor discounts = _world.HasContinue
            ? _world.Continue(feature).Mean.Value.reshape(horizon, rows)
            : full([horizon, rows], _options.Gamma, device: _device);
        (Tensor actorLoss, Tensor criticLoss, Tensor returns) = BehaviourLosses(
            rewards, values, discounts, _options.Lambda, _options.UseValue);

        _optimisers.TakeGradients(actorLoss, criticLoss, figures);
        if (figures is null)
            return new Losses();
        using IDisposable guard = no_grad();
        figures["imagined_reward"] = rewards.mean().item<float>() / _rewardScale;
        figures["imagined_return"] = returns.mean().item<float>() / _rewardScale;
        figures["policy_entropy"] =
            -_actor.Forward(_world.Dynamics.FeatureOf(start)).LogProbOfSample(actionNoise[0]).Value.mean().item<float>();
        return new Losses();
    }

    /// <summary>
    /// The actor's loss, minus the mean weighted lambda-return (eq. 7), and the critic's, its negative log likelihood of them (eq. 8). States
    /// count as much as they are likely to be reached.
    /// </summary>
    /// <param name="rewards">(H, N), on arrival at each imagined state.</param>
    /// <param name="values">(H, N), which include that reward.</param>
    /// <param name="discounts">(H, N), of what follows.</param>
    /// <param name="lambda">As in <see cref="Returns.Lambda"/>.</param>
    /// <param name="useValue">Likewise.</param>
    public static (Tensor Actor, Tensor Critic, Tensor Returns) BehaviourLosses(
        Tensor rewards, Tensor values, Tensor discounts, double lambda, bool useValue = true)
    {
        Tensor returns = Returns.Lambda(rewards.ButLast(), discounts.ButLast(), values.ButFirst(), lambda, useValue);
        Tensor weights = Returns.Weights(discounts.ButLast());                                               // (H - 1, N)
        IDistribution<EagerTensor> critic = new UnitNormal<EagerTensor>(values.ButLast(), axes: 0);
        return (-(weights * returns).mean(), -(weights * critic.LogProb(returns.detach()).Value).mean(), returns);
    }

    public void Step(Dictionary<string, double>? figures) => _optimisers.Step(figures);

    public void Save(Checkpoint checkpoint) => _optimisers.Save(checkpoint);

    public void Load(Checkpoint checkpoint) => _optimisers.Load(checkpoint);

    public void Dispose() => _optimisers.Dispose();
}
