using System.Numerics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class RayCasterTests
{
    private const int Size = 48;
    private const int Middle = Size / 2 * Size + Size / 2;

    private static readonly Vector4 Red = new(0.8f, 0.1f, 0.1f, 1);

    private static IEnumerable<Geom> Shapes =>
    [
        new(GeomType.Sphere, new(0.5f, 0, 0), Red),
        new(GeomType.Capsule, new(0.2f, 0.5f, 0), Red),
        new(GeomType.Ellipsoid, new(0.2f, 0.6f, 0.4f), Red),
        new(GeomType.Cylinder, new(0.3f, 0.4f, 0), Red),
        new(GeomType.Box, new(0.3f, 0.2f, 0.5f), Red),
        new(GeomType.Plane, new(0.5f, 0.3f, 0), Red),
    ];

    /// <summary>The outline of a ball by hand: the cone of rays that touch it.</summary>
    [TestCase(0, 0, 3, 0.5)]
    [TestCase(0.6, -0.4, 2.5, 0.3)]
    [TestCase(-0.9, 0.7, 4, 0.8)]
    public void ABallIsWhereItsConeIs(double right, double up, double deep, double radius)
    {
        BodyScene scene = Looking(new Geom(GeomType.Sphere, new((float)radius, 0, 0), Red));
        scene.Place(0, Placement.At(new((float)right, (float)deep, (float)up)));
        byte[] rgb = SceneBytes.Of(scene, Size, Size, PictureOptions.Fast);
        double distance = Math.Sqrt(right * right + up * up + deep * deep), half = Math.Tan(Math.PI / 8);
        double edge = Math.Sqrt(1 - radius / distance * (radius / distance)); // cosine of the cone's half angle
        for (int pixel = 0; pixel < Size * Size; pixel++)
        {
            double x = half * ((pixel % Size + 0.5) * 2 / Size - 1), y = half * (1 - (pixel / Size + 0.5) * 2 / Size);
            double cosine = (x * right + y * up + deep) / (Math.Sqrt(x * x + y * y + 1) * distance);
            if (Math.Abs(cosine - edge) > 1e-5)
                GoldenPosition.Same(IsRed(rgb, pixel), cosine > edge, $"pixel {pixel % Size}, {pixel / Size}");
        }
    }

    /// <summary>Every shape, turned anyhow, against marching along each ray by the distance to the shape.</summary>
    [TestCaseSource(nameof(Shapes))]
    public void AShapeIsWhatItsDistanceSays(Geom geom)
    {
        Pcg64RandomSource random = new(3);
        int seen = 0;
        for (int turn = 0; turn < 8; turn++)
        {
            BodyScene scene = Looking(geom);
            Vector3 x = Direction(), y = Direction();
            Placement place = Placement.Of(new(Number(), 3, Number()), x, y);
            scene.Place(0, place);
            byte[] rgb = SceneBytes.Of(scene, Size, Size, PictureOptions.Fast);
            for (int pixel = 0; pixel < Size * Size; pixel++)
            {
                (bool isHit, bool isSure, Vector3 normal) = RayMarch.Follow(geom, place, Ray(pixel));
                if (!isSure)
                    continue;
                string where = $"{geom.Type}, turn {turn}, pixel {pixel % Size}, {pixel / Size}";
                GoldenPosition.Same(IsRed(rgb, pixel), isHit, where);
                if (!isHit)
                    continue;
                seen++;
                // The light at the camera alone: what faces it is bright.
                float facing = Math.Max(0, -normal.Y);
                float red = Math.Min(1, 0.8f * (0.4f + 0.8f * facing) + 0.05f * MathF.Pow(facing, 64));
                GoldenPosition.Same(Math.Abs(rgb[3 * pixel] - 255 * red) < 4, true, $"{where}: {rgb[3 * pixel]}, not {255 * red}");
            }
        }
        Assert.That(seen, Is.GreaterThan(300));

        float Number() => (float)(random.Uniform() - 0.5);

        Vector3 Direction() => Vector3.Normalize(new(Number(), Number(), Number()));
    }

    [Test]
    public void WhatIsNearerHidesAndWhatIsThinShowsThrough()
    {
        Geom near = new(GeomType.Box, new(0.2f, 0.2f, 0.2f), Red), far = new(GeomType.Box, new(2, 0.1f, 2), new(0.1f, 0.8f, 0.1f, 1));
        foreach (bool isNearFirst in new[] { true, false })
        {
            BodyScene scene = Looking(isNearFirst ? [near, far] : [far, near]);
            scene.Place(isNearFirst ? 0 : 1, Placement.At(new(0, 2, 0)));
            scene.Place(isNearFirst ? 1 : 0, Placement.At(new(0, 4, 0)));
            byte[] rgb = SceneBytes.Of(scene, Size, Size);
            Assert.That(IsRed(rgb, Middle), Is.True);
            Assert.That(rgb[1], Is.GreaterThan(200), "the corner is green");
        }
        BodyScene glass = Looking(near with { Color = Red with { W = 0.25f } }, far);
        glass.Place(0, Placement.At(new(0, 2, 0)));
        glass.Place(1, Placement.At(new(0, 4, 0)));
        byte[] mixed = SceneBytes.Of(glass, Size, Size);
        // Both face the camera: 1.2 times their colours and the highlight.
        Assert.That(mixed[3 * Middle], Is.EqualTo(255 * (0.25 * 1 + 0.75 * 0.17)).Within(2));
        Assert.That(mixed[3 * Middle + 1], Is.EqualTo(255 * (0.25 * 0.17 + 0.75 * 1)).Within(2));
        BodyScene none = Looking(near with { Color = Red with { W = 0 } });
        none.Place(0, Placement.At(new(0, 2, 0)));
        Assert.That(SceneBytes.Of(none, Size, Size), Is.EqualTo(SceneBytes.Of(Looking(), Size, Size)), "opacity 0");
    }

    /// <summary>A ball over a floor under a light: its shadow is as wide as similar triangles say, and nowhere else.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void AShadowLiesWhereTheLightIsHidden(bool isDirectional)
    {
        const double Radius = 0.2, Height = 1, LightHeight = 3;
        Geom floor = new(GeomType.Plane, new(4, 4, 0), new(1, 1, 1, 1)), ball = new(GeomType.Sphere, new((float)Radius, 0, 0), Red);
        BodyScene scene = new([floor, ball], [new Light(isDirectional, new(0, 0, (float)LightHeight), -Vector3.UnitZ)])
        {
            Camera = Placement.Of(new(0, -4, 2), Vector3.UnitX, new(0, 1, 2)),
        };
        scene.Place(1, Placement.At(new(0, 0, (float)Height)));
        byte[] lit = SceneBytes.Of(scene, Size, Size, new() { Samples = 1, Shadows = false });
        byte[] shaded = SceneBytes.Of(scene, Size, Size, new() { Samples = 1 });
        double distance = LightHeight - Height;
        double reach = isDirectional ? Radius : LightHeight * Radius / Math.Sqrt(distance * distance - Radius * Radius);
        (int dark, int same) = (0, 0);
        for (int pixel = 0; pixel < Size * Size; pixel++)
        {
            Vector3 ray = Ray(pixel, scene.Camera);
            float t = -2 / ray.Z;
            if (t < 0 || IsRed(lit, pixel))
                continue;
            Vector3 point = scene.Camera.Position + t * ray;
            double across = Math.Sqrt(point.X * point.X + point.Y * point.Y);
            if (Math.Abs(across - reach) < 0.01 || Math.Max(Math.Abs(point.X), Math.Abs(point.Y)) > 1.5)
                continue;
            bool isDark = shaded[3 * pixel] < lit[3 * pixel] - 20;
            GoldenPosition.Same(isDark, across < reach, $"pixel {pixel % Size}, {pixel / Size}: {across:f3} m from the middle");
            _ = isDark ? dark++ : same++;
        }
        Assert.That(dark, Is.GreaterThan(5));
        Assert.That(same, Is.GreaterThan(200));
    }

    [Test]
    public void AMirrorShowsABodyAsFarBelowAsItIsAbove()
    {
        Geom floor = new(GeomType.Plane, Vector3.Zero, new(0.1f, 0.1f, 0.1f, 1)) { Reflectance = 0.5f };
        BodyScene scene = new([floor, new(GeomType.Sphere, new(0.2f, 0, 0), Red)], [])
        {
            Camera = Placement.Of(new(0, -4, 1), Vector3.UnitX, Vector3.UnitZ),
            FieldOfView = 60,
        };
        scene.Place(1, Placement.At(new(0, 0, 0.5f)));
        byte[] plain = SceneBytes.Of(scene, 64, 64, new() { Reflections = false }), mirrored = SceneBytes.Of(scene, 64, 64);
        int[] changed = [.. Enumerable.Range(0, 64 * 64).Where(pixel => plain[3 * pixel] != mirrored[3 * pixel])];
        // Seen from (0, -4, 1), the mirror image at (0, 0, -0.5) stands 1.5 m below 4 m ahead.
        double row = 32 + 1.5 / 4 / Math.Tan(Math.PI / 6) * 32;
        Assert.That(changed.Average(pixel => pixel / 64 + 0.5), Is.EqualTo(row).Within(0.5));
        Assert.That(changed.Average(pixel => pixel % 64 + 0.5), Is.EqualTo(32).Within(0.1));
        Assert.That(changed.All(pixel => mirrored[3 * pixel] > plain[3 * pixel]));
    }

    [Test]
    public void SquaresOfTheFloorAreOfOneMetre()
    {
        BodyScene scene = new([SuiteLook.Floor(0, 0)], []) { Camera = Placement.At(new(0.5f, 0.5f, 4)) }; // looks straight down
        byte[] rgb = SceneBytes.Of(scene, 64, 64, PictureOptions.Fast);
        double pixel = 2 * 4 * Math.Tan(Math.PI / 8) / 64;
        for (int i = 0; i < 64 * 64; i++)
        {
            double x = 0.5 + (i % 64 + 0.5 - 32) * pixel, y = 0.5 + (32 - i / 64 - 0.5) * pixel;
            bool isLight = ((int)Math.Floor(x) + (int)Math.Floor(y)) % 2 == 0;
            GoldenPosition.Same(rgb[3 * i], (byte)(isLight ? 51 : 26), $"{x:f2}, {y:f2}");
        }
    }

    [Test]
    public void TheSkyIsBrighterUpwardsAndHasStars()
    {
        BodyScene scene = Looking();
        byte[] rgb = SceneBytes.Of(scene, 256, 256);
        double[] rows = [.. rgb.Chunk(rgb.Length / 4).Select(quarter => quarter.Average(value => value))];
        Assert.That(rows, Is.Ordered.Descending);
        int stars = Enumerable.Range(0, 256 * 256).Count(pixel => rgb[3 * pixel] > 120);
        Assert.That(stars, Is.InRange(100, 2000));
        Assert.That(rgb, Is.EqualTo(SceneBytes.Of(scene, 256, 256)), "always the same ones");
    }

    [Test]
    public void MuJoCosArraysPlaceAsPlacementsDo()
    {
        Geom box = new(GeomType.Box, new(0.3f, 0.2f, 0.5f), Red);
        BodyScene one = Looking(box), other = Looking(box);
        Placement place = Placement.Of(new(0.2f, 3, 0.1f), new(1, 2, 3), new(0, 1, -1));
        one.Place(0, place);
        (Vector3 x, Vector3 y, Vector3 z) = (place.X, place.Y, place.Z);
        other.Place([0.2f, 3, 0.1f], [x.X, y.X, z.X, x.Y, y.Y, z.Y, x.Z, y.Z, z.Z]);
        Assert.That(SceneBytes.Of(other, Size, Size), Is.EqualTo(SceneBytes.Of(one, Size, Size)));
        Assert.That(() => other.Place([1, 2], []), Throws.ArgumentException.With.Message.Contains("positions"));
    }

    [Test]
    public void AStretchedCapsuleReachesFromPointToPoint()
    {
        BodyScene scene = Looking(new Geom(GeomType.Capsule, new(0.05f, 1, 0), Red), new Geom(GeomType.Sphere, new(0.05f, 0, 0), Red));
        scene.Stretch(0, new(-0.7f, 3, -0.5f), new(0.4f, 4, 0.8f));
        Assert.That(scene.Geoms[0].Size.Y, Is.EqualTo(Math.Sqrt(1.1 * 1.1 + 1 + 1.3 * 1.3) / 2).Within(1e-6));
        byte[] alone = SceneBytes.Of(scene, Size, Size, PictureOptions.Fast);
        foreach (Vector3 end in new Vector3[] { new(-0.7f, 3, -0.5f), new(0.4f, 4, 0.8f), new(-0.15f, 3.5f, 0.15f) })
        {
            scene.Place(1, Placement.At(end));
            byte[] both = SceneBytes.Of(scene, Size, Size, PictureOptions.Fast);
            bool isSame = Enumerable.Range(0, Size * Size).All(pixel => IsRed(both, pixel) == IsRed(alone, pixel));
            Assert.That(isSame, $"a ball at {end} is within it");
        }
        Assert.That(() => scene.Stretch(1, Vector3.Zero, Vector3.One), Throws.ArgumentException.With.Message.Contains("is a Sphere"));
    }

    [TestCaseSource(nameof(Qualities))]
    public void SoughtOnlyWhereTheyCanBeBodiesLookTheSame(PictureOptions options)
    {
        Pcg64RandomSource random = new(9);
        for (int i = 0; i < 12; i++)
        {
            BodyScene scene = Heap(random);
            byte[] culled = SceneBytes.Of(scene, 64, 48, options);
            scene.Culls = false;
            Assert.That(SceneBytes.Of(scene, 64, 48, options), Is.EqualTo(culled), $"heap {i}");
        }
    }

    [Test]
    public void APictureIsTheSameWhateverWasRenderedBefore()
    {
        Pcg64RandomSource random = new(4);
        BodyScene scene = Heap(random), other = Heap(random);
        byte[] first = SceneBytes.Of(scene, 50, 50);
        SceneBytes.Of(other, 64, 64);
        SceneBytes.Of(scene, 50, 50, PictureOptions.Fast);
        Assert.That(SceneBytes.Of(scene, 50, 50), Is.EqualTo(first));
        Assert.That(SceneBytes.Of(scene.Copy(), 50, 50), Is.EqualTo(first));
        Assert.That(Task.Run(() => SceneBytes.Of(scene, 50, 50)).Result, Is.EqualTo(first), "in another thread");
        Assert.That(SceneBytes.Of(other, 50, 50), Is.Not.EqualTo(first));
        SceneBytes.AssertCrop(scene);
    }

    [Test]
    public void RenderingAllocatesNothing()
    {
        BodyScene scene = Heap(new Pcg64RandomSource(2));
        byte[] rgb = new byte[64 * 64 * 3];
        scene.Render(rgb, 64, 64);
        scene.Place(2, Placement.At(new(0, 0, 1)));
        Assert.That(Allocations.EachTime(() => scene.Render(rgb, 64, 64)), Is.Zero);
    }

    [Test]
    public void ShapesThatCannotBeAreNamed()
    {
        Assert.That(() => Looking(new Geom(GeomType.Box, new(1, 1, 0), Red)),
            Throws.ArgumentException.With.Message.Contains("Shape 0, a Box"));
        Assert.That(() => Looking(new Geom((GeomType)7, Vector3.One, Red)),
            Throws.ArgumentException.With.Message.Contains("cannot be drawn: Plane"));
        Assert.That(() => Looking().FieldOfView = 180, Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static IEnumerable<PictureOptions> Qualities =>
        [PictureOptions.Default, PictureOptions.Fast, new() { Crop = new(0.1, 0.2, 0.7, 0.9) }];

    /// <summary>All shapes, turned and placed anyhow over a floor, two of them to be seen through, under a spot and the sun.</summary>
    private static BodyScene Heap(Pcg64RandomSource random)
    {
        Geom[] shapes = [.. Shapes.Where(shape => shape.Type != GeomType.Plane)];
        IEnumerable<Geom> others = shapes.Select((shape, i) => i < 2 ? shape with { Color = Red with { W = 0.5f } } : shape);
        Geom[] geoms = [SuiteLook.Floor(3, 2), .. shapes, .. others];
        BodyScene scene = new(geoms, [Light.Above(0.3f, 0, 4), new(true, default, Vector3.Normalize(new(0.5f, 0.3f, -1)))])
        {
            Camera = Placement.Of(new(Number(), -3, 2), Vector3.UnitX, new(0, 1, 2)),
        };
        for (int i = 1; i < geoms.Length; i++)
        {
            Vector3 x = new(Number(), Number(), 1), y = new(1, Number(), Number());
            scene.Place(i, Placement.Of(new(2 * Number(), 2 * Number(), 1 + Number()), x, y));
        }
        return scene;

        float Number() => (float)(2 * random.Uniform() - 1);
    }

    /// <summary>From the origin along y, x to the right and z upwards.</summary>
    private static BodyScene Looking(params Geom[] geoms) =>
        new(geoms, []) { Camera = Placement.Of(Vector3.Zero, Vector3.UnitX, Vector3.UnitZ) };

    private static Vector3 Ray(int pixel) => Ray(pixel, Placement.Of(Vector3.Zero, Vector3.UnitX, Vector3.UnitZ));

    private static Vector3 Ray(int pixel, Placement camera)
    {
        float half = (float)Math.Tan(Math.PI / 8);
        float x = half * ((pixel % Size + 0.5f) * 2 / Size - 1), y = half * (1 - (pixel / Size + 0.5f) * 2 / Size);
        return x * camera.X + y * camera.Y - camera.Z;
    }

    private static bool IsRed(byte[] rgb, int pixel) => rgb[3 * pixel] > 1.5 * rgb[3 * pixel + 2];
}
