namespace WorldModels.Models;

/// <summary>Which encoder and decoder of images.</summary>
public enum PixelForm
{
    /// <summary>Convolutions and transposed convolutions of stride 2, without padding (PlaNet, Dreamer V1 and V2).</summary>
    Strided,

    /// <summary>Padded convolutions before pooling and behind upsampling, each normalised (DreamerV3).</summary>
    Pooled,
}

/// <summary>Sizes of an image's encoder and decoder; defaults as published for PlaNet and Dreamer V1.</summary>
public sealed record PixelConfig
{
    /// <summary>Sizes of images that there are encoders and decoders for, the published one last.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [32, 64];

    /// <summary>Which layers.</summary>
    public PixelForm Form { get; init; }

    /// <summary>Rows and columns of an image, one of <see cref="Sizes"/>; 32 has a layer less.</summary>
    public int Size { get; init; } = 64;

    /// <summary>Channels of an image.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>
    /// d: channels after the first convolution of strided ones, doubled by each further one; of pooled ones, half of that.
    /// </summary>
    public int Depth { get; init; } = 32;

    /// <summary>Activation behind each convolution but a decoder's last.</summary>
    public Unary Activation { get; init; } = Unary.Relu;

    /// <summary>Units of the pooled decoder's layer that reads the stochastic part of a state.</summary>
    public int Units { get; init; }

    /// <summary>Deterministic units of a state (D), which the pooled decoder reads by themselves, and in blocks.</summary>
    public int Deterministic { get; init; }

    /// <summary>Blocks of those (DreamerV3: 8).</summary>
    public int Blocks { get; init; } = 8;

    /// <summary>Numbers of the strided decoder's first image; 0: as many as the encoder's embedding has (TWM: 768 at d = 48).</summary>
    public int DecoderInput { get; init; }

    /// <summary>
    /// Weight of a pixel's loss: an image weighs as much as one of 64 x 64, which published scales of losses were chosen for. Unweighted,
    /// one of 32 x 32 weighs a quarter, and beside the divergence it pays too little to know how fast things move.
    /// </summary>
    public double PixelWeight => (double)(Sizes[^1] * Sizes[^1]) / (Size * Size);

    /// <summary>Numbers in an image (I).</summary>
    public int Numbers => Channels * Size * Size;

    /// <summary>Channels behind each convolution of the encoder.</summary>
    public IReadOnlyList<int> Depths => [.. (Form, Size) switch
    {
        (PixelForm.Strided, 64) => (int[])[Depth, 2 * Depth, 4 * Depth, 8 * Depth],
        (PixelForm.Strided, _) => [Depth, 2 * Depth, 4 * Depth],
        (_, 64) => [2 * Depth, 3 * Depth, 4 * Depth, 4 * Depth],
        _ => [2 * Depth, 3 * Depth, 4 * Depth],
    }];

    /// <summary>Rows and columns that the encoder leaves: 2, or 4 of pooled ones.</summary>
    public int Least => Form == PixelForm.Strided ? 2 : 4;

    /// <summary>Size of the encoder's embedding.</summary>
    public int Embedding => Least * Least * Depths[^1];
}
