namespace WorldModels.Environments;

/// <summary>What the systems of our own have in common: a state of a few joints from which all else is computed when needed.</summary>
public abstract class JointPhysics : IPhysics
{
    private readonly double[] _state; // positions, velocities
    private readonly double[] _control;
    private readonly double[] _target;

    private protected JointPhysics(int joints, int actuators, int target = 0) =>
        (_state, _control, _target) = (new double[2 * joints], new double[actuators], new double[target]);

    public Span<double> Positions => _state.AsSpan(0, _state.Length / 2);

    public Span<double> Velocities => _state.AsSpan(_state.Length / 2);

    public Span<double> Control => _control;

    public Span<double> Target => _target;

    /// <summary>Positions, then velocities.</summary>
    private protected Span<double> State => _state;

    public void Reset()
    {
        Array.Clear(_state);
        Array.Clear(_control);
    }

    /// <summary>Has nothing to do: nothing is kept that follows from the state.</summary>
    public void Forward()
    {
    }

    public void Step(int steps = 1)
    {
        for (int step = 0; step < steps; step++)
            Advance();
    }

    /// <summary>Writes positions, velocities and the target.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (double value in _state)
            writer.Write(value);
        foreach (double value in _target)
            writer.Write(value);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        Require.ReadFinite(reader, _state);
        Require.ReadFinite(reader, _target);
    }

    /// <inheritdoc/>
    public abstract BodyScene CreateScene();

    /// <inheritdoc/>
    public abstract void Place(BodyScene scene);

    /// <summary>Takes one time step.</summary>
    private protected abstract void Advance();
}
