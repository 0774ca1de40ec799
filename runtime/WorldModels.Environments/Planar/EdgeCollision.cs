using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// Finds where a polygon touches an edge of the ground: separating axes choose the face that overlaps least, then the other shape's
/// opposite edge is clipped to that face's sides (Catto, "Contact manifolds", GDC 2007).
/// </summary>
internal static class EdgeCollision
{
    private const float Radius = 2 * PlanarConstants.SkinRadius;

    // A polygon's face is chosen over the ground's only if it is better by this: the choice shall not flicker.
    private const float RelativePreference = 0.98f;
    private const float AbsolutePreference = 0.001f;

    private const uint Corner = 0;
    private const uint Face = 1;

    /// <summary>The manifold, with impulses of 0.</summary>
    public static Manifold Collide(GroundEdge edge, ConvexPolygon polygon, Pose pose)
    {
        Span<Vector2> corners = stackalloc Vector2[polygon.Corners.Length], normals = stackalloc Vector2[corners.Length];
        for (int i = 0; i < corners.Length; i++)
            (corners[i], normals[i]) = (pose.ToWorld(polygon.Corners[i]), pose.Rotation.Turn(polygon.Normals[i]));
        bool front = Vector2.Dot(edge.Normal, pose.ToWorld(polygon.Centroid) - edge.Start) >= 0;
        Vector2 normal = front ? edge.Normal : -edge.Normal;

        float edgeSeparation = float.MaxValue;
        foreach (Vector2 corner in corners)
            edgeSeparation = MathF.Min(edgeSeparation, Vector2.Dot(normal, corner - edge.Start));
        if (edgeSeparation > Radius)
            return default;
        int face = MostSeparatedFace(edge, corners, normals, out float faceSeparation);
        if (faceSeparation > Radius)
            return default;
        return faceSeparation > RelativePreference * edgeSeparation + AbsolutePreference
            ? OnPolygon(edge, polygon, face, corners, normals)
            : OnGround(edge, pose, front, normal, corners, normals);
    }

    /// <summary>The polygon's face that the edge is farthest before; the first one, if it is farther than the skins reach.</summary>
    private static int MostSeparatedFace(
        GroundEdge edge, ReadOnlySpan<Vector2> corners, ReadOnlySpan<Vector2> normals, out float separation)
    {
        int best = 0;
        separation = -float.MaxValue;
        for (int i = 0; i < corners.Length; i++)
        {
            Vector2 inwards = -normals[i];
            float s = MathF.Min(Vector2.Dot(inwards, corners[i] - edge.Start), Vector2.Dot(inwards, corners[i] - edge.End));
            if (s > separation)
                (best, separation) = (i, s);
            if (s > Radius)
                return best;
        }
        return best;
    }

    private static Manifold OnGround(
        GroundEdge edge, Pose pose, bool front, Vector2 normal, ReadOnlySpan<Vector2> corners, ReadOnlySpan<Vector2> normals)
    {
        int opposite = 0;
        float least = float.MaxValue;
        for (int i = 0; i < normals.Length; i++)
        {
            float along = Vector2.Dot(normal, normals[i]);
            if (along < least)
                (opposite, least) = (i, along);
        }
        int next = opposite + 1 < corners.Length ? opposite + 1 : 0;
        Clipped a = new(corners[opposite], Feature(0, (uint)opposite, Face, Corner));
        Clipped b = new(corners[next], Feature(0, (uint)next, Face, Corner));
        (Vector2 start, Vector2 end) = front ? (edge.Start, edge.End) : (edge.End, edge.Start);
        if (!ClipToSides(ref a, ref b, normal, start, end, front ? 0u : 1u, front ? 1u : 0u))
            return default;
        Manifold manifold = new() { FaceIsGround = true, LocalNormal = normal, LocalPoint = start };
        if (Vector2.Dot(normal, a.Point - start) <= Radius)
            Add(ref manifold, pose.ToLocal(a.Point), a.Feature);
        if (Vector2.Dot(normal, b.Point - start) <= Radius)
            Add(ref manifold, pose.ToLocal(b.Point), b.Feature);
        return manifold;
    }

    private static Manifold OnPolygon(
        GroundEdge edge, ConvexPolygon polygon, int face, ReadOnlySpan<Vector2> corners, ReadOnlySpan<Vector2> normals)
    {
        int next = face + 1 < corners.Length ? face + 1 : 0;
        Clipped a = new(edge.Start, Feature(0, (uint)face, Corner, Face)), b = new(edge.End, Feature(0, (uint)face, Corner, Face));
        if (!ClipToSides(ref a, ref b, normals[face], corners[face], corners[next], (uint)face, (uint)next))
            return default;
        Manifold manifold = new() { LocalNormal = polygon.Normals[face], LocalPoint = polygon.Corners[face] };
        if (Vector2.Dot(normals[face], a.Point - corners[face]) <= Radius)
            Add(ref manifold, a.Point, Swap(a.Feature));
        if (Vector2.Dot(normals[face], b.Point - corners[face]) <= Radius)
            Add(ref manifold, b.Point, Swap(b.Feature));
        return manifold;
    }

    private static void Add(ref Manifold manifold, Vector2 local, uint feature)
    {
        ManifoldPoint point = new() { Local = local, Feature = feature };
        if (manifold.Count++ == 0)
            manifold.First = point;
        else
            manifold.Second = point;
    }

    /// <summary>Cuts a segment to the strip before a face.</summary>
    /// <returns>Something of it is left.</returns>
    private static bool ClipToSides(
        ref Clipped a, ref Clipped b, Vector2 normal, Vector2 start, Vector2 end, uint startIndex, uint endIndex)
    {
        Vector2 side = Plane2.Outwards(normal);
        return Clip(ref a, ref b, side, Vector2.Dot(side, start), startIndex)
            && Clip(ref a, ref b, -side, Vector2.Dot(-side, end), endIndex);
    }

    /// <summary>Cuts away what of a segment lies beyond a line; a point that the line makes comes second.</summary>
    private static bool Clip(ref Clipped a, ref Clipped b, Vector2 normal, float offset, uint index)
    {
        float first = Vector2.Dot(normal, a.Point) - offset, second = Vector2.Dot(normal, b.Point) - offset;
        if (first <= 0 && second <= 0)
            return true;
        if (!(first * second < 0))
            return false;
        float fraction = first / (first - second);
        Clipped cut = new(a.Point + fraction * (b.Point - a.Point), Feature(index, a.Feature >> 8 & 0xFF, Corner, Face));
        (a, b) = (first <= 0 ? a : b, cut);
        return true;
    }

    /// <summary>Indices of the features of the shape whose face it is and of the other one, and of which kind each is.</summary>
    private static uint Feature(uint own, uint other, uint ownKind, uint otherKind) =>
        own | other << 8 | ownKind << 16 | otherKind << 24;

    private static uint Swap(uint feature) =>
        Feature(feature >> 8 & 0xFF, feature & 0xFF, feature >> 24, feature >> 16 & 0xFF);

    private readonly record struct Clipped(Vector2 Point, uint Feature);
}
