namespace WorldModels.Models;

/// <summary>Sizes of a <see cref="LatentWorld{T}"/> over vectors or images.</summary>
public sealed record LatentWorldConfig
{
    /// <summary>Where, below the world's path, the observations' statistics are: kept with the weights, not learnt.</summary>
    public const string Statistics = "standard";

    /// <summary>The transition function of its states.</summary>
    public required IDynamicsConfig Dynamics { get; init; }

    /// <summary>Numbers in an observation (O), where it is a vector.</summary>
    public int Observation { get; init; }

    /// <summary>Encoder and decoder of images (C, 64, 64) in 0..1; null: observations are vectors.</summary>
    public PixelConfig? Pixels { get; init; }

    /// <summary>Whether vectors are squashed by symlog (DreamerV3) instead of standardised.</summary>
    public bool Symlog { get; init; }

    /// <summary>
    /// The encoder's hidden layers. A linear one gives the embedding; where they are normalised, as DreamerV3's, their result is it.
    /// </summary>
    public MlpConfig Encoder { get; init; } = new(2, 400);

    /// <summary>The decoder's hidden layers.</summary>
    public MlpConfig Decoder { get; init; } = new(2, 400);

    /// <summary>The reward head (Dreamer V1: 2 x 400; PlaNet: 3 x 300).</summary>
    public ScalarHeadConfig Reward { get; init; } = new(new(2, 400), Unary.Elu);

    /// <summary>The continue head's hidden layers (Dreamer V1: 3 x 400); null without one: episodes never terminate.</summary>
    public MlpConfig? Continue { get; init; }

    /// <summary>Activation of encoder, decoder and heads.</summary>
    public Unary Activation { get; init; } = Unary.Elu;
}

/// <summary>
/// A world in latent space (Hafner et al. 2019): an encoder, a dynamics, and heads that read a state's feature and say distributions.
/// Observations are scaled inside.
/// </summary>
public sealed class LatentWorld<T> where T : ITensor<T>
{
    private readonly Func<T, T> _encode, _decode;
    private readonly int _observationAxes;
    private readonly ScalarHead<T> _reward;
    private readonly Mlp<T>? _continue;

    public LatentWorld(Parameters<T> p, LatentWorldConfig config)
    {
        PixelConfig? pixels = config.Pixels;
        Parameters<T> statistics = p[LatentWorldConfig.Statistics];
        Scale = pixels is not null ? new Standardizer<T>(statistics, 1, Init.Constant(0.5))
            : config.Symlog ? new SymlogScale<T>()
            : new Standardizer<T>(statistics, config.Observation, Init.Zeros);
        _encode = pixels is not null ? new ConvEncoder<T>(p["encoder"], pixels).Forward
            : config.Encoder.Norm == NormForm.None
                ? new Mlp<T>(p["encoder"], config.Observation, config.Encoder, config.Dynamics.Embedding, config.Activation).Forward
            : new HiddenLayers<T>(p["encoder"], config.Observation, config.Encoder, config.Activation).Forward;
        Dynamics = config.Dynamics.Make(p);
        int feature = Dynamics.Feature;
        _decode = pixels is null
            ? new Mlp<T>(p["decoder"], feature, config.Decoder, config.Observation, config.Activation).Forward
            : new ConvDecoder<T>(p["decoder"], feature, pixels).Forward;
        _observationAxes = pixels is null ? 1 : 3;
        _reward = new(p["reward"], feature, config.Reward);
        if (config.Continue is { } layers)
            _continue = new(p["continue"], feature, layers, 1, config.Activation);
    }

    /// <summary>How observations are measured inside.</summary>
    public IObservationScale<T> Scale { get; }

    /// <summary>The transition function of its states.</summary>
    public IDynamics<T> Dynamics { get; }

    /// <summary>Scaled observations (..., O), or images (B, C, 64, 64), to embeddings (..., E).</summary>
    public T Embed(T scaled) => _encode(scaled);

    /// <summary>Features (..., F) to scaled observations (..., O); (B, F) to images (B, C, 64, 64).</summary>
    public IDistribution<T> Decode(T feature) => new UnitNormal<T>(_decode(feature), _observationAxes);

    /// <summary>Features (B, F) to the reward on arrival (B), in the units of training.</summary>
    public IDistribution<T> Reward(T feature) => _reward.Forward(feature);

    /// <summary>Whether it predicts that episodes go on.</summary>
    public bool HasContinue => _continue is not null;

    /// <summary>Features (B, F) to whether the episode goes on, times the discount (B); only where <see cref="HasContinue"/>.</summary>
    public IDistribution<T> Continue(T feature) => new Bernoulli<T>(_continue!.Forward(feature).Reshape(Axis.Keep));
}
