using System.Numerics;

namespace WorldModels.Environments;

/// <summary>Is told when bodies enter and leave zones.</summary>
internal interface ISensorListener
{
    void Entered(SensorZone zone, PlanarBody body);

    void Left(SensorZone zone, PlanarBody body);
}

/// <summary>
/// A convex part of the plane that notices which bodies overlap it, and stops none. It never moves by itself; whoever places it anew
/// starts the world anew.
/// </summary>
/// <param name="index">Its number among the zones of a world.</param>
internal sealed class SensorZone(int index)
{
    private const int MostCorners = 8;

    private readonly Vector2[] _corners = new Vector2[MostCorners];
    private readonly Vector2[] _normals = new Vector2[MostCorners];
    private int _count;

    public int Index { get; } = index;

    /// <summary>What encloses it, its skin and the broad phase's margin.</summary>
    public Bounds Reach { get; private set; }

    /// <summary>Counter-clockwise.</summary>
    public ReadOnlySpan<Vector2> Corners => _corners.AsSpan(0, _count);

    /// <summary>Becomes the convex hull of at most eight points.</summary>
    /// <exception cref="ArgumentException">The points enclose no area.</exception>
    public void Place(params ReadOnlySpan<Vector2> points)
    {
        _count = ConvexPolygon.Wrap(points, _corners);
        (Vector2 lower, Vector2 upper) = (_corners[0], _corners[0]);
        for (int i = 0; i < _count; i++)
        {
            _normals[i] = Plane2.Unit(Plane2.Outwards(_corners[(i + 1) % _count] - _corners[i]));
            (lower, upper) = (Vector2.Min(lower, _corners[i]), Vector2.Max(upper, _corners[i]));
        }
        Reach = new Bounds(lower, upper).Grow(PlanarConstants.SkinRadius).Grow(PlanarConstants.BoundsMargin);
    }

    /// <summary>
    /// Whether a part of the body is within both skins of the zone: no edge of either separates them. Where corner meets corner, the skins
    /// are taken as pointed, 8 mm at most beyond the original's round ones.
    /// </summary>
    public bool Overlaps(PlanarBody body)
    {
        Pose pose = body.Pose;
        Span<Vector2> corners = stackalloc Vector2[MostCorners], normals = stackalloc Vector2[MostCorners];
        foreach (ConvexPolygon shape in body.Shapes)
        {
            ReadOnlySpan<Vector2> local = shape.Corners, directions = shape.Normals;
            for (int i = 0; i < local.Length; i++)
                (corners[i], normals[i]) = (pose.ToWorld(local[i]), pose.Rotation.Turn(directions[i]));
            if (!Separates(Corners, _normals, corners[..local.Length]) && !Separates(corners[..local.Length], normals, Corners))
                return true;
        }
        return false;
    }

    /// <summary>Whether an edge of a polygon has all of another one beyond it.</summary>
    private static bool Separates(ReadOnlySpan<Vector2> corners, ReadOnlySpan<Vector2> normals, ReadOnlySpan<Vector2> others)
    {
        for (int i = 0; i < corners.Length; i++)
        {
            float least = float.MaxValue;
            foreach (Vector2 other in others)
                least = MathF.Min(least, Vector2.Dot(normals[i], other - corners[i]));
            if (least > 2 * PlanarConstants.SkinRadius)
                return true;
        }
        return false;
    }
}
