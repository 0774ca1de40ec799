namespace WorldModels.Environments;

/// <summary>Which equations of motion the acrobot has.</summary>
public enum AcrobotDynamics
{
    /// <summary>Those of Sutton and Barto's book, Gymnasium's default.</summary>
    Book,

    /// <summary>Those of Sutton's paper (NIPS 1996), which lack a term of the first link's velocity.</summary>
    Nips,
}

/// <summary>
/// Gymnasium's Acrobot-v1 (Sutton 1996): two links of 1 kg and 1 m hang from a bar; a torque of -1, 0 or 1 Nm at the joint between
/// them (actions 0, 1, 2) is to swing the free end 1 m above the bar. State: angle of the first link from hanging and of the second
/// against the first (rad, wrapped), their velocities (within 4 and 9 pi). Observation: cosine and sine of each angle, velocities.
/// Reward -1 a step, 0 for the last; terminated when the end is up, truncated after 500 steps. One Runge-Kutta step of 0.2 s a step.
/// </summary>
public sealed class AcrobotEnvironment(AcrobotDynamics dynamics = AcrobotDynamics.Book)
    : ClassicControlEnvironment<long>("acrobot", 4, Observations, ActionIndices, 500), IObservationDrawable
{
    private const double Mass = 1;
    private const double Length = 1;
    private const double CenterOfMass = 0.5;
    private const double Inertia = 1;
    private const double Gravity = 9.8;
    /// <summary>Seconds a step takes.</summary>
    public const double TimeStep = 0.2;
    private const double MaxSpeed1 = 4 * Math.PI;
    private const double MaxSpeed2 = 9 * Math.PI;

    private static readonly Box Observations = new(-(float)MaxSpeed2, (float)MaxSpeed2, [6]);
    private static readonly Discrete ActionIndices = new(3);

    private readonly FlatScene _scene = new(-2.2, -2.2, 2.2, 2.2);

    public override Scene Draw() => Draw(State[0], State[1]);

    /// <inheritdoc/>
    public Scene Draw(ReadOnlySpan<float> observation) =>
        Draw(Math.Atan2(observation[1], observation[0]), Math.Atan2(observation[3], observation[2]));

    private Scene Draw(double first, double second)
    {
        (double elbowX, double elbowY) = (Length * Math.Sin(first), -Length * Math.Cos(first));
        double angle = first + second;
        return _scene.Clear()
            .Rectangle(Palette.Target, -2.2, Length - 0.01, 2.2, Length + 0.01)
            .Rod(Palette.Pole, 0, 0, elbowX, elbowY, 0.1)
            .Rod(Palette.SecondPole, elbowX, elbowY, elbowX + Length * Math.Sin(angle), elbowY - Length * Math.Cos(angle), 0.1)
            .Disc(Palette.Joint, 0, 0, 0.07)
            .Disc(Palette.Joint, elbowX, elbowY, 0.07);
    }

    private protected override void Start()
    {
        foreach (ref double value in MutableState)
            value = (float)Uniform(-0.1, 0.1); // Gymnasium rounds these
    }

    private protected override double Advance(ReadOnlySpan<long> action, out bool terminated)
    {
        double torque = Require.Index(action[0], ActionIndices.N, Name) - 1;
        Span<double> state = MutableState;
        RungeKutta.Step(new Links(torque, dynamics), TimeStep, state);
        (state[0], state[1]) = (Math.IEEERemainder(state[0], 2 * Math.PI), Math.IEEERemainder(state[1], 2 * Math.PI));
        state[2] = Math.Clamp(state[2], -MaxSpeed1, MaxSpeed1);
        state[3] = Math.Clamp(state[3], -MaxSpeed2, MaxSpeed2);
        terminated = -Math.Cos(state[0]) - Math.Cos(state[0] + state[1]) > 1;
        return terminated ? 0 : -1;
    }

    private protected override void Observe(Span<float> observation)
    {
        for (int link = 0; link < 2; link++)
        {
            (double sin, double cos) = Math.SinCos(State[link]);
            (observation[2 * link], observation[2 * link + 1], observation[4 + link]) = ((float)cos, (float)sin, (float)State[2 + link]);
        }
    }

    /// <summary>The two links under a torque.</summary>
    private readonly struct Links(double torque, AcrobotDynamics dynamics) : ITwoJoints
    {
        public (double First, double Second) Accelerate(double angle1, double angle2, double velocity1, double velocity2)
        {
            const double Coupling = Mass * Length * CenterOfMass;
            const double ElbowInertia = Mass * CenterOfMass * CenterOfMass + Inertia;
            (double sin, double cos) = Math.SinCos(angle2);
            double d1 = 2 * ElbowInertia + Mass * Length * Length + 2 * Coupling * cos;
            double d2 = ElbowInertia + Coupling * cos;
            double phi2 = Mass * CenterOfMass * Gravity * Math.Sin(angle1 + angle2);
            double phi1 = phi2 + (Mass * CenterOfMass + Mass * Length) * Gravity * Math.Sin(angle1)
                - Coupling * sin * velocity2 * (velocity2 + 2 * velocity1);
            double centrifugal = dynamics == AcrobotDynamics.Book ? Coupling * sin * velocity1 * velocity1 : 0;
            double second = (torque + d2 / d1 * phi1 - centrifugal - phi2) / (ElbowInertia - d2 * d2 / d1);
            return (-(d2 * second + phi1) / d1, second);
        }
    }
}
