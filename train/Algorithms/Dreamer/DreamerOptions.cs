using System.ComponentModel.DataAnnotations;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>Hyperparameters of Dreamer V1 (Hafner et al. 2020, appendix A, and its code).</summary>
public record DreamerOptions : LatentOptions
{
    /// <summary>Imagined steps (H).</summary>
    [Range(2, 1000)]
    public int Horizon { get; init; } = 15;

    /// <summary>Posteriors imagined from at each update, drawn at random; 0: all of them, as published.</summary>
    [Range(0, 1_000_000)]
    public int Starts { get; init; }

    /// <summary>Weight of far returns against near ones (lambda-return).</summary>
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>
    /// Whether values stand for what comes after the horizon; if not, only the rewards within it count (an ablation; Hafner et al. 2020,
    /// figure 4).
    /// </summary>
    public bool UseValue { get; init; } = true;

    /// <summary>
    /// Whether the reconstruction of observations shapes the latent states; if not, rewards and ends alone do, and the decoder looks on (an
    /// ablation; Hafner et al. 2020, section 6).
    /// </summary>
    public bool Reconstruct { get; init; } = true;

    /// <summary>Hidden layers of the actor.</summary>
    [Fixed, Range(0, 16)]
    public int ActorLayers { get; init; } = 4;

    /// <summary>Hidden layers of the critic.</summary>
    [Fixed, Range(0, 16)]
    public int CriticLayers { get; init; } = 3;

    /// <summary>Standard deviation, before the squash, of V1's continuous actor that has learnt nothing yet.</summary>
    [Fixed, Range(0.01, 100.0)]
    public double InitialStd { get; init; } = 5;

    /// <summary>Learning rate of the actor.</summary>
    [Range(0.0, 10.0)]
    public double ActorLearningRate { get; init; } = 8e-5;

    /// <summary>Learning rate of the critic.</summary>
    [Range(0.0, 10.0)]
    public double CriticLearningRate { get; init; } = 8e-5;

    /// <summary>Negative control: the actor stays as it began.</summary>
    public bool FreezeActor { get; init; }

    public override LatentWorldConfig World(ObservationSpec observation, int actions) =>
        World(observation, actions, Unary.Elu, GruForm.ResetAfter, ofPixels: Unary.Relu);

    /// <summary>What users and bundles call the algorithm.</summary>
    internal virtual string Algorithm => "dreamer";

    /// <summary>Whether imagination is in the world as it is after its step, as in V2, not before.</summary>
    internal virtual bool WorldStepsFirst => false;

    /// <summary>Share by which every parameter shrinks at each step.</summary>
    internal virtual double WeightDecay => 0;

    /// <summary>Whether it is a control experiment, which ships nothing.</summary>
    internal virtual bool IsControl => BlindReward || ShuffleActions || FreezeActor;

    /// <summary>Clips the gradients of actor or critic. Gives the norm that they had.</summary>
    internal virtual double ClipBehaviour(FlatOptimiser optimiser) => Clip(optimiser);

    /// <summary>Updates of the world alone before anything learns to act.</summary>
    internal virtual long BehaviourAfter => 0;

    /// <summary>Whether a world learns from the first random actions alone, to be judged by itself: nothing learns to act.</summary>
    internal virtual bool LearnsWorldAlone => false;

    /// <summary>What learns to act.</summary>
    internal virtual IBehaviour Behaviour(LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters) =>
        new DreamerBehaviour(this, world, actions, parameters);

    /// <summary>Sizes of the actor that chooses among these actions by features of this size.</summary>
    public virtual ActorConfig Actor(int feature, ActionVectors actions) => new()
    {
        Feature = feature, Actions = actions.Size, Discrete = actions.Discrete, Layers = new(ActorLayers, HeadUnits),
        InitialStd = InitialStd,
    };

    /// <summary>Sizes of the critic.</summary>
    public virtual ScalarHeadConfig Critic() => new(new(CriticLayers, HeadUnits), Unary.Elu);
}
