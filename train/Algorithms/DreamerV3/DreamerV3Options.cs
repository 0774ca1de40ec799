using System.ComponentModel.DataAnnotations;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Hyperparameters of DreamerV3 (Hafner et al. 2025, and its code in the version with the block GRU), beside those of V1. The scales of the
/// two divergences, 1 (dynamics) and 0.1 (representation), are a klScale of their sum and a klBalance of the first one's share.
/// </summary>
/// <remarks>
/// The first version (2023) is another agent: a layer-norm GRU of 256 to 4,096 units (sizes XS to XL) whose first state is learnt, a
/// dynamics scale of 0.5, two-hot numbers in symlog space, Adam with other rates for actor and critic, and gradients through the dynamics
/// for continuous actions. None of that is mixed in here. Four things differ from the published code: numbered actions have their share of
/// the uniform distribution, as the paper says and the code leaves out; sequences start from zeros, not from states that were stored with
/// the records; they are drawn by episode and then by place, as in V1, not by place alone, so that steps of short episodes come up more
/// often; and a kernel that is kept here as two or three tensors, which are multiplied at different times, is clipped tensor by tensor.
/// </remarks>
public sealed record DreamerV3Options : DreamerOptions
{
    /// <summary>Classes of each stochastic variable, one-hot; 0: Gaussian variables.</summary>
    [Fixed, Range(0, 1024)]
    public int Classes { get; init; } = 64;

    /// <summary>Share of the divergence that moves the prior; 0: one divergence, undivided, moves both (an ablation).</summary>
    [Range(0.0, 1.0)]
    public double KlBalance { get; init; } = 1 / 1.1;

    /// <summary>The uniform distribution's share in every draw among classes, latents and numbered actions alike.</summary>
    [Fixed, Range(0.0, 1.0)]
    public double Unimix { get; init; } = 0.01;

    /// <summary>Blocks of the recurrent cell, of which the deterministic units are a multiple.</summary>
    [Fixed, Range(1, 1024)]
    public int Blocks { get; init; } = 8;

    /// <summary>Places of two-hot rewards and values, an odd number.</summary>
    [Fixed, Range(3, 4095)]
    public int Bins { get; init; } = 255;

    /// <summary>The last place, before symexp.</summary>
    [Fixed, Range(1.0, 40.0)]
    public double BinLimit { get; init; } = 20;

    /// <summary>Weight of the policy's entropy.</summary>
    [Range(0.0, 100.0)]
    public double Entropy { get; init; } = 3e-4;

    /// <summary>Share by which the range of returns moves at each update.</summary>
    [Range(0.0, 1.0)]
    public double ReturnRate { get; init; } = 0.01;

    /// <summary>Share by which the slow critic moves towards the critic at each update.</summary>
    [Range(0.0, 1.0)]
    public double SlowRate { get; init; } = 0.02;

    /// <summary>Weight of the critic's agreement with the slow critic.</summary>
    [Range(0.0, 1000.0)]
    public double SlowScale { get; init; } = 1;

    /// <summary>Weight of the critic's loss on replayed states, which shapes these as well.</summary>
    [Range(0.0, 1000.0)]
    public double ReplayValueScale { get; init; } = 0.3;

    internal override string Algorithm => "dreamerv3";

    internal override IEnumerable<(string Option, string Of)> WithoutEffect => [("initialStd", "Dreamer V1's actor")];

    public override IReadOnlyDictionary<string, double> LossScales() =>
        new Dictionary<string, double>(base.LossScales()) { [DreamerV3Behaviour.ReplayValue] = ReplayValueScale };

    public override LatentWorldConfig World(ObservationSpec observation, int actions)
    {
        Check(observation);
        LatentWorldConfig world = World(observation, actions, Unary.Silu, GruForm.Block, ofPixels: Unary.Silu);
        PixelConfig? pixels = world.Pixels is null ? null : world.Pixels with
        {
            Form = PixelForm.Pooled,
            Units = EncoderUnits,
            Deterministic = Deterministic,
            Blocks = Blocks,
        };
        return world with
        {
            Pixels = pixels,
            Dynamics = (RssmConfig)world.Dynamics with
            {
                Embedding = EmbeddingOf(observation, pixels),
                Classes = Classes,
                KlBalance = KlBalance,
                Unimix = Unimix,
                Blocks = Blocks,
                Norm = NormForm.Rms,
                PriorLayers = 2,
            },
            Symlog = !Standardize,
            Encoder = Normed(EncoderLayers, EncoderUnits),
            Decoder = Normed(EncoderLayers, EncoderUnits),
            Reward = Number(RewardLayers),
            Continue = world.Continue is null ? null : Normed(ContinueLayers, HeadUnits),
        };
    }

    public override ActorConfig Actor(int feature, ActionVectors actions) => base.Actor(feature, actions) with
    {
        Form = ActorForm.BoundedNormal,
        Layers = Normed(ActorLayers, HeadUnits),
        Activation = Unary.Silu,
        Unimix = Unimix,
        OutputScale = 0.01,
    };

    public override ScalarHeadConfig Critic() => Number(CriticLayers);

    internal override IBehaviour Behaviour(LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters) =>
        new DreamerV3Behaviour(this, world, actions, parameters);

    private static MlpConfig Normed(int layers, int units) => new(layers, units, NormForm.Rms);

    private ScalarHeadConfig Number(int layers) => new(Normed(layers, HeadUnits), Unary.Silu, new(Bins, BinLimit));

    private void Check(ObservationSpec observation)
    {
        if (observation.PictureShape is not null && PixelDepth * 4 % Blocks != 0)
            throw new UserException($"pixelDepth={PixelDepth}: four times that is no multiple of blocks={Blocks}.");
        if (!PredictContinue)
            throw new UserException("dreamerv3 always predicts whether episodes go on: leave predictContinue=true.");
        if (Embedding != EncoderUnits)
        {
            throw new UserException("dreamerv3's embedding is its encoder's last layer: set embedding and encoderUnits to the same number, "
                + $"not {Embedding} and {EncoderUnits}.");
        }
        if (EncoderLayers == 0)
            throw new UserException("dreamerv3's embedding is its encoder's last layer: set encoderLayers to 1 at least.");
        if (Deterministic % Blocks != 0)
            throw new UserException($"deterministic={Deterministic} is no multiple of blocks={Blocks}.");
        if (Bins % 2 == 0)
            throw new UserException($"bins={Bins} has no middle: take an odd number.");
        if (Starts != 0 && ReplayValueScale != 0)
        {
            throw new UserException($"dreamerv3 learns values of replayed states from what it imagines from each: starts={Starts} leaves "
                + "some out. Set starts=0, or replayValueScale=0.");
        }
    }
}
