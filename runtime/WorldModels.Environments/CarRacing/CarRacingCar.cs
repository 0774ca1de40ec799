using System.Numerics;

namespace WorldModels.Environments;

/// <summary>What a driver does in a step.</summary>
/// <param name="Steer">-1 to the left, 1 to the right.</param>
/// <param name="Gas">0 to 1.</param>
/// <param name="Brake">0 to 1; from 0.9 on the wheels lock.</param>
internal readonly record struct CarControls(double Steer, double Gas, double Brake);

/// <summary>The car of Gymnasium's CarRacing-v3: a hull on four wheels that steer, spin and slip, in a world of track tiles.</summary>
internal sealed class CarRacingCar
{
    /// <summary>Units of the original's track to a unit of length.</summary>
    public const double Scale = 6;

    public const double TimeStep = 0.02;

    /// <summary>Units of the original's car to a unit of length, and the same of areas.</summary>
    public const double Size = 0.02;

    public const int FrontLeft = 0, FrontRight = 1, RearLeft = 2, RearRight = 3;

    private readonly PlanarWorld _world = new((float)TimeStep, velocityIterations: 180, positionIterations: 60);
    private readonly CarRacingWheel[] _wheels;

    public CarRacingCar()
    {
        Hull = new(
            [
                Outline((-60, 130), (60, 130), (60, 110), (-60, 110)),
                Outline((-15, 120), (15, 120), (20, 20), (-20, 20)),
                Outline((25, 20), (50, -10), (50, -40), (20, -90), (-20, -90), (-50, -40), (-50, -10), (-25, 20)),
                Outline((-50, -120), (50, -120), (50, -90), (-50, -90)),
            ],
            density: 1);
        _world.Add(Hull);
        _wheels = [Wheel(-55, 80), Wheel(55, 80), Wheel(-55, -82), Wheel(55, -82)];

        static ConvexPolygon Outline(params ReadOnlySpan<(double X, double Y)> corners)
        {
            Span<Vector2> placed = stackalloc Vector2[corners.Length];
            for (int i = 0; i < placed.Length; i++)
                placed[i] = new((float)(corners[i].X * Size), (float)(corners[i].Y * Size));
            return ConvexPolygon.Hull(placed);
        }

        CarRacingWheel Wheel(double x, double y)
        {
            CarRacingWheel wheel = new(Hull, new((float)(x * Size), (float)(y * Size)));
            _world.Add(wheel.Body);
            _world.Add(wheel.Joint);
            return wheel;
        }
    }

    public PlanarBody Hull { get; }

    /// <summary>Front left, front right, rear left, rear right.</summary>
    public ReadOnlySpan<CarRacingWheel> Wheels => _wheels;

    /// <summary>The zones that notice the car, and what moves it.</summary>
    public PlanarWorld World => _world;

    /// <summary>Puts the car somewhere, at rest.</summary>
    /// <param name="x">Of the hull's origin.</param>
    /// <param name="y">The same.</param>
    /// <param name="angle">Counter-clockwise from +y.</param>
    public void Place(double x, double y, double angle)
    {
        Vector2 position = new((float)x, (float)y);
        Hull.Place(position, (float)angle);
        foreach (CarRacingWheel wheel in _wheels)
            wheel.Place(position, (float)angle);
        _world.Restart();
    }

    /// <summary>Sets what the wheels are to do from now on.</summary>
    public void Control(CarControls controls)
    {
        _wheels[FrontLeft].Steer = _wheels[FrontRight].Steer = -controls.Steer;
        _wheels[RearLeft].OpenThrottle(controls.Gas);
        _wheels[RearRight].OpenThrottle(controls.Gas);
        foreach (CarRacingWheel wheel in _wheels)
            wheel.Brake = controls.Brake;
    }

    /// <summary>Moves everything on by a step.</summary>
    public void Step(ISensorListener sensors)
    {
        foreach (CarRacingWheel wheel in _wheels)
            wheel.Roll();
        _world.Step(sensors: sensors);
    }

    /// <summary>The wheel that a body is, if it is one.</summary>
    public CarRacingWheel? WheelOf(PlanarBody body)
    {
        foreach (CarRacingWheel wheel in _wheels)
        {
            if (wheel.Body == body)
                return wheel;
        }
        return null;
    }

    public void Save(BinaryWriter writer)
    {
        _world.Save(writer);
        foreach (CarRacingWheel wheel in _wheels)
            wheel.Save(writer);
    }

    /// <summary>Takes up what was saved, once the zones are those of its track.</summary>
    /// <exception cref="ArgumentException">There is no such state.</exception>
    public void Restore(BinaryReader reader)
    {
        _world.Restore(reader);
        foreach (CarRacingWheel wheel in _wheels)
            wheel.Restore(reader);
    }
}
