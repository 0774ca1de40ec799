using System.Diagnostics;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>What a long dream left of the memory.</summary>
/// <param name="Bundle">The bundle's name.</param>
/// <param name="Batch">B.</param>
/// <param name="Steps">Steps done.</param>
/// <param name="Plan">How the dream ran.</param>
/// <param name="Points">The memory after each tenth of the steps.</param>
public sealed record SoakReport(string Bundle, int Batch, long Steps, string Plan, IReadOnlyList<SoakPoint> Points)
{
    /// <summary>Growth after the first tenth that is none yet: pages come and go.</summary>
    public const long Slack = 8L << 20;

    /// <summary>Headings of <see cref="Rows"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["steps", "seconds", "resident", "allocated since the start"];

    /// <summary>Bytes by which the resident memory was larger at a later point than after the first tenth.</summary>
    public long Growth => Points.Max(point => point.Resident) - Points[0].Resident;

    /// <summary>Whether that is more than <see cref="Slack"/>.</summary>
    public bool Grew => Growth > Slack;

    /// <summary>Managed memory allocated by a step after the first tenth, bytes.</summary>
    public double BytesPerStep => (double)(Points[^1].Allocated - Points[0].Allocated) / (Steps - Points[0].Steps);

    /// <summary>One line for people.</summary>
    public string Verdict => $"Memory {(Grew ? "GREW" : "did not grow")}: {Figures.Bytes(Growth)} more resident after the first tenth, "
        + $"{Figures.Bytes(Slack)} allowed; {Figures.Number(BytesPerStep)} bytes allocated a step.";

    /// <summary>The points as text.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows => [.. Points.Select(point => (IReadOnlyList<string>)
        [Figures.Number(point.Steps), Figures.Number(point.Seconds), Figures.Bytes(point.Resident), Figures.Bytes(point.Allocated)])];
}

/// <summary>The memory at a moment.</summary>
/// <param name="Steps">Steps done until then.</param>
/// <param name="Seconds">Wall time since the start.</param>
/// <param name="Resident">Resident memory of the process, bytes.</param>
/// <param name="Allocated">Managed memory allocated since the start, by all threads, bytes.</param>
public readonly record struct SoakPoint(long Steps, double Seconds, long Resident, long Allocated);

/// <summary>Dreams for a long time and watches the memory.</summary>
public static class SoakTest
{
    /// <summary>Points at which the memory is read.</summary>
    public const int Points = 10;

    /// <summary>Runs one dream again and again.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="options">Of these the first batch, horizon and variant; the last level, or all that the bundle can.</param>
    /// <param name="steps">Steps of all rows, at least; whole dreams are run.</param>
    /// <exception cref="BundleException">The bundle cannot dream so.</exception>
    public static SoakReport Run(string directory, BenchmarkOptions options, long steps)
    {
        using WorldModel world = WorldModel.Load(directory, options.Runtime with { Variant = options.Variants[0] });
        BenchmarkLevel level = options.Levels?[^1] ?? BenchmarkLevels.Of(world.Manifest)[^1];
        if (BenchmarkLevels.Lacks(world.Manifest, level) is { } lacks)
            throw new BundleException($"Bundle '{directory}' cannot be run at level {level.Name()}: it has not {lacks}.");
        int batch = options.Batches[0], horizon = options.Horizons[0];
        RecordedDream recorded = new(world, level, batch, horizon);
        using Dream dream = world.Dream(batch, horizon, options.Dream with { Outputs = DreamBenchmark.Outputs(world.Manifest, level) });
        recorded.Start(dream);
        recorded.Run(dream, 0).ThrowIfNotFinite();
        List<SoakPoint> points = [];
        long done = 0, allocated = 0, start = Stopwatch.GetTimestamp();
        for (int point = 1; point <= Points; point++)
        {
            // Reading the memory allocates as well, which is nothing of the dream's.
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (; done * Points < steps * point; done += horizon)
                recorded.Run(dream, (ulong)done);
            allocated += GC.GetTotalAllocatedBytes(precise: true) - before;
            points.Add(new(done, Stopwatch.GetElapsedTime(start).TotalSeconds, Environment.WorkingSet, allocated));
        }
        return new(world.Manifest.Name, batch, done, $"level {level.Name()}, {dream.Plan}", points);
    }
}
