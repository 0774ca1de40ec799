using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace WorldModels.Measure;

/// <summary>What a benchmark found, and where.</summary>
public sealed partial record BenchmarkReport
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

    /// <summary>The command that measured it, if the caller knows it.</summary>
    public string? Command { get; init; }

    /// <summary>Name of the bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Version of the native ONNX Runtime, if the caller knows it.</summary>
    public string? OnnxRuntime { get; init; }

    /// <summary>Which execution provider ran it, and why.</summary>
    public required string Provider { get; init; }

    /// <summary>The peer's versions and threads; null: there was none.</summary>
    public string? Peer { get; init; }

    /// <summary>Measured fp32 peak of one core, GFLOP/s, where it was needed.</summary>
    public double? PeakGflops { get; init; }

    /// <summary>What could not be measured, and why.</summary>
    public string? Note { get; init; }

    /// <summary>The figures.</summary>
    public required IReadOnlyList<Measurement> Measurements { get; init; }

    /// <summary>Headings of <see cref="Rows"/>: ratios only where there is a peer, bytes of state only where they were asked for.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Columns =>
    [
        "what", .. Horizons.Count > 1 ? ["horizon"] : (string[])[], "batch", "by", "frames/s", "per CPU second",
        .. Peers.Select(peer => $"x {peer}"), "step median", "step p99", .. SaysState ? (string[])["state/row"] : [], "bytes/step",
        "per frame", "share of peak", "how",
    ];

    /// <summary>The figures as text, for tables.</summary>
    [JsonIgnore]
    public IReadOnlyList<IReadOnlyList<string>> Rows => [.. Measurements.Select(m => (IReadOnlyList<string>)
        [
            m.Group, .. Horizons.Count > 1 ? [Figures.Number(m.Horizon)] : (string[])[], Figures.Number(m.Batch), m.Contestant,
            Figures.Number(m.FramesPerSecond), Figures.Number(m.FramesPerCpuSecond),
            .. Peers.Select(peer => m.Ratios?.TryGetValue(peer, out double ratio) == true ? Figures.Number(ratio) : ""),
            Figures.Time(m.StepMedian), Figures.Time(m.StepP99),
            .. SaysState ? (string[])[m.StateBytes is { } state ? Figures.Bytes(state) : ""] : [],
            m.BytesPerStep is { } bytes ? Figures.Number(bytes) : "",
            m.FlopsPerFrame is { } flops ? Figures.Flops(flops) : "", m.PeakShare is { } share ? Figures.Share(share) : "", m.Plan ?? "",
        ])];

    /// <summary>What the figures mean, a line each.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Notes
    {
        get
        {
            List<string> notes =
            [
                $"{Machine}{(OnnxRuntime is null ? "" : $", ONNX Runtime {OnnxRuntime}")}",
                $"Provider: {Provider}",
                $"Dreams of {string.Join(" or ", Horizons)} steps are timed as a whole; a step's time is its share.",
            ];
            if (Peer is not null)
            {
                notes.Add($"Peer: {Peer}.");
                notes.Add("It runs the bundle's own definition eagerly in float32 (inference mode), its noise and starts drawn beforehand, "
                    + "heads once over time x batch; each cell's results were compared with ours first.");
                notes.Add("Ratios: frames per CPU second, medians of rounds in turn.");
            }
            IEnumerable<(string? Variant, string? Precision)> reduced = Measurements.Where(m => m.Precision is not null).Select(m => (m.Variant, m.Precision)).Distinct();
            foreach ((string? variant, string? precision) in reduced)
                notes.Add($"{variant} computes in {precision}: its ratios and its share of the fp32 peak are not like for like.");
            if (PeakGflops is { } peak)
                notes.Add($"Peak: {Figures.Number(peak)} GFLOP/s of fp32 multiply-adds on one core, measured.");
            if (Note is not null)
                notes.Add(Note);
            return notes;
        }
    }

    /// <summary>A name for files without an ending: machine, bundle, date and time.</summary>
    [JsonIgnore]
    public string FileName =>
        $"{Slug($"{Machine.Cpu} {Machine.Cores} cores")}_{Slug(Bundle)}_"
        + Measured.ToString("yyyy-MM-dd-HHmm", CultureInfo.InvariantCulture);

    /// <summary>Who was compared with, in order.</summary>
    [JsonIgnore]
    internal IReadOnlyList<string> Peers => [.. Measurements.SelectMany(m => m.Ratios?.Keys ?? []).Distinct()];

    private bool SaysState => Measurements.Any(m => m.StateBytes is not null);

    /// <summary>Steps of dreams; of what has no steps, 1.</summary>
    internal IReadOnlyList<int> Horizons
    {
        get
        {
            int[] horizons = [.. Measurements.Where(m => m.Level is not null).Select(m => m.Horizon).Distinct()];
            return horizons.Length > 0 ? horizons : [1];
        }
    }

    /// <summary>The report as indented JSON; times are in seconds.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads a report that <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static BenchmarkReport FromJson(string json) =>
        JsonSerializer.Deserialize<BenchmarkReport>(json, Json) ?? throw new JsonException("A report is no null.");

    /// <summary>Writes a plain table and the notes.</summary>
    public void Write(TextWriter output)
    {
        TextTable.Write(output, Columns, Rows);
        foreach (string note in Notes)
            output.WriteLine(note);
    }

    private static string Slug(string text) => NoName().Replace(text.ToLowerInvariant(), "-").Trim('-');

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NoName();
}
