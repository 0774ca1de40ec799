namespace WorldModels.Environments;

/// <summary>
/// Gymnasium's MountainCarContinuous-v0: as <see cref="MountainCarEnvironment"/>, but pushed by a force in [-1, 1], which is clipped.
/// Reward: 100 on arrival at position 0.45, less 0.1 force^2 of the force as it was given. Truncated after 999 steps. The original
/// keeps the state in single precision between steps; so does this.
/// </summary>
public sealed class ContinuousMountainCarEnvironment()
    : ClassicControlEnvironment<float>("mountain-car-continuous", 2, MountainCar.Observations, Forces, 999), IObservationDrawable
{
    private const double Goal = 0.45;
    private const double Power = 0.0015;

    private static readonly Box Forces = new(-1, 1, [1]);

    private readonly FlatScene _scene = MountainCar.CreateScene();

    public override Scene Draw() => MountainCar.Draw(_scene, State[0], Goal);

    /// <inheritdoc/>
    public Scene Draw(ReadOnlySpan<float> observation) => MountainCar.Draw(_scene, observation[0], Goal);

    private protected override void Start() => (MutableState[0], MutableState[1]) = (Uniform(-0.6, -0.4), 0);

    private protected override double Advance(ReadOnlySpan<float> action, out bool terminated)
    {
        Require.Finite(action, Name);
        double force = action[0];
        (double position, double velocity) = MountainCar.Move(State[0], State[1], Math.Clamp(force, -1, 1) * Power);
        terminated = position >= Goal && velocity >= 0;
        (MutableState[0], MutableState[1]) = ((float)position, (float)velocity);
        return (terminated ? 100 : 0) - 0.1 * (force * force);
    }

    private protected override void Observe(Span<float> observation) => MountainCar.Observe(State, observation);
}
