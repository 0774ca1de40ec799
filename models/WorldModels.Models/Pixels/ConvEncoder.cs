namespace WorldModels.Models;

/// <summary>
/// The image encoder of PlaNet and Dreamer V1 and V2 (Hafner et al. 2019; 2020, appendix A, after Ha and Schmidhuber 2018): four
/// convolutions of 4 x 4 and stride 2, 64 to 31, 14, 6 and 2 pixels; of smaller images three, 32 to 15, 6 and 2. Glorot's initialisation,
/// zero biases.
/// </summary>
public sealed class ConvEncoder<T> where T : ITensor<T>
{
    private const int Kernel = 4;

    private readonly Parameters<T> _p;
    private readonly PixelConfig _config;
    private readonly Conv2d<T>[] _layers;

    public ConvEncoder(Parameters<T> p, PixelConfig config)
    {
        _p = p;
        _config = config;
        _layers = new Conv2d<T>[config.Depths.Count];
        for (int layer = 0, inputs = config.Channels; layer < _layers.Length; inputs = config.Depths[layer++])
        {
            int outputs = config.Depths[layer];
            Init init = Init.Glorot(inputs * Kernel * Kernel, outputs * Kernel * Kernel);
            _layers[layer] = new(p[$"conv{layer}"], inputs, outputs, Window.Square(Kernel, stride: 2), init, Init.Zeros);
        }
    }

    /// <summary>Centred images (B, C, H, W) to embeddings (B, E).</summary>
    public T Forward(T images)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T x = images;
        foreach (Conv2d<T> layer in _layers)
            x = layer.Forward(x).Apply(_config.Activation);                         // (B, d, 31, 31) ... (B, 8d, 2, 2)
        return x.Reshape(Axis.Keep, _config.Embedding);
    }
}
