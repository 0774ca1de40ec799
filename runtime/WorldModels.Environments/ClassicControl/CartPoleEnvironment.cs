namespace WorldModels.Environments;

/// <summary>
/// Gymnasium's CartPole-v1 (Barto, Sutton, Anderson 1983): a cart pushed left (0) or right (1) with 10 N balances a pole. The
/// observation is the state: position (m), velocity, angle from upright (rad), angular velocity. Reward 1 a step, the last included;
/// terminated beyond 2.4 m or 12 degrees, truncated after 500 steps.
/// </summary>
/// <param name="suttonBartoReward">Sutton and Barto's rewards (Gymnasium's <c>sutton_barto_reward</c>): 0 a step, -1 for a fall.</param>
public sealed class CartPoleEnvironment(bool suttonBartoReward = false)
    : ClassicControlEnvironment<long>(
        suttonBartoReward ? "cartpole-sutton-barto" : "cartpole", 4, Observations, ActionIndices, 500), IObservationDrawable
{
    private const double Gravity = 9.8;
    private const double PoleMass = 0.1;
    private const double TotalMass = 1.0 + PoleMass;
    private const double HalfLength = 0.5;
    private const double PoleMassLength = PoleMass * HalfLength;
    private const double Force = 10;
    /// <summary>Seconds a step takes.</summary>
    public const double TimeStep = 0.02;
    private const double PositionLimit = 2.4;
    private const double AngleLimit = 12 * 2 * Math.PI / 360;

    private static readonly Box Observations = new(float.NegativeInfinity, float.PositiveInfinity, [4]);
    private static readonly Discrete ActionIndices = new(2);

    private readonly FlatScene _scene = new(-PositionLimit, -1.6, PositionLimit, 3.2);

    public override Scene Draw() => Draw(State[0], State[2]);

    /// <inheritdoc/>
    public Scene Draw(ReadOnlySpan<float> observation) => Draw(observation[0], observation[2]);

    private Scene Draw(double x, double angle) => _scene.Clear()
        .Rectangle(Palette.Fixed, -PositionLimit, -0.02, PositionLimit, 0.02)
        .Rectangle(Palette.Cart, x - 0.3, -0.15, x + 0.3, 0.15)
        .Rod(Palette.Pole, x, 0.15, x + 2 * HalfLength * Math.Sin(angle), 0.15 + 2 * HalfLength * Math.Cos(angle), 0.05)
        .Disc(Palette.Joint, x, 0.15, 0.03);

    private protected override void Start()
    {
        foreach (ref double value in MutableState)
            value = Uniform(-0.05, 0.05);
    }

    private protected override double Advance(ReadOnlySpan<long> action, out bool terminated)
    {
        double force = Require.Index(action[0], ActionIndices.N, Name) == 1 ? Force : -Force;
        Span<double> state = MutableState;
        (double x, double velocity, double angle, double angularVelocity) = (state[0], state[1], state[2], state[3]);
        (double sin, double cos) = Math.SinCos(angle);
        double pushed = (force + PoleMassLength * (angularVelocity * angularVelocity) * sin) / TotalMass;
        double angularAcceleration =
            (Gravity * sin - cos * pushed) / (HalfLength * (4.0 / 3.0 - PoleMass * (cos * cos) / TotalMass));
        double acceleration = pushed - PoleMassLength * angularAcceleration * cos / TotalMass;
        x += TimeStep * velocity;
        angle += TimeStep * angularVelocity;
        (state[0], state[1]) = (x, velocity + TimeStep * acceleration);
        (state[2], state[3]) = (angle, angularVelocity + TimeStep * angularAcceleration);
        terminated = Math.Abs(x) > PositionLimit || Math.Abs(angle) > AngleLimit;
        return suttonBartoReward ? (terminated ? -1 : 0) : 1;
    }

    private protected override void Observe(Span<float> observation)
    {
        for (int i = 0; i < observation.Length; i++)
            observation[i] = (float)State[i];
    }
}
