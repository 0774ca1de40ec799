namespace WorldModels.Environments;

/// <summary>
/// Holds the pole upright near the middle of the rail (<c>balance</c>), or swings it up first (<c>swingup</c>). Observation: position,
/// cosine and sine of the angle, both velocities. Dense reward: upright, centred, slow and with little force; sparse: within 0.25 m
/// of the middle and a cosine of at least 0.995. For <see cref="CartPolePhysics"/>'s coordinates.
/// </summary>
public sealed class CartPoleTask(bool swingUp, bool sparse) : IControlTask
{
    private const double SparsePosition = 0.25;
    private const double SparseCosine = 0.995;

    public string Name { get; } = $"cartpole-{(swingUp ? "swingup" : "balance")}{(sparse ? "-sparse" : "")}";

    public IReadOnlyList<string> ObservationNames { get; } = ["x", "cos θ", "sin θ", "ẋ", "θ̇"];

    public IReadOnlyList<string> ObservationUnits { get; } = ["m", "", "", "m/s", "rad/s"];

    public int SubSteps => 1;

    public void Start(IPhysics physics, NumPyRandomState random)
    {
        physics.Positions[0] = swingUp ? 0.01 * random.Normal() : random.Uniform(-0.1, 0.1);
        physics.Positions[1] = swingUp ? Math.PI + 0.01 * random.Normal() : random.Uniform(-0.034, 0.034);
        physics.Velocities[0] = 0.01 * random.Normal();
        physics.Velocities[1] = 0.01 * random.Normal();
    }

    public void Observe(IPhysics physics, Span<float> observation)
    {
        (double sin, double cos) = Math.SinCos(physics.Positions[1]);
        (observation[0], observation[1], observation[2]) = ((float)physics.Positions[0], (float)cos, (float)sin);
        (observation[3], observation[4]) = ((float)physics.Velocities[0], (float)physics.Velocities[1]);
    }

    public bool Place(IPhysics physics, ReadOnlySpan<float> observation)
    {
        (physics.Positions[0], physics.Positions[1]) = (observation[0], Math.Atan2(observation[2], observation[1]));
        return true;
    }

    public double Reward(IPhysics physics)
    {
        double position = physics.Positions[0], cosine = Math.Cos(physics.Positions[1]);
        if (sparse)
            return Math.Abs(position) <= SparsePosition && cosine >= SparseCosine ? 1 : 0;
        double upright = (cosine + 1) / 2;
        double centered = (1 + Tolerance.Of(position, 0, 0, margin: 2)) / 2;
        double effortless = (4 + Tolerance.Of(physics.Control[0], 0, 0, margin: 1, Sigmoid.Quadratic, valueAtMargin: 0)) / 5;
        double slow = (1 + Tolerance.Of(physics.Velocities[1], 0, 0, margin: 5)) / 2;
        return upright * effortless * slow * centered;
    }
}
