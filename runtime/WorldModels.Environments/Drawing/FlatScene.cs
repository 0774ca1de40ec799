using System.Numerics;
using System.Runtime.InteropServices;

namespace WorldModels.Environments;

/// <summary>
/// Flat shapes in an environment's own units, y upwards; later shapes cover earlier ones. Antialiased: each covers a pixel as far as its
/// outline lets it. A picture of other proportions is stretched.
/// </summary>
/// <param name="left">Left edge of what is shown.</param>
/// <param name="bottom">Lower edge.</param>
/// <param name="right">Right edge.</param>
/// <param name="top">Upper edge.</param>
public sealed class FlatScene(double left, double bottom, double right, double top) : Scene
{
    /// <summary>What no shape covers unless something else is said, 0xRRGGBB.</summary>
    public const uint Background = 0xF4F4F0;

    private const int MostCorners = 32;

    private readonly List<Shape> _shapes = [];
    private readonly List<(double X, double Y)> _points = [];

    /// <summary>What no shape covers, 0xRRGGBB.</summary>
    public uint Ground { get; init; } = Background;

    /// <summary>Left edge of what is shown.</summary>
    public double Left => left;

    /// <summary>Lower edge.</summary>
    public double Bottom => bottom;

    /// <summary>Right edge.</summary>
    public double Right => right;

    /// <summary>Upper edge.</summary>
    public double Top => top;

    /// <inheritdoc/>
    public override double Aspect => (right - left) / (top - bottom);

    /// <summary>Takes all shapes away.</summary>
    public FlatScene Clear()
    {
        _shapes.Clear();
        _points.Clear();
        return this;
    }

    /// <summary>Adds a disc.</summary>
    public FlatScene Disc(uint color, double x, double y, double radius) => Add(color, radius, [(x, y)]);

    /// <summary>Adds a line from one point to another with round ends: a rod, a pole, a limb.</summary>
    public FlatScene Rod(uint color, double x1, double y1, double x2, double y2, double radius) => Add(color, radius, [(x1, y1), (x2, y2)]);

    /// <summary>Adds an upright rectangle.</summary>
    public FlatScene Rectangle(uint color, double left, double bottom, double right, double top) =>
        Add(color, 0, [(left, bottom), (right, bottom), (right, top), (left, top)]);

    /// <summary>Adds a convex polygon, whose corners go round either way.</summary>
    /// <exception cref="ArgumentException">There are fewer than three corners.</exception>
    public FlatScene Polygon(uint color, params ReadOnlySpan<(double X, double Y)> corners) => corners.Length >= 3
        ? Add(color, 0, corners)
        : throw new ArgumentException($"A polygon has at least three corners; found {corners.Length}.");

    /// <inheritdoc/>
    public override Scene Copy()
    {
        FlatScene copy = new(left, bottom, right, top) { Ground = Ground };
        copy._shapes.AddRange(_shapes);
        copy._points.AddRange(_points);
        return copy;
    }

    private protected override void Paint(Span<byte> rgb, int width, int height, PictureOptions options)
    {
        FlatRaster raster = new(rgb, width, height);
        raster.Fill(Ground);
        PictureCrop crop = options.Crop;
        double pixelsX = width / ((right - left) * (crop.Right - crop.Left));
        double pixelsY = height / ((top - bottom) * (crop.Bottom - crop.Top));
        double edgeX = left + crop.Left * (right - left), edgeY = top - crop.Top * (top - bottom);
        ReadOnlySpan<(double X, double Y)> points = CollectionsMarshal.AsSpan(_points);
        Span<Vector2> corners = stackalloc Vector2[MostCorners];
        foreach (Shape shape in _shapes)
        {
            Span<Vector2> placed = corners[..shape.Count];
            for (int i = 0; i < placed.Length; i++)
            {
                (double x, double y) = points[shape.First + i];
                placed[i] = new((float)((x - edgeX) * pixelsX), (float)((edgeY - y) * pixelsY));
            }
            if (placed.Length <= 2)
                raster.Rod(shape.Color, placed[0], placed[^1], (float)shape.Radius, new((float)pixelsX, (float)pixelsY));
            else
                raster.Polygon(shape.Color, placed);
        }
    }

    private FlatScene Add(uint color, double radius, ReadOnlySpan<(double X, double Y)> points)
    {
        if (points.Length > MostCorners)
            throw new ArgumentException($"A polygon has at most {MostCorners} corners; found {points.Length}.");
        _shapes.Add(new(color, radius, _points.Count, points.Length));
        _points.AddRange(points);
        return this;
    }

    /// <summary>A stretch of points: one is a disc, two are a rod, more are a polygon.</summary>
    private readonly record struct Shape(uint Color, double Radius, int First, int Count);
}
