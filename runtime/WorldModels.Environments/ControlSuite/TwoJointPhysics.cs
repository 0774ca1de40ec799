namespace WorldModels.Environments;

/// <summary>Two joints, one actuator, advanced by the classical Runge-Kutta method of order four.</summary>
public abstract class TwoJointPhysics : IPhysics, ITwoJoints
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

    public void Step() => RungeKutta.Step(this, TimeStep, _state);

    /// <inheritdoc/>
    public abstract BodyScene CreateScene();

    /// <inheritdoc/>
    public abstract void Place(BodyScene scene);

    /// <summary>Writes positions and velocities.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (double value in _state)
            writer.Write(value);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader) => Require.ReadFinite(reader, _state);

    (double First, double Second) ITwoJoints.Accelerate(double position1, double position2, double velocity1, double velocity2) =>
        Accelerate(position1, position2, velocity1, velocity2);

    private protected abstract (double First, double Second) Accelerate(
        double position1, double position2, double velocity1, double velocity2);

    /// <summary>The control of the one actuator.</summary>
    private protected double Command => _control[0];
}
