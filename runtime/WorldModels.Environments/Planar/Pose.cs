using System.Numerics;

namespace WorldModels.Environments;

/// <summary>Products and lengths in the plane.</summary>
internal static class Plane2
{
    public static float Cross(Vector2 a, Vector2 b) => a.X * b.Y - a.Y * b.X;

    /// <summary>The velocity of a point at <paramref name="arm"/> from a centre that spins.</summary>
    public static Vector2 Cross(float spin, Vector2 arm) => new(-spin * arm.Y, spin * arm.X);

    /// <summary>The vector turned clockwise by a right angle: of an edge of a counter-clockwise polygon, outwards.</summary>
    public static Vector2 Outwards(Vector2 edge) => new(edge.Y, -edge.X);

    /// <summary>In the direction of <paramref name="vector"/>, of length 1; what has no length stays as it is.</summary>
    public static Vector2 Unit(Vector2 vector)
    {
        float length = vector.Length();
        if (length < PlanarConstants.Epsilon)
            return vector;
        float inverse = 1 / length;
        return new(vector.X * inverse, vector.Y * inverse);
    }
}

/// <summary>A rotation, as sine and cosine.</summary>
internal readonly record struct Rotation(float Sine, float Cosine)
{
    public static Rotation Of(float angle) => new(MathF.Sin(angle), MathF.Cos(angle));

    public Vector2 Turn(Vector2 vector) => new(Cosine * vector.X - Sine * vector.Y, Sine * vector.X + Cosine * vector.Y);

    public Vector2 TurnBack(Vector2 vector) => new(Cosine * vector.X + Sine * vector.Y, -Sine * vector.X + Cosine * vector.Y);
}

/// <summary>Where a body's own coordinates lie in the world.</summary>
internal readonly record struct Pose(Vector2 Position, Rotation Rotation)
{
    /// <summary>The pose of a body whose centre of mass is here.</summary>
    public static Pose Around(Vector2 center, Rotation rotation, Vector2 localCenter) =>
        new(center - rotation.Turn(localCenter), rotation);

    public Vector2 ToWorld(Vector2 local) => Rotation.Turn(local) + Position;

    public Vector2 ToLocal(Vector2 world) => Rotation.TurnBack(world - Position);
}

/// <summary>An upright rectangle that encloses something.</summary>
internal readonly record struct Bounds(Vector2 Lower, Vector2 Upper)
{
    public bool Contains(Bounds other) => Lower.X <= other.Lower.X && Lower.Y <= other.Lower.Y
        && other.Upper.X <= Upper.X && other.Upper.Y <= Upper.Y;

    public bool Overlaps(Bounds other) => !(other.Lower.X - Upper.X > 0 || other.Lower.Y - Upper.Y > 0
        || Lower.X - other.Upper.X > 0 || Lower.Y - other.Upper.Y > 0);

    public Bounds Union(Bounds other) => new(Vector2.Min(Lower, other.Lower), Vector2.Max(Upper, other.Upper));

    public Bounds Grow(float margin) => new(Lower - new Vector2(margin), Upper + new Vector2(margin));

    /// <summary>Longer in the direction of a displacement.</summary>
    public Bounds Stretch(Vector2 displacement) =>
        new(Lower + Vector2.Min(displacement, Vector2.Zero), Upper + Vector2.Max(displacement, Vector2.Zero));
}
