namespace WorldModels.Models;

/// <summary>
/// Sizes of a <see cref="ConvEncoder{T}"/> and a <see cref="ConvDecoder{T}"/>; defaults as published for PlaNet and Dreamer V1.
/// </summary>
public sealed record PixelConfig
{
    /// <summary>Rows and columns of an image: what the published kernels and strides lead to.</summary>
    public const int Size = 64;

    /// <summary>Channels of an image.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>d: channels after the first convolution; doubled by each further one.</summary>
    public int Depth { get; init; } = 32;

    /// <summary>Activation behind each convolution but the decoder's last.</summary>
    public Unary Activation { get; init; } = Unary.Relu;

    /// <summary>Size of the encoder's embedding, and of the decoder's first layer: 2 x 2 x 8d.</summary>
    public int Embedding => 32 * Depth;
}

/// <summary>
/// The image encoder of PlaNet and Dreamer V1 (Hafner et al. 2019; 2020, appendix A, after Ha and Schmidhuber 2018): four convolutions of
/// 4 x 4 and stride 2, 64 to 31, 14, 6 and 2 pixels. Glorot's initialisation, zero biases.
/// </summary>
public sealed class ConvEncoder<T> where T : ITensor<T>
{
    private const int Layers = 4, Kernel = 4;

    private readonly Parameters<T> _p;
    private readonly PixelConfig _config;
    private readonly Conv2d<T>[] _layers = new Conv2d<T>[Layers];

    public ConvEncoder(Parameters<T> p, PixelConfig config)
    {
        _p = p;
        _config = config;
        int inputs = config.Channels, outputs = config.Depth;
        for (int layer = 0; layer < Layers; layer++)
        {
            Init init = Init.Glorot(inputs * Kernel * Kernel, outputs * Kernel * Kernel);
            _layers[layer] = new(p[$"conv{layer}"], inputs, outputs, Window.Square(Kernel, stride: 2), init, Init.Zeros);
            (inputs, outputs) = (outputs, 2 * outputs);
        }
    }

    /// <summary>Centred images (B, C, 64, 64) to embeddings (B, 32 d).</summary>
    public T Forward(T images)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T x = images;
        foreach (Conv2d<T> layer in _layers)
            x = layer.Forward(x).Apply(_config.Activation);                         // (B, d, 31, 31) ... (B, 8d, 2, 2)
        return x.Reshape(Axis.Keep, _config.Embedding);
    }
}
