namespace WorldModels.Environments;

/// <summary>What a step gave, beside the observation.</summary>
/// <param name="Reward">The undiscounted reward.</param>
/// <param name="Terminated">The task ended: nothing follows, the value of what follows is 0.</param>
/// <param name="Truncated">A time limit cut the episode: the task would have gone on. Both may be set in one step.</param>
public readonly record struct StepResult(double Reward, bool Terminated, bool Truncated)
{
    /// <summary>The episode is over, for whichever reason.</summary>
    public bool Done => Terminated || Truncated;
}

/// <summary>
/// One environment under Gymnasium's contract: <see cref="Reset"/> starts an episode, <see cref="Step"/> until terminated or truncated,
/// then <see cref="Reset"/> again. Spans in, spans out, no allocation per step. Not thread-safe; instances are independent.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public interface IEnvironment<TAction> where TAction : unmanaged
{
    /// <summary>The registered name, for example <c>minipacman-hunt</c>.</summary>
    string Name { get; }

    Space ObservationSpace { get; }

    Space ActionSpace { get; }

    /// <summary>Starts an episode.</summary>
    /// <param name="seed">Restarts the random stream; null goes on with it (or takes a fresh one when there was no seed yet).</param>
    /// <param name="observation">Receives the first observation, <c>ObservationSpace.Size</c> values.</param>
    void Reset(ulong? seed, Span<float> observation);

    /// <summary>Advances by one action.</summary>
    /// <param name="action"><c>ActionSpace.Size</c> values.</param>
    /// <param name="observation">Receives the observation on arrival, <c>ObservationSpace.Size</c> values.</param>
    /// <exception cref="InvalidOperationException">The episode is over or was never started.</exception>
    StepResult Step(ReadOnlySpan<TAction> action, Span<float> observation);
}

/// <summary>
/// Environments of one kind in lock step, with Gymnasium's same-step auto-reset: when a row's episode ends, the observation returned is
/// already the first of its next episode and the last of the old one is in <see cref="FinalObservation"/>. Not thread-safe.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public interface IVectorEnvironment<TAction> where TAction : unmanaged
{
    /// <summary>The registered name of each row's environment.</summary>
    string Name { get; }

    /// <summary>Rows, B.</summary>
    int Count { get; }

    /// <summary>The space of one row.</summary>
    Space ObservationSpace { get; }

    /// <summary>The space of one row.</summary>
    Space ActionSpace { get; }

    /// <summary>Starts an episode in every row; each row has a random stream of its own, <see cref="RowSeed.Of"/>(seed, row).</summary>
    /// <param name="seed">The seed of the whole.</param>
    /// <param name="observations">(B, observation), row-major.</param>
    void Reset(ulong seed, Span<float> observations);

    /// <summary>Advances every row by its action; rows whose episode ended start the next one.</summary>
    /// <param name="actions">(B, action).</param>
    /// <param name="observations">(B, observation): on arrival, or the first of the next episode where one ended.</param>
    /// <param name="rewards">(B).</param>
    /// <param name="terminated">(B).</param>
    /// <param name="truncated">(B).</param>
    void Step(
        ReadOnlySpan<TAction> actions, Span<float> observations, Span<float> rewards, Span<bool> terminated, Span<bool> truncated);

    /// <summary>The last observation of the episode that most recently ended in this row; zeros before any has.</summary>
    ReadOnlySpan<float> FinalObservation(int row);
}

/// <summary>
/// Something whose whole state, random stream included, can be stored: after a restore it goes on exactly as it would have.
/// </summary>
public interface IResumable
{
    void Save(BinaryWriter writer);

    /// <summary>Takes up what <see cref="Save"/> wrote for one of the same name, options and row count.</summary>
    /// <exception cref="InvalidDataException">The data is cut short, damaged, or of another environment.</exception>
    void Restore(BinaryReader reader);
}

/// <summary>Seeds of the rows of a batch.</summary>
public static class RowSeed
{
    /// <summary>A 64-bit seed that differs for every (seed, row): SplitMix64's output function over a stream per row.</summary>
    public static ulong Of(ulong seed, int row) => SplitMix64.Mix(SplitMix64.Mix(seed) + ((ulong)row + 1) * SplitMix64.Gamma);
}
