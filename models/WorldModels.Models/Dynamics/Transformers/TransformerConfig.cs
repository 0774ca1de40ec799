namespace WorldModels.Models;

/// <summary>Which layers a transformer is made of, and how they know how far tokens are apart.</summary>
public enum TransformerForm
{
    /// <summary>
    /// Each part normalised before it, biases everywhere, scores divided by the root of a head's size; q times a learned vector of the
    /// distance is added to them (the Simple World example; the positions after Shaw et al. 2018).
    /// </summary>
    Gpt,

    /// <summary>
    /// Each part normalised behind it, no biases of attention, sinusoidal distances through a layer of their own, (q + u) k + (q + v) r
    /// with u and v shared by all layers, divided by the root of the width (Transformer-XL, Dai et al. 2019, as Robine et al. 2023 have
    /// it).
    /// </summary>
    TransformerXl,
}

/// <summary>How latent and action of a step become tokens.</summary>
public enum TokenForm
{
    /// <summary>A token each, the latent's first; what follows is read at the action's.</summary>
    Stack,

    /// <summary>One token, their sum.</summary>
    Add,

    /// <summary>One token, of which each is a half.</summary>
    Concat,
}

/// <summary>Sizes and losses of a <see cref="TransformerDynamics{T}"/>; defaults as published for TWM (Robine et al. 2023).</summary>
public sealed record TransformerConfig : IDynamicsConfig
{
    /// <summary>Latent variables (G).</summary>
    public int Variables { get; init; } = 32;

    /// <summary>Classes of each (C).</summary>
    public int Classes { get; init; } = 32;

    /// <summary>The uniform distribution's share in every draw among classes.</summary>
    public double Unimix { get; init; }

    /// <summary>Size of the observation's embedding (E).</summary>
    public int Embedding { get; init; } = 1536;

    /// <summary>Size of the action vector (A).</summary>
    public int Actions { get; init; } = 1;

    /// <summary>Which layers.</summary>
    public TransformerForm Form { get; init; } = TransformerForm.TransformerXl;

    /// <summary>How a step becomes tokens.</summary>
    public TokenForm Tokens { get; init; } = TokenForm.Stack;

    /// <summary>Steps that are seen, the present one among them: 16 of a segment and one of context.</summary>
    public int Window { get; init; } = 17;

    /// <summary>Size of a token (D).</summary>
    public int Width { get; init; } = 256;

    /// <summary>Layers (L).</summary>
    public int Layers { get; init; } = 10;

    /// <summary>Heads of each layer (H), by which the width can be divided.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Units of each layer's feed-forward part.</summary>
    public int FeedForward { get; init; } = 1024;

    /// <summary>Its activation (the Simple World example: GELU).</summary>
    public Unary FeedForwardActivation { get; init; } = Unary.Silu;

    /// <summary>Share of numbers that are dropped while sequences are learnt from; none where states are imagined.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>
    /// Hidden layers between latent or action and its token. 0: one layer, activated, of latents; a table of actions, without bias.
    /// </summary>
    public int TokenLayers { get; init; }

    /// <summary>Hidden layers from an observation's embedding to the posterior; none where that has its size: it is its logits.</summary>
    public MlpConfig Posterior { get; init; } = new(2, 512);

    /// <summary>Hidden layers from the transformer to the prior.</summary>
    public MlpConfig Prior { get; init; } = new(4, 512);

    /// <summary>Activation of those and of the tokens' layers (the Simple World example: ELU).</summary>
    public Unary Activation { get; init; } = Unary.Silu;

    /// <summary>Share of the largest entropy below which the posterior's is raised.</summary>
    public double EntropyFloor { get; init; } = 0.1;

    /// <summary>Numbers in a latent (S).</summary>
    public int Latent => Variables * Classes;

    /// <summary>Tokens of a step.</summary>
    public int TokensOfStep => Tokens == TokenForm.Stack ? 2 : 1;

    /// <summary>Numbers of a head.</summary>
    public int HeadSize => Width / Heads;

    public AttentionShape? Attention => new(Layers, Heads, Window);

    public IDynamics<T> Make<T>(Parameters<T> world) where T : ITensor<T> => new TransformerDynamics<T>(world["transformer"], this);
}
