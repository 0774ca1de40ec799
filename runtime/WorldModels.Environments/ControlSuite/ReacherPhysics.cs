using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The control suite's reacher: two links of 12 cm that lie on a table, with a finger at the end. Angle of the first from the x axis and
/// of the second against it (rad), a motor of up to 0.05 Nm at each. The wrist ends softly at 160 degrees.
/// Semi-implicit Euler steps, the damping implicit, as MuJoCo takes them.
/// </summary>
/// <param name="targetRadius">How large the target is drawn (m).</param>
public sealed class ReacherPhysics(double targetRadius = ReacherTask.EasyRadius) : JointPhysics(joints: 2, actuators: 2, target: 2)
{
    /// <summary>Seconds a step takes.</summary>
    public const double TimeStep = 0.02;

    public const double LinkLength = 0.12;
    public const double Radius = 0.01;
    public const double Damping = 0.01;
    public const double MotorTorque = 0.05;
    public const double WristEnd = 160 * Math.PI / 180;

    private const double Density = 1000;
    private const float TableHeight = 0.01f; // of the links' middles
    private const double HandLength = 0.1; // of its rod, which ends before the finger

    // MuJoCo's default of 20 ms is less than the two time steps that it asks of a limit at least.
    private const double LimitTimeConstant = 2 * TimeStep;

    private static readonly double ArmMass = Density * SolidCapsule.Volume(Radius, LinkLength);
    private static readonly double HandMass = Density * SolidCapsule.Volume(Radius, HandLength);
    private static readonly double FingerMass = Density * SolidCapsule.Volume(Radius, 0);

    // Of hand and finger, about the wrist.
    private static readonly double WristInertia =
        SolidCapsule.InertiaAcross(HandMass, Radius, HandLength) + HandMass * HandLength * HandLength / 4
        + SolidCapsule.InertiaAcross(FingerMass, Radius, 0) + FingerMass * LinkLength * LinkLength;
    private static readonly double Coupling = LinkLength * (HandMass * HandLength / 2 + FingerMass * LinkLength);
    private static readonly double ShoulderInertia =
        SolidCapsule.InertiaAcross(ArmMass, Radius, LinkLength) + ArmMass * LinkLength * LinkLength / 4
        + (HandMass + FingerMass) * LinkLength * LinkLength + WristInertia;

    private static readonly SoftLimit WristLimit = new(LimitTimeConstant, MassMatrix(wrist: 0, damping: 0).InverseSecond);

    /// <inheritdoc/>
    public override BodyScene CreateScene()
    {
        const float Edge = 0.3f, WallHeight = 0.02f;
        Geom across = new(GeomType.Plane, new(WallHeight, Edge, 0), SuiteLook.Decoration), along = across with { Size = new(Edge, WallHeight, 0) };
        BodyScene scene = new(
            [
                SuiteLook.Floor(Edge, Edge),
                new(GeomType.Sphere, new((float)targetRadius, 0, 0), SuiteLook.Target),
                new(GeomType.Capsule, new((float)Radius, (float)LinkLength / 2, 0), SuiteLook.Self),
                new(GeomType.Capsule, new((float)Radius, (float)HandLength / 2, 0), SuiteLook.Self),
                new(GeomType.Sphere, new((float)Radius, 0, 0), SuiteLook.Effector),
                new(GeomType.Cylinder, new(0.011f, 0.01f, 0), SuiteLook.Decoration),
                across, across, along, along,
            ], [Light.Above(0, 0, 1)])
        { Camera = Placement.At(new(0, 0, 0.75f)) };
        scene.Place(5, Placement.At(new(0, 0, 0.01f)));
        scene.Place(6, Placement.Of(new(-Edge, 0, WallHeight), -Vector3.UnitZ, Vector3.UnitY));
        scene.Place(7, Placement.Of(new(Edge, 0, WallHeight), Vector3.UnitZ, Vector3.UnitY));
        scene.Place(8, Placement.Of(new(0, -Edge, WallHeight), Vector3.UnitX, -Vector3.UnitZ));
        scene.Place(9, Placement.Of(new(0, Edge, WallHeight), Vector3.UnitX, Vector3.UnitZ));
        return scene;
    }

    /// <inheritdoc/>
    public override void Place(BodyScene scene)
    {
        Vector3 shoulder = new(0, 0, TableHeight), arm = Direction(Positions[0]), hand = Direction(Positions[0] + Positions[1]);
        Vector3 wrist = shoulder + (float)LinkLength * arm;
        scene.Place(1, Placement.At(new((float)Target[0], (float)Target[1], TableHeight)));
        scene.Place(2, Placement.Along(shoulder + (float)LinkLength / 2 * arm, arm));
        scene.Place(3, Placement.Along(wrist + (float)HandLength / 2 * hand, hand));
        scene.Place(4, Placement.At(wrist + (float)LinkLength * hand));

        static Vector3 Direction(double angle) => new((float)Math.Cos(angle), (float)Math.Sin(angle), 0);
    }

    private protected override void Advance()
    {
        (double wrist, double first, double second) = (Positions[1], Velocities[0], Velocities[1]);
        double coriolis = Coupling * Math.Sin(wrist);
        double atShoulder = MotorTorque * Control[0] - Damping * first + coriolis * second * (2 * first + second);
        double atWrist = MotorTorque * Control[1] - Damping * second - coriolis * first * first;
        double excess = Math.Abs(wrist) - WristEnd;
        if (excess > 0)
        {
            TwoByTwo free = MassMatrix(wrist, damping: 0);
            double outwards = Math.Sign(wrist), acceleration = free.Solve(atShoulder, atWrist).Second;
            atWrist -= outwards * WristLimit.Force(excess, outwards * second, outwards * acceleration, free.InverseSecond);
        }
        (double shoulderAcceleration, double wristAcceleration) =
            MassMatrix(wrist, TimeStep * Damping).Solve(atShoulder, atWrist);
        Velocities[0] += TimeStep * shoulderAcceleration;
        Velocities[1] += TimeStep * wristAcceleration;
        Positions[0] += TimeStep * Velocities[0];
        Positions[1] += TimeStep * Velocities[1];
    }

    private static TwoByTwo MassMatrix(double wrist, double damping)
    {
        double coupled = Coupling * Math.Cos(wrist);
        return new(ShoulderInertia + 2 * coupled + damping, WristInertia + coupled, WristInertia + damping);
    }

    /// <summary>A symmetric matrix.</summary>
    private readonly record struct TwoByTwo(double First, double Off, double Second)
    {
        private double Determinant => First * Second - Off * Off;

        public double InverseSecond => First / Determinant;

        public (double First, double Second) Solve(double first, double second) =>
            ((Second * first - Off * second) / Determinant, (First * second - Off * first) / Determinant);
    }
}
