using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The sky as a camera sees it: brighter upwards, with stars. It is infinitely far away, so that only a camera that turns sees another
/// one; until then it is kept.
/// </summary>
internal sealed class SkyPicture
{
    // Stars are squares of a grid on the cube around the world, of which one in a hundred shines.
    private const int Squares = 800;
    private const uint Shining = (uint)(0.01 * uint.MaxValue);

    private readonly PixelLayer _layer = new();
    private Lens _lens;

    /// <summary>The sky's colours in each pixel.</summary>
    public PixelLayer See(in Lens lens)
    {
        if (lens == _lens)
            return _layer;
        _layer.Resize(lens.Width, lens.Height);
        for (int y = 0; y < lens.Height; y++)
        {
            for (int x = 0; x < lens.Width; x++)
            {
                Vector3 direction = lens.Row(y + 0.5f) + (x + 0.5f - lens.MiddleX) * lens.Pixel * lens.Right;
                Vector3 color = ColorOf(direction, lens.Pixel);
                int at = y * _layer.Stride + x;
                (_layer.Red[at], _layer.Green[at], _layer.Blue[at]) = (color.X, color.Y, color.Z);
            }
        }
        _lens = lens;
        return _layer;
    }

    private static Vector3 ColorOf(Vector3 direction, float pixel)
    {
        float upwards = direction.Z / direction.Length();
        float stars = Stars(direction, pixel);
        return SuiteLook.Sky * (0.5f + 0.46f * upwards) * (1 - stars) + new Vector3(stars);
    }

    /// <summary>The share of a pixel that stars cover.</summary>
    private static float Stars(Vector3 direction, float pixel)
    {
        Vector3 size = Vector3.Abs(direction);
        float largest = Math.Max(size.X, Math.Max(size.Y, size.Z));
        (int face, float across, float along) = largest == size.X ? (direction.X > 0 ? 0 : 1, direction.Y, direction.Z)
            : largest == size.Y ? (direction.Y > 0 ? 2 : 3, direction.X, direction.Z)
            : (direction.Z > 0 ? 4 : 5, direction.X, direction.Y);
        const float PerUnit = Squares / 2f;
        // At least a square wide, so that stars near a pixel's middle are dots without edges.
        float half = Math.Max(pixel / largest * PerUnit, 1) / 2;
        float x = (across / largest + 1) * PerUnit, y = (along / largest + 1) * PerUnit;
        float sum = 0;
        for (int i = (int)MathF.Floor(x - half); i < x + half; i++)
        {
            float share = Math.Min(i + 1, x + half) - Math.Max(i, x - half);
            for (int j = (int)MathF.Floor(y - half); j < y + half; j++)
            {
                if (IsStar(face, i, j))
                    sum += share * (Math.Min(j + 1, y + half) - Math.Max(j, y - half));
            }
        }
        return sum / (4 * half * half);
    }

    private static bool IsStar(int face, int i, int j) =>
        (uint)(SplitMix64.Mix((ulong)((face * Squares + i) * Squares + j) * SplitMix64.Gamma) >> 32) < Shining;
}
