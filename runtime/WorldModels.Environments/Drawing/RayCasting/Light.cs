using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// A light beside the one at the camera, white: a spot that shines from a position, or the sun. Lit as MuJoCo's are: a spot is weaker
/// towards its edge, and not with the distance.
/// </summary>
/// <param name="IsDirectional">Whether it shines everywhere in one direction, from no position.</param>
/// <param name="Position">Of a spot, in the world (m).</param>
/// <param name="Direction">Where it shines, a unit vector.</param>
public readonly record struct Light(bool IsDirectional, Vector3 Position, Vector3 Direction)
{
    /// <summary>A spot that shines down.</summary>
    public static Light Above(float x, float y, float z) => new(false, new(x, y, z), -Vector3.UnitZ);

    /// <summary>Share of the light that comes back from a surface it shines on straight.</summary>
    public float Diffuse { get; init; } = 0.7f;

    /// <summary>Strength of the highlights.</summary>
    public float Specular { get; init; } = 0.3f;

    /// <summary>Degrees from a spot's middle beyond which it does not shine, up to 90.</summary>
    public float Cutoff
    {
        get;
        init => (field, CutoffCosine) = (value, Cosine(value));
    } = 45;

    internal float CutoffCosine { get; private init; } = Cosine(45);

    /// <summary>The power of the angle's cosine by which a spot is weaker beside its middle.</summary>
    public int Exponent { get; init; } = 10;

    /// <summary>Whether bodies cast shadows in it.</summary>
    public bool CastsShadows { get; init; } = true;

    private static float Cosine(float degrees) => (float)Math.Cos(degrees * Math.PI / 180);
}
