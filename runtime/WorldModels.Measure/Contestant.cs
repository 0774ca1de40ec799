using System.Diagnostics;

namespace WorldModels.Measure;

/// <summary>Something to measure.</summary>
/// <param name="subject">What it is; its figures are filled in.</param>
internal abstract class Contestant(Measurement subject)
{
    /// <summary>What it is.</summary>
    public Measurement Subject => subject;

    /// <summary>Whether others are compared with it.</summary>
    public virtual bool IsPeer => false;

    /// <summary>Runs it for a while, unmeasured.</summary>
    public abstract void WarmUp(double seconds);

    /// <summary>Runs it for a while, one call at least.</summary>
    public abstract Slice Run(double seconds);
}

/// <summary>What ran in a slice of time.</summary>
/// <param name="Calls">Wall seconds of each call.</param>
/// <param name="Cpu">CPU seconds of the process that ran it.</param>
/// <param name="Bytes">Managed memory that was allocated; null: not known.</param>
internal readonly record struct Slice(ArraySegment<double> Calls, double Cpu, long? Bytes);

/// <summary>A contestant in this process.</summary>
/// <param name="subject">What it is.</param>
/// <param name="call">Runs it once.</param>
/// <param name="isPeer">Whether others are compared with it.</param>
internal sealed class LocalContestant(Measurement subject, Action call, bool isPeer = false) : Contestant(subject)
{
    private const int WarmUpCalls = 3, SliceCalls = 1 << 15;

    private readonly double[] _calls = new double[SliceCalls];

    public override bool IsPeer => isPeer;

    public override void WarmUp(double seconds)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < WarmUpCalls || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; i++)
            call();
    }

    public override Slice Run(double seconds)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long last = Stopwatch.GetTimestamp(), end = last + (long)(seconds * Stopwatch.Frequency);
        int calls = 0;
        while (calls < SliceCalls && last < end)
        {
            call();
            long now = Stopwatch.GetTimestamp();
            _calls[calls++] = (double)(now - last) / Stopwatch.Frequency;
            last = now;
        }
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        return new(new(_calls, 0, calls), (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, bytes);
    }
}
