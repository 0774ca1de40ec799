using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How the Simple World example learns to act: an actor raises lambda-returns, or the rewards alone, by gradients that flow back through
/// the transformer, straight through its latents and, for returns, through the values of a critic that follows slowly. Where actions are
/// numbered, the score function stands in their place.
/// </summary>
/// <remarks>
/// Returns have weights that sum to 1, which the example's do not. A state's value is that of what follows it: the reward on arriving
/// there, which is foretold from the steps before, is none of it.
/// </remarks>
public sealed class GradientBehaviour : IBehaviour
{
    private const string TargetPath = "target";

    private readonly TransformerOptions _options;
    private readonly LatentWorld<EagerTensor> _world;
    private readonly ActionVectors _actions;
    private readonly Actor<EagerTensor> _actor;
    private readonly ScalarHead<EagerTensor> _critic, _target;
    private readonly TargetNetwork _targetCopy;
    private readonly ActorCriticOptimisers _optimisers;

    /// <param name="options">Hyperparameters.</param>
    /// <param name="world">What is imagined in.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="parameters">Where actor and critics get their parameters.</param>
    public GradientBehaviour(
        TransformerOptions options, LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters)
    {
        (_options, _world, _actions) = (options, world, actions);
        int feature = world.Dynamics.Feature;
        _actor = new(parameters.Root[Dreamer.ActorPath], options.Actor(feature, actions));
        _critic = new(parameters.Root[Dreamer.CriticPath], feature, options.Critic());
        _target = new(parameters.Root[TargetPath], feature, options.Critic());
        _targetCopy = new(parameters, TargetPath, Dreamer.CriticPath);
        _optimisers = new(options, parameters);
    }

    public IDistribution<EagerTensor> Policy(EagerTensor feature) => _actor.Forward(feature);

    public Losses Learn(
        long update, State<EagerTensor> posteriors, Sequences sequences, Generator random, Dictionary<string, double>? figures)
    {
        _targetCopy.Follow(update == _options.WorldAlone ? 1 : _options.TargetShare);
        State<EagerTensor> start = Dreamer.Starts(posteriors, sequences, _options.Starts, _options.PredictContinue, random);
        (int horizon, long rows) = (_options.Horizon, start.Values[0].Value.size(0));
        bool scores = _options.ActorLearning == ActorLearning.ScoreFunction;
        // States 0 to H; the actions that led to states 1 to H; rewards and discounts on arriving there.
        Tensor features, actions, rewards, continues, values, returns;
        using (scores || _options.CutDynamics ? no_grad() : null)      // then nothing flows back through what is imagined
        {
            // Scores are of draws that may lie beyond the bounds; the world has what such an action counts as.
            (features, actions) = ImaginedTrajectory.From(
                _world.Dynamics, _actor.Forward, start, horizon, _actions, random, scores ? action => action.Clamp(-1, 1) : null);
            EagerTensor arrived = features.ButFirst().flatten(0, 1);                                        // (H N, F)
            rewards = _world.Reward(arrived).Mean.Value.reshape(horizon, rows);
            continues = _world.HasContinue
                ? (_world.Continue(arrived).Mean.Value / _options.Gamma).clamp_max(1).reshape(horizon, rows) : ones_like(rewards);
            values = _target.Forward(features.flatten(0, 1)).Mean.Value.reshape(horizon + 1, rows);
            returns = Returns.Lambda(rewards, _options.Gamma * continues, values.ButFirst(), _options.Lambda);  // of states 0 to H - 1
        }
        Tensor weights = Returns.Weights(continues);                                                        // (H, N)
        EagerTensor states = features.ButLast().detach().flatten(0, 1);                                     // (H N, F)

        IDistribution<EagerTensor> policy = _actor.Forward(states);
        Tensor entropy = policy.Entropy.Value.reshape(horizon, rows);
        Tensor objective = _options.ActorLearning switch
        {
            ActorLearning.ValueGradient => (weights * returns).mean(),
            ActorLearning.RewardGradient => (weights * rewards).sum([0]).mean(),
            _ => (weights * policy.LogProb(actions.detach().flatten(0, 1)).Value.reshape(horizon, rows)
                * (returns - values.ButLast()).detach()).mean(),
        };
        Tensor actorLoss = -objective - _options.Entropy * (weights * entropy).mean();
        Tensor criticLoss = -(weights.flatten() * _critic.Forward(states).LogProb(returns.detach().flatten()).Value).mean();

        _optimisers.TakeGradients(actorLoss, criticLoss, figures);
        if (figures is null)
            return new Losses();
        using IDisposable guard = no_grad();
        figures["imagined_reward"] = rewards.mean().item<float>() / _options.RewardScale;
        figures["imagined_return"] = returns.mean().item<float>() / _options.RewardScale;
        figures["policy_entropy"] = entropy.mean().item<float>();
        return new Losses();
    }

    public void Step(Dictionary<string, double>? figures) => _optimisers.Step(figures);

    public void Save(Checkpoint checkpoint) => _optimisers.Save(checkpoint);

    public void Load(Checkpoint checkpoint) => _optimisers.Load(checkpoint);

    public void Dispose() => _optimisers.Dispose();
}
