namespace WorldModels.Environments.MuJoCo;

/// <summary>What the finger's tasks have in common: they start in a random pose in which nothing touches.</summary>
internal abstract class FingerTask(string verb, params MuJoCoTask.Seen[] besides) : MuJoCoTask(
    $"finger-{verb}", "finger", timeStep: 0.01, subSteps: 2, ["proximal", "distal"],
    [
        new("rad", "proximal", "distal"),
        new("m", "tip x", "tip z"),
        Seen.Velocities("rad/s", "proximal", "distal", "spinner"),
        new("", "upper touch", "lower touch"),
        .. besides,
    ])
{
    protected override void Start(MuJoCoPhysics physics, NumPyRandomState random) =>
        RandomPose.DrawJointsWithoutContact(physics, random);

    protected override void Observe(MuJoCoPhysics physics, ref ObservationWriter observation)
    {
        (double x, double z) = FromAxle(physics, "tip");
        observation.Add(physics.Sensor("proximal"));
        observation.Add(physics.Sensor("distal"));
        observation.Add(x);
        observation.Add(z);
        observation.Add(physics.Sensor("proximal_velocity"));
        observation.Add(physics.Sensor("distal_velocity"));
        observation.Add(physics.Sensor("hinge_velocity"));
        observation.Add(double.LogP1(physics.Sensor("touchtop")[0]));
        observation.Add(double.LogP1(physics.Sensor("touchbottom")[0]));
    }

    /// <summary>Where something is, seen from the axle that the body spins about.</summary>
    protected static (double X, double Z) FromAxle(MuJoCoPhysics physics, string sensor)
    {
        ReadOnlySpan<double> place = physics.Sensor(sensor), axle = physics.Sensor("spinner");
        return (place[0] - axle[0], place[2] - axle[2]);
    }
}

/// <summary>Spins the body, which turns easily here, faster than 15 rad/s.</summary>
internal sealed class FingerSpinTask() : FingerTask("spin")
{
    private const double Speed = 15;
    private const double SpinnerDamping = 0.03;

    protected override void Adapt(MuJoCoPhysics physics)
    {
        physics.Model.SetDamping("hinge", SpinnerDamping);
        physics.Model.HideSite("target");
        physics.Model.HideSite("tip");
    }

    protected override double Reward(MuJoCoPhysics physics) => physics.Sensor("hinge_velocity")[0] <= -Speed ? 1 : 0;
}

/// <summary>Turns the body's tip into a target somewhere on its circle.</summary>
/// <param name="difficulty">What the task is called.</param>
/// <param name="targetRadius">m.</param>
internal sealed class FingerTurnTask(string difficulty, double targetRadius)
    : FingerTask($"turn-{difficulty}", new Seen("m", "target x", "target z", "distance to target"))
{
    public const double EasyRadius = 0.07;
    public const double HardRadius = 0.03;

    private const double TipRadius = 0.13;

    protected override void Adapt(MuJoCoPhysics physics) => physics.Model.SetSiteRadius("target", targetRadius);

    protected override void Start(MuJoCoPhysics physics, NumPyRandomState random)
    {
        double angle = random.Uniform(-Math.PI, Math.PI);
        ReadOnlySpan<double> axle = physics.BodyPosition("spinner");
        physics.Target[0] = axle[0] + TipRadius * Math.Sin(angle);
        physics.Target[2] = axle[2] + TipRadius * Math.Cos(angle);
        base.Start(physics, random);
    }

    protected override void Observe(MuJoCoPhysics physics, ref ObservationWriter observation)
    {
        base.Observe(physics, ref observation);
        (double x, double z) = FromAxle(physics, "target");
        observation.Add(x);
        observation.Add(z);
        observation.Add(Distance(physics));
    }

    protected override double Reward(MuJoCoPhysics physics) => Distance(physics) <= 0 ? 1 : 0;

    /// <summary>From the tip to the target's edge, negative inside.</summary>
    private double Distance(MuJoCoPhysics physics)
    {
        ((double x, double z), (double tipX, double tipZ)) = (FromAxle(physics, "target"), FromAxle(physics, "tip"));
        return double.Hypot(x - tipX, z - tipZ) - targetRadius;
    }
}
