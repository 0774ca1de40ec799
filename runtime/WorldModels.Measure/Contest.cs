using MathNet.Numerics.Statistics;

namespace WorldModels.Measure;

/// <summary>
/// Measures contestants in turn, round by round in slices of some milliseconds, until each had its time: what else happens on the machine
/// meanwhile meets all of them. Speeds are compared within a round.
/// </summary>
internal static class Contest
{
    private const double SliceSeconds = 0.05, WarmUpSeconds = 0.2, ShortestCpu = 1e-6;
    private const int LeastRounds = 3;

    /// <summary>Warms each contestant up, then measures them.</summary>
    /// <param name="contestants">What to measure.</param>
    /// <param name="seconds">Time for each.</param>
    /// <param name="peakGflops">What one core can do, to state shares of it; null: no shares.</param>
    public static IReadOnlyList<Measurement> Run(IReadOnlyList<Contestant> contestants, double seconds, double? peakGflops)
    {
        Entrant[] entrants = [.. contestants.Select(contestant => new Entrant(contestant))];
        foreach (Contestant contestant in contestants)
            contestant.WarmUp(Math.Min(WarmUpSeconds, seconds));
        for (int round = 0; round < LeastRounds || entrants.Any(entrant => entrant.Seconds < seconds); round++)
        {
            foreach (Entrant entrant in entrants)
                entrant.Slice(Math.Min(SliceSeconds, seconds));
        }

        return [.. entrants.Select(entrant => entrant.Result(peakGflops, [.. entrants.Where(other => other.Contestant.IsPeer)]))];
    }

    private sealed class Entrant(Contestant contestant)
    {
        private readonly List<double> _calls = [];

        /// <summary>Frames per CPU second of each round.</summary>
        private readonly List<double> _rates = [];

        private long? _bytes = 0;

        public Contestant Contestant => contestant;

        public double Seconds { get; private set; }

        public void Slice(double seconds)
        {
            Slice slice = contestant.Run(seconds);
            _calls.AddRange(slice.Calls);
            Seconds += slice.Calls.Sum();
            _bytes += slice.Bytes;
            double frames = (double)slice.Calls.Count * contestant.Subject.Horizon * contestant.Subject.Batch;
            _rates.Add(frames / Math.Max(slice.Cpu, ShortestCpu));
        }

        public Measurement Result(double? peakGflops, IReadOnlyList<Entrant> peers)
        {
            _calls.Sort();
            Measurement subject = contestant.Subject;
            double framesPerCpuSecond = _rates.Median();
            bool compared = !contestant.IsPeer && peers.Count > 0 && subject.Runner is not null;
            return subject with
            {
                Calls = _calls.Count,
                StepMedian = StepTime(0.5),
                StepP99 = StepTime(0.99),
                FramesPerCpuSecond = framesPerCpuSecond,
                BytesPerStep = (double?)_bytes / ((double)_calls.Count * subject.Horizon),
                PeakShare = subject.FlopsPerFrame * framesPerCpuSecond / 1e9 / peakGflops,
                Ratios = compared
                    ? peers.ToDictionary(peer => peer.Contestant.Subject.Runner!, peer =>
                        _rates.Zip(peer._rates, (own, other) => own / other).Median())
                    : null,
            };
        }

        private double StepTime(double share) => _calls[(int)((_calls.Count - 1) * share)] / contestant.Subject.Horizon;
    }
}
