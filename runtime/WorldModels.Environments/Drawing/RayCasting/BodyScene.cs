using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// Bodies in space before a camera, seen by casting rays: a control suite's picture. The shapes are given once; where they are, and where
/// the camera and the lights are, changes from picture to picture. Coordinates are MuJoCo's: z upwards, a camera looks along its own -z
/// and has x to the right. One that follows a body is set anew for each picture.
/// </summary>
public sealed class BodyScene : Scene
{
    private readonly Geom[] _geoms;
    private readonly Placement[] _placements;
    private readonly Light[] _lights;

    /// <param name="geoms">The shapes.</param>
    /// <param name="lights">The lights beside the one at the camera.</param>
    /// <exception cref="ArgumentException">A shape is of no known type, or a size that its type takes is not above 0.</exception>
    public BodyScene(IReadOnlyList<Geom> geoms, IReadOnlyList<Light> lights)
    {
        for (int i = 0; i < geoms.Count; i++)
            Check(geoms[i], i);
        (_geoms, _lights, _placements) = ([.. geoms], [.. lights], new Placement[geoms.Count]);
        Array.Fill(_placements, Placement.At(Vector3.Zero));
    }

    /// <summary>The shapes.</summary>
    public ReadOnlySpan<Geom> Geoms => _geoms;

    /// <summary>Where they are.</summary>
    public ReadOnlySpan<Placement> Placements => _placements;

    /// <summary>The lights beside the one at the camera.</summary>
    public ReadOnlySpan<Light> Lights => _lights;

    /// <summary>Where the camera is, and how it is turned.</summary>
    public Placement Camera { get; set; } = Placement.At(Vector3.Zero);

    /// <summary>Degrees from the lower to the upper edge of the picture.</summary>
    public double FieldOfView
    {
        get;
        set => field = value is > 0 and < 180
            ? value : throw new ArgumentOutOfRangeException(nameof(FieldOfView), value, "A field of view lies between 0 and 180 degrees.");
    } = SuiteLook.FieldOfView;

    /// <summary>Square, as published agents see the suite; any other proportions show more or less at the sides.</summary>
    public override double Aspect => 1;

    /// <summary>Whether bodies are sought only where they can be. Without it pictures are the same, and slow.</summary>
    internal bool Culls { get; set; } = true;

    /// <summary>Places a shape.</summary>
    public void Place(int geom, Placement placement) => _placements[geom] = placement;

    /// <summary>Places all shapes.</summary>
    /// <param name="positions">(N, 3), MuJoCo's <c>geom_xpos</c>.</param>
    /// <param name="rotations">(N, 9), MuJoCo's <c>geom_xmat</c>.</param>
    public void Place(ReadOnlySpan<double> positions, ReadOnlySpan<double> rotations)
    {
        Require.Length(positions.Length, 3 * _geoms.Length, nameof(positions));
        Require.Length(rotations.Length, 9 * _geoms.Length, nameof(rotations));
        for (int i = 0; i < _geoms.Length; i++)
            _placements[i] = Placement.Of(positions.Slice(3 * i, 3), rotations.Slice(9 * i, 9));
    }

    /// <summary>Places a capsule or a cylinder between two points, as long as they are apart: a string, a limb.</summary>
    public void Stretch(int geom, Vector3 from, Vector3 to)
    {
        Geom stretched = _geoms[geom];
        if (stretched.Type is not (GeomType.Capsule or GeomType.Cylinder))
            throw new ArgumentException($"Shape {geom} is a {stretched.Type}: only a capsule or a cylinder can be stretched.");
        float length = Vector3.Distance(from, to);
        if (!(length > 0))
            throw new ArgumentException($"Shape {geom} cannot be stretched from {from} to {to}: they have to be apart.");
        _geoms[geom] = stretched with { Size = stretched.Size with { Y = length / 2 } };
        _placements[geom] = Placement.Along((from + to) / 2, to - from);
    }

    /// <summary>Puts a light in place of one.</summary>
    public void SetLight(int index, Light light) => _lights[index] = light;

    /// <inheritdoc/>
    public override Scene Copy()
    {
        BodyScene copy = new(_geoms, _lights) { Camera = Camera, FieldOfView = FieldOfView, Culls = Culls };
        _placements.CopyTo(copy._placements, 0);
        return copy;
    }

    private protected override void Paint(Span<byte> rgb, int width, int height, PictureOptions options) =>
        RayCaster.OfThread.Paint(this, rgb, width, height, options);

    private static void Check(Geom geom, int index)
    {
        (float x, float y, float z) = (geom.Size.X, geom.Size.Y, geom.Size.Z);
        bool fits = geom.Type switch
        {
            GeomType.Plane => x >= 0 && y >= 0,
            GeomType.Sphere => x > 0,
            GeomType.Capsule or GeomType.Cylinder => x > 0 && y > 0,
            GeomType.Ellipsoid or GeomType.Box => x > 0 && y > 0 && z > 0,
            _ => throw new ArgumentException(
                $"Shape {index} is of type {geom.Type}, which cannot be drawn: {string.Join(", ", Enum.GetNames<GeomType>())} can."),
        };
        if (!fits)
            throw new ArgumentException($"Shape {index}, a {geom.Type}, has the size {geom.Size}; {nameof(GeomType)} says what it takes.");
    }
}
