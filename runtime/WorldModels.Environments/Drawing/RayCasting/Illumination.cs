using System.Numerics;
using System.Runtime.CompilerServices;

namespace WorldModels.Environments;

/// <summary>
/// How bright surfaces are: the fixed lighting of OpenGL that MuJoCo uses, in each pixel. Light at the camera in the direction in which
/// it looks, and a scene's own lights; diffuse and, seen as from far away, highlights.
/// </summary>
internal readonly ref struct Illumination(RayFrame frame, ReadOnlySpan<Light> lights, bool mirrored)
{
    private readonly ReadOnlySpan<Light> _lights = lights;
    private readonly Vector3 _back = -frame.Lens.Forward;

    /// <summary>The colour of points on a body.</summary>
    /// <param name="index">The body.</param>
    /// <param name="body">The body, or how it is mirrored.</param>
    /// <param name="point">Seen from the camera.</param>
    /// <param name="local">In the body's own coordinates.</param>
    /// <param name="x">First of the pixels.</param>
    /// <param name="y">Their row.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Wide3 Shade(int index, in RayBody body, in Wide3 point, in Wide3 local, int x, int y)
    {
        Placement place = body.Place;
        Wide3 normal = body.IsPlane
            ? new Wide3(place.Z) : Surface.Normal(body.Geom.Type, body.Geom.Size, local).From(place.X, place.Y, place.Z);
        Vector<float> toCamera = Vector.Max(Wide3.Dot(normal, _back), Vector<float>.Zero);
        Vector<float> atHead = new Vector<float>(SuiteLook.HeadAmbient) + toCamera * new Vector<float>(SuiteLook.HeadDiffuse);
        Vector<float> headHighlight = Power64(toCamera) * new Vector<float>(SuiteLook.HeadSpecular * SuiteLook.Specular);
        Vector<float> diffuse = Vector<float>.Zero, highlight = Vector<float>.Zero;
        for (int i = 0; i < _lights.Length; i++)
            AddLight(i, index, point, normal, x, y, ref diffuse, ref highlight);
        Vector4 painted = body.Geom.Color;
        Wide3 own = new(new Vector3(painted.X, painted.Y, painted.Z));
        // The light at the camera alone makes nothing brighter than white; the others come on top, and then the texture.
        Wide3 color = (own * atHead + headHighlight).AtMostOne() + (own * diffuse + highlight);
        return body.Geom.Checkered ? color * Squares(local) : color;
    }

    private void AddLight(
        int light, int index, in Wide3 point, in Wide3 normal, int x, int y, ref Vector<float> diffuse, ref Vector<float> highlight)
    {
        ref readonly Light shining = ref _lights[light];
        Wide3 toLight;
        Vector<float> strength;
        if (shining.IsDirectional)
        {
            (toLight, strength) = (new(-shining.Direction), Vector<float>.One);
        }
        else
        {
            toLight = new Wide3(shining.Position) - point;
            toLight *= Vector<float>.One / Vector.SquareRoot(Wide3.Dot(toLight, toLight));
            Vector<float> cosine = -Wide3.Dot(toLight, shining.Direction);
            Vector<int> reached = Vector.GreaterThanOrEqual(cosine, new Vector<float>(shining.CutoffCosine));
            strength = Vector.ConditionalSelect(reached, Power(cosine, shining.Exponent), Vector<float>.Zero);
        }
        Vector<float> facing = Wide3.Dot(normal, toLight);
        strength = Vector.ConditionalSelect(Vector.GreaterThan(facing, Vector<float>.Zero), strength, Vector<float>.Zero);
        if (Vector.EqualsAll(strength, Vector<float>.Zero))
            return;
        if (!mirrored)
            strength = Vector.AndNot(strength, Vector.AsVectorSingle(Shaded(light, index, point, x, y)));
        diffuse += facing * strength * new Vector<float>(shining.Diffuse);
        Wide3 between = toLight + new Wide3(_back);
        Vector<float> cosineBetween = Vector.Max(Wide3.Dot(normal, between), Vector<float>.Zero)
            / Vector.SquareRoot(Vector.Max(Wide3.Dot(between, between), new Vector<float>(1e-12f)));
        highlight += Power64(cosineBetween) * strength * new Vector<float>(shining.Specular * SuiteLook.Specular);
    }

    /// <summary>Which points some body keeps a light from.</summary>
    private Vector<int> Shaded(int light, int index, in Wide3 point, int x, int y)
    {
        Vector<int> shaded = Vector<int>.Zero;
        ReadOnlySpan<RayBody> bodies = frame.Bodies;
        ref readonly Light shining = ref _lights[light];
        foreach (ShadowCaster caster in frame.Casters(light, index))
        {
            if (!caster.Bounds.Meets(x, Vector<float>.Count, y))
                continue;
            ref readonly RayBody body = ref bodies[caster.Body];
            Placement place = body.Place;
            // From a spot to the point, which is 1 direction away; from the point to the sun, which is at no end.
            Wide3 origin, direction;
            Vector<float> end = Vector<float>.One;
            if (shining.IsDirectional)
            {
                (origin, end) = ((point - new Wide3(place.Position)).Along(place.X, place.Y, place.Z), new(float.MaxValue));
                direction = new(place.Along(-shining.Direction));
            }
            else
            {
                origin = new(place.Along(shining.Position - place.Position));
                direction = (point - new Wide3(shining.Position)).Along(place.X, place.Y, place.Z);
            }
            Vector<float> enter = Surface.Enter(body.Geom.Type, body.Geom.Size, origin, direction);
            shaded |= Vector.GreaterThan(enter, Vector<float>.Zero) & Vector.LessThan(enter, end);
        }
        return shaded;
    }

    private static Wide3 Squares(in Wide3 local)
    {
        Vector<float> half = (Vector.Floor(local.X) + Vector.Floor(local.Y)) * new Vector<float>(0.5f);
        Vector<int> isDark = Vector.GreaterThan(half - Vector.Floor(half), new Vector<float>(0.25f));
        return Wide3.Select(isDark, new(SuiteLook.DarkSquare), new(SuiteLook.LightSquare));
    }

    private static Vector<float> Power64(Vector<float> value)
    {
        for (int i = 0; i < 6; i++)
            value *= value;
        return value;
    }

    private static Vector<float> Power(Vector<float> value, int exponent)
    {
        Vector<float> power = Vector<float>.One;
        for (; exponent > 0; exponent >>= 1, value *= value)
        {
            if ((exponent & 1) == 1)
                power *= value;
        }
        return power;
    }
}
