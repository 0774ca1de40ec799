namespace WorldModels.Models;

/// <summary>Which form of the GRU carries the deterministic path.</summary>
public enum GruForm
{
    /// <summary>The reset gate applies after the recurrent product (PyTorch, Keras; Dreamer V1).</summary>
    ResetAfter,

    /// <summary>The reset gate applies before it (PlaNet).</summary>
    ResetBefore,

    /// <summary>All gates and the candidate from one normalised product; the update gate begins almost closed (DreamerV2).</summary>
    LayerNorm,

    /// <summary>
    /// Blocks of units that see their own share of the deterministic part, behind layers of their own for each input (DreamerV3).
    /// </summary>
    Block,
}

/// <summary>How the divergence of posterior and prior is allowed a few nats for free. The two have different gradients.</summary>
public enum FreeNatsForm
{
    /// <summary>max(mean KL, n): below the floor nothing is penalised, above it everything is (Dreamer V1).</summary>
    MaxOfMean,

    /// <summary>mean max(0, KL - n), element by element (PlaNet).</summary>
    MeanOfExcess,

    /// <summary>mean max(KL, n), element by element (DreamerV3). Its gradient is that of the one before.</summary>
    MeanOfMax,
}

/// <summary>Sizes and losses of an <see cref="Rssm{T}"/>; defaults as published for PlaNet and Dreamer V1.</summary>
public sealed record RssmConfig : IDynamicsConfig
{
    /// <summary>Deterministic units (D).</summary>
    public int Deterministic { get; init; } = 200;

    /// <summary>Stochastic variables (S): Gaussian numbers, or draws among <see cref="Classes"/>.</summary>
    public int Stochastic { get; init; } = 30;

    /// <summary>Classes of each stochastic variable (C; DreamerV2: 32), one-hot; 0: the variables are Gaussian.</summary>
    public int Classes { get; init; }

    /// <summary>Units of the hidden layers.</summary>
    public int Hidden { get; init; } = 200;

    /// <summary>Size of the observation's embedding (E).</summary>
    public int Embedding { get; init; } = 200;

    /// <summary>Size of the action vector (A).</summary>
    public int Actions { get; init; } = 1;

    /// <summary>Lower bound of every standard deviation of Gaussian variables (Hafner et al. 2019: 0.1).</summary>
    public double MinimumStd { get; init; } = 0.1;

    /// <summary>The uniform distribution's share in every draw among classes (DreamerV3: 0.01).</summary>
    public double Unimix { get; init; }

    /// <summary>The deterministic path's cell.</summary>
    public GruForm Gru { get; init; } = GruForm.ResetAfter;

    /// <summary>
    /// Groups of an action's numbers, each with an input layer and a cell of its own, whose results are averaged (D2P; Wang et al. 2021);
    /// each number is in one group. None: one layer and one cell see the whole action.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> Groups { get; init; } = [];

    /// <summary>
    /// Whether the candidates of groups of <see cref="GruForm.ResetAfter"/> are not squashed (as published: they are linear).
    /// </summary>
    public bool LinearCandidate { get; init; }

    /// <summary>Blocks of <see cref="GruForm.Block"/> (DreamerV3: 8), of which the deterministic units are a multiple.</summary>
    public int Blocks { get; init; } = 8;

    /// <summary>Whether the hidden layers of prior and posterior are normalised.</summary>
    public NormForm Norm { get; init; }

    /// <summary>Hidden layers of the prior (DreamerV3: 2).</summary>
    public int PriorLayers { get; init; } = 1;

    /// <summary>Activation of the hidden layers (PlaNet: ReLU; Dreamer V1 and V2: ELU; V3: SiLU).</summary>
    public Unary Activation { get; init; } = Unary.Elu;

    /// <summary>Nats by which posterior and prior may differ for free.</summary>
    public double FreeNats { get; init; } = 3;

    /// <summary>How they are applied.</summary>
    public FreeNatsForm FreeNatsForm { get; init; } = FreeNatsForm.MaxOfMean;

    /// <summary>
    /// Share of the divergence that moves the prior towards the posterior, the rest moves the posterior (DreamerV2: 0.8); 0: one divergence
    /// that moves both (Dreamer V1).
    /// </summary>
    public double KlBalance { get; init; }

    /// <summary>Steps of latent overshooting (Hafner et al. 2019, section 4); 1: none, only the next step's prior learns.</summary>
    public int Overshooting { get; init; } = 1;

    public IDynamics<T> Make<T>(Parameters<T> world) where T : ITensor<T> => new Rssm<T>(world["rssm"], this);
}
