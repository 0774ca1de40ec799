namespace WorldModels.Environments.MuJoCo;

/// <summary>
/// Stands upright, and walks or runs forward if there is a speed that the centre of mass is to reach. Starts in a random pose, and falls.
/// </summary>
/// <param name="verb">What the task is called.</param>
/// <param name="speed">m/s; 0 to stand.</param>
internal sealed class WalkerTask(string verb, double speed) : MuJoCoTask(
    $"walker-{verb}", "walker", timeStep: 0.0025, subSteps: 10, Joints,
    new("", [.. Bodies.SelectMany(body => (string[])[$"{body} xx", $"{body} xz"])]),
    new("m", "height"),
    Seen.Velocities("m/s", "z", "x"),
    Seen.Velocities("rad/s", ["pitch", .. Joints]))
{
    public const double WalkingSpeed = 1;
    public const double RunningSpeed = 8;

    private const double StandingHeight = 1.2;

    private static readonly string[] Bodies =
        ["torso", "right_thigh", "right_leg", "right_foot", "left_thigh", "left_leg", "left_foot"];

    private static string[] Joints => ["right hip", "right knee", "right ankle", "left hip", "left knee", "left ankle"];

    protected override void Start(MuJoCoPhysics physics, NumPyRandomState random) => RandomPose.DrawJoints(physics, random);

    protected override void Observe(MuJoCoPhysics physics, ref ObservationWriter observation)
    {
        foreach (string body in Bodies)
        {
            ReadOnlySpan<double> orientation = physics.BodyOrientation(body);
            observation.Add(orientation[0]);
            observation.Add(orientation[2]);
        }
        observation.Add(physics.BodyPosition("torso")[2]);
        observation.Add(physics.Velocities);
    }

    protected override double Reward(MuJoCoPhysics physics)
    {
        double standing = AtLeast(StandingHeight, physics.BodyPosition("torso")[2], margin: StandingHeight / 2);
        double upright = (1 + physics.BodyOrientation("torso")[8]) / 2;
        double stands = (3 * standing + upright) / 4;
        if (speed == 0)
            return stands;
        double moving = AtLeast(
            speed, physics.Sensor("center_of_mass_velocity")[0], margin: speed / 2, Sigmoid.Linear, valueAtMargin: 0.5);
        return stands * (5 * moving + 1) / 6;
    }
}
