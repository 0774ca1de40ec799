using WorldModels.Environments;

namespace WorldModels.Native.Internals;

/// <summary>The picture of a simulator that draws none, but observes one: what was observed last, each pixel the nearest of it.</summary>
/// <param name="space">Of an observation, (3, H, W): red, green, blue.</param>
internal sealed class ObservationPicture(Box space)
{
    private readonly float[] _last = new float[space.Size];

    /// <summary>Width over height.</summary>
    public double Aspect => (double)space.Shape[2] / space.Shape[1];

    /// <summary>A picture for what observes one; null for what does not.</summary>
    public static ObservationPicture? Of(Space observations) => observations is Box { Shape: [3, _, _] } box ? new(box) : null;

    /// <summary>Takes the observation that is to be seen.</summary>
    public void Show(ReadOnlySpan<float> observation) => observation.CopyTo(_last);

    /// <param name="rgb">(height, width, 3), upper row first, written.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    public void Render(Span<byte> rgb, int width, int height)
    {
        (int rows, int columns) = (space.Shape[1], space.Shape[2]);
        for (int y = 0, at = 0; y < height; y++)
        {
            int row = (int)((y + 0.5) * rows / height) * columns;
            for (int x = 0; x < width; x++)
            {
                int pixel = row + (int)((x + 0.5) * columns / width);
                for (int channel = 0; channel < 3; channel++)
                    rgb[at++] = Byte(_last[channel * rows * columns + pixel]);
            }
        }
    }

    private byte Byte(float value) => (byte)MathF.Round(Math.Clamp((value - space.Low) / (space.High - space.Low), 0, 1) * byte.MaxValue);
}
