namespace WorldModels.Environments;

/// <summary>
/// What simulators have in common beside their dynamics: the checks of the contract, a random stream, a time limit that truncates,
/// saving and restoring.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public abstract class EpisodicEnvironment<TAction> : IEnvironment<TAction>, IResumable, IDrawable where TAction : unmanaged
{
    private readonly ISeededRandomSource _random;
    private readonly int _observationSize;
    private readonly int _actionSize;
    private bool _seeded;
    private bool _running;

    private protected EpisodicEnvironment(string name, Space observations, Space actions, int timeLimit, ISeededRandomSource random)
    {
        (Name, ObservationSpace, ActionSpace, TimeLimit) = (name, observations, actions, timeLimit);
        (_random, _observationSize, _actionSize) = (random, observations.Size, actions.Size);
    }

    public string Name { get; }

    public Space ObservationSpace { get; }

    public Space ActionSpace { get; }

    /// <summary>Steps after which an episode is truncated.</summary>
    public int TimeLimit { get; }

    /// <summary>Steps of this episode so far.</summary>
    public int Steps { get; private set; }

    public void Reset(ulong? seed, Span<float> observation)
    {
        Require.Length(observation.Length, _observationSize, nameof(observation));
        if (seed is not null || !_seeded)
        {
            _random.Seed(seed ?? (ulong)Random.Shared.NextInt64());
            _seeded = true;
            Reseed();
        }
        Start();
        Begin();
        Observe(observation);
    }

    public StepResult Step(ReadOnlySpan<TAction> action, Span<float> observation)
    {
        Require.Length(action.Length, _actionSize, nameof(action));
        Require.Length(observation.Length, _observationSize, nameof(observation));
        if (!_running)
            throw new InvalidOperationException($"The episode of '{Name}' is over or was never started: call Reset before Step.");
        double reward = Advance(action, out bool terminated);
        Observe(observation);
        StepResult result = new StepResult(reward, terminated, ++Steps >= TimeLimit);
        _running = !result.Done;
        return result;
    }

    /// <inheritdoc/>
    public abstract Scene Draw();

    public void Save(BinaryWriter writer)
    {
        SavedState.Begin(writer, Name);
        writer.Write(_seeded);
        writer.Write(_running);
        writer.Write(Steps);
        SaveState(writer);
        _random.Save(writer);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader) => SavedState.Restore(reader, Name, () =>
    {
        _seeded = reader.ReadBoolean();
        _running = reader.ReadBoolean();
        Steps = reader.ReadInt32();
        if (Steps < 0 || Steps > TimeLimit)
            throw new ArgumentException($"Step {Steps} is not in 0..{TimeLimit}.");
        RestoreState(reader);
        _random.Restore(reader);
    });

    /// <summary>An episode begins: after <see cref="Start"/>, or with a state put in from outside.</summary>
    private protected void Begin() => (Steps, _running) = (0, true);

    /// <summary>The random stream was started anew.</summary>
    private protected virtual void Reseed()
    {
    }

    /// <summary>Draws the first state of an episode.</summary>
    private protected abstract void Start();

    /// <summary>Checks the action, then advances by it.</summary>
    /// <returns>The reward.</returns>
    private protected abstract double Advance(ReadOnlySpan<TAction> action, out bool terminated);

    private protected abstract void Observe(Span<float> observation);

    private protected abstract void SaveState(BinaryWriter writer);

    /// <exception cref="ArgumentException">No such state can be.</exception>
    private protected abstract void RestoreState(BinaryReader reader);
}
