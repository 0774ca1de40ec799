namespace WorldModels.Environments;

/// <summary>
/// Swings two pendulums up and holds them within 8 degrees of upright; each alone is half of the reward. They start anywhere at rest.
/// Observation: cosine and sine of each angle, then both velocities. For <see cref="TwoPendulumsPhysics"/>'s coordinates. Not a task of the
/// control suite: one to see whether a model learns that what it sees are two things.
/// </summary>
public sealed class TwoPendulumsTask : IControlTask
{
    public string Name => "two-pendulums-swingup";

    public IReadOnlyList<string> ObservationNames { get; } = ["cos θ₁", "sin θ₁", "cos θ₂", "sin θ₂", "θ̇₁", "θ̇₂"];

    public IReadOnlyList<string> ObservationUnits { get; } = ["", "", "", "", "rad/s", "rad/s"];

    public int SubSteps => 1;

    public void Start(IPhysics physics, NumPyRandomState random)
    {
        for (int i = 0; i < 2; i++)
            physics.Positions[i] = random.Uniform(-Math.PI, Math.PI);
    }

    public void Observe(IPhysics physics, Span<float> observation)
    {
        for (int i = 0; i < 2; i++)
        {
            (double sin, double cos) = Math.SinCos(physics.Positions[i]);
            (observation[2 * i], observation[2 * i + 1], observation[4 + i]) = ((float)cos, (float)sin, (float)physics.Velocities[i]);
        }
    }

    public bool Place(IPhysics physics, ReadOnlySpan<float> observation)
    {
        for (int i = 0; i < 2; i++)
            physics.Positions[i] = Math.Atan2(observation[2 * i + 1], observation[2 * i]);
        return true;
    }

    public double Reward(IPhysics physics) =>
        (PendulumSwingUpTask.Reward(physics.Positions[0]) + PendulumSwingUpTask.Reward(physics.Positions[1])) / 2;
}
