namespace WorldModels.Models;

/// <summary>Sizes of a <see cref="Rssm{T}"/>.</summary>
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
}

/// <summary>
/// A Gaussian latent state: deterministic (B, D), stochastic sample (B, S), and the mean and standard deviation it was drawn with,
/// (B, S) each.
/// </summary>
public readonly record struct RssmState<T>(T Deterministic, T Stochastic, T Mean, T Std) where T : ITensor<T>
{
    /// <summary>Applies a function to each tensor, told its name: export, detach, move, stack.</summary>
    public RssmState<U> Map<U>(Func<string, T, U> f) where U : ITensor<U> =>
        new(f("deterministic", Deterministic), f("stochastic", Stochastic), f("mean", Mean), f("std", Std));
}

/// <summary>
/// Recurrent state-space model with Gaussian latents (Hafner et al. 2019, section 3): a GRU carries the deterministic path, the prior and
/// the posterior draw the stochastic one. Noise is an input, standard normal (B, S).
/// </summary>
public sealed class Rssm<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly RssmConfig _config;
    private readonly Linear<T> _input, _prior, _priorStats, _posterior, _posteriorStats;
    private readonly GruCell<T> _gru;

    public Rssm(Parameters<T> p, RssmConfig config)
    {
        _p = p;
        _config = config;
        _input = new(p["input"], config.Stochastic + config.Actions, config.Hidden);
        _gru = new(p["gru"], config.Hidden, config.Deterministic);
        _prior = new(p["prior"]["hidden"], config.Deterministic, config.Hidden);
        _priorStats = new(p["prior"]["stats"], config.Hidden, 2 * config.Stochastic);
        _posterior = new(p["posterior"]["hidden"], config.Deterministic + config.Embedding, config.Hidden);
        _posteriorStats = new(p["posterior"]["stats"], config.Hidden, 2 * config.Stochastic);
    }

    /// <summary>Next state without an observation, drawn from the prior. action (B, A), noise (B, S).</summary>
    public RssmState<T> Imagine(T deterministic, T stochastic, T action, T noise)
    {
        using var _ = _p.Enter();
        T h = Step(deterministic, stochastic, action);                          // (B, D)
        return Sample(h, _priorStats.Forward(_prior.Forward(h).Elu()), noise);
    }

    /// <summary>Next state given the embedding (B, E) of what was observed, drawn from the posterior.</summary>
    public RssmState<T> Observe(T deterministic, T stochastic, T action, T embedding, T noise)
    {
        using var _ = _p.Enter();
        T h = Step(deterministic, stochastic, action);                          // (B, D)
        return Sample(h, _posteriorStats.Forward(_posterior.Forward(h.Concat(embedding)).Elu()), noise);
    }

    private T Step(T deterministic, T stochastic, T action) =>
        _gru.Forward(_input.Forward(stochastic.Concat(action)).Elu(), deterministic);

    private RssmState<T> Sample(T h, T stats, T noise)
    {
        T[] parts = stats.Split(-1, _config.Stochastic, _config.Stochastic);    // 2 x (B, S)
        T std = parts[1].Softplus() + _config.MinimumStd;
        return new(h, parts[0].SampleNormal(std, noise), parts[0], std);
    }
}
