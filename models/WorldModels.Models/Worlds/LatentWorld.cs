namespace WorldModels.Models;

/// <summary>Sizes of a <see cref="LatentWorld{T}"/> over vectors or images.</summary>
public sealed record LatentWorldConfig
{
    /// <summary>Where, below the world's path, the observations' statistics are: kept with the weights, not learnt.</summary>
    public const string Statistics = "standard";

    /// <summary>Name of the loss of saying the numbers that are observed.</summary>
    public const string ObservationLoss = "observation";

    /// <summary>Name of the loss of saying the image.</summary>
    public const string PixelLoss = "pixels";

    /// <summary>The transition function of its states.</summary>
    public required IDynamicsConfig Dynamics { get; init; }

    /// <summary>Numbers in an observation (O), those of an image among them.</summary>
    public int Observation { get; init; }

    /// <summary>Encoder and decoder of images in 0..1, which come first where there are numbers too; null: there are none.</summary>
    public PixelConfig? Pixels { get; init; }

    /// <summary>Whether numbers are squashed by symlog (DreamerV3) instead of standardised.</summary>
    public bool Symlog { get; init; }

    /// <summary>
    /// The encoder's hidden layers. A linear one gives the embedding; where they are normalised, as DreamerV3's, their result is it.
    /// </summary>
    public MlpConfig Encoder { get; init; } = new(2, 400);

    /// <summary>The decoder's hidden layers.</summary>
    public MlpConfig Decoder { get; init; } = new(2, 400);

    /// <summary>What the decoder reads of a feature; null: all of it.</summary>
    public FeaturePart? DecoderReads { get; init; }

    /// <summary>What the continue head reads; null: all of it.</summary>
    public FeaturePart? ContinueReads { get; init; }

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
    private readonly IReadOnlyList<ObservationPart<T>> _parts;
    private readonly ScalarHead<T> _reward;
    private readonly Mlp<T>? _continue;
    private readonly FeaturePart? _decoderReads, _continueReads;

    public LatentWorld(Parameters<T> p, LatentWorldConfig config)
    {
        Scale = ScaleOf(p[LatentWorldConfig.Statistics], config);
        _parts = ObservationPart<T>.Of(p, config);
        Dynamics = config.Dynamics.Make(p);
        int feature = Dynamics.Feature;
        (_decoderReads, _continueReads) = (config.DecoderReads, config.ContinueReads);
        foreach (ObservationPart<T> part in _parts)
            part.MakeDecoder(_decoderReads.SizeOf(feature));
        _reward = new(p["reward"], feature, config.Reward);
        if (config.Continue is { } layers)
            _continue = new(p["continue"], _continueReads.SizeOf(feature), layers, 1, config.Activation);
    }

    /// <summary>How observations are measured inside.</summary>
    public IObservationScale<T> Scale { get; }

    /// <summary>The transition function of its states.</summary>
    public IDynamics<T> Dynamics { get; }

    /// <summary>Scaled observations (..., O), or images (B, C, H, W), to embeddings (..., E).</summary>
    public T Embed(T scaled) => _parts.Count == 1
        ? _parts[0].Encode(scaled)
        : T.Concat(-1, [.. _parts.Select(part => part.Encode(part.Of(scaled)))]);

    /// <summary>Features (..., F) to scaled observations (..., O), images flat.</summary>
    public IDistribution<T> Decode(T feature)
    {
        T read = _decoderReads.Of(feature);
        return new UnitNormal<T>(
            _parts.Count == 1 ? _parts[0].Decode(read) : T.Concat(-1, [.. _parts.Select(part => part.Decode(read))]), axes: 1);
    }

    /// <summary>
    /// Negative log likelihoods (...) of scaled observations (..., O) at features (..., F): of the image, of the numbers, or of both, by the
    /// names of their losses; an image's as of 64 x 64 pixels (<see cref="PixelConfig.PixelWeight"/>).
    /// </summary>
    public IEnumerable<(string Loss, T Value)> ObservationLosses(T feature, T scaled)
    {
        T read = _decoderReads.Of(feature);
        return _parts.Select(part =>
        {
            T likely = new UnitNormal<T>(part.Decode(read), axes: 1).LogProb(_parts.Count == 1 ? scaled : part.Of(scaled));
            return (part.Loss, part.Weight == 1 ? -likely : -part.Weight * likely);
        });
    }

    /// <summary>Features (B, F) to the reward on arrival (B), in the units of training.</summary>
    public IDistribution<T> Reward(T feature) => _reward.Forward(feature);

    /// <summary>Whether it predicts that episodes go on.</summary>
    public bool HasContinue => _continue is not null;

    /// <summary>Features (B, F) to whether the episode goes on, times the discount (B); only where <see cref="HasContinue"/>.</summary>
    public IDistribution<T> Continue(T feature) => new Bernoulli<T>(_continue!.Forward(_continueReads.Of(feature)).Reshape(Axis.Keep));

    private static IObservationScale<T> ScaleOf(Parameters<T> statistics, LatentWorldConfig config)
    {
        int image = config.Pixels?.Numbers ?? 0, numbers = config.Observation - image;
        IObservationScale<T> OfNumbers() =>
            config.Symlog ? new SymlogScale<T>() : new Standardizer<T>(statistics, numbers, Init.Zeros);
        return image == 0 ? OfNumbers() : new CentredPixels<T>(image, numbers == 0 ? null : OfNumbers());
    }
}
