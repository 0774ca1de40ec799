using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The control suite's pendulum: angle of a ball of 1 kg on a light rod from upright (rad), a motor of up to 1 Nm at the hinge.
/// Semi-implicit Euler steps, the damping implicit, as MuJoCo takes them.
/// </summary>
public sealed class PendulumPhysics : IPhysics
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

    private readonly double[] _state = new double[2]; // angle, velocity
    private readonly double[] _control = new double[1];

    public Span<double> Positions => _state.AsSpan(0, 1);

    public Span<double> Velocities => _state.AsSpan(1);

    public Span<double> Control => _control;

    /// <summary>The angular acceleration in the present state under the present control.</summary>
    public double Acceleration => Torque / Inertia;

    private double Torque => MotorTorque * _control[0] + Mass * Gravity * Length * Math.Sin(_state[0]) - Damping * _state[1];

    public void Step()
    {
        _state[1] += TimeStep * Torque / (Inertia + TimeStep * Damping);
        _state[0] += TimeStep * _state[1];
    }

    /// <inheritdoc/>
    public BodyScene CreateScene()
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
    public void Place(BodyScene scene)
    {
        Placement hinge = Placement.Planar(0, HingeHeight, _state[0]);
        scene.Place(2, hinge.Moved(0, 0, (float)Length / 2));
        scene.Place(3, hinge.Moved(0, 0, (float)Length));
    }

    /// <summary>Writes angle and velocity.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (double value in _state)
            writer.Write(value);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader) => Require.ReadFinite(reader, _state);
}
