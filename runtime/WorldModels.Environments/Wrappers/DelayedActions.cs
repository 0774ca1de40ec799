using System.Runtime.InteropServices;

namespace WorldModels.Environments;

/// <summary>
/// Gives every action some steps late, as a slow actuator or a line between does: what acts in a step was chosen that many steps before.
/// Before the first one arrives, all numbers of an action are 0.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public sealed class DelayedActions<TAction> : EnvironmentWrapper<TAction> where TAction : unmanaged
{
    private readonly TAction[] _waiting;    // (Delay, action): a ring, of which _next is the action that is due
    private readonly TAction[] _due;
    private int _next;

    /// <param name="inner">What acts late.</param>
    /// <param name="delay">Steps, at least 1.</param>
    public DelayedActions(IEnvironment<TAction> inner, int delay) : base(inner)
    {
        if (delay < 1)
            throw new ArgumentOutOfRangeException(nameof(delay), delay, "An action is late by one step at least.");
        Delay = delay;
        _due = new TAction[inner.ActionSpace.Size];
        _waiting = new TAction[delay * _due.Length];
    }

    /// <summary>Steps from an action to what it does.</summary>
    public int Delay { get; }

    public override void Reset(ulong? seed, Span<float> observation)
    {
        base.Reset(seed, observation);
        Array.Clear(_waiting);
        _next = 0;
    }

    public override StepResult Step(ReadOnlySpan<TAction> action, Span<float> observation)
    {
        Require.Length(action.Length, _due.Length, nameof(action));
        Span<TAction> place = _waiting.AsSpan(_next * _due.Length, _due.Length);
        place.CopyTo(_due);
        StepResult result = Inner.Step(_due, observation);
        action.CopyTo(place);
        _next = (_next + 1) % Delay;
        return result;
    }

    public override void Save(BinaryWriter writer)
    {
        writer.Write(_waiting.Length);
        writer.Write(_next);
        writer.Write(MemoryMarshal.AsBytes(_waiting.AsSpan()));
        base.Save(writer);
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        try
        {
            (int size, int next) = (reader.ReadInt32(), reader.ReadInt32());
            if (size != _waiting.Length || next < 0 || next >= Delay)
            {
                throw new InvalidDataException($"The saved state of '{Name}' has {size} numbers of late actions, this delay of {Delay} "
                    + $"steps {_waiting.Length}: make it the same.");
            }
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(_waiting.AsSpan()));
            _next = next;
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"The saved state of '{Name}' is cut short; use another checkpoint.", e);
        }
        base.Restore(reader);
    }
}
