using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Environments.MuJoCo;

/// <summary>
/// A model of the control suite that MuJoCo computes. What is read and written are copies, so that no span outlives MuJoCo's memory.
/// Not thread-safe; instances are independent.
/// </summary>
public sealed unsafe partial class MuJoCoPhysics : IPhysics, IDisposable
{
    private const int RungeKutta = 1; // mjINT_RK4
    private const int ActuationOff = 1 << 10; // mjDSBL_ACTUATION
    private const int WarningKinds = 8; // mjNWARNING, each of two integers

    private readonly MuJoCoLibrary _library = MuJoCoLibrary.Instance;
    private readonly CompiledModel _model;
    private readonly DataHandle _data;
    private readonly bool _isStepHalved; // whether a step goes on from where the last one left off
    private readonly double[] _positions;
    private readonly double[] _velocities;
    private readonly double[] _activations;
    private readonly double[] _control;
    private readonly double[] _target;
    private readonly double[] _sensors;
    private readonly double[] _bodyPositions;
    private readonly double[] _bodyOrientations;
    private readonly double[] _bodyCenters;

    /// <param name="model">Its name: cheetah, walker, hopper, finger, ball_in_cup, quadruped, humanoid, reacher, ...</param>
    /// <exception cref="MuJoCoException">The library is missing or not one that is known.</exception>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public MuJoCoPhysics(string model)
    {
        _model = new(_library, model);
        _data = new(_library, Handle);
        ModelLayout layout = _library.Layout.Model;
        TimeStep = Handle.Real(layout.TimeStep);
        _positions = new double[Handle.Integer(layout.PositionCount)];
        _velocities = new double[Handle.Integer(layout.VelocityCount)];
        _activations = new double[Handle.Integer(layout.ActivationCount)];
        _control = new double[Handle.Integer(layout.ActuatorCount)];
        _target = _model.Target.ToArray();
        _sensors = new double[Handle.Integer(layout.SensorDataCount)];
        _bodyPositions = new double[3 * _model.BodyNames.Length];
        _bodyOrientations = new double[9 * _model.BodyNames.Length];
        _bodyCenters = new double[3 * _model.BodyNames.Length];
        // Only Euler's method has two halves. And quaternions, of which there is one more number than velocities, are scaled to length 1
        // at the beginning of a step: a restored state would differ in the last bit if that were not done anew in every step.
        _isStepHalved = Handle.Integer(layout.Integrator) != RungeKutta && _positions.Length == _velocities.Length;
        Reset();
    }

    /// <summary>Seconds a step takes.</summary>
    public double TimeStep { get; }

    /// <inheritdoc/>
    public Span<double> Positions => _positions;

    /// <inheritdoc/>
    public Span<double> Velocities => _velocities;

    /// <summary>What the actuators get in the next steps: -1 is the least that each of them takes, 1 the most.</summary>
    public Span<double> Control => _control;

    /// <inheritdoc/>
    public Span<double> Target => _target;

    /// <summary>What actuators that follow their control with a delay have reached; empty where none does.</summary>
    public ReadOnlySpan<double> Activations => _activations;

    /// <summary>Contacts between geoms, after the last <see cref="Forward"/> or <see cref="Step"/>.</summary>
    public int ContactCount { get; private set; }

    /// <summary>The model's joints, in the order of their positions.</summary>
    internal ReadOnlySpan<Joint> Joints => _model.Joints;

    /// <summary>What is looked up in the model by name.</summary>
    internal CompiledModel Model => _model;

    /// <summary>MuJoCo's state of this system, for tests; good while this object is referenced.</summary>
    internal DataHandle Data => _data;

    private ModelHandle Handle => _model.Handle;

    /// <summary>
    /// What a sensor measures. Touch, force, torque and acceleration are those before the last step; all others are of the present state.
    /// </summary>
    public ReadOnlySpan<double> Sensor(string name)
    {
        (int start, int size) = _model.Sensor(name);
        return _sensors.AsSpan(start, size);
    }

    /// <summary>Where a body's frame is in the world (m), x, y, z.</summary>
    public ReadOnlySpan<double> BodyPosition(string name) => _bodyPositions.AsSpan(3 * _model.Body(name), 3);

    /// <summary>A body's axes in the world, the columns of a 3x3 matrix that is stored by rows.</summary>
    public ReadOnlySpan<double> BodyOrientation(string name) => _bodyOrientations.AsSpan(9 * _model.Body(name), 9);

    /// <summary>Where a body's centre of mass is in the world (m), x, y, z.</summary>
    public ReadOnlySpan<double> BodyCenter(string name) => _bodyCenters.AsSpan(3 * _model.Body(name), 3);

    /// <inheritdoc/>
    public void Reset()
    {
        Call(_library.ResetData);
        State(_library.Layout.Data.Positions, _positions).CopyTo(_positions);
        State(_library.Layout.Data.Velocities, _velocities).CopyTo(_velocities);
        Array.Clear(_control);
        Forward();
    }

    /// <inheritdoc/>
    public void Forward()
    {
        WriteState();
        ref int disabled = ref Handle.Integer(_library.Layout.Model.DisableFlags);
        disabled |= ActuationOff;
        Call(_library.Forward);
        disabled &= ~ActuationOff;
        ReadState();
    }

    /// <summary>
    /// Advances by time steps under one control. Then positions, velocities, bodies and all sensors but those of forces are of the new
    /// state, as in dm_control: the first half of the next step is computed here already, and where that can be, not once more.
    /// </summary>
    /// <exception cref="MuJoCoException">The state became infinite, or contacts were more than there is room for.</exception>
    public void Step(int steps = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        bool isMoved = WriteState();
        if (_isStepHalved)
        {
            if (isMoved)
                Call(_library.StepOne);
            Call(_library.StepTwo);
        }
        else
        {
            Call(_library.Step);
        }
        for (int step = 1; step < steps; step++)
            Call(_library.Step);
        Call(_library.StepOne);
        ReadState();
    }

    /// <summary>Writes positions, velocities, the target, and what the solver starts the next step from.</summary>
    public void Save(BinaryWriter writer)
    {
        Put(_positions);
        Put(_velocities);
        Put(_target);
        Put(_activations);
        Put(State(_library.Layout.Data.WarmStart, _velocities));
        GC.KeepAlive(this);

        void Put(ReadOnlySpan<double> values)
        {
            foreach (double value in values)
                writer.Write(value);
        }
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        Call(_library.ResetData); // whatever there were of warnings
        Require.ReadFinite(reader, _positions);
        Require.ReadFinite(reader, _velocities);
        Require.ReadFinite(reader, _target);
        Require.ReadFinite(reader, State(_library.Layout.Data.Activations, _activations));
        Require.ReadFinite(reader, State(_library.Layout.Data.WarmStart, _velocities));
        double[] positions = [.. _positions];
        WriteState();
        Call(_library.StepOne);
        ReadState();
        positions.CopyTo(_positions); // as they were, not scaled to length 1 once more
    }

    /// <summary>Frees MuJoCo's memory; nothing may be computed afterwards.</summary>
    public void Dispose()
    {
        _data.Dispose();
        Handle.Dispose();
    }

    /// <summary>Hands what may have been written over to MuJoCo.</summary>
    /// <returns>Whether the state is another one than MuJoCo had.</returns>
    private bool WriteState()
    {
        DataLayout layout = _library.Layout.Data;
        Span<double> control = State(layout.Control, _control);
        Span<double> ranges = Handle.Array<double>(_library.Layout.Model.ControlRange, 2 * _control.Length);
        for (int i = 0; i < control.Length; i++)
        {
            (double low, double high) = (ranges[2 * i], ranges[2 * i + 1]);
            control[i] = (high + low) / 2 + _control[i] * ((high - low) / 2);
        }
        return Copy(_positions, State(layout.Positions, _positions))
            | Copy(_velocities, State(layout.Velocities, _velocities))
            | Copy(_target, _model.Target);

        static bool Copy(ReadOnlySpan<double> from, Span<double> to)
        {
            bool differs = !from.SequenceEqual(to);
            if (differs)
                from.CopyTo(to);
            return differs;
        }
    }

    /// <summary>Takes over what MuJoCo computed.</summary>
    private void ReadState()
    {
        DataLayout layout = _library.Layout.Data;
        State(layout.Positions, _positions).CopyTo(_positions);
        State(layout.Velocities, _velocities).CopyTo(_velocities);
        State(layout.Activations, _activations).CopyTo(_activations);
        State(layout.SensorData, _sensors).CopyTo(_sensors);
        State(layout.BodyPosition, _bodyPositions).CopyTo(_bodyPositions);
        State(layout.BodyOrientation, _bodyOrientations).CopyTo(_bodyOrientations);
        State(layout.BodyCenter, _bodyCenters).CopyTo(_bodyCenters);
        ContactCount = _data.Integer(layout.ContactCount);
        bool isWarned = false;
        for (int kind = 0; kind < WarningKinds; kind++)
            isWarned |= _data.Integer(layout.Warnings + sizeof(int) * (2 * kind + 1)) != 0;
        GC.KeepAlive(this);
        if (isWarned)
        {
            throw new MuJoCoException(
                $"The physics of '{_model.Name}' cannot go on: {MuJoCoLibrary.LastWarning} Reset it, and look at what was written to it.");
        }
    }

    /// <summary>An array of mjData that is as long as a copy of it.</summary>
    private Span<double> State(int offset, double[] copy) => _data.Array<double>(offset, copy.Length);

    private void Call(delegate* unmanaged[Cdecl]<nint, nint, void> function) => function(Handle.Address, _data.Address);
}
