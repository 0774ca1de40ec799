namespace WorldModels.Tests.Engine;

/// <summary>Collects garbage on a thread of its own, over and over, until it is disposed.</summary>
internal sealed class GarbageCollector : IDisposable
{
    private readonly Thread _thread;
    private volatile bool _isDone;

    public GarbageCollector()
    {
        _thread = new(Collect) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Collections so far.</summary>
    public int Collections { get; private set; }

    public void Dispose()
    {
        _isDone = true;
        _thread.Join();
    }

    private void Collect()
    {
        while (!_isDone)
        {
            GC.Collect(Collections++ % 16 == 0 ? GC.MaxGeneration : 0);
            GC.WaitForPendingFinalizers();
            Thread.Sleep(Collections % 4 == 0 ? 1 : 0); // Without pauses it would hold up the others for good.
        }
    }
}
