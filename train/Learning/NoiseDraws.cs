using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>Noise in training: from the runtime's generator where an agent acts, from libtorch's where networks learn.</summary>
public static class NoiseDraws
{
    /// <summary>Draws noise for rows of the same size, each from its own stream, as the runtime does.</summary>
    public static void Fill(NoiseKind kind, ulong seed, long step, uint stream, Span<float> noise, int rows)
    {
        int size = noise.Length / rows;
        for (int row = 0; row < rows; row++)
            Philox.Fill(kind, new NoiseKey(seed, (uint)row, (uint)step, stream), noise.Slice(row * size, size));
    }

    /// <summary>Draws noise of a shape on the generator's device.</summary>
    public static Tensor Of(NoiseKind kind, long[] shape, Generator random, Device device) => kind == NoiseKind.Gumbel
        ? -(-rand(shape, generator: random, device: device).clamp(1e-7, 1 - 1e-7).log()).log()
        : randn(shape, generator: random, device: device);

    /// <summary>The distribution as bundles name it.</summary>
    public static NoiseKind ToKind(this NoiseDistribution distribution) =>
        distribution == NoiseDistribution.Gumbel ? NoiseKind.Gumbel : NoiseKind.Gaussian;
}
