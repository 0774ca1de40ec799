namespace WorldModels.Environments;

/// <summary>
/// Brings the finger to a target somewhere within reach, and keeps it there: reward is 1 where they touch. Both links start anywhere, at
/// rest. Observation: both angles, the way from the finger to the target, both velocities. For <see cref="ReacherPhysics"/>'s coordinates.
/// </summary>
/// <param name="difficulty">What the task is called.</param>
/// <param name="targetRadius">m.</param>
public sealed class ReacherTask(string difficulty, double targetRadius) : IControlTask
{
    public const double EasyRadius = 0.05;
    public const double HardRadius = 0.015;

    public string Name { get; } = $"reacher-{difficulty}";

    public IReadOnlyList<string> ObservationNames { get; } = ["θ₁", "θ₂", "Δx", "Δy", "θ̇₁", "θ̇₂"];

    public IReadOnlyList<string> ObservationUnits { get; } = ["rad", "rad", "m", "m", "rad/s", "rad/s"];

    public int SubSteps => 1;

    public void Start(IPhysics physics, NumPyRandomState random)
    {
        physics.Positions[0] = random.Uniform(-Math.PI, Math.PI);
        physics.Positions[1] = random.Uniform(-ReacherPhysics.WristEnd, ReacherPhysics.WristEnd);
        double angle = random.Uniform(0, 2 * Math.PI), distance = random.Uniform(0.05, 0.2);
        (physics.Target[0], physics.Target[1]) = (distance * Math.Sin(angle), distance * Math.Cos(angle));
    }

    public void Observe(IPhysics physics, Span<float> observation)
    {
        (double x, double y) = ToTarget(physics);
        (observation[0], observation[1]) = ((float)physics.Positions[0], (float)physics.Positions[1]);
        (observation[2], observation[3]) = ((float)x, (float)y);
        (observation[4], observation[5]) = ((float)physics.Velocities[0], (float)physics.Velocities[1]);
    }

    public bool Place(IPhysics physics, ReadOnlySpan<float> observation)
    {
        (physics.Positions[0], physics.Positions[1]) = (observation[0], observation[1]);
        return true;
    }

    public double Reward(IPhysics physics)
    {
        (double x, double y) = ToTarget(physics);
        return double.Hypot(x, y) <= targetRadius + ReacherPhysics.Radius ? 1 : 0;
    }

    private static (double X, double Y) ToTarget(IPhysics physics)
    {
        (double x, double y) = Joints(physics).Finger;
        return (physics.Target[0] - x, physics.Target[1] - y);
    }

    private static ((double X, double Y) Wrist, (double X, double Y) Finger) Joints(IPhysics physics)
    {
        (double sin, double cos) = Math.SinCos(physics.Positions[0]);
        (double x, double y) = (ReacherPhysics.LinkLength * cos, ReacherPhysics.LinkLength * sin);
        (sin, cos) = Math.SinCos(physics.Positions[0] + physics.Positions[1]);
        return ((x, y), (x + ReacherPhysics.LinkLength * cos, y + ReacherPhysics.LinkLength * sin));
    }
}
