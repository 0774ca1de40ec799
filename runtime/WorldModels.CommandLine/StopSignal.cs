using System.Runtime.InteropServices;

namespace WorldModels.CommandLine;

/// <summary>
/// Ctrl-C and a polite kill, as a token: a command that watches it saves and ends. A second Ctrl-C ends the process at once. Disposing
/// gives the signals back their usual meaning.
/// </summary>
public sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt, _terminate;
    private bool _signalled;

    /// <summary>Listens from now on.</summary>
    public StopSignal() =>
        (_interrupt, _terminate) = (PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));

    /// <summary>Is cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Does what a signal does, where the request comes another way.</summary>
    public void Request() => _source.Cancel();

    /// <summary>Listens no longer.</summary>
    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        // A request that came another way is no signal: Ctrl-C reaches a whole group of processes, some of which were asked before.
        context.Cancel = !_signalled;
        _signalled = true;
        _source.Cancel();
    }
}
