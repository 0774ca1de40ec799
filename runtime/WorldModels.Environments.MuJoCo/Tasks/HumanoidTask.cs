namespace WorldModels.Environments.MuJoCo;

/// <summary>
/// Stands upright and still with little force, or walks or runs in any direction. Starts in a random pose in which nothing touches.
/// </summary>
/// <param name="verb">What the task is called.</param>
/// <param name="speed">m/s; 0 to stand.</param>
internal sealed class HumanoidTask(string verb, double speed) : MuJoCoTask(
    $"humanoid-{verb}", "humanoid", timeStep: 0.005, subSteps: 5, Motors,
    new("rad", Joints),
    new("m", ["head height", .. Limbs.SelectMany(limb => Axes.Select(axis => $"{Words(limb)} {axis}"))]),
    new("", "torso zx", "torso zy", "torso zz"),
    Seen.Velocities("m/s", [.. Axes.Select(axis => $"center of mass {axis}"), .. Axes.Select(axis => $"root {axis}")]),
    Seen.Velocities("rad/s", ["root roll", "root pitch", "root yaw", .. Joints]))
{
    public const double WalkingSpeed = 1;
    public const double RunningSpeed = 10;

    private const int RootPositions = 7; // a place and a quaternion, before those of the joints
    private const double StandingHeight = 1.4;
    private const double UprightCosine = 0.9;
    private const double StandingSpeedMargin = 2;

    private static readonly string[] Axes = ["x", "y", "z"];
    private static readonly string[] Limbs = ["left_hand", "left_foot", "right_hand", "right_foot"];
    private static readonly string[] Arm = ["shoulder 1", "shoulder 2", "elbow"];
    private static readonly string[] Leg = ["hip x", "hip z", "hip y", "knee", "ankle y", "ankle x"];
    private static readonly string[] MotorsOfLeg = ["hip x", "hip z", "hip y", "knee", "ankle x", "ankle y"];

    private static readonly string[] Joints =
        ["abdomen z", "abdomen y", "abdomen x", .. Side("right", Leg), .. Side("left", Leg), .. Side("right", Arm), .. Side("left", Arm)];

    private static readonly string[] Motors =
    [
        "abdomen y", "abdomen z", "abdomen x",
        .. Side("right", MotorsOfLeg), .. Side("left", MotorsOfLeg), .. Side("right", Arm), .. Side("left", Arm),
    ];

    protected override void Start(MuJoCoPhysics physics, NumPyRandomState random) =>
        RandomPose.DrawJointsWithoutContact(physics, random);

    protected override void Observe(MuJoCoPhysics physics, ref ObservationWriter observation)
    {
        ReadOnlySpan<double> torso = physics.BodyOrientation("torso");
        observation.Add(physics.Positions[RootPositions..]);
        observation.Add(physics.BodyPosition("head")[2]);
        foreach (string limb in Limbs)
            AddInFrameOfTorso(physics, limb, ref observation);
        observation.Add(torso[6..9]);
        observation.Add(physics.Sensor("center_of_mass_velocity"));
        observation.Add(physics.Velocities);
    }

    protected override double Reward(MuJoCoPhysics physics)
    {
        double standing = AtLeast(StandingHeight, physics.BodyPosition("head")[2], margin: StandingHeight / 4);
        double upright = AtLeast(
            UprightCosine, physics.BodyOrientation("torso")[8], margin: 1 + UprightCosine, Sigmoid.Linear, valueAtMargin: 0);
        return SmallControl(physics) * standing * upright * Moving(physics.Sensor("center_of_mass_velocity"));
    }

    private double Moving(ReadOnlySpan<double> velocity)
    {
        if (speed == 0)
        {
            double still = Tolerance.Of(velocity[0], 0, 0, StandingSpeedMargin) + Tolerance.Of(velocity[1], 0, 0, StandingSpeedMargin);
            return still / 2;
        }
        double moving = AtLeast(speed, double.Hypot(velocity[0], velocity[1]), margin: speed, Sigmoid.Linear, valueAtMargin: 0);
        return (5 * moving + 1) / 6;
    }

    private static void AddInFrameOfTorso(MuJoCoPhysics physics, string limb, ref ObservationWriter observation)
    {
        ReadOnlySpan<double> place = physics.BodyPosition(limb), origin = physics.BodyPosition("torso");
        ReadOnlySpan<double> frame = physics.BodyOrientation("torso");
        for (int axis = 0; axis < 3; axis++)
        {
            double along = 0;
            for (int i = 0; i < 3; i++)
                along += (place[i] - origin[i]) * frame[3 * i + axis];
            observation.Add(along);
        }
    }

    private static IEnumerable<string> Side(string side, string[] names) => names.Select(name => $"{side} {name}");

    private static string Words(string name) => name.Replace('_', ' ');
}
