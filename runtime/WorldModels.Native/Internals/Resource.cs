namespace WorldModels.Native.Internals;

/// <summary>
/// What a handle stands for: used by one thread at a time, and freed once, when it is closed or at the end of the use in flight then.
/// </summary>
internal abstract class Resource
{
    private const int Idle = 0, InUse = 1, Closed = 2;

    private int _state; // Idle or InUse, with the bit Closed set once it was closed.

    /// <summary>What messages call it.</summary>
    public abstract string Kind { get; }

    /// <summary>Begins a use; <see cref="Leave"/> ends it.</summary>
    /// <exception cref="HandleException">Another thread is using it, or closed it just now.</exception>
    public void Enter()
    {
        int previous = Interlocked.CompareExchange(ref _state, InUse, Idle);
        if (previous == Idle)
            return;
        throw (previous & Closed) != 0
            ? new HandleException(Status.NoHandle, $"The {Kind} was closed.")
            : new HandleException(Status.Busy, $"Another thread is using this {Kind}: one thread at a time may. Give each its own handle.");
    }

    public void Leave()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, InUse) != InUse)
            Free();
    }

    public void Close()
    {
        if (Interlocked.Or(ref _state, Closed) == Idle)
            Free();
    }

    /// <summary>Frees what it holds; called once.</summary>
    protected abstract void Free();
}
