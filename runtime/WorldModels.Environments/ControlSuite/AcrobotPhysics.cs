using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The control suite's acrobot: angle of the upper link from upright and of the lower one against it (rad), a motor of up to 2 Nm
/// between them. Both links have 1 kg and 1 m.
/// </summary>
public sealed class AcrobotPhysics : TwoJointPhysics
{
    public const double Mass = 1;
    public const double Length = 1;
    public const double UpperRadius = 0.05;
    public const double LowerRadius = 0.049;
    public const double Damping = 0.05;
    public const double MotorTorque = 2;

    private const float ShoulderHeight = 2;
    private const double CenterOfMass = Length / 2;
    private const double Coupling = Mass * Length * CenterOfMass;

    /// <summary>Of each link, about its centre of mass.</summary>
    public static readonly double UpperInertia = SolidCapsule.InertiaAcross(Mass, UpperRadius, Length);

    /// <inheritdoc cref="UpperInertia"/>
    public static readonly double LowerInertia = SolidCapsule.InertiaAcross(Mass, LowerRadius, Length);

    private static readonly double ElbowInertia = LowerInertia + Mass * CenterOfMass * CenterOfMass;
    private static readonly double ShoulderInertia =
        UpperInertia + Mass * CenterOfMass * CenterOfMass + ElbowInertia + Mass * Length * Length;

    /// <inheritdoc/>
    public override BodyScene CreateScene()
    {
        BodyScene scene = new(
            [
                SuiteLook.Floor(3, 3),
                new(GeomType.Cylinder, new(0.051f, 0.06f, 0), SuiteLook.Decoration),
                new(GeomType.Capsule, new((float)UpperRadius, (float)Length / 2, 0), SuiteLook.Self),
                new(GeomType.Capsule, new((float)LowerRadius, (float)Length / 2, 0), SuiteLook.Self),
            ], [Light.Above(0, 0, 6)])
        { Camera = Placement.Of(new(0, -6, ShoulderHeight), Vector3.UnitX, Vector3.UnitZ) };
        scene.Place(1, Placement.Along(new(0, 0, ShoulderHeight), Vector3.UnitY));
        return scene;
    }

    /// <inheritdoc/>
    public override void Place(BodyScene scene)
    {
        Placement shoulder = Placement.Planar(0, ShoulderHeight, Positions[0]);
        Vector3 elbow = shoulder.Moved(0, 0, (float)Length).Position;
        scene.Place(2, shoulder.Moved(0, 0, (float)Length / 2));
        scene.Place(3, Placement.Planar(elbow.X, elbow.Z, Positions[0] + Positions[1]).Moved(0, 0, (float)Length / 2));
    }

    private protected override (double First, double Second) Accelerate(
        double shoulder, double elbow, double shoulderVelocity, double elbowVelocity)
    {
        (double sin, double cos) = Math.SinCos(elbow);
        double ofBoth = ShoulderInertia + 2 * Coupling * cos, coupled = ElbowInertia + Coupling * cos;
        double lowerWeight = Mass * CenterOfMass * Gravity * Math.Sin(shoulder + elbow);
        double atShoulder = (Mass * CenterOfMass + Mass * Length) * Gravity * Math.Sin(shoulder) + lowerWeight
            + Coupling * sin * elbowVelocity * (2 * shoulderVelocity + elbowVelocity) - Damping * shoulderVelocity;
        double atElbow = MotorTorque * Command + lowerWeight
            - Coupling * sin * shoulderVelocity * shoulderVelocity - Damping * elbowVelocity;
        double first = (ElbowInertia * atShoulder - coupled * atElbow) / (ofBoth * ElbowInertia - coupled * coupled);
        return (first, (atElbow - coupled * first) / ElbowInertia);
    }
}
