namespace WorldModels.Environments.MuJoCo;

/// <summary>A task over one of MuJoCo's models.</summary>
/// <param name="name">The registered name.</param>
/// <param name="model">The name of the model.</param>
/// <param name="timeStep">Seconds that a step of the physics takes, as the model has it.</param>
/// <param name="subSteps">Steps of the physics that one control step takes.</param>
/// <param name="actions">What the actuators are called, in the order of the model.</param>
/// <param name="observation">What is seen, in its order: unit by unit, the names of the numbers.</param>
internal abstract class MuJoCoTask(
    string name, string model, double timeStep, int subSteps, IReadOnlyList<string> actions, params MuJoCoTask.Seen[] observation)
    : IControlTask
{
    public string Name => name;

    /// <summary>Seconds that a step of the physics takes.</summary>
    public double TimeStep => timeStep;

    /// <summary>What the actuators are called.</summary>
    public IReadOnlyList<string> ActionNames => actions;

    public IReadOnlyList<string> ObservationNames { get; } = [.. observation.SelectMany(seen => seen.Names)];

    public IReadOnlyList<string> ObservationUnits { get; } =
        [.. observation.SelectMany(seen => Enumerable.Repeat(seen.Unit, seen.Names.Length))];

    public int SubSteps => subSteps;

    /// <summary>Makes the model as this task has it.</summary>
    /// <exception cref="MuJoCoException">MuJoCo is missing or not one that is known.</exception>
    public MuJoCoPhysics MakePhysics()
    {
        MuJoCoPhysics physics = new(model);
        Adapt(physics);
        return physics;
    }

    public void Start(IPhysics physics, NumPyRandomState random) => Start((MuJoCoPhysics)physics, random);

    public void Observe(IPhysics physics, Span<float> observation)
    {
        ObservationWriter writer = new(observation);
        Observe((MuJoCoPhysics)physics, ref writer);
    }

    public double Reward(IPhysics physics) => Reward((MuJoCoPhysics)physics);

    /// <summary>Changes in the model what the task has otherwise, before the first episode.</summary>
    protected virtual void Adapt(MuJoCoPhysics physics)
    {
    }

    /// <inheritdoc cref="Start(IPhysics, NumPyRandomState)"/>
    protected abstract void Start(MuJoCoPhysics physics, NumPyRandomState random);

    /// <inheritdoc cref="Observe(IPhysics, Span{float})"/>
    protected abstract void Observe(MuJoCoPhysics physics, ref ObservationWriter observation);

    /// <inheritdoc cref="Reward(IPhysics)"/>
    protected abstract double Reward(MuJoCoPhysics physics);

    /// <summary>1 from a bound upwards; below it falls, to <paramref name="valueAtMargin"/> at the margin.</summary>
    protected static double AtLeast(
        double bound, double value, double margin, Sigmoid sigmoid = Sigmoid.Gaussian, double valueAtMargin = 0.1) =>
        Tolerance.Of(value, bound, double.PositiveInfinity, margin, sigmoid, valueAtMargin);

    /// <summary>1 without control, 0.8 where all actuators give what they can.</summary>
    protected static double SmallControl(MuJoCoPhysics physics)
    {
        double sum = 0;
        foreach (double control in physics.Control)
            sum += Tolerance.Of(control, 0, 0, margin: 1, Sigmoid.Quadratic, valueAtMargin: 0);
        return (4 + sum / physics.Control.Length) / 5;
    }

    /// <summary>Numbers of an observation that have one unit.</summary>
    internal readonly record struct Seen(string Unit, params string[] Names)
    {
        /// <summary>The same for the velocities of joints.</summary>
        public static Seen Velocities(string unit, params IEnumerable<string> joints) =>
            new(unit, [.. joints.Select(joint => $"{joint} velocity")]);
    }
}

/// <summary>Writes an observation number after number.</summary>
internal ref struct ObservationWriter(Span<float> observation)
{
    private readonly Span<float> _observation = observation;
    private int _count;

    public void Add(double value) => _observation[_count++] = (float)value;

    public void Add(ReadOnlySpan<double> values)
    {
        foreach (double value in values)
            Add(value);
    }
}
