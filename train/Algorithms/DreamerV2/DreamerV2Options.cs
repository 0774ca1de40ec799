using System.ComponentModel.DataAnnotations;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>How the actor's gradient is estimated.</summary>
public enum ActorGradient
{
    /// <summary>As published: through the dynamics for continuous actions, by the score function for numbered ones.</summary>
    ByActions,

    /// <summary>Through the learned dynamics.</summary>
    Dynamics,

    /// <summary>By the score function, with the target critic for a baseline (REINFORCE).</summary>
    Reinforce,

    /// <summary>A tenth through the dynamics, the rest by the score function.</summary>
    Both,
}

/// <summary>Hyperparameters of DreamerV2 (Hafner et al. 2021, appendix, and its code), beside those of Dreamer V1.</summary>
/// <remarks>
/// Three things differ from the published code: continuous actions are a normal distribution's, clipped to their bounds, where it truncates
/// the distribution (its entropy is that of the whole one); Gaussian latents have V1's deviation, softplus + 0.1, where it has a sigmoid;
/// and imagination does not start from the ends of episodes.
/// </remarks>
public sealed record DreamerV2Options : DreamerOptions
{
    /// <summary>Classes of each stochastic variable, one-hot; 0: Gaussian variables.</summary>
    [Fixed, Range(0, 1024)]
    public int Classes { get; init; } = 32;

    /// <summary>Share of the divergence that moves the prior; 0: one divergence, undivided, moves both (an ablation).</summary>
    [Range(0.0, 1.0)]
    public double KlBalance { get; init; } = 0.8;

    /// <summary>Weight of the policy's entropy.</summary>
    [Range(0.0, 100.0)]
    public double Entropy { get; init; } = 1e-4;

    /// <summary>How the actor's gradient is estimated.</summary>
    public ActorGradient ActorGradient { get; init; }

    /// <summary>Updates after which the target critic becomes a copy of the critic.</summary>
    [Range(1, 1_000_000)]
    public long TargetEvery { get; init; } = 100;

    /// <summary>Share by which every parameter shrinks at each step.</summary>
    [Range(0.0, 1.0)]
    public double Decay { get; init; } = 1e-6;

    internal override string Algorithm => "dreamerv2";

    internal override IEnumerable<(string Option, string Of)> WithoutEffect => [("initialStd", "Dreamer V1's actor")];

    internal override bool WorldStepsFirst => true;

    internal override double WeightDecay => Decay;

    public override LatentWorldConfig World(ObservationSpec observation, int actions)
    {
        LatentWorldConfig world = World(observation, actions, Unary.Elu, GruForm.LayerNorm, ofPixels: Unary.Elu);
        return world with { Dynamics = (RssmConfig)world.Dynamics with { Classes = Classes, KlBalance = KlBalance } };
    }

    public override ActorConfig Actor(int feature, ActionVectors actions) => base.Actor(feature, actions) with
    {
        Form = ActorForm.ClippedNormal,
    };

    internal override IBehaviour Behaviour(LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters) =>
        new DreamerV2Behaviour(this, world, actions, parameters);
}
