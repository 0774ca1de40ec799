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
}
