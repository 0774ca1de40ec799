using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Environments;

namespace WorldModels.Pictures;

/// <summary>Observations of pixels as pictures.</summary>
public static class ObservationImage
{
    /// <summary>Whether observations of this shape can be shown.</summary>
    public static bool IsPicture(IReadOnlyList<int> shape) => shape.Count == 3 && shape[0] is 1 or 3 && shape[1] > 0 && shape[2] > 0;

    /// <summary>
    /// Shape of the picture that a bundle's observations are, by their own shape or, where they are flat, by that of its environment's
    /// cells; null: they are none.
    /// </summary>
    public static IReadOnlyList<int>? ShapeOf(Manifest manifest)
    {
        if (IsPicture(manifest.Observation.Shape))
            return manifest.Observation.Shape;
        bool flat = manifest.Observation is { Shape.Count: 1, Picture: null };
        return flat && EnvironmentRegistry.TryFind(manifest.Environment)?.Cells is { } cells
            && cells.Aggregate(1, (size, axis) => size * axis) == manifest.Observation.Size ? cells : null;
    }

    /// <summary>An observation as a picture: one channel is grey, three are red, green and blue.</summary>
    /// <param name="observation">(C, H, W), row-major; values outside the bounds are cut.</param>
    /// <param name="shape">C, H, W with C = 1 or 3.</param>
    /// <param name="low">The value shown black.</param>
    /// <param name="high">The value shown bright.</param>
    /// <exception cref="ArgumentException">The shape is not that of a picture, or the observation has another number of values.</exception>
    public static SKBitmap Of(ReadOnlySpan<float> observation, IReadOnlyList<int> shape, double low = 0, double high = 1)
    {
        if (!IsPicture(shape))
        {
            throw new ArgumentException(
                $"An observation of shape ({string.Join(", ", shape)}) is no picture: expected (1, H, W) or (3, H, W).", nameof(shape));
        }
        int height = shape[1], width = shape[2], plane = width * height;
        if (observation.Length != shape[0] * plane)
        {
            throw new ArgumentException(
                $"An observation of shape ({string.Join(", ", shape)}) has {shape[0] * plane} values; found {observation.Length}.",
                nameof(observation));
        }
        SKColor[] pixels = new SKColor[plane];
        for (int i = 0; i < plane; i++)
        {
            byte red = Byte(observation[i]);
            pixels[i] = shape[0] == 1 ? new(red, red, red) : new(red, Byte(observation[plane + i]), Byte(observation[2 * plane + i]));
        }
        return new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque)) { Pixels = pixels };

        byte Byte(float value) => (byte)Math.Round(Math.Clamp((value - low) / (high - low), 0, 1) * 255);
    }

    /// <summary>A colour so many times darker.</summary>
    internal static SKColor Dim(SKColor colour, int times) =>
        new((byte)(colour.Red / times), (byte)(colour.Green / times), (byte)(colour.Blue / times));

    /// <summary>Whether two colours differ in a channel by more than a share of its range.</summary>
    internal static bool Differ(SKColor a, SKColor b, double tolerance) =>
        Math.Max(Math.Max(Math.Abs(a.Red - b.Red), Math.Abs(a.Green - b.Green)), Math.Abs(a.Blue - b.Blue)) > tolerance * 255;
}
