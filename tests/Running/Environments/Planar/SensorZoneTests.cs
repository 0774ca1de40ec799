using System.Numerics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>Zones that notice bodies.</summary>
public sealed class SensorZoneTests
{
    private const float Skins = 2 * PlanarConstants.SkinRadius;

    /// <summary>A square of side 2 about the origin, corners out of order and one point inside, and a box of 1 by 0.5.</summary>
    [TestCase(0f, 0f, 0f, true)]
    [TestCase(1.49f, 0f, 0f, true)]
    [TestCase(1.5f + 0.9f * Skins, 0f, 0f, true)]
    [TestCase(1.5f + 1.1f * Skins, 0f, 0f, false)]
    [TestCase(0f, -1.24f, 0f, true)]
    [TestCase(0f, -1.25f - 1.1f * Skins, 0f, false)]
    [TestCase(0f, -1.45f, MathF.PI / 2, true)]
    [TestCase(1.35f, 1.35f, MathF.PI / 4, true)]
    [TestCase(1.35f, 1.35f, -MathF.PI / 4, false)] // their upright bounds overlap all the same
    public void AZoneOverlapsWhatIsWithinBothSkins(float x, float y, float angle, bool overlaps)
    {
        SensorZone zone = new(0);
        zone.Place(new(1, 1), new(-1, -1), new(0.5f, 0), new(1, -1), new(-1, 1));
        Assert.That(zone.Corners.Length, Is.EqualTo(4));
        PlanarBody body = new(ConvexPolygon.Box(0.5f, 0.25f), density: 1, friction: 0);
        body.Place(new(x, y), angle);
        Assert.That(zone.Overlaps(body), Is.EqualTo(overlaps));
        Assert.That(() => zone.Place(new(0, 0), new(1, 1), new(2, 2)), Throws.ArgumentException.With.Message.Contains("three"));
    }

    [Test]
    public void EveryEntryHasItsExitAndZonesStopNobody()
    {
        const int Zones = 10;
        PlanarWorld world = new(0.02f, velocityIterations: 8, positionIterations: 3);
        for (int i = 0; i < Zones; i++)
        {
            SensorZone zone = new(i);
            zone.Place(new(2 * i, -1), new(2 * i + 2, -1), new(2 * i + 2, 1), new(2 * i, 1));
            world.Add(zone);
        }
        PlanarBody box = new(ConvexPolygon.Box(0.5f, 0.25f), density: 1, friction: 0);
        PlanarBody pair = new([ConvexPolygon.Hull([new(0, 0), new(0, 1), new(-1, 0)]), ConvexPolygon.Box(0.1f, 0.1f)], density: 1);
        world.Add(box);
        world.Add(pair);
        box.Place(new(-2, 0), 0);
        pair.Place(new(1, 5), 0);
        world.Restart();
        (box.Velocity, pair.Velocity) = (new(10, 0), new(0, -10));
        Record record = new(box);
        for (int step = 0; step < 150; step++)
            world.Step(sensors: record);
        Assert.That(box.Motion.Center.X, Is.EqualTo(28).Within(1e-3));
        Assert.That(record.BoxEntered, Is.EqualTo(Enumerable.Range(0, Zones)));
        Assert.That(record.BoxLeft, Is.EqualTo(Enumerable.Range(0, Zones)));
        Assert.That(record.OthersInside, Is.Empty);
        Assert.That(record.Others, Is.EqualTo(2), "into and out of the first zone, as one body");
    }

    [Test]
    public void MassesOfPartsAddUp()
    {
        // Two squares of side 1 whose middles are 3 apart.
        PlanarBody body = new(
            [ConvexPolygon.Box(0.5f, 0.5f), ConvexPolygon.Hull([new(2.5f, -0.5f), new(3.5f, -0.5f), new(3.5f, 0.5f), new(2.5f, 0.5f)])],
            density: 2);
        Assert.That(body.Mass, Is.EqualTo(4).Within(1e-6));
        Assert.That(Vector2.Distance(body.Motion.LocalCenter, new(1.5f, 0)), Is.LessThan(1e-6));
        Assert.That(1 / body.InverseInertia, Is.EqualTo(2 * (2.0 / 6 + 2 * 1.5 * 1.5)).Within(1e-4));
        Assert.That(body.Shape, Is.Null);
    }

    private sealed class Record(PlanarBody box) : ISensorListener
    {
        public List<int> BoxEntered { get; } = [];

        public List<int> BoxLeft { get; } = [];

        public HashSet<int> OthersInside { get; } = [];

        public int Others { get; private set; }

        public void Entered(SensorZone zone, PlanarBody body)
        {
            if (body == box)
            {
                BoxEntered.Add(zone.Index);
                return;
            }
            Others++;
            Assert.That(OthersInside.Add(zone.Index));
        }

        public void Left(SensorZone zone, PlanarBody body)
        {
            if (body == box)
            {
                BoxLeft.Add(zone.Index);
                return;
            }
            Others++;
            Assert.That(OthersInside.Remove(zone.Index));
        }
    }
}
