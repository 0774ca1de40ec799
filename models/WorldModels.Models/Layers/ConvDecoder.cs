namespace WorldModels.Models;

/// <summary>
/// The image decoder of PlaNet and Dreamer V1 (Hafner et al. 2019; 2020, appendix A, after Ha and Schmidhuber 2018): a linear layer to one
/// pixel of 32 d channels, then four transposed convolutions of stride 2, 1 to 5, 13, 30 and 64 pixels. Glorot's initialisation, zero
/// biases.
/// </summary>
public sealed class ConvDecoder<T> where T : ITensor<T>
{
    private static readonly int[] Kernels = [5, 5, 6, 6];

    private readonly Parameters<T> _p;
    private readonly PixelConfig _config;
    private readonly Linear<T> _input;
    private readonly ConvTranspose2d<T>[] _layers;

    /// <param name="p">Path of the decoder.</param>
    /// <param name="feature">Size of what it reads.</param>
    /// <param name="config">Sizes of the images and layers.</param>
    public ConvDecoder(Parameters<T> p, int feature, PixelConfig config)
    {
        _p = p;
        _config = config;
        int inputs = config.Embedding;
        int[] outputs = [4 * config.Depth, 2 * config.Depth, config.Depth, config.Channels];
        _input = new(p["input"], feature, inputs, Init.Glorot(feature, inputs), Init.Zeros);
        _layers = new ConvTranspose2d<T>[Kernels.Length];
        for (int layer = 0; layer < Kernels.Length; inputs = outputs[layer++])
        {
            int area = Kernels[layer] * Kernels[layer];
            _layers[layer] = new(p[$"conv{layer}"], inputs, outputs[layer], Window.Square(Kernels[layer], stride: 2),
                Init.Glorot(inputs * area, outputs[layer] * area), Init.Zeros);
        }
    }

    /// <summary>Features (B, F) to the mean of centred images (B, C, 64, 64).</summary>
    public T Forward(T feature)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T x = _input.Forward(feature).Reshape(Axis.Keep, _config.Embedding, 1, 1);
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            x = _layers[layer].Forward(x);                                          // (B, 4d, 5, 5) ... (B, C, 64, 64)
            if (layer < _layers.Length - 1)
                x = x.Apply(_config.Activation);
        }
        return x;
    }
}
