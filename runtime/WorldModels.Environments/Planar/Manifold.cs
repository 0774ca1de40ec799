using System.Numerics;

namespace WorldModels.Environments;

/// <summary>A point of a manifold.</summary>
internal struct ManifoldPoint
{
    /// <summary>Of the face that is touched by it, in coordinates of the shape that does not own the face.</summary>
    public Vector2 Local;

    /// <summary>Which corner and face made it: by this a point is found again in the next step, so that its impulses carry over.</summary>
    public uint Feature;

    public float NormalImpulse;

    public float TangentImpulse;
}

/// <summary>
/// Where a polygon touches an edge of the ground: a face of one of them, and up to two points of the other that are within the skins'
/// radii of it.
/// </summary>
internal struct Manifold
{
    public int Count;

    public ManifoldPoint First;

    public ManifoldPoint Second;

    /// <summary>The face is the ground's edge; else one of the polygon's.</summary>
    public bool FaceIsGround;

    /// <summary>Of the face, in coordinates of the shape that owns it.</summary>
    public Vector2 LocalNormal;

    /// <summary>A point of the face, in the same coordinates.</summary>
    public Vector2 LocalPoint;

    /// <summary>Takes over the impulses of points that were there before.</summary>
    public void KeepImpulses(in Manifold before)
    {
        if (Count > 0)
            Keep(ref First, before);
        if (Count > 1)
            Keep(ref Second, before);

        static void Keep(ref ManifoldPoint point, in Manifold before)
        {
            if (before.Count > 0 && before.First.Feature == point.Feature)
                (point.NormalImpulse, point.TangentImpulse) = (before.First.NormalImpulse, before.First.TangentImpulse);
            else if (before.Count > 1 && before.Second.Feature == point.Feature)
                (point.NormalImpulse, point.TangentImpulse) = (before.Second.NormalImpulse, before.Second.TangentImpulse);
        }
    }

    public readonly void Save(BinaryWriter writer)
    {
        writer.Write((byte)Count);
        if (Count == 0)
            return;
        writer.Write(FaceIsGround);
        writer.Write(LocalNormal);
        writer.Write(LocalPoint);
        Save(First);
        if (Count > 1)
            Save(Second);

        void Save(in ManifoldPoint point)
        {
            writer.Write(point.Local);
            writer.Write(point.Feature);
            writer.Write(point.NormalImpulse);
            writer.Write(point.TangentImpulse);
        }
    }

    /// <exception cref="ArgumentException">There is no such manifold.</exception>
    public static Manifold Restore(BinaryReader reader)
    {
        Manifold manifold = new() { Count = reader.ReadByte() };
        if (manifold.Count > 2)
            throw new ArgumentException($"A contact has {manifold.Count} points.");
        if (manifold.Count == 0)
            return manifold;
        manifold.FaceIsGround = reader.ReadBoolean();
        (manifold.LocalNormal, manifold.LocalPoint) = (reader.ReadFiniteVector(), reader.ReadFiniteVector());
        manifold.First = Point();
        if (manifold.Count > 1)
            manifold.Second = Point();
        return manifold;

        ManifoldPoint Point() => new()
        {
            Local = reader.ReadFiniteVector(),
            Feature = reader.ReadUInt32(),
            NormalImpulse = reader.ReadFinite(),
            TangentImpulse = reader.ReadFinite(),
        };
    }
}
