namespace WorldModels.Environments;

/// <summary>Truncates episodes after a number of steps, sooner than the environment itself may.</summary>
public sealed class TimeLimit<TAction> : EnvironmentWrapper<TAction> where TAction : unmanaged
{
    private int _steps;

    /// <param name="inner">What is cut short.</param>
    /// <param name="limit">Steps an episode, at least 1.</param>
    public TimeLimit(IEnvironment<TAction> inner, int limit) : base(inner)
    {
        if (limit < 1)
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "An episode takes at least one step.");
        Limit = limit;
    }

    /// <summary>Steps an episode.</summary>
    public int Limit { get; }

    public override void Reset(ulong? seed, Span<float> observation)
    {
        base.Reset(seed, observation);
        _steps = 0;
    }

    public override StepResult Step(ReadOnlySpan<TAction> action, Span<float> observation)
    {
        if (_steps == Limit)
            throw new InvalidOperationException($"The episode of '{Name}' is over: call Reset before Step.");
        StepResult result = Inner.Step(action, observation);
        return result with { Truncated = ++_steps == Limit || result.Truncated };
    }

    public override void Save(BinaryWriter writer)
    {
        writer.Write(_steps);
        base.Save(writer);
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        int steps;
        try
        {
            steps = reader.ReadInt32();
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"The saved state of '{Name}' is cut short; use another checkpoint.", e);
        }
        if (steps < 0 || steps > Limit)
        {
            throw new InvalidDataException(
                $"The saved state of '{Name}' is at step {steps}, this time limit is {Limit}: make it the same.");
        }
        base.Restore(reader);
        _steps = steps;
    }
}
