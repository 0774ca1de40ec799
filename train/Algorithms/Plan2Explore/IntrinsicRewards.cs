using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>What an explorer acts for, learnt from what was met; it moves nothing of the world model.</summary>
public interface IIntrinsicReward
{
    /// <summary>Its loss.</summary>
    /// <param name="filtered">What the world model made of the sequences.</param>
    /// <param name="sequences">What was met.</param>
    /// <param name="observed">Its observations, scaled, (T, B, O).</param>
    /// <param name="random">What draws.</param>
    Tensor Loss(FilteredSequence<EagerTensor> filtered, Sequences sequences, EagerTensor observed, Generator random);

    /// <summary>What is imagined to be earned on arriving at states 1 to H, (H, N).</summary>
    Tensor Of(ImaginedTrajectory imagined);
}

/// <summary>
/// The disagreement of an ensemble of one-step models (Sekar et al. 2020, section 3). Its gradient reaches the explorer through the states
/// and the actions.
/// </summary>
/// <remarks>
/// Where it differs from published code: every transition is drawn for each member with replacement, and the last one of a sequence counts
/// like all others (the first code leaves it out); a member reads the action that is taken in its state, not the one that led there (as
/// the code with DreamerV2 does), so that the next step is foretold of the action; imagined states and actions are not detached (as
/// sheeprl does, whose explorer learns from its critic alone where actions are continuous).
/// </remarks>
public sealed class DisagreementReward : IIntrinsicReward
{
    private readonly LatentWorld<EagerTensor> _world;
    private readonly EnsembleConfig _config;
    private readonly Ensemble<EagerTensor> _ensemble;
    private readonly bool _embeds;

    public DisagreementReward(Parameters<EagerTensor> p, LatentWorld<EagerTensor> world, EnsembleConfig config, DisagreementTarget target)
    {
        (_world, _config, _embeds) = (world, config, target == DisagreementTarget.Embedding);
        _ensemble = new(p, config);
    }

    public Tensor Loss(FilteredSequence<EagerTensor> filtered, Sequences sequences, EagerTensor observed, Generator random)
    {
        Tensor feature = _world.Dynamics.FeatureOf(filtered.States).Value.detach();                     // (T, B, F)
        Tensor target;
        using (no_grad())
            target = _embeds ? _world.Embed(observed).Value : filtered.States["stochastic"].Value;     // (T, B, O)
        return Loss(
            feature.ButLast().flatten(0, 1), sequences.Actions.ButFirst().flatten(0, 1), target.detach().ButFirst().flatten(0, 1),
            sequences.Keep.ButFirst().flatten(0, 1), random);
    }

    /// <summary>
    /// The sum over members of each one's mean squared error on transitions that are drawn for it with replacement (Efron's bootstrap).
    /// </summary>
    /// <param name="feature">States, (N, F).</param>
    /// <param name="action">Taken there, (N, A).</param>
    /// <param name="target">What followed, (N, O).</param>
    /// <param name="keep">(N): 0 where another episode follows.</param>
    /// <param name="random">What draws.</param>
    public Tensor Loss(Tensor feature, Tensor action, Tensor target, Tensor keep, Generator random)
    {
        (long members, long rows) = (_config.Members, feature.size(0));
        Tensor drawn = (rand([members * rows], generator: random, device: feature.device) * rows).to(ScalarType.Int64).clamp_max(rows - 1);
        Tensor Drawn(Tensor values) => values.index_select(0, drawn).reshape(members, rows, -1);        // (K, N, ...)
        Tensor said = _ensemble.ForwardEach(Drawn(feature), Drawn(action)).Value;                       // (K, N, O)
        Tensor counts = Drawn(keep).squeeze(-1);                                                        // (K, N)
        Tensor errors = (said - Drawn(target)).square().mean([2]);                                      // (K, N)
        return ((errors * counts).sum(1) / counts.sum(1).clamp_min(1)).sum();
    }

    public Tensor Of(ImaginedTrajectory imagined)
    {
        (long horizon, long rows) = (imagined.Actions.size(0), imagined.Actions.size(1));
        return Of(imagined.Features.ButLast().flatten(0, 1), imagined.Actions.flatten(0, 1)).reshape(horizon, rows);
    }

    /// <summary>The disagreement about what follows features (N, F) and actions (N, A): (N).</summary>
    public Tensor Of(Tensor feature, Tensor action) => _ensemble.Disagreement(feature, action).Value;
}

/// <summary>
/// Curiosity by prediction error, a baseline (Sekar et al. 2020, section 4): a head that expects the world model's own loss, of the latent
/// and of the observation, on what was met.
/// </summary>
public sealed class PredictionErrorReward : IIntrinsicReward
{
    private readonly LatentWorld<EagerTensor> _world;
    private readonly Plan2ExploreOptions _options;
    private readonly ScalarHead<EagerTensor> _head;

    public PredictionErrorReward(Parameters<EagerTensor> p, LatentWorld<EagerTensor> world, Plan2ExploreOptions options)
    {
        (_world, _options) = (world, options);
        _head = new(p, world.Dynamics.Feature, new(new(options.RewardLayers, options.HeadUnits), Unary.Elu));
    }

    public Tensor Loss(FilteredSequence<EagerTensor> filtered, Sequences sequences, EagerTensor observed, Generator random)
    {
        EagerTensor feature = _world.Dynamics.FeatureOf(filtered.States).Detach();                      // (T, B, F)
        Tensor target;
        using (no_grad())
        {
            IReadOnlyDictionary<string, double> scales = _options.LossScales();
            target = scales["kl"] * filtered.Steps["kl"].Value;                                         // (T, B)
            foreach ((string loss, EagerTensor value) in _world.ObservationLosses(feature, observed))
                target = target + scales[loss] * value.Value;
        }
        EagerTensor flat = feature.Value.flatten(0, 1);                                                 // (T B, F)
        Tensor errors = -_head.Forward(flat).LogProb(_options.CuriosityScale * target.detach().flatten()).Value;
        Tensor counts = sequences.Foretold.flatten();       // nobody could expect what a sequence begins with
        return (errors * counts).sum() / counts.sum().clamp_min(1);
    }

    public Tensor Of(ImaginedTrajectory imagined) => DreamerBehaviour.RewardsOf(_head.Forward)(imagined);
}
