namespace WorldModels.Models;

/// <summary>
/// The image encoder of DreamerV3 (Hafner et al. 2025, and its code): convolutions of 5 x 5 that keep the size, each followed by the
/// largest of 2 x 2 pixels, a normalisation over channels and SiLU, down to 4 x 4 pixels.
/// </summary>
public sealed class PooledEncoder<T> where T : ITensor<T>
{
    /// <summary>Rows and columns of every convolution.</summary>
    internal static readonly Window Same = Window.Square(5, stride: 1, padding: 2);

    private readonly Parameters<T> _p;
    private readonly PixelConfig _config;
    private readonly (Conv2d<T> Conv, ChannelNorm<T> Norm)[] _layers;

    public PooledEncoder(Parameters<T> p, PixelConfig config)
    {
        _p = p;
        _config = config;
        _layers = new (Conv2d<T>, ChannelNorm<T>)[config.Depths.Count];
        for (int layer = 0, inputs = config.Channels; layer < _layers.Length; inputs = config.Depths[layer++])
            _layers[layer] = Layer(p[$"conv{layer}"], inputs, config.Depths[layer]);
    }

    /// <summary>Images (B, C, H, W) in -0.5..0.5 to embeddings (B, E).</summary>
    public T Forward(T images)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T x = images;
        foreach ((Conv2d<T> conv, ChannelNorm<T> norm) in _layers)
            x = norm.Forward(conv.Forward(x).MaxPool2d(Window.Square(2, stride: 2))).Apply(_config.Activation);     // (B, 2d, 32, 32) ...
        return x.Reshape(Axis.Keep, _config.Embedding);
    }

    /// <summary>A convolution that keeps the size, and the normalisation behind it.</summary>
    internal static (Conv2d<T> Conv, ChannelNorm<T> Norm) Layer(Parameters<T> p, int inputs, int outputs) => (
        new(p, inputs, outputs, Same, Init.TruncatedFanIn(inputs * Same.KernelRows * Same.KernelColumns), Init.Zeros),
        new(p["norm"], outputs));
}

/// <summary>Divides the channels of each pixel by their root mean square, then scales them.</summary>
public sealed class ChannelNorm<T> where T : ITensor<T>
{
    private const double Epsilon = 1e-4;    // DreamerV3's

    private readonly T _gain;

    public ChannelNorm(Parameters<T> p, int channels) => _gain = p.Get("gain", [channels, 1, 1], Init.Ones);

    /// <summary>(B, C, H, W) to the same.</summary>
    public T Forward(T x) => x / (x.Square().Mean(1, keep: true) + Epsilon).Sqrt() * _gain;
}
