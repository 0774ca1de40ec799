using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The control suite's pendulum: angle of a ball of 1 kg on a light rod from upright (rad), a motor of up to 1 Nm at the hinge.
/// Semi-implicit Euler steps, the damping implicit, as MuJoCo takes them.
/// </summary>
public sealed class PendulumPhysics() : JointPhysics(joints: 1, actuators: 1)
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

    private const double Inertia = BallInertia + Mass * Length * Length;
    private const float HingeHeight = 0.6f;
    private const double Gravity = 9.81;

    /// <summary>The angular acceleration in the present state under the present control.</summary>
    public double Acceleration => Torque / Inertia;

    private double Torque =>
        MotorTorque * Control[0] + Mass * Gravity * Length * Math.Sin(Positions[0]) - Damping * Velocities[0];

    private protected override void Advance()
    {
        Velocities[0] += TimeStep * Torque / (Inertia + TimeStep * Damping);
        Positions[0] += TimeStep * Velocities[0];
    }

    /// <inheritdoc/>
    public override BodyScene CreateScene()
    {
        BodyScene scene = new(
            [
                SuiteLook.Floor(2, 2),
                new(GeomType.Cylinder, new(0.021f, 0.03f, 0), SuiteLook.Decoration),
                new(GeomType.Capsule, new(0.02f, (float)Length / 2, 0), SuiteLook.Self),
                new(GeomType.Sphere, new((float)Radius, 0, 0), SuiteLook.Effector),
            ], [Light.Above(0, 0, 2)])
        { Camera = Placement.Of(new(0, -1.5f, 2), Vector3.UnitX, new(0, 1, 1)) };
        scene.Place(1, Placement.Along(new(0, 0, HingeHeight), Vector3.UnitY));
        return scene;
    }

    /// <inheritdoc/>
    public override void Place(BodyScene scene)
    {
        Placement hinge = Placement.Planar(0, HingeHeight, Positions[0]);
        scene.Place(2, hinge.Moved(0, 0, (float)Length / 2));
        scene.Place(3, hinge.Moved(0, 0, (float)Length));
    }
}
