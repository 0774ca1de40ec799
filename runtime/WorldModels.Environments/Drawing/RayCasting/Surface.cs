using System.Numerics;
using System.Runtime.CompilerServices;

namespace WorldModels.Environments;

/// <summary>
/// Where rays enter a shape, and how it is turned there, both in the shape's own coordinates. All shapes are convex: what they hide is
/// hidden from the point of entry on.
/// </summary>
internal static class Surface
{
    private const float Tiny = 1e-12f;

    private static Vector<float> Never => new(float.PositiveInfinity);

    /// <summary>
    /// The multiple of the direction at which a ray enters; infinity where it does not, below 0 where it begins behind that.
    /// </summary>
    public static Vector<float> Enter(GeomType type, Vector3 size, in Wide3 origin, in Wide3 direction) => type switch
    {
        GeomType.Plane => EnterPlane(size, origin, direction),
        GeomType.Sphere => EnterSphere(new(size.X * size.X), origin, direction),
        GeomType.Capsule => EnterCapsule(size, origin, direction),
        GeomType.Ellipsoid => EnterEllipsoid(size, origin, direction),
        GeomType.Cylinder => EnterCylinder(size, origin, direction),
        _ => EnterBox(size, origin, direction),
    };

    /// <summary>The outward unit normal at a point on the surface.</summary>
    public static Wide3 Normal(GeomType type, Vector3 size, in Wide3 point) => type switch
    {
        GeomType.Plane => new(Vector3.UnitZ),
        GeomType.Sphere => point * new Vector<float>(1 / size.X),
        GeomType.Capsule => CapsuleNormal(size, point),
        GeomType.Ellipsoid => EllipsoidNormal(size, point),
        GeomType.Cylinder => CylinderNormal(size, point),
        _ => BoxNormal(size, point),
    };

    private static Vector<float> EnterPlane(Vector3 size, in Wide3 origin, in Wide3 direction)
    {
        Vector<int> meets = Vector.LessThan(direction.Z, Vector<float>.Zero) & Vector.GreaterThan(origin.Z, Vector<float>.Zero);
        Vector<float> at = -origin.Z / direction.Z;
        if (size.X > 0)
            meets &= Vector.LessThanOrEqual(Vector.Abs(origin.X + at * direction.X), new Vector<float>(size.X));
        if (size.Y > 0)
            meets &= Vector.LessThanOrEqual(Vector.Abs(origin.Y + at * direction.Y), new Vector<float>(size.Y));
        return Vector.ConditionalSelect(meets, at, Never);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> EnterSphere(Vector<float> squaredRadius, in Wide3 origin, in Wide3 direction) =>
        EnterQuadric(Wide3.Dot(direction, direction), Wide3.Dot(origin, direction), Wide3.Dot(origin, origin) - squaredRadius);

    /// <summary>The lesser root of a t^2 + 2 b t + c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> EnterQuadric(Vector<float> a, Vector<float> b, Vector<float> c)
    {
        Vector<float> discriminant = b * b - a * c;
        Vector<float> root = Vector.SquareRoot(Vector.Max(discriminant, Vector<float>.Zero));
        return Vector.ConditionalSelect(Vector.LessThan(discriminant, Vector<float>.Zero), Never, -(b + root) / a);
    }

    private static Vector<float> EnterEllipsoid(Vector3 size, in Wide3 origin, in Wide3 direction)
    {
        Wide3 inverse = new(Vector3.One / size);
        Wide3 from = new(origin.X * inverse.X, origin.Y * inverse.Y, origin.Z * inverse.Z);
        Wide3 along = new(direction.X * inverse.X, direction.Y * inverse.Y, direction.Z * inverse.Z);
        return EnterSphere(Vector<float>.One, from, along);
    }

    private static Vector<float> EnterCapsule(Vector3 size, in Wide3 origin, in Wide3 direction)
    {
        Vector<float> squaredRadius = new(size.X * size.X), half = new(size.Y);
        // What misses the endless cylinder around the middle line misses the capsule; what meets it beyond an end may meet that end's ball.
        Vector<float> a = Vector.Max(direction.X * direction.X + direction.Y * direction.Y, new Vector<float>(Tiny));
        Vector<float> b = origin.X * direction.X + origin.Y * direction.Y;
        Vector<float> c = origin.X * origin.X + origin.Y * origin.Y - squaredRadius;
        Vector<float> discriminant = b * b - a * c;
        Vector<int> misses = Vector.LessThan(discriminant, Vector<float>.Zero);
        if (Vector.EqualsAll(misses, Vector<int>.AllBitsSet))
            return Never;
        Vector<float> side = -(b + Vector.SquareRoot(Vector.Max(discriminant, Vector<float>.Zero))) / a;
        Vector<float> height = origin.Z + side * direction.Z;
        Vector<int> beyond = Vector.GreaterThan(Vector.Abs(height), half);
        Vector<float> end = Vector.ConditionalSelect(Vector.LessThan(height, Vector<float>.Zero), -half, half);
        Vector<float> ball = EnterSphere(squaredRadius, new Wide3(origin.X, origin.Y, origin.Z - end), direction);
        return Vector.ConditionalSelect(misses, Never, Vector.ConditionalSelect(beyond, ball, side));
    }

    private static Vector<float> EnterCylinder(Vector3 size, in Wide3 origin, in Wide3 direction)
    {
        Vector<float> a = Vector.Max(direction.X * direction.X + direction.Y * direction.Y, new Vector<float>(Tiny));
        Vector<float> b = origin.X * direction.X + origin.Y * direction.Y;
        Vector<float> c = origin.X * origin.X + origin.Y * origin.Y - new Vector<float>(size.X * size.X);
        Vector<float> discriminant = b * b - a * c;
        Vector<float> root = Vector.SquareRoot(Vector.Max(discriminant, Vector<float>.Zero));
        (Vector<float> enter, Vector<float> leave) = Slab(origin.Z, direction.Z, size.Y);
        enter = Vector.Max(enter, -(b + root) / a);
        leave = Vector.Min(leave, (root - b) / a);
        Vector<int> meets = Vector.GreaterThanOrEqual(discriminant, Vector<float>.Zero) & Vector.LessThan(enter, leave);
        return Vector.ConditionalSelect(meets, enter, Never);
    }

    private static Vector<float> EnterBox(Vector3 size, in Wide3 origin, in Wide3 direction)
    {
        (Vector<float> enterX, Vector<float> leaveX) = Slab(origin.X, direction.X, size.X);
        (Vector<float> enterY, Vector<float> leaveY) = Slab(origin.Y, direction.Y, size.Y);
        (Vector<float> enterZ, Vector<float> leaveZ) = Slab(origin.Z, direction.Z, size.Z);
        Vector<float> enter = Vector.Max(Vector.Max(enterX, enterY), enterZ), leave = Vector.Min(Vector.Min(leaveX, leaveY), leaveZ);
        return Vector.ConditionalSelect(Vector.LessThan(enter, leave), enter, Never);
    }

    /// <summary>Where rays enter and leave the space between two planes across an axis.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<float> Enter, Vector<float> Leave) Slab(Vector<float> origin, Vector<float> direction, float half)
    {
        // A direction of 0 would make 0 / 0 on the plane itself.
        Vector<float> step = Vector.ConditionalSelect(
            Vector.LessThan(Vector.Abs(direction), new Vector<float>(Tiny)), new Vector<float>(Tiny), direction);
        Vector<float> inverse = Vector<float>.One / step;
        Vector<float> middle = -origin * inverse, reach = Vector.Abs(inverse) * new Vector<float>(half);
        return (middle - reach, middle + reach);
    }

    private static Wide3 CapsuleNormal(Vector3 size, in Wide3 point)
    {
        Vector<float> half = new(size.Y), inverse = new(1 / size.X);
        Vector<float> onLine = Vector.Min(Vector.Max(point.Z, -half), half);
        return new(point.X * inverse, point.Y * inverse, (point.Z - onLine) * inverse);
    }

    private static Wide3 EllipsoidNormal(Vector3 size, in Wide3 point)
    {
        Wide3 inverse = new(Vector3.One / (size * size));
        Wide3 across = new(point.X * inverse.X, point.Y * inverse.Y, point.Z * inverse.Z);
        return across * (Vector<float>.One / Vector.SquareRoot(Wide3.Dot(across, across)));
    }

    private static Wide3 CylinderNormal(Vector3 size, in Wide3 point)
    {
        Vector<float> radius = Vector.SquareRoot(Vector.Max(point.X * point.X + point.Y * point.Y, new Vector<float>(Tiny)));
        Vector<int> isEnd = Vector.GreaterThan(Vector.Abs(point.Z) - new Vector<float>(size.Y), radius - new Vector<float>(size.X));
        Vector<float> zero = Vector<float>.Zero, inverse = Vector<float>.One / radius;
        return Wide3.Select(isEnd, new(zero, zero, Sign(point.Z)), new(point.X * inverse, point.Y * inverse, zero));
    }

    private static Wide3 BoxNormal(Vector3 size, in Wide3 point)
    {
        Vector<float> zero = Vector<float>.Zero;
        Vector<float> outX = Vector.Abs(point.X) - new Vector<float>(size.X);
        Vector<float> outY = Vector.Abs(point.Y) - new Vector<float>(size.Y);
        Vector<float> outZ = Vector.Abs(point.Z) - new Vector<float>(size.Z);
        Vector<int> isX = Vector.GreaterThanOrEqual(outX, Vector.Max(outY, outZ)), isY = Vector.GreaterThanOrEqual(outY, outZ);
        Wide3 other = Wide3.Select(isY, new(zero, Sign(point.Y), zero), new(zero, zero, Sign(point.Z)));
        return Wide3.Select(isX, new(Sign(point.X), zero, zero), other);
    }

    private static Vector<float> Sign(Vector<float> value) =>
        Vector.ConditionalSelect(Vector.LessThan(value, Vector<float>.Zero), -Vector<float>.One, Vector<float>.One);
}
