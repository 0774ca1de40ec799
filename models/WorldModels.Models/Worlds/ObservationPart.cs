namespace WorldModels.Models;

/// <summary>A part of an observation and the networks that read and say it: an image, or the numbers, which are behind an image.</summary>
internal abstract class ObservationPart<T> where T : ITensor<T>
{
    private readonly int _start, _size;

    private protected ObservationPart(string loss, int start, int size, double weight = 1) =>
        (Loss, _start, _size, Weight) = (loss, start, size, weight);

    /// <summary>Name of the loss of saying it.</summary>
    public string Loss { get; }

    /// <summary>Weight of each number's loss.</summary>
    public double Weight { get; }

    /// <summary>The parts of a world's observations, their encoders with parameters below the world's path; decoders are still to be made.</summary>
    public static IReadOnlyList<ObservationPart<T>> Of(Parameters<T> world, LatentWorldConfig config)
    {
        int embedding = config.Dynamics.Embedding;
        if (config.Pixels is not { } pixels)
            return [new NumbersPart<T>(world, "", config, start: 0, embedding)];
        ImagePart<T> image = new(world, pixels);
        return pixels.Numbers == config.Observation
            ? [image] : [image, new NumbersPart<T>(world, "number_", config, pixels.Numbers, embedding - pixels.Embedding)];
    }

    /// <summary>This part (..., N) of flat observations (..., O).</summary>
    public T Of(T observation) => observation.Slice(-1, _start, _start + _size);

    /// <summary>Makes the decoder, which reads features of this size.</summary>
    public abstract void MakeDecoder(int feature);

    /// <summary>Scaled, (..., N), to its share of the embedding.</summary>
    public abstract T Encode(T scaled);

    /// <summary>Features (..., F) to it, scaled, (..., N).</summary>
    public abstract T Decode(T feature);
}

/// <summary>Numbers, or those behind an image.</summary>
internal sealed class NumbersPart<T> : ObservationPart<T> where T : ITensor<T>
{
    private readonly Parameters<T> _decoderPath;
    private readonly LatentWorldConfig _config;
    private readonly int _size;
    private readonly Func<T, T> _encode;
    private Mlp<T>? _decoder;

    /// <param name="world">Path of the world.</param>
    /// <param name="prefix">Of its networks' names.</param>
    /// <param name="config">Sizes.</param>
    /// <param name="start">Where they begin in an observation.</param>
    /// <param name="embedding">Size of their share of the embedding.</param>
    public NumbersPart(Parameters<T> world, string prefix, LatentWorldConfig config, int start, int embedding)
        : base(LatentWorldConfig.ObservationLoss, start, config.Observation - start)
    {
        (_config, _size, _decoderPath) = (config, config.Observation - start, world[$"{prefix}decoder"]);
        Parameters<T> path = world[$"{prefix}encoder"];
        _encode = config.Encoder.Norm == NormForm.None
            ? new Mlp<T>(path, _size, config.Encoder, embedding, config.Activation).Forward
            : new HiddenLayers<T>(path, _size, config.Encoder, config.Activation).Forward;
    }

    public override void MakeDecoder(int feature) => _decoder = new(_decoderPath, feature, _config.Decoder, _size, _config.Activation);

    public override T Encode(T scaled) => _encode(scaled);

    public override T Decode(T feature) => _decoder!.Forward(feature);
}

/// <summary>An image, flat or (B, C, H, W).</summary>
internal sealed class ImagePart<T> : ObservationPart<T> where T : ITensor<T>
{
    private readonly Parameters<T> _decoderPath;
    private readonly PixelConfig _config;
    private readonly Func<T, T> _encode;
    private Func<T, T>? _decode;

    /// <param name="world">Path of the world.</param>
    /// <param name="config">Sizes.</param>
    public ImagePart(Parameters<T> world, PixelConfig config) : base(LatentWorldConfig.PixelLoss, 0, config.Numbers, config.PixelWeight)
    {
        (_config, _decoderPath) = (config, world["decoder"]);
        _encode = config.Form == PixelForm.Strided
            ? new ConvEncoder<T>(world["encoder"], config).Forward : new PooledEncoder<T>(world["encoder"], config).Forward;
    }

    public override void MakeDecoder(int feature) => _decode = _config.Form == PixelForm.Strided
        ? new ConvDecoder<T>(_decoderPath, feature, _config).Forward : new PooledDecoder<T>(_decoderPath, feature, _config).Forward;

    public override T Encode(T scaled) => ByRow(
        scaled, _config.Embedding, rows => _encode(rows.Reshape(Axis.Keep, _config.Channels, _config.Size, _config.Size)));

    public override T Decode(T feature) =>
        ByRow(feature, _config.Numbers, rows => _decode!(rows).Reshape(Axis.Keep, _config.Numbers));

    /// <summary>Applies what takes rows (B, ...) to (B, size) to steps of rows, (T, B, N), as well.</summary>
    private static T ByRow(T x, int size, Func<T, T> apply) => x.Rank == 3
        ? apply(x.Reshape(Axis.Rest, x.Size(-1))).Reshape(x.Size(0), Axis.Rest, size)
        : apply(x);
}
