namespace WorldModels.Environments.MuJoCo;

/// <summary>Stands on its foot with little force, or hops forward at 2 m/s. Starts in a random pose, turned anyhow, and falls.</summary>
/// <param name="hops">Whether it is to hop.</param>
internal sealed class HopperTask(bool hops) : MuJoCoTask(
    hops ? "hopper-hop" : "hopper-stand", "hopper", timeStep: 0.005, subSteps: 4, Joints,
    new("m", "z"),
    new("rad", ["pitch", .. Joints]),
    Seen.Velocities("m/s", "x", "z"),
    Seen.Velocities("rad/s", ["pitch", .. Joints]),
    new("", "toe touch", "heel touch"))
{
    private const double StandingHeight = 0.6;
    private const double GreatestHeight = 2;
    private const double FullSpeed = 2;

    private static string[] Joints => ["waist", "hip", "knee", "ankle"];

    protected override void Start(MuJoCoPhysics physics, NumPyRandomState random) => RandomPose.DrawJoints(physics, random);

    protected override void Observe(MuJoCoPhysics physics, ref ObservationWriter observation)
    {
        observation.Add(physics.Positions[1..]);
        observation.Add(physics.Velocities);
        observation.Add(double.LogP1(physics.Sensor("touch_toe")[0]));
        observation.Add(double.LogP1(physics.Sensor("touch_heel")[0]));
    }

    protected override double Reward(MuJoCoPhysics physics)
    {
        double height = physics.BodyCenter("torso")[2] - physics.BodyCenter("foot")[2];
        double standing = Tolerance.Of(height, StandingHeight, GreatestHeight);
        return standing * (hops
            ? AtLeast(FullSpeed, physics.Sensor("center_of_mass_velocity")[0], margin: FullSpeed / 2, Sigmoid.Linear, valueAtMargin: 0.5)
            : SmallControl(physics));
    }
}
