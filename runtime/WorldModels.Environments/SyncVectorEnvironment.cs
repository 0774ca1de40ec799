namespace WorldModels.Environments;

/// <summary>
/// B environments stepped one after another on the calling thread, with same-step auto-reset (see
/// <see cref="IVectorEnvironment{TAction}"/>) and no allocation per step. Resumable when its environments are.
/// </summary>
public class SyncVectorEnvironment<TEnvironment, TAction> : IVectorEnvironment<TAction>, IResumable
    where TEnvironment : class, IEnvironment<TAction>
    where TAction : unmanaged
{
    private readonly TEnvironment[] _rows;
    private readonly float[] _final; // (B, O)
    private readonly int _observationSize;
    private readonly int _actionSize;

    /// <param name="count">Rows, at least 1.</param>
    /// <param name="make">Makes the environment of one row; all must be of the same kind.</param>
    public SyncVectorEnvironment(int count, Func<TEnvironment> make)
    {
        if (count < 1)
            throw new ArgumentOutOfRangeException(nameof(count), count, "A vector environment needs at least one row.");
        _rows = new TEnvironment[count];
        for (int row = 0; row < count; row++)
            _rows[row] = make();
        _observationSize = ObservationSpace.Size;
        _actionSize = ActionSpace.Size;
        _final = new float[checked(count * _observationSize)];
    }

    public string Name => _rows[0].Name;

    public int Count => _rows.Length;

    public Space ObservationSpace => _rows[0].ObservationSpace;

    public Space ActionSpace => _rows[0].ActionSpace;

    /// <summary>The environment of a row, to look into. Stepping it by itself takes it out of lock step.</summary>
    public TEnvironment this[int row] => _rows[row];

    public void Reset(ulong seed, Span<float> observations)
    {
        Require.Length(observations.Length, Count * _observationSize, "observations");
        for (int row = 0; row < _rows.Length; row++)
            _rows[row].Reset(RowSeed.Of(seed, row), observations.Slice(row * _observationSize, _observationSize));
    }

    public void Step(
        ReadOnlySpan<TAction> actions, Span<float> observations, Span<float> rewards, Span<bool> terminated, Span<bool> truncated)
    {
        Require.Length(actions.Length, Count * _actionSize, "actions");
        Require.Length(observations.Length, Count * _observationSize, "observations");
        Require.Length(rewards.Length, Count, "rewards");
        Require.Length(terminated.Length, Count, "terminated");
        Require.Length(truncated.Length, Count, "truncated");
        for (int row = 0; row < _rows.Length; row++)
        {
            TEnvironment environment = _rows[row];
            Span<float> observation = observations.Slice(row * _observationSize, _observationSize);
            StepResult result = environment.Step(actions.Slice(row * _actionSize, _actionSize), observation);
            rewards[row] = (float)result.Reward;
            terminated[row] = result.Terminated;
            truncated[row] = result.Truncated;
            if (!result.Done)
                continue;
            observation.CopyTo(_final.AsSpan(row * _observationSize));
            environment.Reset(null, observation);
        }
    }

    public ReadOnlySpan<float> FinalObservation(int row) => _final.AsSpan(row * _observationSize, _observationSize);

    /// <summary>Writes every row. <see cref="FinalObservation"/> belongs to the step before and is not kept.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Count);
        for (int row = 0; row < Count; row++)
            Resumable(row).Save(writer);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count != Count)
            throw new InvalidDataException($"The saved state has {count} rows, this environment has {Count}; make it with {count}.");
        for (int row = 0; row < Count; row++)
            Resumable(row).Restore(reader);
    }

    private IResumable Resumable(int row) => _rows[row] as IResumable
        ?? throw new NotSupportedException($"The environment '{Name}' cannot save its state.");
}
