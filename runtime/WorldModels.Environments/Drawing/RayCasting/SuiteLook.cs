using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The look of the DeepMind Control Suite: its materials and the light at its cameras, numbers of dm_control (Apache-2.0).
/// </summary>
public static class SuiteLook
{
    /// <summary>What moves.</summary>
    public static Vector4 Self { get; } = new(0.7f, 0.5f, 0.3f, 1);

    /// <summary>What does not, and hinges.</summary>
    public static Vector4 Decoration { get; } = new(0.3f, 0.5f, 0.7f, 1);

    /// <summary>The part that matters: fingertips, balls.</summary>
    public static Vector4 Effector { get; } = new(0.7f, 0.4f, 0.2f, 1);

    /// <summary>Where to go.</summary>
    public static Vector4 Target { get; } = new(0.6f, 0.3f, 0.3f, 1);

    /// <summary>Vertical field of view of cameras, degrees.</summary>
    public const double FieldOfView = 45;

    /// <summary>The light at the camera, which shines in the direction in which it looks.</summary>
    internal const float HeadAmbient = 0.4f, HeadDiffuse = 0.8f, HeadSpecular = 0.1f;

    /// <summary>How much of a light's highlights surfaces give back.</summary>
    internal const float Specular = 0.5f;

    /// <summary>The floor's squares, of 1 m.</summary>
    internal static Vector3 LightSquare { get; } = new(0.2f, 0.3f, 0.4f);

    /// <inheritdoc cref="LightSquare"/>
    internal static Vector3 DarkSquare { get; } = new(0.1f, 0.2f, 0.3f);

    /// <summary>The sky straight above; straight below it is black.</summary>
    internal static Vector3 Sky { get; } = new(0.4f, 0.6f, 0.8f);

    /// <summary>The floor: half lengths along x and y, 0 for an endless one.</summary>
    public static Geom Floor(float halfX, float halfY) =>
        new(GeomType.Plane, new(halfX, halfY, 0), Vector4.One) { Checkered = true, Reflectance = 0.2f };
}
