using System.Numerics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>The car against mechanics.</summary>
public sealed class CarRacingCarTests
{
    private const float TimeStep = (float)CarRacingCar.TimeStep;

    [Test]
    public void TheCarHasTheMassesOfTheOriginal()
    {
        CarRacingCar car = new();
        Assert.That(car.Hull.Mass, Is.EqualTo(7.06).Within(0.005));
        Assert.That(car.Hull.Motion.LocalCenter.X, Is.Zero.Within(1e-6));
        Assert.That(car.Hull.Motion.LocalCenter.Y, Is.EqualTo(-0.0825).Within(5e-5));
        Assert.That(1 / car.Hull.InverseInertia, Is.EqualTo(18.21).Within(0.005));
        foreach (CarRacingWheel wheel in car.Wheels)
            Assert.That(wheel.Body.Mass, Is.EqualTo(0.0605).Within(5e-5));
    }

    [Test]
    public void FullGasFromRestSpinsTheWheels()
    {
        Strip strip = new(isRoad: true);
        double before = 0, slip = 0;
        for (int step = 1; step <= 10; step++)
        {
            strip.Drive(new(0, 1, 0));
            double omega = strip.Car.Wheels[CarRacingCar.RearLeft].Omega;
            if (step == 1)
                Assert.That(omega, Is.InRange(10 - 2.7, 10), "a tenth of the gas gives 10 rad/s; the road takes 2.7 at most");
            Assert.That(omega, Is.GreaterThan(before));
            (before, slip) = (omega, omega * CarRacingWheel.Radius - Speed(strip.Car));
        }
        Assert.That(slip, Is.GreaterThan(5));
        Assert.That(strip.Car.Wheels[CarRacingCar.RearLeft].Gas, Is.EqualTo(1).Within(1e-12));
        strip.Drive(new(0, 0.3, 0));
        Assert.That(strip.Car.Wheels[CarRacingCar.RearLeft].Gas, Is.EqualTo(0.3).Within(1e-12), "it closes at once");
    }

    [Test]
    public void TheRoadGripsBetterThanGrass()
    {
        (double road, double grass) = (Distance(isRoad: true), Distance(isRoad: false));
        TestContext.Out.WriteLine($"full gas for 1 s: {road:F1} on the road, {grass:F1} on grass");
        // Both slide all the time: the two rear wheels push with all of their grip.
        Assert.That(grass, Is.EqualTo(0.6 * road).Within(5).Percent);
        // The road turns the front wheels, which is as much inertia again, but they lag behind a little.
        double inertia = Mass(new CarRacingCar()) + 2 * CarRacingWheel.Inertia / (CarRacingWheel.Radius * CarRacingWheel.Radius);
        double expected = 0.5 * 2 * CarRacingWheel.RoadGrip / inertia;
        Assert.That(road, Is.InRange(expected, 1.15 * expected));

        static double Distance(bool isRoad)
        {
            Strip strip = new(isRoad);
            for (int step = 0; step < 50; step++)
                strip.Drive(new(0, 1, 0));
            Assert.That(strip.Car.Hull.Pose.Position.X, Is.Zero.Within(1e-3), "straight on");
            return strip.Car.Hull.Pose.Position.Y;
        }
    }

    [TestCase(0, 1, 0)]
    [TestCase(0.7, 0.4, 0)]
    [TestCase(-0.3, 0, 0.5)]
    [TestCase(1, 0, 1)]
    public void OnlyTyresPushTheCarAndNoneBeyondItsGrip(double steer, double gas, double brake)
    {
        foreach (bool isRoad in new[] { true, false })
        {
            Strip strip = new(isRoad);
            for (int step = 0; step < 60; step++)
                strip.Drive(new(0, 0.6, 0));
            for (int step = 0; step < 60; step++)
            {
                (Vector2 momentum, Vector2 pushed) = (Momentum(strip.Car), Vector2.Zero);
                strip.Drive(new(steer, gas, brake));
                foreach (CarRacingWheel wheel in strip.Car.Wheels)
                {
                    Assert.That(wheel.Force.Length(), Is.LessThanOrEqualTo((isRoad ? 400 : 240) * 1.00001));
                    pushed += wheel.Force * TimeStep;
                }
                Assert.That(Vector2.Distance(Momentum(strip.Car), momentum + pushed), Is.LessThan(1e-3), $"step {step}");
            }
        }
    }

    /// <summary>Only the engine, and the motors that steer, can add energy.</summary>
    [TestCase(0.0)]
    [TestCase(0.3)]
    [TestCase(0.95)]
    public void ACarThatRollsOnlyLosesEnergy(double brake)
    {
        Strip strip = new(isRoad: true);
        for (int step = 0; step < 60; step++)
            strip.Drive(new(0, 0.6, 0));
        // Pushed to a side and spun, so that all wheels slip every way.
        strip.Car.Hull.Velocity += new Vector2(8, 0);
        strip.Car.Hull.Spin += 1;
        strip.Drive(new(0, 0, brake)); // the wheels come along
        double first = Energy(strip.Car), before = first;
        for (int step = 0; step < 200; step++)
        {
            strip.Drive(new(0, 0, brake));
            double energy = Energy(strip.Car);
            Assert.That(energy, Is.LessThanOrEqualTo(before + 1e-4 * first), $"step {step}");
            before = energy;
        }
        TestContext.Out.WriteLine($"energy {first:F0}, after 4 s {before:F0}");
        // Nothing but slip slows a car.
        Assert.That(before, Is.LessThan(brake > 0 ? 0.01 * first : first));
    }

    [Test]
    public void TheEngineGivesNoMoreThanItsPower()
    {
        const double Power = 40_000;
        Strip strip = new(isRoad: true);
        for (int step = 0; step < 150; step++)
        {
            (double before, double omega) = (Energy(strip.Car), strip.Car.Wheels[CarRacingCar.RearLeft].Omega);
            strip.Drive(new(0, 1, 0));
            // The power is over the spin before the step, which it raises: what a step gives is a little more.
            double gain = TimeStep * Power / CarRacingWheel.Inertia / (omega + 5), spin = omega * gain + gain * gain / 2;
            Assert.That(Energy(strip.Car) - before, Is.LessThanOrEqualTo(2 * CarRacingWheel.Inertia * spin * 1.001 + 1), $"step {step}");
        }
    }

    [Test]
    public void BrakesStopAndLock()
    {
        Strip strip = new(isRoad: true);
        for (int step = 0; step < 100; step++)
            strip.Drive(new(0, 0.5, 0));
        double fast = Speed(strip.Car);
        strip.Drive(new(0, 0, 0.9));
        foreach (CarRacingWheel wheel in strip.Car.Wheels)
            Assert.That(wheel.Omega, Is.InRange(0, 2.71), "locked, but for what the road turns it by");
        for (int step = 0; step < 100; step++)
            strip.Drive(new(0, 0, 0.8));
        Assert.That((fast, Speed(strip.Car)), Is.EqualTo((fast, 0)).Using<(double Fast, double Slow)>((a, b) =>
            a.Fast > 20 && Math.Abs(a.Slow) < 0.1));
    }

    [TestCase(1, -0.4)]
    [TestCase(-1, 0.4)]
    [TestCase(0.2, -0.2)]
    public void WheelsTurnToWhereTheyAreSteeredAndTheCarFollows(double steer, double angle)
    {
        Strip strip = new(isRoad: true);
        for (int step = 0; step < 40; step++)
            strip.Drive(new(0, 0.1, 0));
        for (int step = 0; step < 40; step++)
            strip.Drive(new(steer, 0, 0));
        Assert.That(strip.Car.Wheels[CarRacingCar.FrontLeft].Joint.Angle, Is.EqualTo(angle).Within(0.04));
        Assert.That(strip.Car.Wheels[CarRacingCar.FrontRight].Joint.Angle, Is.EqualTo(angle).Within(0.04));
        Assert.That(strip.Car.Wheels[CarRacingCar.RearLeft].Joint.Angle, Is.Zero.Within(0.04));
        Assert.That(strip.Car.Hull.Motion.Angle * Math.Sign(angle), Is.GreaterThan(0.1));
    }

    [TestCase(0.0)]
    [TestCase(2.0)]
    public void WheelsComeToTheirPlaces(double angle)
    {
        CarRacingCar car = new();
        car.Place(10, -20, angle);
        Listener listener = new(car);
        for (int step = 0; step < 3; step++)
            car.Step(listener);
        Vector2[] places = [new(-1.1f, 1.6f), new(1.1f, 1.6f), new(-1.1f, -1.64f), new(1.1f, -1.64f)];
        for (int i = 0; i < places.Length; i++)
            Assert.That(Vector2.Distance(car.Hull.Pose.ToLocal(car.Wheels[i].Body.Pose.Position), places[i]), Is.LessThan(0.01));
    }

    private static double Speed(CarRacingCar car) => car.Hull.Velocity.Length();

    private static double Mass(CarRacingCar car) => car.Hull.Mass + 4 * car.Wheels[0].Body.Mass;

    private static Vector2 Momentum(CarRacingCar car)
    {
        Vector2 momentum = car.Hull.Mass * car.Hull.Velocity;
        foreach (CarRacingWheel wheel in car.Wheels)
            momentum += wheel.Body.Mass * wheel.Body.Velocity;
        return momentum;
    }

    /// <summary>Of motion, and of the wheels' spin.</summary>
    private static double Energy(CarRacingCar car)
    {
        double energy = Kinetic(car.Hull);
        foreach (CarRacingWheel wheel in car.Wheels)
            energy += Kinetic(wheel.Body) + 0.5 * CarRacingWheel.Inertia * wheel.Omega * wheel.Omega;
        return energy;

        static double Kinetic(PlanarBody body) =>
            0.5 * body.Mass * body.Velocity.LengthSquared() + 0.5 * body.Spin * body.Spin / body.InverseInertia;
    }

    /// <summary>A car at the origin, heading upwards, on a road that is everywhere or nowhere.</summary>
    private sealed class Strip
    {
        private readonly Listener _listener;

        public Strip(bool isRoad)
        {
            const float Wide = 1000;
            Car = new();
            _listener = new(Car);
            if (isRoad)
            {
                SensorZone road = new(0);
                road.Place(new(-Wide, -Wide), new(Wide, -Wide), new(Wide, Wide), new(-Wide, Wide));
                Car.World.Add(road);
            }
            Car.Place(0, 0, 0);
            Drive(default);
        }

        public CarRacingCar Car { get; }

        public void Drive(CarControls controls)
        {
            Car.Control(controls);
            Car.Step(_listener);
        }
    }

    private sealed class Listener(CarRacingCar car) : ISensorListener
    {
        public void Entered(SensorZone zone, PlanarBody body)
        {
            if (car.WheelOf(body) is { } wheel)
                wheel.Tiles++;
        }

        public void Left(SensorZone zone, PlanarBody body)
        {
            if (car.WheelOf(body) is { } wheel)
                wheel.Tiles--;
        }
    }
}
