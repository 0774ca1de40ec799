using System.Diagnostics;

namespace WorldModels.Train;

/// <summary>Where the time of updates goes: seconds by part, in the order in which parts first ran. One part at a time.</summary>
public sealed class Timings
{
    private readonly Dictionary<string, long> _ticks = [];

    /// <summary>Seconds spent in each part so far.</summary>
    public IReadOnlyDictionary<string, double> Seconds =>
        _ticks.ToDictionary(pair => pair.Key, pair => (double)pair.Value / Stopwatch.Frequency);

    /// <summary>Counts the time until disposal to a part: <c>using (timings.Of("learn"))</c>.</summary>
    public Part Of(string part) => new(this, part);

    /// <summary>Forgets what was counted.</summary>
    public void Clear() => _ticks.Clear();

    /// <summary>A part that is running.</summary>
    public readonly ref struct Part(Timings timings, string part)
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        public void Dispose() => timings._ticks[part] = timings._ticks.GetValueOrDefault(part) + Stopwatch.GetTimestamp() - _start;
    }
}
