using System.Numerics;

namespace WorldModels.Environments;

/// <summary>What a <see cref="Geom"/> is; the numbers are MuJoCo's.</summary>
public enum GeomType
{
    /// <summary>Where local z is 0, seen from above. Size: half lengths along x and y, 0 for an endless one.</summary>
    Plane = 0,

    /// <summary>Size: radius.</summary>
    Sphere = 2,

    /// <summary>A line along local z with round ends. Size: radius, half the length of the line.</summary>
    Capsule = 3,

    /// <summary>Size: three half axes.</summary>
    Ellipsoid = 4,

    /// <summary>Along local z. Size: radius, half the length.</summary>
    Cylinder = 5,

    /// <summary>Size: three half lengths.</summary>
    Box = 6,
}

/// <summary>A shape of a <see cref="BodyScene"/>, whose place changes from picture to picture while it does not.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Size">See <see cref="GeomType"/> (m); what a type does not take is ignored.</param>
/// <param name="Color">Red, green, blue and opacity, each in 0..1; with an opacity of 0 it is not there.</param>
public readonly record struct Geom(GeomType Type, Vector3 Size, Vector4 Color)
{
    /// <summary>Whether a plane has squares of 1 m in the suite's two colours, by which its own is multiplied.</summary>
    public bool Checkered { get; init; }

    /// <summary>
    /// The share of light by which a plane shows other bodies mirrored. One plane of a scene can: the first with more than 0.
    /// </summary>
    public float Reflectance { get; init; }
}

/// <summary>Where something is, and how it is turned.</summary>
/// <param name="Position">Its middle, in the world (m).</param>
/// <param name="X">Its own first axis, a unit vector in the world.</param>
/// <param name="Y">The second one.</param>
/// <param name="Z">The third one.</param>
public readonly record struct Placement(Vector3 Position, Vector3 X, Vector3 Y, Vector3 Z)
{
    /// <summary>At a position, not turned.</summary>
    public static Placement At(Vector3 position) => new(position, Vector3.UnitX, Vector3.UnitY, Vector3.UnitZ);

    /// <summary>From a position and a rotation matrix as MuJoCo has them.</summary>
    /// <param name="position">Three numbers.</param>
    /// <param name="rotation">Nine, row-major: the axes are its columns.</param>
    public static Placement Of(ReadOnlySpan<double> position, ReadOnlySpan<double> rotation)
    {
        Require.Length(position.Length, 3, nameof(position));
        Require.Length(rotation.Length, 9, nameof(rotation));
        return new(Vector(position[0], position[1], position[2]), Vector(rotation[0], rotation[3], rotation[6]),
            Vector(rotation[1], rotation[4], rotation[7]), Vector(rotation[2], rotation[5], rotation[8]));

        static Vector3 Vector(double x, double y, double z) => new((float)x, (float)y, (float)z);
    }

    /// <summary>
    /// Turned about the world's y axis by an angle (rad), as planar bodies in x and z are: at 0 not at all, at half pi their own z axis
    /// is the world's x axis.
    /// </summary>
    public static Placement Planar(double x, double z, double angle)
    {
        (double sin, double cos) = Math.SinCos(angle);
        return new(
            new((float)x, 0, (float)z), new((float)cos, 0, -(float)sin), Vector3.UnitY, new((float)sin, 0, (float)cos));
    }

    /// <summary>From two directions, as cameras are given: the second is made upright to the first, and both one long.</summary>
    public static Placement Of(Vector3 position, Vector3 x, Vector3 y)
    {
        x /= x.Length();
        y -= Vector3.Dot(x, y) * x;
        y /= y.Length();
        return new(position, x, y, Vector3.Cross(x, y));
    }

    /// <summary>The parts of a direction along its own axes.</summary>
    internal Vector3 Along(Vector3 direction) => new(Vector3.Dot(direction, X), Vector3.Dot(direction, Y), Vector3.Dot(direction, Z));

    /// <summary>Moved along its own axes.</summary>
    public Placement Moved(float x, float y, float z) => this with { Position = Position + x * X + y * Y + z * Z };

    /// <summary>Turned so that its z axis lies along another one; the two axes across it are any.</summary>
    /// <param name="position">Its middle.</param>
    /// <param name="along">The direction, of any length but 0.</param>
    public static Placement Along(Vector3 position, Vector3 along)
    {
        Vector3 z = along / along.Length();
        Vector3 least = Math.Abs(z.X) < 0.5f ? Vector3.UnitX : Vector3.UnitY;
        Vector3 x = Vector3.Cross(least, z);
        x /= x.Length();
        return new(position, x, Vector3.Cross(z, x), z);
    }
}
