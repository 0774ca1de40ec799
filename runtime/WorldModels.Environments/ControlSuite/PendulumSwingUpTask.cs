namespace WorldModels.Environments;

/// <summary>
/// Swings the pendulum up and holds it within 8 degrees of upright, where alone there is reward; it starts anywhere at rest.
/// Observation: cosine and sine of the angle, velocity. For <see cref="PendulumPhysics"/>'s coordinates.
/// </summary>
public sealed class PendulumSwingUpTask : IControlTask
{
    private static readonly double GoalCosine = Math.Cos(8 * Math.PI / 180);

    public string Name => "pendulum-swingup";

    public IReadOnlyList<string> ObservationNames { get; } = ["cos θ", "sin θ", "θ̇"];

    public IReadOnlyList<string> ObservationUnits { get; } = ["", "", "rad/s"];

    public int SubSteps => 1;

    public void Start(IPhysics physics, NumPyRandomState random) => physics.Positions[0] = random.Uniform(-Math.PI, Math.PI);

    public void Observe(IPhysics physics, Span<float> observation)
    {
        (double sin, double cos) = Math.SinCos(physics.Positions[0]);
        (observation[0], observation[1], observation[2]) = ((float)cos, (float)sin, (float)physics.Velocities[0]);
    }

    public bool Place(IPhysics physics, ReadOnlySpan<float> observation)
    {
        physics.Positions[0] = Math.Atan2(observation[1], observation[0]);
        return true;
    }

    public double Reward(IPhysics physics) => Math.Cos(physics.Positions[0]) >= GoalCosine ? 1 : 0;
}
