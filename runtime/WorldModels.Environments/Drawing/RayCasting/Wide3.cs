using System.Numerics;
using System.Runtime.CompilerServices;

namespace WorldModels.Environments;

/// <summary>A three-dimensional vector for each pixel of a group.</summary>
internal readonly struct Wide3(Vector<float> x, Vector<float> y, Vector<float> z)
{
    public readonly Vector<float> X = x;
    public readonly Vector<float> Y = y;
    public readonly Vector<float> Z = z;

    /// <summary>The same for each pixel.</summary>
    public Wide3(Vector3 all) : this(new Vector<float>(all.X), new Vector<float>(all.Y), new Vector<float>(all.Z)) { }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide3 operator +(in Wide3 a, in Wide3 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide3 operator -(in Wide3 a, in Wide3 b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide3 operator *(in Wide3 a, Vector<float> b) => new(a.X * b, a.Y * b, a.Z * b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide3 operator *(in Wide3 a, in Wide3 b) => new(a.X * b.X, a.Y * b.Y, a.Z * b.Z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide3 operator +(in Wide3 a, Vector<float> b) => new(a.X + b, a.Y + b, a.Z + b);

    /// <summary>Parts above 1 made 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Wide3 AtMostOne() => new(Vector.Min(X, Vector<float>.One), Vector.Min(Y, Vector<float>.One), Vector.Min(Z, Vector<float>.One));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Dot(in Wide3 a, in Wide3 b) => a.X * b.X + a.Y * b.Y + a.Z * b.Z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Dot(in Wide3 a, Vector3 b) =>
        a.X * new Vector<float>(b.X) + a.Y * new Vector<float>(b.Y) + a.Z * new Vector<float>(b.Z);

    /// <summary>Its three parts along axes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Wide3 Along(Vector3 x, Vector3 y, Vector3 z) => new(Dot(this, x), Dot(this, y), Dot(this, z));

    /// <summary>The vector that has these parts along axes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Wide3 From(Vector3 x, Vector3 y, Vector3 z) => new(
        X * new Vector<float>(x.X) + Y * new Vector<float>(y.X) + Z * new Vector<float>(z.X),
        X * new Vector<float>(x.Y) + Y * new Vector<float>(y.Y) + Z * new Vector<float>(z.Y),
        X * new Vector<float>(x.Z) + Y * new Vector<float>(y.Z) + Z * new Vector<float>(z.Z));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide3 Select(Vector<int> condition, in Wide3 yes, in Wide3 no) => new(
        Vector.ConditionalSelect(condition, yes.X, no.X),
        Vector.ConditionalSelect(condition, yes.Y, no.Y),
        Vector.ConditionalSelect(condition, yes.Z, no.Z));
}
