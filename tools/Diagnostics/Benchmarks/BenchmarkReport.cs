using System.Text.Json;
using System.Text.Json.Serialization;
using WorldModels.Runtime;

namespace WorldModels.Diagnostics;

/// <summary>What a benchmark found, and where.</summary>
public sealed record BenchmarkReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>The machine.</summary>
    public Machine Machine { get; init; } = Machine.Current;

    /// <summary>When it was measured.</summary>
    public DateTimeOffset Measured { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>Name of the bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Version of the native ONNX Runtime, if the caller knows it.</summary>
    public string? OnnxRuntime { get; init; }

    /// <summary>Which execution provider ran it, and why.</summary>
    public required string Provider { get; init; }

    /// <summary>Measured fp32 peak of one core, GFLOP/s, where it was needed.</summary>
    public double? PeakGflops { get; init; }

    /// <summary>What could not be measured, and why.</summary>
    public string? Note { get; init; }

    /// <summary>The figures.</summary>
    public required IReadOnlyList<Measurement> Measurements { get; init; }

    /// <summary>Headings of <see cref="Rows"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["what", "batch", "frames/s", "per CPU second", "step median", "step p99", "bytes/step", "per frame", "share of peak"];

    /// <summary>The figures as text, for tables.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows => [.. Measurements.Select(m => (IReadOnlyList<string>)
        [
            m.What, Figures.Number(m.Batch), Figures.Number(m.FramesPerSecond), Figures.Number(m.FramesPerCpuSecond),
            Figures.Time(m.StepMedian), Figures.Time(m.StepP99), Figures.Number(m.BytesPerStep),
            m.FlopsPerFrame is { } flops ? Figures.Flops(flops) : "", m.PeakShare is { } share ? Figures.Share(share) : "",
        ])];

    /// <summary>What the figures mean, a line each.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            List<string> notes =
            [
                $"{Machine}{(OnnxRuntime is null ? "" : $", ONNX Runtime {OnnxRuntime}")}",
                $"Provider: {Provider}",
                $"A call of {Measurements.Max(m => m.Horizon)} steps is timed as a whole; a step's time is its share.",
            ];
            if (PeakGflops is { } peak) notes.Add($"Peak: {Figures.Number(peak)} GFLOP/s of fp32 multiply-adds on one core, measured.");
            if (Note is not null) notes.Add(Note);
            return notes;
        }
    }

    /// <summary>The report as indented JSON; times are in seconds.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Writes the notes and a plain table.</summary>
    public void Write(TextWriter output)
    {
        TextTable.Write(output, Columns, Rows);
        foreach (string note in Notes) output.WriteLine(note);
    }
}

/// <summary>The table that most callers want.</summary>
public static class DreamReport
{
    /// <summary>Measures a world model's dreams and writes a plain table.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="batches">Batch sizes.</param>
    /// <param name="horizon">Steps of a dream.</param>
    /// <param name="seconds">Time for each batch size, and as much again for the simulator.</param>
    /// <param name="simulator">Whether the real environment is measured beside it.</param>
    /// <param name="output">Receives the table.</param>
    public static BenchmarkReport WriteTable(
        WorldModel world, IReadOnlyList<int> batches, int horizon, double seconds, bool simulator, TextWriter output)
    {
        DreamBenchmarkOptions options = new() { Batches = batches, Horizon = horizon, Seconds = seconds, Simulator = simulator };
        BenchmarkReport report = DreamBenchmark.Run(world, options);
        report.Write(output);
        return report;
    }
}
