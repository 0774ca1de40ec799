namespace WorldModels.Environments.MuJoCo;

/// <summary>
/// Runs forward: reward grows with the speed of the centre of mass up to 10 m/s. Starts in a random pose that has settled.
/// </summary>
internal sealed class CheetahRunTask() : MuJoCoTask(
    "cheetah-run", "cheetah", timeStep: 0.01, subSteps: 1, Joints,
    new("m", "z"),
    new("rad", ["pitch", .. Joints]),
    Seen.Velocities("m/s", "x", "z"),
    Seen.Velocities("rad/s", ["pitch", .. Joints]))
{
    private const double FullSpeed = 10;
    private const int SettlingSteps = 200;

    private static string[] Joints => ["back thigh", "back shin", "back foot", "front thigh", "front shin", "front foot"];

    protected override void Start(MuJoCoPhysics physics, NumPyRandomState random)
    {
        foreach (Internals.Joint joint in physics.Joints)
        {
            if (joint.Limits is { } limits)
                physics.Positions[joint.Position] = random.Uniform(limits.Low, limits.High);
        }
        physics.Step(SettlingSteps);
    }

    protected override void Observe(MuJoCoPhysics physics, ref ObservationWriter observation)
    {
        observation.Add(physics.Positions[1..]);
        observation.Add(physics.Velocities);
    }

    protected override double Reward(MuJoCoPhysics physics) => AtLeast(
        FullSpeed, physics.Sensor("center_of_mass_velocity")[0], margin: FullSpeed, Sigmoid.Linear, valueAtMargin: 0);
}
