using System.Numerics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>The planar physics against mechanics, whatever the original computes.</summary>
public sealed class PlanarPhysicsTests
{
    private const float TimeStep = 0.02f;
    private const float Gravity = 10;

    [Test]
    public void APolygonHasItsMassAndInertia()
    {
        // A rectangle 2 by 1 whose lower left corner is at (3, 4), its corners out of order and one point inside.
        ConvexPolygon rectangle = ConvexPolygon.Hull([new(3, 5), new(5, 4), new(4, 4.5f), new(3, 4), new(5, 5)]);
        Assert.That(rectangle.Corners.ToArray(), Is.EqualTo(new Vector2[] { new(5, 4), new(5, 5), new(3, 5), new(3, 4) }));
        Assert.That(rectangle.Normals.ToArray(), Is.EqualTo(new Vector2[] { new(1, 0), new(0, 1), new(-1, 0), new(0, -1) }));
        MassData mass = rectangle.MassOf(density: 3);
        Assert.That(mass.Mass, Is.EqualTo(6).Within(1e-6));
        Assert.That(Vector2.Distance(mass.Center, new(4, 4.5f)), Is.LessThan(1e-6));
        Assert.That(Vector2.Distance(rectangle.Centroid, mass.Center), Is.LessThan(1e-6));
        double aboutCenter = 6 * (2 * 2 + 1 * 1) / 12.0;
        Assert.That(mass.Inertia, Is.EqualTo(aboutCenter + 6 * (4 * 4 + 4.5 * 4.5)).Within(1e-3));
        PlanarBody body = new(rectangle, density: 3, friction: 0);
        Assert.That(1 / body.InverseInertia, Is.EqualTo(aboutCenter).Within(1e-4));
        Assert.That(() => ConvexPolygon.Hull([new(0, 0), new(1, 1), new(2, 2)]), Throws.ArgumentException.With.Message.Contains("three"));
    }

    [Test]
    public void APendulumKeepsItsEnergyAndItsPeriod()
    {
        const float Length = 2;
        // Semi-implicit steps and the pin's projection lose energy, in proportion to the time step; they never gain any.
        double coarse = Loss(0.002f), fine = Loss(0.001f);
        TestContext.Out.WriteLine($"share of the swing's energy lost in 5 s: {coarse:F4} at steps of 2 ms, {fine:F4} of 1 ms");
        Assert.That(coarse, Is.InRange(0, 0.04));
        Assert.That(fine, Is.EqualTo(coarse / 2).Within(0.05 * coarse));

        (PlanarWorld world, PlanarBody bob) = Pendulum(Length, angle: 0.1f, TimeStep);
        int crossings = 0, first = 0, last = 0;
        for (int step = 1; step <= 2000; step++)
        {
            float before = bob.Motion.Center.X;
            world.Step();
            if (before <= 0 || bob.Motion.Center.X > 0)
                continue;
            (first, last) = (crossings++ == 0 ? step : first, step);
        }
        double inertia = 1 / bob.InverseInertia + bob.Mass * Length * Length;
        double period = 2 * Math.PI * Math.Sqrt(inertia / (bob.Mass * Gravity * Length));
        Assert.That((last - first) * TimeStep / (crossings - 1), Is.EqualTo(period).Within(0.01 * period));

        static double Loss(float timeStep)
        {
            const float Angle = 1.5f;
            (PlanarWorld world, PlanarBody bob) = Pendulum(Length, Angle, timeStep);
            double swing = bob.Mass * Gravity * Length * (1 - Math.Cos(Angle)), start = Energy(bob);
            for (int step = 0; step < 5 / timeStep; step++)
            {
                world.Step();
                GoldenPosition.Same(Energy(bob) < start + 1e-3 * swing, true, $"step {step}: energy");
                GoldenPosition.Same(Math.Abs(bob.Motion.Center.Length() - Length) < 1e-3, true, $"step {step}: length");
            }
            return (start - Energy(bob)) / swing;
        }

        static double Energy(PlanarBody bob) => bob.Mass * (0.5 * bob.Velocity.LengthSquared() + Gravity * bob.Motion.Center.Y)
            + 0.5 * bob.Spin * bob.Spin / bob.InverseInertia;
    }

    [Test]
    public void ABoxComesToRestAndSleeps()
    {
        PlanarWorld world = Over(Edge(-10, 0, 10, 0));
        PlanarBody box = Add(world, ConvexPolygon.Box(0.5f, 0.5f), 0.3f, new(0, 2), angle: 0.3f);
        Touches touches = new();
        int steps = StepUntil(world, () => !box.IsAwake, 500, touches);
        Assert.That(steps, Is.InRange(60, 499), "it falls for 0.5 s, and sleeps 0.5 s after it came to rest");
        Assert.That(touches.Begun - touches.Ended, Is.EqualTo(1));
        // The skins rest on each other, up to the slop.
        Assert.That(box.Motion.Center.Y, Is.EqualTo(0.5 + 2 * PlanarConstants.SkinRadius).Within(1.01 * PlanarConstants.LinearSlop));
        Assert.That(Math.IEEERemainder(box.Motion.Angle, Math.PI / 2), Is.Zero.Within(PlanarConstants.LinearSlop));
        Vector2 position = box.Motion.Center;
        StepUntil(world, () => false, 100);
        Assert.That((box.Motion.Center, box.Velocity, box.Spin), Is.EqualTo((position, Vector2.Zero, 0f)), "asleep nothing moves");
        box.Strike(new(0, 3 * box.Mass), box.Motion.Center);
        Assert.That(box.IsAwake);
        world.Step();
        Assert.That(box.Motion.Center.Y, Is.GreaterThan(position.Y + 0.05));
        StepUntil(world, () => !box.IsAwake, 500, touches);
        Assert.That(box.IsAwake, Is.False);
    }

    /// <summary>A box on a slope stays where its friction is greater than the slope, and else slides as Coulomb says.</summary>
    [TestCase(0.3f, 0.4f)]
    [TestCase(0.5f, 0.6f)]
    [TestCase(0.3f, 0.2f)]
    [TestCase(0.5f, 0.3f)]
    [TestCase(0.2f, 0)]
    public void ABoxOnASlope(float slope, float friction)
    {
        Vector2 along = new(MathF.Cos(slope), MathF.Sin(slope)), across = new(-along.Y, along.X);
        GroundEdge edge = new(friction);
        edge.Place(-60 * along, 60 * along);
        PlanarWorld world = Over(edge);
        PlanarBody box = Add(world, ConvexPolygon.Box(0.5f, 0.25f), friction, (0.25f + 1.5f * PlanarConstants.SkinRadius) * across, slope);
        Vector2 start = box.Motion.Center;
        const int Steps = 100;
        StepUntil(world, () => false, Steps);
        double moved = -Vector2.Dot(box.Motion.Center - start, along), raised = Vector2.Dot(box.Motion.Center - start, across);
        if (MathF.Tan(slope) < friction)
        {
            Assert.That(moved, Is.Zero.Within(0.02));
            Assert.That(box.IsAwake, Is.False);
        }
        else
        {
            double acceleration = Gravity * (Math.Sin(slope) - friction * Math.Cos(slope)), time = Steps * TimeStep;
            Assert.That(moved, Is.EqualTo(0.5 * acceleration * time * time).Within(0.03 * acceleration * time * time));
            Assert.That(box.Velocity.Length(), Is.EqualTo(acceleration * time).Within(0.03 * acceleration * time));
        }
        Assert.That(raised, Is.Zero.Within(0.02));
        Assert.That(box.Motion.Angle, Is.EqualTo(slope).Within(0.02));
    }

    [Test]
    public void FrictionStopsASlidingBox()
    {
        const float Friction = 0.25f, Speed = 4;
        PlanarWorld world = Over(Edge(-50, 0, 50, 0, Friction));
        PlanarBody box = Add(world, ConvexPolygon.Box(1, 0.1f), Friction, new(0, 0.1f + 1.5f * PlanarConstants.SkinRadius), angle: 0);
        box.Velocity = new(Speed, 0);
        StepUntil(world, () => !box.IsAwake, 200);
        Assert.That(box.Motion.Center.X, Is.EqualTo(Speed * Speed / (2 * Friction * Gravity)).Within(0.08));
    }

    [TestCase(0, 0)]
    [TestCase(0.5f, 0)]
    [TestCase(0, 0.5f)]
    [TestCase(0.9f, 0.8f)]
    public void ABoxBouncesByItsRestitution(float ofEdge, float ofBox)
    {
        GroundEdge edge = new(0, ofEdge);
        edge.Place(new(-10, 0), new(10, 0));
        PlanarWorld world = Over(edge);
        PlanarBody box = new(ConvexPolygon.Box(0.5f, 0.5f), 1, 0, ofBox);
        box.Place(new(0, 3), 0);
        world.Add(box);
        float before = 0;
        StepUntil(world, () =>
        {
            bool bounced = box.Velocity.Y > before;
            before = MathF.Min(before, box.Velocity.Y);
            return bounced;
        }, 100);
        Assert.That(before, Is.LessThan(-6));
        Assert.That(box.Velocity.Y, Is.EqualTo(-before * Math.Max(ofEdge, ofBox)).Within(0.25));
    }

    /// <summary>A small box shot at a line moves three times its size a step; it must stay on its side.</summary>
    [Test]
    public void NothingTunnels()
    {
        const float Half = 0.1f, Speed = 30;
        Pcg64RandomSource random = new(8);
        for (int shot = 0; shot < 300; shot++)
        {
            float heading = (float)((0.1 + 0.8 * random.Uniform()) * Math.PI), side = shot % 2 == 0 ? 1 : -1;
            Vector2 direction = new(MathF.Cos(heading), -side * MathF.Sin(heading));
            PlanarWorld world = Over(Edge(-40, 0, 40, 0));
            PlanarBody box = Add(
                world, ConvexPolygon.Box(Half, Half), 0.2f, new(0, side * (1 + (float)random.Uniform())), (float)(6 * random.Uniform()));
            (world.Gravity, box.Velocity, box.Spin) = (new(0, -side * Gravity), Speed * direction, (float)(20 * random.Uniform() - 10));
            Touches touches = new();
            for (int step = 0; step < 50; step++)
            {
                world.Step(touches);
                if (side * box.Motion.Center.Y < 0.9f * Half)
                    Assert.Fail($"shot {shot} is through at step {step}: {box.Motion.Center}");
            }
            Assert.That(touches.Begun, Is.GreaterThan(0));
        }
    }

    [Test]
    public void JointsKeepTheMomenta()
    {
        PlanarWorld world = new(TimeStep, velocityIterations: 100, positionIterations: 20);
        PlanarBody plate = Add(world, ConvexPolygon.Box(1, 0.5f), 0, new(0, 5), angle: 0);
        PlanarBody arm = Add(world, ConvexPolygon.Box(0.2f, 0.8f), 0, new(1, 5.8f), angle: 0);
        PlanarBody tail = Add(world, ConvexPolygon.Box(0.3f, 0.1f), 0, new(-1.3f, 5), angle: 0);
        RevoluteJoint shoulder = new(plate, arm, new(1, 0), new(0, -0.8f)) { Limits = (-0.5f, 0.5f), MotorSpeed = 2, MaxMotorTorque = 30 };
        world.Add(shoulder);
        world.Add(new RevoluteJoint(plate, tail, new(-1, 0), new(0.3f, 0)));
        (plate.Velocity, plate.Spin, tail.Spin) = (new(1, -2), 0.7f, -3);
        PlanarBody[] bodies = [plate, arm, tail];
        (Vector2 momentum, double turn) = Momenta();
        double greatest = 0;
        for (int step = 0; step < 300; step++)
        {
            world.Step();
            (Vector2 now, double turnNow) = Momenta();
            Assert.That(Vector2.Distance(now, momentum), Is.LessThan(1e-4 * momentum.Length() * (1 + step / 20.0)));
            greatest = Math.Max(greatest, Math.Abs(turnNow - turn));
            Assert.That(shoulder.Angle, Is.InRange(-0.5 - 2 * PlanarConstants.AngularSlop, 0.5 + 2 * PlanarConstants.AngularSlop));
        }
        TestContext.Out.WriteLine($"angular momentum {turn:F3} changed by up to {greatest:E1}");
        // Integration is of the first order: turning bodies' momentum about a point elsewhere is kept as well as the joints' positions are.
        Assert.That(greatest, Is.LessThan(0.02 * Math.Abs(turn)));
        Assert.That(shoulder.Angle, Is.EqualTo(0.5).Within(2 * PlanarConstants.AngularSlop), "the motor drives it to the limit");

        // About the common centre of mass.
        (Vector2, double) Momenta()
        {
            Vector2 sum = Vector2.Zero, center = Vector2.Zero;
            float mass = 0;
            foreach (PlanarBody body in bodies)
            {
                sum += body.Mass * body.Velocity;
                center += body.Mass * body.Motion.Center;
                mass += body.Mass;
            }
            double turn = bodies.Sum(body => body.Spin / body.InverseInertia
                + body.Mass * Plane2.Cross(body.Motion.Center - center / mass, body.Velocity));
            return (sum, turn);
        }
    }

    [Test]
    public void TheTimeOfImpactIsWhereTheSkinsMeet()
    {
        GroundEdge edge = Edge(-1, 0, 1, 0);
        ConvexPolygon box = ConvexPolygon.Box(0.5f, 0.5f);
        Motion fall = new() { StartCenter = new(0, 5), Center = new(0, -5) };
        // The cores' distance at which a contact begins, give or take a quarter of the slop.
        double expected = (5 - 0.5 - PlanarConstants.LinearSlop) / 10;
        Assert.That(ImpactTime.Find(edge, box, fall), Is.EqualTo(expected).Within(0.25 * PlanarConstants.LinearSlop / 10));
        Assert.That(ImpactTime.Find(edge, box, fall with { Center = new(0, 0.6f) }), Is.Null, "it stops before");
        Assert.That(ImpactTime.Find(edge, box, fall with { StartCenter = new(2, 5), Center = new(2, -5) }), Is.Null, "it passes by");
        Assert.That(ImpactTime.Find(edge, box, fall with { StartCenter = new(0, 0.2f) }), Is.Null, "it overlaps from the beginning");
        // On a corner: half a diagonal higher.
        Motion turned = fall with { StartAngle = MathF.PI / 4, Angle = MathF.PI / 4 };
        Assert.That(
            ImpactTime.Find(edge, box, turned),
            Is.EqualTo((5 - Math.Sqrt(0.5) - PlanarConstants.LinearSlop) / 10).Within(0.25 * PlanarConstants.LinearSlop / 10));
    }

    [Test]
    public void DistancesAreThoseOfGeometry()
    {
        GroundEdge edge = Edge(-1, 0, 1, 0);
        ConvexPolygon box = ConvexPolygon.Box(0.5f, 0.5f);
        Assert.That(Measure(0, 2, 0), Is.EqualTo(1.5).Within(1e-6), "face to face");
        Assert.That(Measure(0, 2, MathF.PI / 4), Is.EqualTo(2 - Math.Sqrt(0.5)).Within(1e-6), "corner to face");
        Assert.That(Measure(4, 4, 0), Is.EqualTo(double.Hypot(2.5, 3.5)).Within(1e-6), "corner to end");
        Assert.That(Measure(3, 0, 0), Is.EqualTo(1.5).Within(1e-6), "end to face");
        Assert.That(Measure(0, 0.2f, 0), Is.Zero, "overlapping");

        float Measure(float x, float y, float angle)
        {
            NearestCorners nearest = default;
            return EdgeDistance.Measure(edge, box, new(new(x, y), Rotation.Of(angle)), ref nearest);
        }
    }

    private static (PlanarWorld World, PlanarBody Bob) Pendulum(float length, float angle, float timeStep)
    {
        PlanarWorld world = new(timeStep, velocityIterations: 50, positionIterations: 20) { Gravity = new(0, -Gravity) };
        PlanarBody bob = Add(
            world, ConvexPolygon.Box(0.2f, 0.2f), 0, length * new Vector2(MathF.Sin(angle), -MathF.Cos(angle)), angle);
        world.Add(new RevoluteJoint(PlanarBody.Ground(), bob, Vector2.Zero, new(0, length)));
        return (world, bob);
    }

    private static PlanarWorld Over(GroundEdge edge)
    {
        PlanarWorld world = new(TimeStep, velocityIterations: 20, positionIterations: 10) { Gravity = new(0, -Gravity) };
        world.Add(edge);
        return world;
    }

    private static GroundEdge Edge(float startX, float startY, float endX, float endY, float friction = 0.3f)
    {
        GroundEdge edge = new(friction);
        edge.Place(new(startX, startY), new(endX, endY));
        return edge;
    }

    private static PlanarBody Add(PlanarWorld world, ConvexPolygon shape, float friction, Vector2 position, float angle)
    {
        PlanarBody body = new(shape, density: 1, friction);
        body.Place(position, angle);
        world.Add(body);
        return body;
    }

    private static int StepUntil(PlanarWorld world, Func<bool> done, int most, IContactListener? listener = null)
    {
        for (int step = 1; step <= most; step++)
        {
            world.Step(listener);
            if (done())
                return step;
        }
        return most + 1;
    }

    private sealed class Touches : IContactListener
    {
        public int Begun { get; private set; }

        public int Ended { get; private set; }

        void IContactListener.Began(PlanarBody body) => Begun++;

        void IContactListener.Ended(PlanarBody body) => Ended++;
    }
}
