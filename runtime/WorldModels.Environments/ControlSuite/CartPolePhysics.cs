using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The control suite's cart-pole: position of a cart of 1 kg along a rail (m), angle of a pole of 0.1 kg and 1 m from upright (rad),
/// a motor that pushes the cart with up to 10 N. The rail ends softly 1.8 m either side of the middle.
/// </summary>
public sealed class CartPolePhysics : TwoJointPhysics
{
    public const double CartMass = 1;
    public const double PoleMass = 0.1;
    public const double PoleRadius = 0.045;
    public const double PoleLength = 1;
    public const double CartDamping = 5e-4;
    public const double PoleDamping = 2e-6;
    public const double MotorForce = 10;
    public const double RailEnd = 1.8;
    public const double RailTimeConstant = 0.08;

    private const float RailHeight = 1; // over what the suite calls 0; its floor lies a little lower
    private const double Mass = CartMass + PoleMass;
    private const double MassLength = PoleMass * PoleLength / 2;

    /// <summary>Of the pole, about its centre of mass.</summary>
    public static readonly double PoleInertia = SolidCapsule.InertiaAcross(PoleMass, PoleRadius, PoleLength);

    private static readonly double HingeInertia = PoleInertia + MassLength * PoleLength / 2;

    /// <summary>How a force at the cart accelerates it while the pole is upright: the scale of the rail's softness.</summary>
    public static readonly double CartInverseWeight = HingeInertia / (Mass * HingeInertia - MassLength * MassLength);

    private static readonly SoftLimit Rail = new(RailTimeConstant, CartInverseWeight);

    /// <inheritdoc/>
    public override BodyScene CreateScene()
    {
        Geom rail = new(GeomType.Capsule, new(0.02f, 2, 0), SuiteLook.Decoration);
        BodyScene scene = new(
            [
                SuiteLook.Floor(4, 4),
                rail,
                rail,
                new(GeomType.Box, new(0.2f, 0.15f, 0.1f), SuiteLook.Self),
                new(GeomType.Capsule, new((float)PoleRadius, (float)PoleLength / 2, 0), SuiteLook.Self),
            ], [Light.Above(0, 0, 6)])
        { Camera = Placement.Of(new(0, -4, RailHeight), Vector3.UnitX, Vector3.UnitZ) };
        scene.Place(0, Placement.At(new(0, 0, -0.05f)));
        scene.Place(1, Placement.Along(new(0, 0.07f, RailHeight), Vector3.UnitX));
        scene.Place(2, Placement.Along(new(0, -0.07f, RailHeight), Vector3.UnitX));
        return scene;
    }

    /// <inheritdoc/>
    public override void Place(BodyScene scene)
    {
        double position = Positions[0];
        scene.Place(3, Placement.Planar(position, RailHeight, 0));
        scene.Place(4, Placement.Planar(position, RailHeight, Positions[1]).Moved(0, 0, (float)PoleLength / 2));
    }

    private protected override (double First, double Second) Accelerate(
        double position, double angle, double velocity, double angularVelocity)
    {
        (double sin, double cos) = Math.SinCos(angle);
        double coupling = MassLength * cos;
        double determinant = Mass * HingeInertia - coupling * coupling;
        double force = MotorForce * Command - CartDamping * velocity + MassLength * sin * angularVelocity * angularVelocity;
        double torque = MassLength * Gravity * sin - PoleDamping * angularVelocity;
        double acceleration = (HingeInertia * force - coupling * torque) / determinant;
        double excess = Math.Abs(position) - RailEnd;
        if (excess > 0)
        {
            double outwards = Math.Sign(position);
            double back = Rail.Force(excess, outwards * velocity, outwards * acceleration, HingeInertia / determinant);
            force -= outwards * back;
            acceleration = (HingeInertia * force - coupling * torque) / determinant;
        }
        return (acceleration, (torque - coupling * acceleration) / HingeInertia);
    }
}
