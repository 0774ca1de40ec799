using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// Two of the control suite's pendulums (<see cref="PendulumPhysics"/>) side by side that know nothing of each other: a world that falls
/// into two, each with an actuator of its own.
/// </summary>
public sealed class TwoPendulumsPhysics() : JointPhysics(joints: 2, actuators: 2)
{
    private const float Apart = 0.65f;      // of each hinge from the middle, m

    private protected override void Advance()
    {
        for (int i = 0; i < Control.Length; i++)
            PendulumPhysics.Advance(PendulumBody.OfTheSuite, ref Positions[i], ref Velocities[i], Control[i]);
    }

    /// <inheritdoc/>
    public override BodyScene CreateScene() => new(
        [SuiteLook.Floor(2, 2), .. PendulumPhysics.Bodies(PendulumBody.OfTheSuite), .. PendulumPhysics.Bodies(PendulumBody.OfTheSuite)],
        [Light.Above(0, 0, 2)])
    {
        Camera = Placement.Of(new(0, -1.9f, 2.4f), Vector3.UnitX, new(0, 1, 1)),
    };

    /// <inheritdoc/>
    public override void Place(BodyScene scene)
    {
        PendulumPhysics.Place(PendulumBody.OfTheSuite, scene, 1, -Apart, Positions[0]);
        PendulumPhysics.Place(PendulumBody.OfTheSuite, scene, 4, Apart, Positions[1]);
    }
}
