using System.Runtime.ExceptionServices;

namespace WorldModels.Runtime.Internals;

/// <summary>Threads that do a piece of work each, together with the caller. Running allocates nothing.</summary>
internal sealed class WorkerPool : IDisposable
{
    private readonly SemaphoreSlim[] _wake;
    private readonly CountdownEvent? _running;
    private Action<int>? _work;
    private Exception? _failure;
    private volatile bool _stopping;

    /// <param name="workers">How many, the caller included.</param>
    public WorkerPool(int workers)
    {
        Count = workers;
        _wake = [.. Enumerable.Range(1, workers - 1).Select(_ => new SemaphoreSlim(0))];
        if (workers > 1)
            _running = new(workers - 1);
        for (int worker = 1; worker < workers; worker++)
        {
            int number = worker;
            new Thread(() => Serve(number)) { IsBackground = true, Name = $"dream {number}" }.Start();
        }
    }

    /// <summary>Workers, the caller included.</summary>
    public int Count { get; }

    /// <summary>Calls <paramref name="work"/> with each worker's number, and returns when all have done it.</summary>
    public void Run(Action<int> work)
    {
        if (Count == 1)
        {
            work(0);
            return;
        }
        _work = work;
        _running!.Reset();
        foreach (SemaphoreSlim wake in _wake)
            wake.Release();
        Do(0);
        _running.Wait();
        _work = null; // Idle threads hold on to nothing.
        if (_failure is not { } failure)
            return;
        _failure = null;
        ExceptionDispatchInfo.Throw(failure);
    }

    public void Dispose()
    {
        _stopping = true;
        foreach (SemaphoreSlim wake in _wake)
            wake.Release();
    }

    private void Serve(int worker)
    {
        while (true)
        {
            _wake[worker - 1].Wait();
            if (_stopping)
                return;
            Do(worker);
            _running!.Signal();
        }
    }

    private void Do(int worker)
    {
        try
        {
            _work!(worker);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
        }
    }
}
