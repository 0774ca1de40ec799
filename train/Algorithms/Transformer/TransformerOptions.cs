using System.ComponentModel.DataAnnotations;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>What a world's latents follow one another by.</summary>
public enum LatentDynamics
{
    /// <summary>A transformer, over the steps of its window.</summary>
    Transformer,

    /// <summary>DreamerV2's recurrent state-space model of the same latents, in a world of as many parameters: to compare the two.</summary>
    Rssm,
}

/// <summary>What moves the actor.</summary>
public enum ActorLearning
{
    /// <summary>Lambda-returns, whose gradient flows back through rewards, latents and values (the Simple World example).</summary>
    ValueGradient,

    /// <summary>The sum of the imagined rewards, whose gradient flows back through the dynamics; no values.</summary>
    RewardGradient,

    /// <summary>The score function of the actions, weighed by how far lambda-returns are above values (REINFORCE).</summary>
    ScoreFunction,

    /// <summary>
    /// TWM's: the score function, weighed by advantages of generalised estimation, in rollouts that begin anew where they end.
    /// </summary>
    Advantages,

    /// <summary>Dreamer V1's lambda-returns (<see cref="DreamerBehaviour"/>), whose gradient flows back alike; no slow critic.</summary>
    DreamerV1,
}

/// <summary>
/// Hyperparameters of learning a transformer as a world model, and to act in it: defaults are TWM's (Robine et al. 2023, and its code). Of
/// TWM's training, weight decay, its sampling of seldom visited steps, dropout outside the layers, tokens of rewards, its two optimisers of
/// the world and its initialisations are left out; a rollout begins with all of the past that its step has, not with one step of it. Of the
/// options of the recurrent state-space model, <c>stochastic</c> and <c>classes</c> are the latent's, <c>deterministic</c> is the
/// transformer's width, <c>hidden</c> the units of the layers to posterior and prior, and <c>klScale</c> the weight of foretelling the
/// latent; <c>freeNats</c> and <c>overshooting</c> are of <see cref="LatentDynamics.Rssm"/> alone.
/// </summary>
public sealed record TransformerOptions : DreamerOptions
{
    private const double RssmKlBalance = 0.8;   // DreamerV2's

    /// <summary>
    /// The transformer, or a recurrent state-space model in its place, whose deterministic and hidden units, one number for both, are as many
    /// as give the world as many parameters as the transformer's has; encoder, decoder and heads stay as large, and read all of its feature.
    /// What else is said of the transformer, dropout and the weights of consistency and latent entropy among it, then counts for its number
    /// of parameters alone.
    /// </summary>
    [Fixed]
    public LatentDynamics Dynamics { get; init; }

    /// <summary>Which layers.</summary>
    [Fixed]
    public TransformerForm Form { get; init; } = TransformerForm.TransformerXl;

    /// <summary>How latent and action of a step become tokens.</summary>
    [Fixed]
    public TokenForm Tokens { get; init; } = TokenForm.Stack;

    /// <summary>Steps that are seen, the present one among them (TWM: 16 and one of context).</summary>
    [Fixed, Range(2, 4096)]
    public int Window { get; init; } = 17;

    /// <summary>Layers of the transformer.</summary>
    [Fixed, Range(1, 256)]
    public int Layers { get; init; } = 10;

    /// <summary>Heads of each.</summary>
    [Fixed, Range(1, 256)]
    public int Heads { get; init; } = 4;

    /// <summary>Units of each layer's feed-forward part.</summary>
    [Fixed, Range(1, 65536)]
    public int FeedForward { get; init; } = 1024;

    /// <summary>Share of numbers that are dropped while sequences are learnt from.</summary>
    [Range(0.0, 0.9)]
    public double Dropout { get; init; } = 0.1;

    /// <summary>Hidden layers between latent or action and its token; 0: one layer, and a table of actions.</summary>
    [Fixed, Range(0, 16)]
    public int TokenLayers { get; init; }

    /// <summary>
    /// Hidden layers from an embedding to the latent; 0: where the embedding is as large as the latent, it is its logits.
    /// </summary>
    [Fixed, Range(0, 16)]
    public int PosteriorLayers { get; init; } = 2;

    /// <summary>Hidden layers from the transformer to the latent that it foretells.</summary>
    [Fixed, Range(0, 16)]
    public int PriorLayers { get; init; } = 4;

    /// <summary>Classes of each latent variable.</summary>
    [Fixed, Range(2, 1024)]
    public int Classes { get; init; } = 32;

    /// <summary>The uniform distribution's share in every draw among classes.</summary>
    [Fixed, Range(0.0, 0.5)]
    public double Unimix { get; init; }

    /// <summary>Units of the hidden layers of actor and critic; 0: those of the other heads.</summary>
    [Fixed, Range(0, 65536)]
    public int ActorUnits { get; init; }

    /// <summary>
    /// Whether actor and critic read what the transformer says of the past, beside the latent; those of <see cref="LatentDynamics.Rssm"/>
    /// do, and those of <see cref="ActorLearning.DreamerV1"/>, whose values are to say the reward on arrival, which the past tells.
    /// </summary>
    [Fixed]
    public bool ActorSeesPast { get; init; }

    /// <summary>Numbers of the first image of the decoder of pictures; 0: as many as the encoder's embedding has.</summary>
    [Fixed, Range(0, 1_000_000)]
    public int DecoderInput { get; init; }

    /// <summary>Weight of moving the posterior towards what was foretold.</summary>
    [Range(0.0, 1000.0)]
    public double ConsistencyScale { get; init; } = 0.01;

    /// <summary>Weight of raising the posterior's entropy where it is below a tenth of the largest.</summary>
    [Range(0.0, 1000.0)]
    public double LatentEntropyScale { get; init; } = 5;

    /// <summary>What moves the actor.</summary>
    public ActorLearning ActorLearning { get; init; } = ActorLearning.Advantages;

    /// <summary>
    /// Weight of the policy's entropy; of <see cref="ActorLearning.Advantages"/> that of its share of the largest, where below a tenth;
    /// <see cref="ActorLearning.DreamerV1"/> has none.
    /// </summary>
    [Range(0.0, 100.0)]
    public double Entropy { get; init; } = 0.01;

    /// <summary>
    /// Share by which the target critic follows the critic at each update; <see cref="ActorLearning.Advantages"/> and
    /// <see cref="ActorLearning.DreamerV1"/> have none.
    /// </summary>
    [Range(0.0, 1.0)]
    public double TargetShare { get; init; } = 0.005;

    /// <summary>
    /// Discount since its beginning below which an imagined rollout of <see cref="ActorLearning.Advantages"/> begins anew.
    /// </summary>
    [Range(0.0, 1.0)]
    public double DiscountThreshold { get; init; } = 0.1;

    /// <summary>
    /// Largest norm of the gradients of actor and critic each; those of the world have <see cref="LatentOptions.MaxGradNorm"/>.
    /// </summary>
    [Range(0.0, 1e6)]
    public double BehaviourMaxGradNorm { get; init; } = 1;

    /// <summary>Updates of the world before actor and critic begin to learn.</summary>
    [Range(0, 100_000_000)]
    public long WorldAlone { get; init; }

    /// <summary>Negative control: no gradient flows back through the dynamics to the actor.</summary>
    public bool CutDynamics { get; init; }

    internal override string Algorithm => "transformer";

    internal override IEnumerable<(string Option, string Of)> WithoutEffect =>
        ActorLearning == ActorLearning.DreamerV1 ? [] : [("initialStd", "actorLearning=dreamerV1")];

    internal override bool WorldStepsFirst => true;

    internal override long BehaviourAfter => WorldAlone;

    internal override bool IsControl => base.IsControl || CutDynamics;

    /// <summary>What actor and critic read of a feature.</summary>
    internal FeaturePart? ActorReads =>
        ActorSeesPast || Dynamics == LatentDynamics.Rssm || ActorLearning == ActorLearning.DreamerV1
            ? null : new(0, Stochastic * Classes);

    public override IReadOnlyDictionary<string, double> LossScales() => new Dictionary<string, double>(base.LossScales())
    {
        ["latent"] = KlScale,
        ["consistency"] = ConsistencyScale,
        ["entropy"] = LatentEntropyScale,
    };

    public override LatentWorldConfig World(ObservationSpec observation, int actions)
    {
        Check();
        LatentWorldConfig world = TransformerWorld(observation, actions);
        if (Dynamics == LatentDynamics.Transformer)
            return world;
        LatentWorldConfig OfUnits(int units) => RecurrentWorld(world, actions, units);
        return OfUnits(WorldSize.UnitsFor(WorldSize.Of(world), OfUnits));
    }

    private LatentWorldConfig TransformerWorld(ObservationSpec observation, int actions)
    {
        Unary activation = Form == TransformerForm.Gpt ? Unary.Elu : Unary.Silu;
        LatentWorldConfig world = World(observation, actions, activation, GruForm.ResetAfter, ofPixels: activation);
        int latent = Stochastic * Classes;
        FeaturePart hidden = new(latent, Deterministic);
        return world with
        {
            Pixels = world.Pixels is { } pixels ? pixels with { DecoderInput = DecoderInput } : null,
            Dynamics = new TransformerConfig
            {
                Variables = Stochastic, Classes = Classes, Unimix = Unimix, Embedding = world.Dynamics.Embedding, Actions = actions,
                Form = Form, Tokens = Tokens, Window = Window, Width = Deterministic, Layers = Layers, Heads = Heads,
                FeedForward = FeedForward, FeedForwardActivation = Form == TransformerForm.Gpt ? Unary.Gelu : Unary.Silu,
                Dropout = Dropout, TokenLayers = TokenLayers, Posterior = new(PosteriorLayers, Hidden), Prior = new(PriorLayers, Hidden),
                Activation = activation,
            },
            Reward = world.Reward with { Reads = hidden },
            DecoderReads = new(0, latent),
            ContinueReads = hidden,
        };
    }

    /// <summary>The transformer's world around DreamerV2's dynamics of so many deterministic and hidden units.</summary>
    private LatentWorldConfig RecurrentWorld(LatentWorldConfig world, int actions, int units) => world with
    {
        Dynamics = new RssmConfig
        {
            Deterministic = units, Stochastic = Stochastic, Classes = Classes, Unimix = Unimix, Hidden = units,
            Embedding = world.Dynamics.Embedding, Actions = actions, Gru = GruForm.LayerNorm, Activation = Unary.Elu, FreeNats = FreeNats,
            FreeNatsForm = FreeNatsForm, Overshooting = Overshooting, KlBalance = RssmKlBalance,
        },
        Reward = world.Reward with { Reads = null },
        DecoderReads = null,
        ContinueReads = null,
    };

    public override ActorConfig Actor(int feature, ActionVectors actions) => base.Actor(feature, actions) with
    {
        // The score of a clipped draw under the unclipped normal has no mean of zero, which would draw actions inwards: where scores are
        // learnt from, draws beyond the bounds stay what they are, and count as the bounds.
        Form = ActorLearning == ActorLearning.DreamerV1 ? ActorForm.TanhNormal
            : LearnsByScores ? ActorForm.BoundedNormal : ActorForm.ClippedNormal,
        Layers = new(ActorLayers, UnitsOfActor),
        Activation = Unary.Silu,
        Reads = ActorReads,
    };

    public override ScalarHeadConfig Critic() => new(new(CriticLayers, UnitsOfActor), Unary.Silu, Reads: ActorReads);

    internal override double ClipBehaviour(FlatOptimiser optimiser) => optimiser.ClipGradients(BehaviourMaxGradNorm);

    internal override IBehaviour Behaviour(LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters) =>
        ActorLearning switch
        {
            ActorLearning.Advantages => new AdvantageBehaviour(this, world, actions, parameters),
            ActorLearning.DreamerV1 => new DreamerBehaviour(this, world, actions, parameters),
            _ => new GradientBehaviour(this, world, actions, parameters),
        };

    private bool LearnsByScores => ActorLearning is ActorLearning.ScoreFunction or ActorLearning.Advantages;

    private int UnitsOfActor => ActorUnits == 0 ? HeadUnits : ActorUnits;

    private void Check()
    {
        bool transformer = Dynamics == LatentDynamics.Transformer;
        if (transformer && FreeNats != 0)
            throw new UserException($"freeNats={FreeNats} means nothing to a transformer: set freeNats=0, or dynamics=rssm.");
        if (transformer && Overshooting != 1)
            throw new UserException($"overshooting={Overshooting} means nothing to a transformer: set overshooting=1, or dynamics=rssm.");
        if (Deterministic % Heads != 0 || Deterministic % 2 != 0)
            throw new UserException($"deterministic={Deterministic}, the width, has to be a multiple of heads={Heads}, and even.");
        if (!UseValue)
            throw new UserException("useValue=false is actorLearning=rewardGradient here: set that.");
        if (CutDynamics && ActorLearning is not (ActorLearning.ValueGradient or ActorLearning.RewardGradient))
        {
            throw new UserException("cutDynamics=true is of actorLearning=valueGradient and rewardGradient alone: choose one of those, or "
                + "leave it.");
        }
    }
}
