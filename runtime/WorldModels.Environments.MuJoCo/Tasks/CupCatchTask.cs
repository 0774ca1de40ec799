namespace WorldModels.Environments.MuJoCo;

/// <summary>Swings the ball into the cup, where alone there is reward. Starts with the ball anywhere around, on a loose string.</summary>
internal sealed class CupCatchTask() : MuJoCoTask(
    "cup-catch", "ball_in_cup", timeStep: 0.002, subSteps: 10, ["x", "z"],
    new("m", Joints),
    Seen.Velocities("m/s", Joints))
{
    private const double CupDepth = 0.05; // of the middle of its inside below the rim, and half of what it is wide and high
    private const double BallRadius = 0.025;

    private static string[] Joints => ["cup x", "cup z", "ball x", "ball z"];

    protected override void Start(MuJoCoPhysics physics, NumPyRandomState random)
    {
        do
        {
            physics.Positions[2] = random.Uniform(-0.2, 0.2);
            physics.Positions[3] = random.Uniform(0.2, 0.5);
            physics.Forward();
        }
        while (physics.ContactCount > 0);
    }

    protected override void Observe(MuJoCoPhysics physics, ref ObservationWriter observation)
    {
        observation.Add(physics.Positions);
        observation.Add(physics.Velocities);
    }

    protected override double Reward(MuJoCoPhysics physics)
    {
        ReadOnlySpan<double> cup = physics.BodyPosition("cup"), ball = physics.BodyPosition("ball");
        double room = CupDepth - BallRadius;
        return Math.Abs(cup[0] - ball[0]) < room && Math.Abs(cup[2] - CupDepth - ball[2]) < room ? 1 : 0;
    }
}
