using System.Numerics;

namespace WorldModels.Environments;

/// <summary>Mass of a shape, its centre, and its moment of inertia about the origin.</summary>
internal readonly record struct MassData(float Mass, Vector2 Center, float Inertia);

/// <summary>A convex polygon, its corners counter-clockwise.</summary>
internal sealed class ConvexPolygon
{
    private readonly Vector2[] _corners;
    private readonly Vector2[] _normals;

    private ConvexPolygon(Vector2[] corners, Vector2[] normals, Vector2 centroid) =>
        (_corners, _normals, Centroid) = (corners, normals, centroid);

    public ReadOnlySpan<Vector2> Corners => _corners;

    /// <summary>Outward, of the edge from corner i to the next one.</summary>
    public ReadOnlySpan<Vector2> Normals => _normals;

    public Vector2 Centroid { get; }

    /// <summary>An upright rectangle about the origin.</summary>
    public static ConvexPolygon Box(float halfWidth, float halfHeight) => new(
        [new(-halfWidth, -halfHeight), new(halfWidth, -halfHeight), new(halfWidth, halfHeight), new(-halfWidth, halfHeight)],
        [new(0, -1), new(1, 0), new(0, 1), new(-1, 0)],
        Vector2.Zero);

    /// <summary>The convex hull of points, wrapped from the rightmost one (of several the lowest) on.</summary>
    /// <exception cref="ArgumentException">The points enclose no area.</exception>
    public static ConvexPolygon Hull(ReadOnlySpan<Vector2> points)
    {
        List<Vector2> corners = Wrap(points);
        if (corners.Count < 3)
            throw new ArgumentException($"{points.Length} points have a hull of {corners.Count} corners; a polygon needs three.");
        Vector2[] normals = new Vector2[corners.Count];
        for (int i = 0; i < normals.Length; i++)
            normals[i] = Plane2.Unit(Plane2.Outwards(corners[(i + 1) % normals.Length] - corners[i]));
        return new([.. corners], normals, CentroidOf(corners));
    }

    /// <summary>Mass, centre and inertia, summed over the triangles about the mean of the corners.</summary>
    public MassData MassOf(float density)
    {
        const float Third = 1f / 3f;
        Vector2 middle = Vector2.Zero, center = Vector2.Zero;
        foreach (Vector2 corner in _corners)
            middle += corner;
        middle *= 1f / _corners.Length;
        float area = 0, inertia = 0;
        for (int i = 0; i < _corners.Length; i++)
        {
            Vector2 a = _corners[i] - middle, b = _corners[(i + 1) % _corners.Length] - middle;
            float cross = Plane2.Cross(a, b), triangle = 0.5f * cross;
            area += triangle;
            center += triangle * Third * (a + b);
            float x = a.X * a.X + b.X * a.X + b.X * b.X, y = a.Y * a.Y + b.Y * a.Y + b.Y * b.Y;
            inertia += 0.25f * Third * cross * (x + y);
        }
        float mass = density * area;
        center *= 1 / area;
        Vector2 placed = center + middle;
        return new(mass, placed, density * inertia + mass * (Vector2.Dot(placed, placed) - Vector2.Dot(center, center)));
    }

    /// <summary>What encloses the polygon and its skin.</summary>
    public Bounds BoundsAt(Pose pose)
    {
        Vector2 lower = pose.ToWorld(_corners[0]), upper = lower;
        for (int i = 1; i < _corners.Length; i++)
        {
            Vector2 corner = pose.ToWorld(_corners[i]);
            lower = Vector2.Min(lower, corner);
            upper = Vector2.Max(upper, corner);
        }
        return new Bounds(lower, upper).Grow(PlanarConstants.SkinRadius);
    }

    private static List<Vector2> Wrap(ReadOnlySpan<Vector2> points)
    {
        int start = 0;
        for (int i = 1; i < points.Length; i++)
        {
            if (points[i].X > points[start].X || (points[i].X == points[start].X && points[i].Y < points[start].Y))
                start = i;
        }
        List<Vector2> corners = [];
        int at = start;
        do
        {
            corners.Add(points[at]);
            // The next corner is the one that all other points lie to the left of; of several on a line, the farthest.
            int next = start == at ? (start + 1) % points.Length : start;
            for (int i = 0; i < points.Length; i++)
            {
                Vector2 best = points[next] - points[at], other = points[i] - points[at];
                float turn = Plane2.Cross(best, other);
                if (turn < 0 || (turn == 0 && other.LengthSquared() > best.LengthSquared()))
                    next = i;
            }
            at = next;
        }
        while (at != start && corners.Count <= points.Length);
        return corners;
    }

    private static Vector2 CentroidOf(List<Vector2> corners)
    {
        const float Third = 1f / 3f;
        Vector2 sum = Vector2.Zero;
        float area = 0;
        for (int i = 0; i < corners.Count; i++)
        {
            Vector2 a = corners[i], b = corners[(i + 1) % corners.Count];
            float triangle = 0.5f * Plane2.Cross(a, b);
            area += triangle;
            sum += triangle * Third * (a + b);
        }
        return sum * (1 / area);
    }
}
