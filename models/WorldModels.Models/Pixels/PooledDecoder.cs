namespace WorldModels.Models;

/// <summary>
/// The image decoder of DreamerV3 (Hafner et al. 2025, and its code): the deterministic part of a state block by block, and the stochastic
/// part through a layer, are summed to 4 x 4 pixels; each layer doubles the size and convolves 5 x 5 pixels; a sigmoid ends it.
/// </summary>
public sealed class PooledDecoder<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly PixelConfig _config;
    private readonly int _stochastic;
    private readonly BlockLinear<T> _deterministic;
    private readonly HiddenLayers<T> _hidden;
    private readonly Linear<T> _rest;
    private readonly ChannelNorm<T> _norm;
    private readonly (Conv2d<T> Conv, ChannelNorm<T> Norm)[] _layers;
    private readonly Conv2d<T> _last;

    /// <param name="p">Path of the decoder.</param>
    /// <param name="feature">Size of a state's feature: its stochastic part, then its deterministic one.</param>
    /// <param name="config">Sizes of the images and layers.</param>
    public PooledDecoder(Parameters<T> p, int feature, PixelConfig config)
    {
        (_p, _config, _stochastic) = (p, config, feature - config.Deterministic);
        MlpConfig hidden = new(1, 2 * config.Units, NormForm.Rms);
        _deterministic = new(
            p["deterministic"], config.Blocks, config.Deterministic, config.Embedding, Init.TruncatedFanIn(config.Deterministic));
        _hidden = new(p["stochastic"], _stochastic, hidden, config.Activation);
        _rest = new(p["stochastic"]["output"], hidden.Units, config.Embedding, Init.TruncatedFanIn(hidden.Units), Init.Zeros);
        _norm = new(p["norm"], config.Depths[^1]);
        int[] outputs = [.. config.Depths.SkipLast(1).Reverse()];
        _layers = new (Conv2d<T>, ChannelNorm<T>)[outputs.Length];
        int inputs = config.Depths[^1];
        for (int layer = 0; layer < outputs.Length; inputs = outputs[layer++])
            _layers[layer] = PooledEncoder<T>.Layer(p[$"conv{layer}"], inputs, outputs[layer]);
        Window same = PooledEncoder<T>.Same;
        _last = new(p["output"], inputs, config.Channels, same,
            Init.TruncatedFanIn(inputs * same.KernelRows * same.KernelColumns), Init.Zeros);
    }

    /// <summary>Features (B, F) to images (B, C, H, W) in -0.5..0.5.</summary>
    public T Forward(T feature)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T[] parts = feature.Split(-1, _stochastic, _config.Deterministic);                          // (B, S), (B, D)
        T x = _deterministic.Forward(parts[1]) + _rest.Forward(_hidden.Forward(parts[0]));              // (B, E)
        x = x.Reshape(Axis.Keep, _config.Depths[^1], _config.Least, _config.Least);
        x = _norm.Forward(x).Apply(_config.Activation);
        foreach ((Conv2d<T> conv, ChannelNorm<T> norm) in _layers)
            x = norm.Forward(conv.Forward(x.Upsample2d(2))).Apply(_config.Activation);              // (B, 4d, 8, 8) ...
        return _last.Forward(x.Upsample2d(2)).Sigmoid() - 0.5;
    }
}
