namespace WorldModels.Environments.MuJoCo;

/// <summary>
/// Moves in the direction of its nose at a speed, upright. Starts turned at random, just so high that nothing touches.
/// </summary>
/// <param name="verb">What the task is called.</param>
/// <param name="speed">m/s.</param>
internal sealed class QuadrupedTask(string verb, double speed) : MuJoCoTask(
    $"quadruped-{verb}", "quadruped", timeStep: 0.005, subSteps: 4, Each("", ActuatorNames),
    new("rad", Each("", JointNames)),
    new("rad/s", Each(" velocity", JointNames)),
    new("", Each(" activation", ActuatorNames)),
    new("m/s", "x velocity", "y velocity", "z velocity"),
    new("", "upright"),
    new("m/s²", "x acceleration", "y acceleration", "z acceleration"),
    new("rad/s", "x rotation", "y rotation", "z rotation"),
    new("", Each("", "toe x force", "toe y force", "toe z force")),
    new("", Each("", "toe x torque", "toe y torque", "toe z torque")))
{
    public const double WalkingSpeed = 0.5;
    public const double RunningSpeed = 5;

    private const int RootPositions = 7; // a place and a quaternion, before those of the joints
    private const int RootVelocities = 6;
    private const double HeightStep = 0.01;

    private static readonly string[] ForceSensors =
        ["force_front_left", "force_front_right", "force_back_right", "force_back_left"];

    private static readonly string[] TorqueSensors =
        ["torque_front_left", "torque_front_right", "torque_back_right", "torque_back_left"];

    private static string[] JointNames => ["yaw", "pitch", "knee", "ankle"];

    private static string[] ActuatorNames => ["yaw", "lift", "extend"];

    protected override void Start(MuJoCoPhysics physics, NumPyRandomState random)
    {
        Span<double> orientation = physics.Positions.Slice(3, 4);
        foreach (ref double part in orientation)
            part = random.Normal();
        RandomPose.Normalize(orientation);
        physics.Positions[2] = 0;
        physics.Forward();
        for (int step = 1; physics.ContactCount > 0; step++)
        {
            physics.Positions[2] = step * HeightStep;
            physics.Forward();
        }
    }

    protected override void Observe(MuJoCoPhysics physics, ref ObservationWriter observation)
    {
        observation.Add(physics.Positions[RootPositions..]);
        observation.Add(physics.Velocities[RootVelocities..]);
        observation.Add(physics.Activations);
        observation.Add(physics.Sensor("velocimeter"));
        observation.Add(Upright(physics));
        observation.Add(physics.Sensor("accelerometer"));
        observation.Add(physics.Sensor("gyro"));
        foreach (string sensor in ForceSensors)
            AddCompressed(physics.Sensor(sensor), ref observation);
        foreach (string sensor in TorqueSensors)
            AddCompressed(physics.Sensor(sensor), ref observation);
    }

    protected override double Reward(MuJoCoPhysics physics)
    {
        double moving = AtLeast(speed, physics.Sensor("velocimeter")[0], margin: speed, Sigmoid.Linear, valueAtMargin: 0.5);
        return moving * AtLeast(1, Upright(physics), margin: 2, Sigmoid.Linear, valueAtMargin: 0);
    }

    private static double Upright(MuJoCoPhysics physics) => physics.BodyOrientation("torso")[8];

    private static void AddCompressed(ReadOnlySpan<double> values, ref ObservationWriter observation)
    {
        foreach (double value in values)
            observation.Add(Math.Asinh(value));
    }

    /// <summary>The same names for each leg.</summary>
    private static string[] Each(string ending, params string[] names) =>
    [
        .. ((string[])["front left", "front right", "back right", "back left"])
            .SelectMany(leg => names.Select(name => $"{leg} {name}{ending}")),
    ];
}
