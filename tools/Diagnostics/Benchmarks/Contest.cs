using System.Diagnostics;

namespace WorldModels.Diagnostics;

/// <summary>Something to measure.</summary>
/// <param name="What">The name of its measurement.</param>
/// <param name="Batch">Rows a step, B.</param>
/// <param name="Horizon">Steps a call.</param>
/// <param name="Call">Runs it once.</param>
internal sealed record Contestant(string What, int Batch, int Horizon, Action Call)
{
    /// <summary>Operations of a frame, where they are known.</summary>
    public double? FlopsPerFrame { get; init; }
}

/// <summary>
/// Measures contestants in turn, in slices of some milliseconds, until each had its time: what else happens on the machine meanwhile meets
/// all of them.
/// </summary>
internal static class Contest
{
    private const double SliceSeconds = 0.05, WarmUpSeconds = 0.2;
    private const int WarmUpCalls = 3, SliceCalls = 1 << 15;

    /// <summary>Warms each contestant up, then measures them.</summary>
    /// <param name="contestants">What to measure.</param>
    /// <param name="seconds">Time for each.</param>
    /// <param name="peakGflops">What one core can do, to state shares of it; null: no shares.</param>
    public static IReadOnlyList<Measurement> Run(IReadOnlyList<Contestant> contestants, double seconds, double? peakGflops)
    {
        Entrant[] entrants = [.. contestants.Select(contestant => new Entrant(contestant))];
        foreach (Entrant entrant in entrants) entrant.WarmUp(Math.Min(WarmUpSeconds, seconds));
        while (entrants.Any(entrant => entrant.Seconds < seconds))
            foreach (Entrant entrant in entrants.Where(entrant => entrant.Seconds < seconds)) entrant.Slice();
        return [.. entrants.Select(entrant => entrant.Result(peakGflops))];
    }

    private sealed class Entrant(Contestant contestant)
    {
        private readonly List<long> _ticks = [];
        private long _total;
        private long _bytes;
        private TimeSpan _cpu;

        public double Seconds => (double)_total / Stopwatch.Frequency;

        public void WarmUp(double seconds)
        {
            long start = Stopwatch.GetTimestamp();
            for (int call = 0; call < WarmUpCalls || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds; call++) contestant.Call();
        }

        public void Slice()
        {
            _ticks.EnsureCapacity(_ticks.Count + SliceCalls);
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp(), last = start, end = start + (long)(SliceSeconds * Stopwatch.Frequency);
            for (int call = 0; call < SliceCalls && last < end; call++)
            {
                contestant.Call();
                long now = Stopwatch.GetTimestamp();
                _ticks.Add(now - last);
                last = now;
            }
            _bytes += GC.GetAllocatedBytesForCurrentThread() - bytes;
            _cpu += Environment.CpuUsage.TotalTime - cpu;
            _total += last - start;
        }

        public Measurement Result(double? peakGflops)
        {
            _ticks.Sort();
            long steps = (long)_ticks.Count * contestant.Horizon;
            double framesPerCpuSecond = steps * contestant.Batch / Math.Max(_cpu.TotalSeconds, 1e-6);
            return new()
            {
                What = contestant.What,
                Batch = contestant.Batch,
                Horizon = contestant.Horizon,
                Calls = _ticks.Count,
                StepMedian = StepTime(0.5),
                StepP99 = StepTime(0.99),
                FramesPerCpuSecond = framesPerCpuSecond,
                BytesPerStep = (double)_bytes / steps,
                FlopsPerFrame = contestant.FlopsPerFrame,
                PeakShare = contestant.FlopsPerFrame * framesPerCpuSecond / 1e9 / peakGflops,
            };
        }

        private double StepTime(double share) =>
            (double)_ticks[(int)((_ticks.Count - 1) * share)] / Stopwatch.Frequency / contestant.Horizon;
    }
}
