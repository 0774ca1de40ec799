namespace WorldModels.Runtime.Internals;

/// <summary>
/// Lets one thread at a time use an object that is not thread-safe, and keeps its bundle's sessions open meanwhile. A second thread, and
/// any use after the object or its world model was disposed, gets an exception. What the object holds is freed once: when it is disposed,
/// or at the end of the use that is in flight then. A use allocates nothing.
/// </summary>
/// <param name="owner">The object.</param>
/// <param name="bundle">What it runs.</param>
/// <param name="free">Frees what it holds; called once.</param>
internal sealed class ExclusiveUse(object owner, Bundle bundle, Action free)
{
    private const int Idle = 0, InUse = 1, Disposed = 2;

    private int _state; // Idle or InUse, with the bit Disposed set once it was disposed.

    /// <summary>Begins a use, which ends when what this returns is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The object or its world model was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using it.</exception>
    public Use Begin()
    {
        int previous = Interlocked.CompareExchange(ref _state, InUse, Idle);
        if (previous != Idle)
            throw Refusal(previous);
        if (bundle.TryLease())
            return new(this);
        Leave();
        throw bundle.Disposed(owner);
    }

    /// <summary>Throws what <see cref="Begin"/> would throw but begins no use, for what several threads may read at once.</summary>
    public void ThrowIfUnusable()
    {
        int state = Volatile.Read(ref _state);
        if (state != Idle)
            throw Refusal(state);
        if (bundle.IsDisposed)
            throw bundle.Disposed(owner);
    }

    /// <summary>Frees what the object holds, now or at the end of the use in flight. A second call does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Or(ref _state, Disposed) == Idle)
            free();
    }

    private void Leave()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, InUse) != InUse)
            free();
    }

    private void End()
    {
        Leave();
        bundle.Release(); // Last, so that what ran on a session is freed before it.
    }

    private Exception Refusal(int state)
    {
        Type type = owner.GetType();
        return (state & Disposed) != 0 ? new ObjectDisposedException(type.FullName) : new InvalidOperationException(
            $"Another thread is using this {type.Name}: one thread at a time may. Give each thread its own, or lock around its calls.");
    }

    /// <summary>A use in flight.</summary>
    public readonly ref struct Use(ExclusiveUse of)
    {
        /// <summary>Ends it.</summary>
        public void Dispose() => of.End();
    }
}
