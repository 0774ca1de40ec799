using System.Numerics;

namespace WorldModels.Environments;

/// <summary>Paints shapes in pixels. A pixel (i, j) is the square from (i, j) to (i + 1, j + 1), y downwards.</summary>
internal readonly ref struct FlatRaster(Span<byte> rgb, int width, int height)
{
    private readonly Span<byte> _rgb = rgb;

    /// <summary>Paints everything.</summary>
    public void Fill(uint color)
    {
        (byte red, byte green, byte blue) = Parts(color);
        Span<byte> row = _rgb[..(3 * width)];
        for (int at = 0; at < row.Length; at += 3)
            (row[at], row[at + 1], row[at + 2]) = (red, green, blue);
        for (int y = 1; y < height; y++)
            row.CopyTo(_rgb[(y * row.Length)..]);
    }

    /// <summary>Paints a line with round ends; a disc where both are one.</summary>
    /// <param name="color">0xRRGGBB.</param>
    /// <param name="from">One end, in pixels.</param>
    /// <param name="to">The other end.</param>
    /// <param name="radius">In units of the scene.</param>
    /// <param name="scale">Pixels a unit, across and down: where they differ, the ends are ellipses.</param>
    public void Rod(uint color, Vector2 from, Vector2 to, float radius, Vector2 scale)
    {
        if (!TryBound(Vector2.Min(from, to) - radius * scale, Vector2.Max(from, to) + radius * scale, out Bounds bounds))
            return;
        Vector2 unit = Vector2.One / scale, along = (to - from) * unit;
        float length = along.LengthSquared();
        Vector2 perLength = length > 0 ? along / length : Vector2.Zero;
        Vector<float> tiny = new(1e-6f), tinier = new(1e-6f * Math.Min(unit.X, unit.Y)), half = new(0.5f);
        for (int y = bounds.Top; y < bounds.Bottom; y++)
        {
            float acrossY = (y + 0.5f - from.Y) * unit.Y;
            for (int x = bounds.Left; x < bounds.Right; x += Vector<float>.Count)
            {
                Vector<float> acrossX = (Columns(x) - new Vector<float>(from.X)) * new Vector<float>(unit.X);
                Vector<float> t = acrossX * new Vector<float>(perLength.X) + new Vector<float>(acrossY * perLength.Y);
                t = Vector.Min(Vector.Max(t, Vector<float>.Zero), Vector<float>.One);
                Vector<float> dx = acrossX - t * new Vector<float>(along.X);
                Vector<float> dy = new Vector<float>(acrossY) - t * new Vector<float>(along.Y);
                Vector<float> distance = Vector.Max(Vector.SquareRoot(dx * dx + dy * dy), tiny);
                // Units a pixel in the direction from the middle line to this pixel.
                Vector<float> acrossPixelX = dx * new Vector<float>(unit.X), acrossPixelY = dy * new Vector<float>(unit.Y);
                Vector<float> pixel = Vector.Max(
                    Vector.SquareRoot(acrossPixelX * acrossPixelX + acrossPixelY * acrossPixelY), tinier) / distance;
                Blend(color, x, y, bounds.Right, half - (distance - new Vector<float>(radius)) / pixel);
            }
        }
    }

    /// <summary>Paints a convex polygon.</summary>
    /// <param name="color">0xRRGGBB.</param>
    /// <param name="corners">In pixels, going round either way.</param>
    public void Polygon(uint color, ReadOnlySpan<Vector2> corners)
    {
        (Vector2 least, Vector2 most, float area) = (corners[0], corners[0], 0);
        for (int i = 0; i < corners.Length; i++)
        {
            (Vector2 a, Vector2 b) = (corners[i], corners[(i + 1) % corners.Length]);
            (least, most, area) = (Vector2.Min(least, a), Vector2.Max(most, a), area + a.X * b.Y - a.Y * b.X);
        }
        if (!TryBound(least, most, out Bounds bounds))
            return;
        Span<Vector3> edges = stackalloc Vector3[corners.Length]; // outward normal, and its product with a point on the edge
        int count = 0;
        for (int i = 0; i < corners.Length; i++)
        {
            (Vector2 a, Vector2 b) = (corners[i], corners[(i + 1) % corners.Length]);
            Vector2 outwards = new Vector2(b.Y - a.Y, a.X - b.X) * (area < 0 ? -1 : 1);
            if (outwards.LengthSquared() == 0)
                continue;
            outwards /= outwards.Length();
            edges[count++] = new(outwards, outwards.X * a.X + outwards.Y * a.Y);
        }
        Vector<float> half = new(0.5f);
        for (int y = bounds.Top; y < bounds.Bottom; y++)
        {
            for (int x = bounds.Left; x < bounds.Right; x += Vector<float>.Count)
            {
                Vector<float> columns = Columns(x), outside = new(float.MinValue);
                foreach (Vector3 edge in edges[..count])
                    outside = Vector.Max(outside, columns * new Vector<float>(edge.X) + new Vector<float>((y + 0.5f) * edge.Y - edge.Z));
                Blend(color, x, y, bounds.Right, half - outside);
            }
        }
    }

    /// <summary>Mixes a colour into pixels from x on.</summary>
    private void Blend(uint color, int x, int y, int right, Vector<float> cover)
    {
        if (Vector.LessThanOrEqualAll(cover, Vector<float>.Zero))
            return;
        (byte red, byte green, byte blue) = Parts(color);
        int count = Math.Min(Vector<float>.Count, right - x);
        Span<byte> pixels = _rgb.Slice(3 * (y * width + x), 3 * count);
        for (int i = 0; i < count; i++)
        {
            float share = cover[i];
            if (share <= 0)
                continue;
            Span<byte> pixel = pixels.Slice(3 * i, 3);
            if (share >= 1)
                (pixel[0], pixel[1], pixel[2]) = (red, green, blue);
            else
                (pixel[0], pixel[1], pixel[2]) = (Mix(pixel[0], red, share), Mix(pixel[1], green, share), Mix(pixel[2], blue, share));
        }

        static byte Mix(byte from, byte to, float share) => (byte)(from + share * (to - from) + 0.5f);
    }

    /// <summary>Pixels that a shape within such a rectangle can touch.</summary>
    private bool TryBound(Vector2 least, Vector2 most, out Bounds bounds)
    {
        bounds = new(First(least.X, width), First(least.Y, height), Last(most.X, width), Last(most.Y, height));
        return bounds.Left < bounds.Right && bounds.Top < bounds.Bottom;

        static int First(float least, int count) => (int)Math.Clamp(MathF.Floor(least - 0.5f), 0, count);

        static int Last(float most, int count) => (int)Math.Clamp(MathF.Ceiling(most + 0.5f), 0, count);
    }

    /// <summary>Middles of the pixels from x on.</summary>
    private static Vector<float> Columns(int x) => SimdColumns.Middles + new Vector<float>(x);

    private static (byte Red, byte Green, byte Blue) Parts(uint color) => ((byte)(color >> 16), (byte)(color >> 8), (byte)color);

    private readonly record struct Bounds(int Left, int Top, int Right, int Bottom);
}
