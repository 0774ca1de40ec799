using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The control suite's pendulum: angle of a ball of 1 kg on a light rod from upright (rad), a motor of up to 1 Nm at the hinge.
/// Semi-implicit Euler steps, the damping implicit, as MuJoCo takes them.
/// </summary>
/// <param name="body">What swings; null: the suite's.</param>
public sealed class PendulumPhysics(PendulumBody? body = null) : JointPhysics(joints: 1, actuators: 1)
{
    /// <summary>Seconds a step takes.</summary>
    public const double TimeStep = 0.02;

    public const double Mass = 1;
    public const double Length = 0.5;
    public const double Radius = 0.05;
    public const double Damping = 0.1;
    public const double MotorTorque = 1;

    /// <summary>Of the ball, about its centre.</summary>
    public const double BallInertia = 0.4 * Mass * Radius * Radius;

    private const float HingeHeight = 0.6f;
    private const double Gravity = 9.81;

    private readonly PendulumBody _body = body ?? PendulumBody.OfTheSuite;

    /// <summary>The angular acceleration in the present state under the present control.</summary>
    public double Acceleration => Torque(_body, Positions[0], Velocities[0], Control[0]) / _body.Inertia;

    private protected override void Advance() => Advance(_body, ref Positions[0], ref Velocities[0], Control[0]);

    /// <summary>A time step of one pendulum.</summary>
    internal static void Advance(PendulumBody body, ref double angle, ref double velocity, double control)
    {
        velocity += TimeStep * Torque(body, angle, velocity, control) / (body.Inertia + TimeStep * Damping);
        angle += TimeStep * velocity;
    }

    private static double Torque(PendulumBody body, double angle, double velocity, double control) =>
        MotorTorque * control + body.Mass * Gravity * body.Length * Math.Sin(angle) - Damping * velocity;

    /// <inheritdoc/>
    public override BodyScene CreateScene()
    {
        BodyScene scene = new([SuiteLook.Floor(2, 2), .. Bodies(_body)], [Light.Above(0, 0, 2)])
        { Camera = Placement.Of(new(0, -1.5f, 2), Vector3.UnitX, new(0, 1, 1)) };
        Place(scene);
        return scene;
    }

    /// <inheritdoc/>
    public override void Place(BodyScene scene) => Place(_body, scene, 1, 0, Positions[0]);

    /// <summary>Hinge, rod and ball.</summary>
    internal static Geom[] Bodies(PendulumBody body) =>
    [
        new(GeomType.Cylinder, new(0.021f, 0.03f, 0), SuiteLook.Decoration),
        new(GeomType.Capsule, new(0.02f, (float)body.Length / 2, 0), SuiteLook.Self),
        new(GeomType.Sphere, new((float)Radius, 0, 0), SuiteLook.Effector),
    ];

    /// <summary>Places them, from a number in a scene on, at a hinge at x.</summary>
    internal static void Place(PendulumBody body, BodyScene scene, int first, float x, double angle)
    {
        scene.Place(first, Placement.Along(new(x, 0, HingeHeight), Vector3.UnitY));
        Placement hinge = Placement.Planar(x, HingeHeight, angle);
        scene.Place(first + 1, hinge.Moved(0, 0, (float)body.Length / 2));
        scene.Place(first + 2, hinge.Moved(0, 0, (float)body.Length));
    }
}
