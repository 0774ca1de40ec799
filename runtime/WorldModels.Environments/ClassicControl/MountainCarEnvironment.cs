namespace WorldModels.Environments;

/// <summary>
/// Gymnasium's MountainCar-v0 (Moore 1990): a car too weak for the hill on its right must rock itself up it, pushing left (0), not at
/// all (1) or right (2). The observation is the state: position and velocity. Reward -1 a step; terminated at position 0.5, truncated
/// after 200 steps.
/// </summary>
public sealed class MountainCarEnvironment()
    : ClassicControlEnvironment<long>("mountain-car", 2, MountainCar.Observations, ActionIndices, 200), IObservationDrawable
{
    private const double Goal = 0.5;
    private const double Force = 0.001;

    private static readonly Discrete ActionIndices = new(3);

    private readonly FlatScene _scene = MountainCar.CreateScene();

    public override Scene Draw() => MountainCar.Draw(_scene, State[0], Goal);

    /// <inheritdoc/>
    public Scene Draw(ReadOnlySpan<float> observation) => MountainCar.Draw(_scene, observation[0], Goal);

    private protected override void Start() => (MutableState[0], MutableState[1]) = (Uniform(-0.6, -0.4), 0);

    private protected override double Advance(ReadOnlySpan<long> action, out bool terminated)
    {
        int push = Require.Index(action[0], ActionIndices.N, Name) - 1;
        (double position, double velocity) = MountainCar.Move(State[0], State[1], push * Force);
        (MutableState[0], MutableState[1]) = (position, velocity);
        terminated = position >= Goal && velocity >= 0;
        return -1;
    }

    private protected override void Observe(Span<float> observation) => MountainCar.Observe(State, observation);
}
