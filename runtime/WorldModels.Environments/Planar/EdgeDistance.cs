using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The distance between an edge of the ground and a polygon, without their skins, by the algorithm of Gilbert, Johnson and Keerthi
/// (1988) on the difference of both, a simplex of one to three corners.
/// </summary>
internal static class EdgeDistance
{
    private const int MaxIterations = 20;

    /// <summary>Finds the distance, and the corners that are nearest.</summary>
    /// <param name="edge">The edge.</param>
    /// <param name="polygon">The polygon.</param>
    /// <param name="pose">Where the polygon is.</param>
    /// <param name="nearest">The corners to begin with; receives those found.</param>
    public static float Measure(GroundEdge edge, ConvexPolygon polygon, Pose pose, ref NearestCorners nearest)
    {
        ReadOnlySpan<Vector2> ends = [edge.Start, edge.End];
        Simplex simplex = default;
        simplex.Begin(nearest, ends, polygon.Corners, pose);
        for (int iteration = 0; iteration < MaxIterations; iteration++)
        {
            (int count, SimplexCorner a, SimplexCorner b, SimplexCorner c) = (simplex.Count, simplex.A, simplex.B, simplex.C);
            simplex.Reduce();
            if (simplex.Count == 3)
                break; // they overlap
            Vector2 direction = simplex.Direction();
            if (direction.LengthSquared() < PlanarConstants.Epsilon * PlanarConstants.Epsilon)
                break; // the origin is on the simplex: they touch
            int end = Farthest(ends, -direction);
            int corner = Farthest(polygon.Corners, pose.Rotation.TurnBack(direction));
            if (Same(a) || (count > 1 && Same(b)) || (count > 2 && Same(c)))
                break; // no nearer corner
            simplex.Add(new(end, corner, ends[end], pose.ToWorld(polygon.Corners[corner])));

            bool Same(in SimplexCorner known) => known.End == end && known.Corner == corner;
        }
        nearest = simplex.Corners();
        return simplex.Distance();
    }

    /// <summary>The first of the points that are farthest in a direction.</summary>
    public static int Farthest(ReadOnlySpan<Vector2> points, Vector2 direction)
    {
        int best = 0;
        float farthest = Vector2.Dot(points[0], direction);
        for (int i = 1; i < points.Length; i++)
        {
            float along = Vector2.Dot(points[i], direction);
            if (along > farthest)
                (best, farthest) = (i, along);
        }
        return best;
    }
}

/// <summary>The corners of edge and polygon that a simplex was made of, to begin the next search with.</summary>
/// <param name="Count">1 to 3; 0 before the first search.</param>
/// <param name="Size">Of the simplex: a length or an area.</param>
/// <param name="A">The first pair.</param>
/// <param name="B">The second.</param>
/// <param name="C">The third.</param>
internal readonly record struct NearestCorners(
    int Count, float Size, (int End, int Corner) A, (int End, int Corner) B, (int End, int Corner) C);

/// <summary>A corner of the difference of polygon and edge.</summary>
internal struct SimplexCorner(int end, int corner, Vector2 onEdge, Vector2 onPolygon)
{
    public readonly int End = end;
    public readonly int Corner = corner;
    public readonly Vector2 OnEdge = onEdge;
    public readonly Vector2 OnPolygon = onPolygon;
    public readonly Vector2 Difference = onPolygon - onEdge;

    /// <summary>Its share in the point nearest to the origin.</summary>
    public float Weight;

    public readonly SimplexCorner Weighing(float weight) => this with { Weight = weight };
}

/// <summary>A point, a line or a triangle among whose points the one nearest to the origin is sought.</summary>
internal struct Simplex
{
    public int Count;
    public SimplexCorner A;
    public SimplexCorner B;
    public SimplexCorner C;

    /// <summary>Takes the corners of the last search where the shapes have not turned much since.</summary>
    public void Begin(in NearestCorners last, ReadOnlySpan<Vector2> ends, ReadOnlySpan<Vector2> corners, Pose pose)
    {
        Count = last.Count;
        if (Count > 0)
            A = Corner(last.A, ends, corners, pose);
        if (Count > 1)
            B = Corner(last.B, ends, corners, pose);
        if (Count > 2)
            C = Corner(last.C, ends, corners, pose);
        if (Count > 1)
        {
            float size = Size();
            if (size < 0.5f * last.Size || 2 * last.Size < size || size < PlanarConstants.Epsilon)
                Count = 0;
        }
        if (Count == 0)
            (Count, A) = (1, Corner((0, 0), ends, corners, pose));

        static SimplexCorner Corner((int End, int Corner) at, ReadOnlySpan<Vector2> ends, ReadOnlySpan<Vector2> corners, Pose pose) =>
            new(at.End, at.Corner, ends[at.End], pose.ToWorld(corners[at.Corner]));
    }

    public void Add(in SimplexCorner corner)
    {
        if (Count++ == 1)
            B = corner;
        else
            C = corner;
    }

    /// <summary>Keeps the corners that the nearest point lies between, and weighs them.</summary>
    public void Reduce()
    {
        if (Count == 1)
            A.Weight = 1;
        else if (Count == 2)
            ReduceLine();
        else
            ReduceTriangle();
    }

    /// <summary>Towards the origin.</summary>
    public readonly Vector2 Direction()
    {
        if (Count == 1)
            return -A.Difference;
        Vector2 along = B.Difference - A.Difference;
        return Plane2.Cross(along, -A.Difference) > 0 ? new(-along.Y, along.X) : Plane2.Outwards(along);
    }

    public readonly float Distance() => Count switch
    {
        1 => (A.OnEdge - A.OnPolygon).Length(),
        2 => (A.Weight * A.OnEdge + B.Weight * B.OnEdge - (A.Weight * A.OnPolygon + B.Weight * B.OnPolygon)).Length(),
        _ => 0,
    };

    public readonly NearestCorners Corners() =>
        new(Count, Count == 1 ? 0 : Size(), (A.End, A.Corner), (B.End, B.Corner), (C.End, C.Corner));

    private readonly float Size() => Count == 2
        ? (A.Difference - B.Difference).Length()
        : Plane2.Cross(B.Difference - A.Difference, C.Difference - A.Difference);

    private void ReduceLine()
    {
        Vector2 along = B.Difference - A.Difference;
        float toA = Vector2.Dot(B.Difference, along), toB = -Vector2.Dot(A.Difference, along);
        if (toB <= 0)
        {
            KeepOne(A);
            return;
        }
        if (toA <= 0)
        {
            KeepOne(B);
            return;
        }
        KeepTwo(A, B, toA, toB);
    }

    /// <summary>Barycentric weights of the origin on each side and in the whole say which region it is in (Ericson 2004).</summary>
    private void ReduceTriangle()
    {
        (Vector2 a, Vector2 b, Vector2 c) = (A.Difference, B.Difference, C.Difference);
        Vector2 ab = b - a, ac = c - a, bc = c - b;
        float abToA = Vector2.Dot(b, ab), abToB = -Vector2.Dot(a, ab);
        float acToA = Vector2.Dot(c, ac), acToC = -Vector2.Dot(a, ac);
        float bcToB = Vector2.Dot(c, bc), bcToC = -Vector2.Dot(b, bc);
        float area = Plane2.Cross(ab, ac);
        float toA = area * Plane2.Cross(b, c), toB = area * Plane2.Cross(c, a), toC = area * Plane2.Cross(a, b);
        if (abToB <= 0 && acToC <= 0)
        {
            KeepOne(A);
        }
        else if (abToA > 0 && abToB > 0 && toC <= 0)
        {
            KeepTwo(A, B, abToA, abToB);
        }
        else if (acToA > 0 && acToC > 0 && toB <= 0)
        {
            KeepTwo(A, C, acToA, acToC);
        }
        else if (abToA <= 0 && bcToC <= 0)
        {
            KeepOne(B);
        }
        else if (acToA <= 0 && bcToB <= 0)
        {
            KeepOne(C);
        }
        else if (bcToB > 0 && bcToC > 0 && toA <= 0)
        {
            KeepTwo(C, B, bcToC, bcToB);
        }
        else
        {
            float inverse = 1 / (toA + toB + toC);
            (A.Weight, B.Weight, C.Weight) = (toA * inverse, toB * inverse, toC * inverse);
        }
    }

    private void KeepOne(SimplexCorner corner) => (Count, A) = (1, corner.Weighing(1));

    private void KeepTwo(SimplexCorner a, SimplexCorner b, float towardsA, float towardsB)
    {
        float inverse = 1 / (towardsA + towardsB);
        (Count, A, B) = (2, a.Weighing(towardsA * inverse), b.Weighing(towardsB * inverse));
    }
}
