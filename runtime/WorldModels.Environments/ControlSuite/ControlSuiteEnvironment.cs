namespace WorldModels.Environments;

/// <summary>
/// A task of the DeepMind Control Suite (Tassa et al. 2018): actions in [-1, 1], which are clipped, rewards in [0, 1] for the state on
/// arrival, 1000 control steps, then truncated, never terminated. <c>Reset(seed)</c> draws as <c>np.random.RandomState(seed)</c> does.
/// </summary>
public sealed class ControlSuiteEnvironment : EpisodicEnvironment<float>, IObservationDrawable
{
    private readonly NumPyRandomState _random;
    private BodyScene? _scene;

    public ControlSuiteEnvironment(IControlTask task, IPhysics physics) : this(task, physics, new(0)) { }

    private ControlSuiteEnvironment(IControlTask task, IPhysics physics, NumPyRandomState random)
        : base(
            task.Name,
            new Box(float.NegativeInfinity, float.PositiveInfinity, [task.ObservationNames.Count]),
            new Box(-1, 1, [physics.Control.Length]),
            timeLimit: 1000,
            random) =>
        (Task, Physics, _random) = (task, physics, random);

    public IControlTask Task { get; }

    /// <summary>What moves, to look into or to put in another state.</summary>
    public IPhysics Physics { get; }

    public override Scene Draw()
    {
        _scene ??= Physics.CreateScene();
        Physics.Place(_scene);
        return _scene;
    }

    /// <inheritdoc/>
    public Scene? Draw(ReadOnlySpan<float> observation)
    {
        double[] positions = [.. Physics.Positions];
        if (!Task.Place(Physics, observation))
            return null;
        Scene scene = Draw();
        positions.CopyTo(Physics.Positions);
        return scene;
    }

    private protected override void Start()
    {
        Physics.Reset();
        Task.Start(Physics, _random);
        Physics.Forward();
    }

    private protected override double Advance(ReadOnlySpan<float> action, out bool terminated)
    {
        Require.Finite(action, Name);
        Span<double> control = Physics.Control;
        for (int i = 0; i < control.Length; i++)
            control[i] = Math.Clamp(action[i], -1, 1);
        Physics.Step(Task.SubSteps);
        terminated = false;
        return Task.Reward(Physics);
    }

    private protected override void Observe(Span<float> observation) => Task.Observe(Physics, observation);

    private protected override void SaveState(BinaryWriter writer) => Physics.Save(writer);

    private protected override void RestoreState(BinaryReader reader) => Physics.Restore(reader);
}
