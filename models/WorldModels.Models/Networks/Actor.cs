namespace WorldModels.Models;

/// <summary>Sizes of an <see cref="Actor{T}"/>; defaults as published for Dreamer V1.</summary>
public sealed record ActorConfig
{
    /// <summary>Size of a state's feature.</summary>
    public required int Feature { get; init; }

    /// <summary>Size of the action vector (A).</summary>
    public required int Actions { get; init; }

    /// <summary>Whether the vector is one-hot.</summary>
    public bool Discrete { get; init; }

    /// <summary>Hidden layers.</summary>
    public MlpConfig Layers { get; init; } = new(4, 400);

    /// <summary>Activation of the hidden layers.</summary>
    public Unary Activation { get; init; } = Unary.Elu;

    /// <summary>Standard deviation before the squash of an actor that has learnt nothing yet.</summary>
    public double InitialStd { get; init; } = 5;

    /// <summary>Lower bound of the standard deviation before the squash.</summary>
    public double MinimumStd { get; init; } = 1e-4;
}

/// <summary>
/// The policy of Dreamer V1 (Hafner et al. 2020, section 3 and appendix A): a state's feature to a tanh-normal over [-1, 1], or to a
/// one-hot action through which gradients pass straight.
/// </summary>
public sealed class Actor<T> where T : ITensor<T>
{
    // Keeps means off the flat ends of tanh (Hafner et al. 2020, appendix A).
    private const double MeanScale = 5;

    private readonly ActorConfig _config;
    private readonly Mlp<T> _network;
    private readonly double _stdShift;

    public Actor(Parameters<T> p, ActorConfig config)
    {
        _config = config;
        _network = new(p, config.Feature, config.Layers, config.Discrete ? config.Actions : 2 * config.Actions, config.Activation);
        _stdShift = Math.Log(Math.Exp(config.InitialStd) - 1);
    }

    /// <summary>Logits (B, A) of a discrete policy for features (B, F).</summary>
    public T Logits(T feature) => _network.Forward(feature);

    /// <summary>Mean and standard deviation (B, A) before the squash, of a continuous policy.</summary>
    public (T Mean, T Std) Normal(T feature)
    {
        T[] parts = _network.Forward(feature).Split(-1, _config.Actions, _config.Actions);              // 2 x (B, A)
        return ((parts[0] / MeanScale).Tanh() * MeanScale, (parts[1] + _stdShift).Softplus() + _config.MinimumStd);
    }

    /// <summary>
    /// An action vector (B, A), drawn with noise (B, A): Gumbel for a discrete policy, standard normal for a continuous one. Zero noise
    /// gives the most likely class, or the squashed mean.
    /// </summary>
    public T Act(T feature, T noise)
    {
        if (_config.Discrete)
            return Logits(feature).SampleOneHot(noise);
        (T mean, T std) = Normal(feature);
        return mean.SampleNormal(std, noise).Tanh();
    }

    /// <summary>Log probability (B), or density, of the action that <see cref="Act"/> draws with this noise.</summary>
    public T LogProbability(T feature, T noise)
    {
        if (_config.Discrete)
        {
            T logits = Logits(feature);
            return (logits.LogSoftmax(-1) * (logits + noise).ArgMax(-1).OneHot(_config.Actions)).Sum(-1);
        }
        (T mean, T std) = Normal(feature);
        return TanhNormal.LogProbability(mean, std, mean.SampleNormal(std, noise)).Sum(-1);
    }
}

/// <summary>The distribution of tanh(x) for a normal x.</summary>
public static class TanhNormal
{
    private static readonly double HalfLogTwoPi = 0.5 * Math.Log(2 * Math.PI);

    /// <summary>
    /// Log density of tanh(x), number by number, for x ~ Normal(mean, std); the logarithm of the squash's slope is
    /// 2 (ln 2 - x - softplus(-2x)), which does not overflow.
    /// </summary>
    public static T LogProbability<T>(T mean, T std, T x) where T : ITensor<T>
    {
        T normal = ((x - mean) / std).Square() * -0.5 - std.Log() - HalfLogTwoPi;
        return normal - 2 * (Math.Log(2) - x - (-2 * x).Softplus());
    }
}
