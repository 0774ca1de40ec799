namespace WorldModels.Models;

/// <summary>Which form of the GRU carries the deterministic path.</summary>
public enum GruForm
{
    /// <summary>The reset gate applies after the recurrent product (PyTorch, Keras; Dreamer V1).</summary>
    ResetAfter,

    /// <summary>The reset gate applies before it (PlaNet).</summary>
    ResetBefore,
}

/// <summary>Sizes of an <see cref="Rssm{T}"/>; defaults as published for PlaNet and Dreamer V1.</summary>
public sealed record RssmConfig
{
    /// <summary>Deterministic units (D).</summary>
    public int Deterministic { get; init; } = 200;

    /// <summary>Stochastic Gaussian units (S).</summary>
    public int Stochastic { get; init; } = 30;

    /// <summary>Units of the hidden layers.</summary>
    public int Hidden { get; init; } = 200;

    /// <summary>Size of the observation's embedding (E).</summary>
    public int Embedding { get; init; } = 200;

    /// <summary>Size of the action vector (A).</summary>
    public int Actions { get; init; } = 1;

    /// <summary>Lower bound of every standard deviation (Hafner et al. 2019: 0.1).</summary>
    public double MinimumStd { get; init; } = 0.1;

    /// <summary>The deterministic path's cell.</summary>
    public GruForm Gru { get; init; } = GruForm.ResetAfter;

    /// <summary>Activation of the hidden layers (PlaNet: ReLU; Dreamer V1: ELU).</summary>
    public Unary Activation { get; init; } = Unary.Elu;

    /// <summary>Size of a state's feature, S + D.</summary>
    public int Feature => Stochastic + Deterministic;
}

/// <summary>
/// A Gaussian latent state: deterministic (B, D), stochastic sample (B, S), and the mean and standard deviation it was drawn with,
/// (B, S) each.
/// </summary>
public readonly record struct RssmState<T>(T Deterministic, T Stochastic, T Mean, T Std) where T : ITensor<T>
{
    /// <summary>What heads read: sample and deterministic part side by side, (B, S + D).</summary>
    public T Feature => Stochastic.Concat(Deterministic);
}

/// <summary>
/// Recurrent state-space model with Gaussian latents (Hafner et al. 2019, section 3): a GRU carries the deterministic path, the prior and
/// the posterior draw the stochastic one. Noise is an input, standard normal (B, S).
/// </summary>
/// <remarks>
/// Over a sequence that was recorded, only the GRU and the posterior depend on the step before: actions and embeddings are projected for
/// all steps at once beforehand, and the priors are computed for all steps at once afterwards.
/// </remarks>
public sealed class Rssm<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly RssmConfig _config;
    private readonly JointLinear<T> _input, _posterior;
    private readonly Linear<T> _prior, _priorStats, _posteriorStats;
    private readonly IRecurrentCell<T> _gru;

    public Rssm(Parameters<T> p, RssmConfig config)
    {
        (int deterministic, int stochastic, int hidden) = (config.Deterministic, config.Stochastic, config.Hidden);
        _p = p;
        _config = config;
        _input = new(p["input"], ("stochastic", stochastic), ("action", config.Actions), hidden);
        _gru = config.Gru == GruForm.ResetAfter
            ? new GruCell<T>(p["gru"], hidden, deterministic)
            : new ResetBeforeGruCell<T>(p["gru"], hidden, deterministic);
        _prior = new(p["prior"]["hidden"], deterministic, hidden, Init.Glorot(deterministic, hidden), Init.Zeros);
        _priorStats = new(p["prior"]["stats"], hidden, 2 * stochastic, Init.Glorot(hidden, 2 * stochastic), Init.Zeros);
        _posterior = new(p["posterior"]["hidden"], ("deterministic", deterministic), ("embedding", config.Embedding), hidden);
        _posteriorStats = new(p["posterior"]["stats"], hidden, 2 * stochastic, Init.Glorot(hidden, 2 * stochastic), Init.Zeros);
    }

    /// <summary>Next state without an observation, drawn from the prior. action (B, A), noise (B, S).</summary>
    public RssmState<T> Imagine(T deterministic, T stochastic, T action, T noise)
    {
        using var _ = _p.Enter();
        T h = Step(deterministic, stochastic, _input.Project(action));          // (B, D)
        (T mean, T std) = Prior(h);
        return new(h, mean.SampleNormal(std, noise), mean, std);
    }

    /// <summary>Next state given the embedding (B, E) of what was observed, drawn from the posterior.</summary>
    public RssmState<T> Observe(T deterministic, T stochastic, T action, T embedding, T noise) =>
        ObserveProjected(deterministic, stochastic, ProjectActions(action), ProjectEmbeddings(embedding), noise);

    /// <summary>The share of actions (..., A) in the cell's input, for <see cref="ObserveProjected"/>.</summary>
    public T ProjectActions(T actions) => _input.Project(actions);

    /// <summary>The share of embeddings (..., E) in the posterior's hidden layer, for <see cref="ObserveProjected"/>.</summary>
    public T ProjectEmbeddings(T embeddings) => _posterior.Project(embeddings);

    /// <summary><see cref="Observe"/> of an action and an embedding that were projected beforehand, (B, hidden) each.</summary>
    public RssmState<T> ObserveProjected(T deterministic, T stochastic, T action, T embedding, T noise)
    {
        using var _ = _p.Enter();
        T h = Step(deterministic, stochastic, action);                          // (B, D)
        (T mean, T std) = Stats(_posteriorStats.Forward(_posterior.Forward(h, embedding).Apply(_config.Activation)));
        return new(h, mean.SampleNormal(std, noise), mean, std);
    }

    /// <summary>Mean and standard deviation (..., S) of the prior that deterministic parts (..., D) lead to.</summary>
    public (T Mean, T Std) Prior(T deterministic) =>
        Stats(_priorStats.Forward(_prior.Forward(deterministic).Apply(_config.Activation)));

    private T Step(T deterministic, T stochastic, T action) =>
        _gru.Forward(_input.Forward(stochastic, action).Apply(_config.Activation), deterministic);

    private (T Mean, T Std) Stats(T stats)
    {
        T[] parts = stats.Split(-1, _config.Stochastic, _config.Stochastic);    // 2 x (..., S)
        return (parts[0], parts[1].Softplus() + _config.MinimumStd);
    }
}
