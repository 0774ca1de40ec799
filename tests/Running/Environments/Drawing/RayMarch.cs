using System.Numerics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>
/// The slow and sure way to find what a ray meets: go forward by the distance to the shape until there is none left. In double
/// precision, by distances to shapes and normals by differences of them: nothing of it is the ray caster's.
/// </summary>
internal static class RayMarch
{
    /// <summary>Follows a ray from the origin.</summary>
    /// <returns>Whether it meets the shape, whether that is no close call, and the normal there in the world.</returns>
    public static (bool IsHit, bool IsSure, Vector3 Normal) Follow(Geom geom, Placement place, Vector3 ray)
    {
        (double X, double Y, double Z) direction = (ray.X, ray.Y, ray.Z);
        double length = Math.Sqrt(direction.X * direction.X + direction.Y * direction.Y + direction.Z * direction.Z);
        double nearest = double.MaxValue, t = 0;
        if (geom.Type == GeomType.Plane)
            return FollowToPlane(geom, place, ray);
        for (int step = 0; step < 2000 && t < 20; step++)
        {
            double distance = At(t);
            if (distance < 1e-5)
            {
                // On an edge the normal is that of one side or of the other.
                Vector3 normal = Normal(t, 1e-4);
                return (true, Vector3.Dot(normal, Normal(t, 2e-3)) > 0.999, normal);
            }
            // Near an edge the slopes of neighbouring rays part: leave out those that pass within a hair.
            nearest = Math.Min(nearest, distance);
            t += 0.9 * distance / length;
        }
        return (false, nearest > 1e-3, default);

        double At(double at) => Distance(geom, Local(place, at * direction.X, at * direction.Y, at * direction.Z));

        Vector3 Normal(double at, double step)
        {
            (double x, double y, double z) = Local(place, at * direction.X, at * direction.Y, at * direction.Z);
            double dx = Distance(geom, (x + step, y, z)) - Distance(geom, (x - step, y, z));
            double dy = Distance(geom, (x, y + step, z)) - Distance(geom, (x, y - step, z));
            double dz = Distance(geom, (x, y, z + step)) - Distance(geom, (x, y, z - step));
            Vector3 local = new((float)dx, (float)dy, (float)dz);
            return Vector3.Normalize(local.X * place.X + local.Y * place.Y + local.Z * place.Z);
        }
    }

    private static (bool IsHit, bool IsSure, Vector3 Normal) FollowToPlane(Geom geom, Placement place, Vector3 ray)
    {
        double slope = Vector3.Dot(ray, place.Z), t = Vector3.Dot(place.Position, place.Z) / slope;
        (double x, double y, double _) = Local(place, t * ray.X, t * ray.Y, t * ray.Z);
        double inside = Math.Min(geom.Size.X - Math.Abs(x), geom.Size.Y - Math.Abs(y));
        return (slope < 0 && t > 0 && inside > 0, Math.Abs(inside) > 1e-3 && Math.Abs(slope) > 1e-3, place.Z);
    }

    private static (double X, double Y, double Z) Local(Placement place, double x, double y, double z)
    {
        (x, y, z) = (x - place.Position.X, y - place.Position.Y, z - place.Position.Z);
        return (Along(place.X), Along(place.Y), Along(place.Z));

        double Along(Vector3 axis) => x * axis.X + y * axis.Y + z * axis.Z;
    }

    private static double Distance(Geom geom, (double X, double Y, double Z) p)
    {
        (double x, double y, double z) = (geom.Size.X, geom.Size.Y, geom.Size.Z);
        switch (geom.Type)
        {
            case GeomType.Sphere:
                return Length(p.X, p.Y, p.Z) - x;
            case GeomType.Capsule:
                return Length(p.X, p.Y, p.Z - Math.Clamp(p.Z, -y, y)) - x;
            case GeomType.Cylinder:
                return Corner(Math.Sqrt(p.X * p.X + p.Y * p.Y) - x, Math.Abs(p.Z) - y, double.MinValue);
            case GeomType.Box:
                return Corner(Math.Abs(p.X) - x, Math.Abs(p.Y) - y, Math.Abs(p.Z) - z);
            default:
                // A bound from below, which is 0 on the ellipsoid.
                return (Length(p.X / x, p.Y / y, p.Z / z) - 1) * Math.Min(x, Math.Min(y, z));
        }

        static double Corner(double a, double b, double c) =>
            Math.Min(Math.Max(a, Math.Max(b, c)), 0) + Length(Math.Max(a, 0), Math.Max(b, 0), Math.Max(c, 0));

        static double Length(double a, double b, double c) => Math.Sqrt(a * a + b * b + c * c);
    }
}
