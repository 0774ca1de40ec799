using System.Numerics;
using System.Runtime.InteropServices;

namespace WorldModels.Environments;

/// <summary>A shape made ready for a picture: seen from the camera.</summary>
/// <param name="Geom">What it is.</param>
/// <param name="Place">Where it is, the camera being the origin.</param>
/// <param name="Bounds">Pixels beyond which it is not seen.</param>
internal readonly record struct RayBody(Geom Geom, Placement Place, PixelBounds Bounds)
{
    public bool IsPlane => Geom.Type == GeomType.Plane;

    /// <summary>Half lengths of the box around it.</summary>
    public Vector3 Half => Geom.Type switch
    {
        GeomType.Sphere => new(Geom.Size.X),
        GeomType.Capsule => new(Geom.Size.X, Geom.Size.X, Geom.Size.X + Geom.Size.Y),
        GeomType.Cylinder => new(Geom.Size.X, Geom.Size.X, Geom.Size.Y),
        _ => Geom.Size,
    };

    /// <summary>Radius of the ball around it.</summary>
    public float Reach => Geom.Type switch
    {
        GeomType.Sphere => Geom.Size.X,
        GeomType.Capsule => Geom.Size.X + Geom.Size.Y,
        _ => Half.Length(),
    };
}

/// <summary>A body that may stand between a light and what is seen in some pixels.</summary>
internal readonly record struct ShadowCaster(int Body, PixelBounds Bounds);

/// <summary>The bodies and lights of one picture, seen from the camera. Kept and refilled.</summary>
internal sealed class RayFrame
{
    private readonly List<ShadowCaster> _casters = [];
    private RayBody[] _bodies = [];
    private RayBody[] _mirrored = [];
    private Light[] _lights = [];
    private Light[] _mirroredLights = [];
    private Range[] _casterRanges = []; // (lights, bodies)
    private int _bodyCount;
    private int _lightCount;

    /// <summary>Where the pixels look.</summary>
    public Lens Lens { get; private set; }

    /// <summary>The bodies.</summary>
    public ReadOnlySpan<RayBody> Bodies => _bodies.AsSpan(0, _bodyCount);

    /// <summary>The lights.</summary>
    public ReadOnlySpan<Light> Lights => _lights.AsSpan(0, _lightCount);

    /// <summary>The bodies behind the mirror, if there is one.</summary>
    public ReadOnlySpan<RayBody> Mirrored => _mirrored.AsSpan(0, _bodyCount);

    /// <summary>The lights behind it.</summary>
    public ReadOnlySpan<Light> MirroredLights => _mirroredLights.AsSpan(0, _lightCount);

    /// <summary>The plane that mirrors; -1 where none does.</summary>
    public int Mirror { get; private set; }

    /// <summary>Which bodies may stand between a light and a body.</summary>
    public ReadOnlySpan<ShadowCaster> Casters(int light, int body) =>
        CollectionsMarshal.AsSpan(_casters)[_casterRanges[light * _bodyCount + body]];

    /// <summary>Makes a scene ready.</summary>
    public void Prepare(BodyScene scene, int width, int height, PictureOptions options)
    {
        Lens = new(scene.Camera, scene.FieldOfView, width, height, options.Crop);
        (_bodyCount, _lightCount) = (scene.Geoms.Length, scene.Lights.Length);
        if (_bodies.Length < _bodyCount)
            (_bodies, _mirrored) = (new RayBody[_bodyCount], new RayBody[_bodyCount]);
        if (_lights.Length < _lightCount)
            (_lights, _mirroredLights) = (new Light[_lightCount], new Light[_lightCount]);
        if (_casterRanges.Length < _bodyCount * _lightCount)
            _casterRanges = new Range[_bodyCount * _lightCount];
        Mirror = -1;
        Vector3 eye = scene.Camera.Position;
        for (int i = 0; i < _bodyCount; i++)
        {
            Placement place = scene.Placements[i];
            _bodies[i] = Body(scene.Geoms[i], place with { Position = place.Position - eye }, scene.Culls);
            if (Mirror < 0 && _bodies[i].IsPlane && scene.Geoms[i].Reflectance > 0 && options.Reflections)
                Mirror = i;
        }
        for (int i = 0; i < _lightCount; i++)
            _lights[i] = scene.Lights[i] with { Position = scene.Lights[i].Position - eye };
        if (Mirror >= 0)
            PrepareMirror(scene.Culls);
        _casters.Clear();
        for (int light = 0; light < _lightCount; light++)
        {
            for (int body = 0; body < _bodyCount; body++)
            {
                int begin = _casters.Count;
                if (options.Shadows && _lights[light].CastsShadows)
                    AddCasters(_lights[light], body, scene.Culls);
                _casterRanges[light * _bodyCount + body] = begin.._casters.Count;
            }
        }
    }

    private RayBody Body(Geom geom, Placement place, bool culls)
    {
        RayBody body = new(geom, place, PixelBounds.All);
        if (geom.Color.W <= 0)
            return body with { Bounds = PixelBounds.Empty };
        bool isEndless = body.IsPlane && (geom.Size.X == 0 || geom.Size.Y == 0);
        return isEndless || !culls ? body : body with { Bounds = Lens.See(place, body.IsPlane ? body.Half with { Z = 0 } : body.Half) };
    }

    private void PrepareMirror(bool culls)
    {
        Placement plane = _bodies[Mirror].Place;
        for (int i = 0; i < _bodyCount; i++)
        {
            Placement place = _bodies[i].Place;
            _mirrored[i] = Body(_bodies[i].Geom, new(
                place.Position - 2 * Vector3.Dot(place.Position - plane.Position, plane.Z) * plane.Z,
                Turned(place.X), Turned(place.Y), Turned(place.Z)), culls);
        }
        for (int i = 0; i < _lightCount; i++)
        {
            Light light = _lights[i];
            _mirroredLights[i] = light with
            {
                Position = light.Position - 2 * Vector3.Dot(light.Position - plane.Position, plane.Z) * plane.Z,
                Direction = Turned(light.Direction),
            };
        }

        Vector3 Turned(Vector3 direction) => direction - 2 * Vector3.Dot(direction, plane.Z) * plane.Z;
    }

    private void AddCasters(in Light light, int shaded, bool culls)
    {
        for (int i = 0; i < _bodyCount; i++)
        {
            // Planes lie under everything; and a convex body shades itself by being turned away, which shading knows.
            if (i == shaded || _bodies[i].IsPlane || _bodies[i].Geom.Color.W <= 0)
                continue;
            PixelBounds bounds = !culls ? PixelBounds.All
                : _bodies[shaded].IsPlane ? ShadowOnPlane(light, _bodies[shaded].Place, _bodies[i])
                : CanShade(light, _bodies[i], _bodies[shaded]) ? PixelBounds.All : PixelBounds.Empty;
            if (bounds != PixelBounds.Empty)
                _casters.Add(new(i, bounds));
        }
    }

    /// <summary>Where the shadow of a body on a plane is seen at most: within the shadow of the box around it.</summary>
    private PixelBounds ShadowOnPlane(in Light light, in Placement plane, in RayBody caster)
    {
        Lens.BoundsBuilder bounds = new();
        float lightHeight = Vector3.Dot(light.Position - plane.Position, plane.Z), fall = -Vector3.Dot(light.Direction, plane.Z);
        if (light.IsDirectional ? fall <= 0 : lightHeight <= 0)
            return PixelBounds.Empty;
        for (int i = 0; i < 8; i++)
        {
            Vector3 corner = Lens.Corner(caster.Place, caster.Half, i);
            float height = Vector3.Dot(corner - plane.Position, plane.Z);
            if (light.IsDirectional)
                bounds.Add(Lens, corner + height / fall * light.Direction);
            else if (height < lightHeight)
                bounds.Add(Lens, light.Position + lightHeight / (lightHeight - height) * (corner - light.Position));
            else
                bounds.AddAny();
        }
        return bounds.Bounds;
    }

    /// <summary>Whether the ball around a body meets the rays from a light to the ball around another one.</summary>
    private static bool CanShade(in Light light, in RayBody caster, in RayBody shaded)
    {
        if (light.IsDirectional)
        {
            Vector3 to = caster.Place.Position - shaded.Place.Position;
            float along = -Vector3.Dot(to, light.Direction), reach = caster.Reach + shaded.Reach;
            return along > -reach && (to + along * light.Direction).Length() < reach;
        }
        Vector3 ray = shaded.Place.Position - light.Position, toCaster = caster.Place.Position - light.Position;
        float t = Math.Clamp(Vector3.Dot(toCaster, ray) / Math.Max(ray.LengthSquared(), 1e-12f), 0, 1);
        // Rays end anywhere in the shaded ball, so that between the light and it they lie in a cone; its widest part is taken.
        return (toCaster - t * ray).Length() < caster.Reach + shaded.Reach;
    }
}
