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
        Vector2[] wrapped = new Vector2[points.Length];
        Vector2[] corners = wrapped[..Wrap(points, wrapped)];
        Vector2[] normals = new Vector2[corners.Length];
        for (int i = 0; i < normals.Length; i++)
            normals[i] = Plane2.Unit(Plane2.Outwards(corners[(i + 1) % normals.Length] - corners[i]));
        return new(corners, normals, CentroidOf(corners));
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

    /// <summary>The corners of the convex hull of points, counter-clockwise from the rightmost one (of several the lowest) on.</summary>
    /// <param name="points">In any order.</param>
    /// <param name="corners">Room for as many corners as there are points.</param>
    /// <returns>How many corners there are.</returns>
    /// <exception cref="ArgumentException">The points enclose no area.</exception>
    public static int Wrap(ReadOnlySpan<Vector2> points, Span<Vector2> corners)
    {
        int start = 0, count = 0;
        for (int i = 1; i < points.Length; i++)
        {
            if (points[i].X > points[start].X || (points[i].X == points[start].X && points[i].Y < points[start].Y))
                start = i;
        }
        int at = start;
        do
        {
            corners[count++] = points[at];
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
        while (at != start && count < points.Length);
        return count >= 3
            ? count : throw new ArgumentException($"{points.Length} points have a hull of {count} corners; a polygon needs three.");
    }

    private static Vector2 CentroidOf(Vector2[] corners)
    {
        const float Third = 1f / 3f;
        Vector2 sum = Vector2.Zero;
        float area = 0;
        for (int i = 0; i < corners.Length; i++)
        {
            Vector2 a = corners[i], b = corners[(i + 1) % corners.Length];
            float triangle = 0.5f * Plane2.Cross(a, b);
            area += triangle;
            sum += triangle * Third * (a + b);
        }
        return sum * (1 / area);
    }
}
