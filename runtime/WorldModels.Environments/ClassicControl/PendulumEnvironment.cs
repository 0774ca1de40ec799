namespace WorldModels.Environments;

/// <summary>
/// Gymnasium's Pendulum-v1: a rod of 1 kg and 1 m to be swung up by a torque in [-2, 2] Nm, which is clipped, and held there. State:
/// angle from upright (rad, not wrapped), angular velocity (within 8 rad/s). Observation: cosine, sine, angular velocity. Reward:
/// minus angle^2 + 0.1 velocity^2 + 0.001 torque^2, of the state before the step. Truncated after 200 steps.
/// </summary>
/// <param name="gravity">m/s^2.</param>
public sealed class PendulumEnvironment(double gravity = 10)
    : ClassicControlEnvironment<float>("pendulum", 2, Observations, Torques, 200), IObservationDrawable
{
    private const float MaxTorque = 2;
    private const float MaxSpeed = 8;
    private const double Mass = 1;
    private const double Length = 1;
    /// <summary>Seconds a step takes.</summary>
    public const double TimeStep = 0.05;

    private static readonly Box Observations = new(-MaxSpeed, MaxSpeed, [3]);
    private static readonly Box Torques = new(-MaxTorque, MaxTorque, [1]);

    private readonly FlatScene _scene = new(-1.4, -1.4, 1.4, 1.4);

    public override Scene Draw() => Draw(State[0]);

    /// <inheritdoc/>
    public Scene Draw(ReadOnlySpan<float> observation) => Draw(Math.Atan2(observation[1], observation[0]));

    private Scene Draw(double angle) => _scene.Clear()
        .Rod(Palette.Pole, 0, 0, Length * Math.Sin(angle), Length * Math.Cos(angle), 0.1)
        .Disc(Palette.Joint, 0, 0, 0.05);

    private protected override void Start()
    {
        MutableState[0] = Uniform(-Math.PI, Math.PI);
        MutableState[1] = Uniform(-1, 1);
    }

    private protected override double Advance(ReadOnlySpan<float> action, out bool terminated)
    {
        Require.Finite(action, Name);
        double torque = Math.Clamp(action[0], -MaxTorque, MaxTorque);
        Span<double> state = MutableState;
        (double angle, double velocity) = (state[0], state[1]);
        double wrapped = (angle + Math.PI) % (2 * Math.PI);
        wrapped += (wrapped < 0 ? 2 * Math.PI : 0) - Math.PI;
        double cost = wrapped * wrapped + 0.1 * (velocity * velocity) + 0.001 * (torque * torque);
        double acceleration = 3 * gravity / (2 * Length) * Math.Sin(angle) + 3.0 / (Mass * Length * Length) * torque;
        velocity = Math.Clamp(velocity + acceleration * TimeStep, -MaxSpeed, MaxSpeed);
        (state[0], state[1]) = (angle + velocity * TimeStep, velocity);
        terminated = false;
        return -cost;
    }

    private protected override void Observe(Span<float> observation)
    {
        (double sin, double cos) = Math.SinCos(State[0]);
        (observation[0], observation[1], observation[2]) = ((float)cos, (float)sin, (float)State[1]);
    }
}
