using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// A wheel: it spins by itself, beside the physics, and pushes the body that stands for it by as much as its tyre slips and grips.
/// </summary>
internal sealed class CarRacingWheel
{
    /// <summary>Half the width of the tyre, and the wheel's radius, which is half the length that is seen from above.</summary>
    public const double HalfWidth = 14 * CarRacingCar.Size;

    public const double Radius = 27 * CarRacingCar.Size;

    /// <summary>Moment of inertia of the spin.</summary>
    public const double Inertia = 4000 * Area;

    /// <summary>The greatest force of a tyre on the road, and on grass.</summary>
    public const double RoadGrip = 1_000_000 * Area;

    public const double GrassGrip = 0.6 * RoadGrip;

    /// <summary>How far a wheel turns to each side.</summary>
    public const float MaxSteer = 0.4f;

    private const double Area = CarRacingCar.Size * CarRacingCar.Size;

    private readonly Vector2 _offset;

    /// <param name="hull">What it is mounted on.</param>
    /// <param name="offset">Where, in the hull's coordinates.</param>
    public CarRacingWheel(PlanarBody hull, Vector2 offset)
    {
        const float Density = 0.1f, DefaultFriction = 0.2f;
        const double Torque = 180 * 900 * Area;
        _offset = offset;
        Body = new(ConvexPolygon.Box((float)HalfWidth, (float)Radius), Density, DefaultFriction);
        Joint = new(hull, Body, offset, Vector2.Zero) { Limits = (-MaxSteer, MaxSteer), MaxMotorTorque = (float)Torque };
    }

    public PlanarBody Body { get; }

    public RevoluteJoint Joint { get; }

    /// <summary>The angle that it is to be turned to, counter-clockwise.</summary>
    public double Steer { get; set; }

    /// <summary>0 to 1.</summary>
    public double Brake { get; set; }

    /// <summary>0 to 1, as it has come to.</summary>
    public double Gas { get; private set; }

    /// <summary>Spin, rad/s.</summary>
    public double Omega { get; private set; }

    /// <summary>The angle of the spin so far, for pictures.</summary>
    public double Phase { get; private set; }

    /// <summary>Tiles of the road that it touches.</summary>
    public int Tiles { get; set; }

    /// <summary>What the tyre pushed its body with in the last step.</summary>
    public Vector2 Force { get; private set; }

    /// <summary>Puts it beside a hull, at rest. As in the original the offset is not turned: the joint pulls it in.</summary>
    public void Place(Vector2 hull, float angle)
    {
        Body.Place(hull + _offset, angle);
        Joint.MotorSpeed = 0;
        (Steer, Brake, Gas, Omega, Phase, Tiles, Force) = (0, 0, 0, 0, 0, 0, Vector2.Zero);
    }

    /// <summary>The throttle opens by a tenth a step, and closes at once.</summary>
    public void OpenThrottle(double gas) => Gas += Math.Min(Math.Clamp(gas, 0, 1) - Gas, 0.1);

    /// <summary>Steers, spins and pushes its body for a step.</summary>
    public void Roll()
    {
        const double Time = CarRacingCar.TimeStep;
        const double SteerGain = 50, SteerSpeed = 3, Power = 100_000_000 * Area, SlowSpin = 5, Stiffness = 205_000 * Area;
        double turn = Steer - Joint.Angle;
        Joint.MotorSpeed = (float)(Math.Sign(turn) * Math.Min(SteerGain * Math.Abs(turn), SteerSpeed));

        // Power is torque times spin; a wheel that stands still would get all of any torque.
        Omega += Time * Power * Gas / Inertia / (Math.Abs(Omega) + SlowSpin);
        Omega = Slow(Omega, Brake);
        Phase += Omega * Time;

        Vector2 forward = Body.Pose.Rotation.Turn(Vector2.UnitY), side = Body.Pose.Rotation.Turn(Vector2.UnitX);
        double along = Stiffness * (Omega * Radius - Vector2.Dot(forward, Body.Velocity));
        double across = -Stiffness * Vector2.Dot(side, Body.Velocity);
        double force = Math.Sqrt(along * along + across * across), grip = Tiles > 0 ? RoadGrip : GrassGrip;
        if (force > grip)
            (along, across) = (along * (grip / force), across * (grip / force));
        Omega -= Time * along * Radius / Inertia;
        Force = (float)across * side + (float)along * forward;
        Body.Push(Force);
    }

    public void Save(BinaryWriter writer)
    {
        foreach (double number in (ReadOnlySpan<double>)[Steer, Brake, Gas, Omega, Phase])
            writer.Write(number);
        writer.Write(Tiles);
    }

    /// <exception cref="ArgumentException">There is no such state.</exception>
    public void Restore(BinaryReader reader)
    {
        Span<double> numbers = stackalloc double[5];
        Require.ReadFinite(reader, numbers);
        (Steer, Brake, Gas, Omega, Phase) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
        Tiles = reader.ReadIndex(int.MaxValue);
    }

    private static double Slow(double omega, double brake)
    {
        const double Locks = 0.9, Force = 15;
        if (brake >= Locks)
            return 0;
        return brake > 0 ? omega - Math.Sign(omega) * Math.Min(Force * brake, Math.Abs(omega)) : omega;
    }
}
