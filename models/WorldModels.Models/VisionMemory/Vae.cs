namespace WorldModels.Models;

/// <summary>Sizes of a <see cref="Vae{T}"/>; defaults as published for CarRacing.</summary>
public sealed record VaeConfig
{
    /// <summary>One observation in 0..1: a picture (C, H, W), or numbers (O).</summary>
    public required IReadOnlyList<int> Observation { get; init; }

    /// <summary>Numbers in a latent vector (Z).</summary>
    public int Latent { get; init; } = 32;

    /// <summary>Channels after the first convolution, of pictures of 64 or 32 pixels a side.</summary>
    public int Depth { get; init; } = 32;

    /// <summary>Units of the hidden layer, of all other observations.</summary>
    public int Units { get; init; } = 128;

    /// <summary>Numbers in an observation (O).</summary>
    public int Numbers => Observation.Aggregate(1, (size, axis) => size * axis);

    /// <summary>The convolutions' sizes; null where an observation passes one hidden layer.</summary>
    public PixelConfig? Pixels =>
        Observation is [var channels, var rows, var columns] && rows == columns && PixelConfig.Sizes.Contains(rows)
            ? new() { Size = rows, Channels = channels, Depth = Depth }
            : null;
}

/// <summary>
/// V: a variational autoencoder of single observations (Ha and Schmidhuber 2018, appendix; Kingma and Welling 2014). Pictures of 64 or 32
/// pixels a side pass convolutions, what is smaller one hidden layer.
/// </summary>
public sealed class Vae<T> where T : ITensor<T>
{
    private readonly VaeConfig _config;
    private readonly Func<T, T> _encode, _decode;

    public Vae(Parameters<T> p, VaeConfig config)
    {
        _config = config;
        if (config.Pixels is { } pixels)
        {
            ConvEncoder<T> encoder = new(p["encoder"], pixels);
            Linear<T> statistics = new(p["encoder"]["statistics"], pixels.Embedding, 2 * config.Latent);
            _encode = images => statistics.Forward(encoder.Forward(images));
            _decode = new ConvDecoder<T>(p["decoder"], config.Latent, pixels).Forward;
            return;
        }
        MlpConfig hidden = new(1, config.Units);
        Mlp<T> read = new(p["encoder"], config.Numbers, hidden, 2 * config.Latent, Unary.Relu);
        Mlp<T> say = new(p["decoder"], config.Latent, hidden, config.Numbers, Unary.Relu);
        _encode = observations => read.Forward(observations.Reshape(Axis.Keep, config.Numbers));
        _decode = latents => say.Forward(latents).Reshape([Axis.Keep, .. config.Observation]);
    }

    /// <summary>Observations (B, ...) to distributions of latent vectors (B, Z).</summary>
    public Normal<T> Encode(T observations)
    {
        T[] parts = _encode(observations).Split(-1, _config.Latent, _config.Latent);                // mean, log variance
        return new(parts[0], (0.5 * parts[1]).Exp());
    }

    /// <summary>Latent vectors (B, Z) to observations (B, ...) in 0..1.</summary>
    public T Decode(T latents) => _decode(latents).Sigmoid();
}
