namespace WorldModels.Models;

/// <summary>
/// The image decoder of PlaNet and Dreamer V1 and V2 (Hafner et al. 2019; 2020, appendix A, after Ha and Schmidhuber 2018): a linear layer
/// to one pixel of 32 d channels, then four transposed convolutions of stride 2, 1 to 5, 13, 30 and 64 pixels; of smaller images from
/// 2 x 2 pixels of 4 d channels by three, 2 to 6, 15 and 32. Glorot's initialisation, zero biases.
/// </summary>
public sealed class ConvDecoder<T> where T : ITensor<T>
{
    private readonly Parameters<T> _p;
    private readonly PixelConfig _config;
    private readonly int _first, _side;     // numbers and rows of the first image
    private readonly Linear<T> _input;
    private readonly ConvTranspose2d<T>[] _layers;

    /// <param name="p">Path of the decoder.</param>
    /// <param name="feature">Size of what it reads.</param>
    /// <param name="config">Sizes of the images and layers.</param>
    public ConvDecoder(Parameters<T> p, int feature, PixelConfig config)
    {
        _p = p;
        _config = config;
        (_side, int[] kernels) = config.Size == 64 ? (1, (int[])[5, 5, 6, 6]) : (2, [4, 5, 4]);
        _first = config.DecoderInput == 0 ? config.Embedding : config.DecoderInput;
        _input = new(p["input"], feature, _first, Init.Glorot(feature, _first), Init.Zeros);
        _layers = new ConvTranspose2d<T>[kernels.Length];
        int inputs = _first / (_side * _side);
        for (int layer = 0; layer < kernels.Length; layer++)
        {
            int area = kernels[layer] * kernels[layer];
            int outputs = layer == kernels.Length - 1 ? config.Channels : config.Depth << (kernels.Length - 2 - layer);
            _layers[layer] = new(p[$"conv{layer}"], inputs, outputs, Window.Square(kernels[layer], stride: 2),
                Init.Glorot(inputs * area, outputs * area), Init.Zeros);
            inputs = outputs;
        }
    }

    /// <summary>Features (B, F) to the mean of centred images (B, C, H, W).</summary>
    public T Forward(T feature)
    {
        using Parameters<T>.Scope _ = _p.Enter();
        T x = _input.Forward(feature).Reshape(Axis.Keep, _first / (_side * _side), _side, _side);
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            x = _layers[layer].Forward(x);                                          // (B, 4d, 5, 5) ... (B, C, 64, 64)
            if (layer < _layers.Length - 1)
                x = x.Apply(_config.Activation);
        }
        return x;
    }
}
