namespace WorldModels.Environments;

/// <summary>Two joints, one actuator, advanced by the classical Runge-Kutta method of order four.</summary>
public abstract class TwoJointPhysics : IPhysics
{
    /// <summary>Seconds a step takes.</summary>
    public const double TimeStep = 0.01;

    private protected const double Gravity = 9.81;

    private readonly double[] _state = new double[4]; // positions, velocities
    private readonly double[] _control = new double[1];

    private protected TwoJointPhysics() { }

    public Span<double> Positions => _state.AsSpan(0, 2);

    public Span<double> Velocities => _state.AsSpan(2);

    public Span<double> Control => _control;

    /// <summary>Joint accelerations in the present state under the present control.</summary>
    public (double First, double Second) Accelerations => Accelerate(_state[0], _state[1], _state[2], _state[3]);

    public void Step()
    {
        const double Half = TimeStep / 2;
        (double p, double q, double v, double w) = (_state[0], _state[1], _state[2], _state[3]);
        (double a1, double b1) = Accelerate(p, q, v, w);
        (double v2, double w2) = (v + Half * a1, w + Half * b1);
        (double a2, double b2) = Accelerate(p + Half * v, q + Half * w, v2, w2);
        (double v3, double w3) = (v + Half * a2, w + Half * b2);
        (double a3, double b3) = Accelerate(p + Half * v2, q + Half * w2, v3, w3);
        (double v4, double w4) = (v + TimeStep * a3, w + TimeStep * b3);
        (double a4, double b4) = Accelerate(p + TimeStep * v3, q + TimeStep * w3, v4, w4);
        _state[0] = p + TimeStep / 6 * (v + 2 * (v2 + v3) + v4);
        _state[1] = q + TimeStep / 6 * (w + 2 * (w2 + w3) + w4);
        _state[2] = v + TimeStep / 6 * (a1 + 2 * (a2 + a3) + a4);
        _state[3] = w + TimeStep / 6 * (b1 + 2 * (b2 + b3) + b4);
    }

    /// <summary>Writes positions and velocities.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (double value in _state)
            writer.Write(value);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader) => Require.ReadFinite(reader, _state);

    private protected abstract (double First, double Second) Accelerate(
        double position1, double position2, double velocity1, double velocity2);

    /// <summary>The control of the one actuator.</summary>
    private protected double Command => _control[0];
}
