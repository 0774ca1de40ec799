namespace WorldModels.Environments;

/// <summary>
/// Swings the acrobot's tip up to a ball of radius 0.2 m, two link lengths above the shoulder; it starts anywhere at rest. The reward
/// is 1 in the ball and falls with the distance. Observation: sines, then cosines of both links against upright, both velocities.
/// For <see cref="AcrobotPhysics"/>'s coordinates.
/// </summary>
public sealed class AcrobotSwingUpTask : IControlTask
{
    private const double TargetRadius = 0.2;

    public string Name => "acrobot-swingup";

    public IReadOnlyList<string> ObservationNames { get; } = ["sin θ₁", "sin θ₂", "cos θ₁", "cos θ₂", "θ̇₁", "θ̇₂"];

    public IReadOnlyList<string> ObservationUnits { get; } = ["", "", "", "", "rad/s", "rad/s"];

    public int SubSteps => 1;

    public void Start(IPhysics physics, NumPyRandomState random)
    {
        foreach (ref double angle in physics.Positions)
            angle = random.Uniform(-Math.PI, Math.PI);
    }

    public void Observe(IPhysics physics, Span<float> observation)
    {
        (double upper, double lower) = Angles(physics);
        (observation[0], observation[1]) = ((float)Math.Sin(upper), (float)Math.Sin(lower));
        (observation[2], observation[3]) = ((float)Math.Cos(upper), (float)Math.Cos(lower));
        (observation[4], observation[5]) = ((float)physics.Velocities[0], (float)physics.Velocities[1]);
    }

    public bool Place(IPhysics physics, ReadOnlySpan<float> observation)
    {
        double upper = Math.Atan2(observation[0], observation[2]), lower = Math.Atan2(observation[1], observation[3]);
        (physics.Positions[0], physics.Positions[1]) = (upper, lower - upper);
        return true;
    }

    public double Reward(IPhysics physics)
    {
        (double upper, double lower) = Angles(physics);
        double across = AcrobotPhysics.Length * (Math.Sin(upper) + Math.Sin(lower));
        double below = AcrobotPhysics.Length * (2 - Math.Cos(upper) - Math.Cos(lower));
        return Tolerance.Of(double.Hypot(across, below), 0, TargetRadius, margin: 1);
    }

    /// <summary>Of both links against upright.</summary>
    private static (double Upper, double Lower) Angles(IPhysics physics) =>
        (physics.Positions[0], physics.Positions[0] + physics.Positions[1]);
}
