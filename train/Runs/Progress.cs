using System.Diagnostics;
using Spectre.Console;

namespace WorldModels.Train;

/// <summary>Where long work says how far it is.</summary>
public interface IProgressReport
{
    /// <summary>Starts a task of <paramref name="total"/> steps of which <paramref name="done"/> are done.</summary>
    IProgressTask Start(string name, long total, long done = 0);

    /// <summary>A line that stays.</summary>
    void Say(string line);
}

/// <summary>One task of a progress report; disposing ends it.</summary>
public interface IProgressTask : IDisposable
{
    /// <summary>Steps done so far, and a few words on the state.</summary>
    void Report(long done, string state);
}

/// <summary>Bars in a terminal, a plain line every few seconds elsewhere.</summary>
public static class Progress
{
    /// <summary>The report that suits where the output goes.</summary>
    public static IProgressReport Create() =>
        AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected
            ? new TerminalProgress()
            : new PlainProgress(Console.Out);
}

/// <summary>A line at the start, then about every five seconds, and one at the end.</summary>
public sealed class PlainProgress(TextWriter output) : IProgressReport
{
    public IProgressTask Start(string name, long total, long done) => new Task(output, name, total, done);

    public void Say(string line) => output.WriteLine(line);

    private sealed class Task(TextWriter output, string name, long total, long first) : IProgressTask
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private double _last = double.NegativeInfinity;
        private long _done;
        private string _state = "";
        private bool _said;

        public void Report(long done, string state)
        {
            (_done, _state, _said) = (done, state, false);
            if (_clock.Elapsed.TotalSeconds - _last < 5)
                return;
            _last = _clock.Elapsed.TotalSeconds;
            Line();
        }

        public void Dispose()
        {
            if (!_said && _state.Length > 0)
                Line();
        }

        private void Line()
        {
            _said = true;
            double rate = (_done - first) / _clock.Elapsed.TotalSeconds;
            string left = rate > 0 && _done < total ? $", {TimeSpan.FromSeconds((total - _done) / rate):h\\:mm\\:ss} left" : "";
            output.WriteLine($"{name} {_done}/{total} ({100.0 * _done / total:F0} %{left})  {_state}");
        }
    }
}

/// <summary>Progress bars by Spectre.Console.</summary>
public sealed class TerminalProgress : IProgressReport
{
    public IProgressTask Start(string name, long total, long done) => new Task(name, total, done);

    public void Say(string line) => AnsiConsole.WriteLine(line);

    /// <summary>Spectre wants to own the work; here the work owns the bar, so the bar lives on a thread of its own.</summary>
    private sealed class Task : IProgressTask
    {
        private readonly ManualResetEventSlim _end = new();
        private readonly Thread _thread;
        private long _done;
        private string _state = "";

        public Task(string name, long total, long done)
        {
            _done = done;
            _thread = new Thread(() => AnsiConsole.Progress()
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .Start(context =>
                {
                    ProgressTask bar = context.AddTask(name, maxValue: Math.Max(total, 1));
                    bool ended;
                    do
                    {
                        ended = _end.Wait(200);
                        bar.Value = Interlocked.Read(ref _done);
                        bar.Description =
                            $"{name} {Interlocked.Read(ref _done)}/{total}  [grey]{Markup.Escape(Volatile.Read(ref _state))}[/]";
                    }
                    while (!ended);
                }))
            { IsBackground = true };
            _thread.Start();
        }

        public void Report(long done, string state)
        {
            Interlocked.Exchange(ref _done, done);
            Volatile.Write(ref _state, state);
        }

        public void Dispose()
        {
            _end.Set();
            _thread.Join();
            _end.Dispose();
        }
    }
}
