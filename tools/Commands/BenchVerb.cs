using CommandLine;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Diagnostics;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("bench", HelpText = "Measure how fast a bundle dreams and decides: frames per second, latency, memory, share of the machine's peak.")]
public sealed class BenchVerb : RunningVerb
{
    [Option("batch", Default = "1,64,1024", HelpText = "Batch sizes.")]
    public string Batch { get; set; } = "";

    [Option("horizon", Default = "15", HelpText = "Steps of a dream.")]
    public string Horizon { get; set; } = "";

    [Option("tile", Default = "0", HelpText = "Rows that run the whole horizon before the next ones; 0: the whole batch.")]
    public string Tile { get; set; } = "";

    [Option("seconds", Default = "2", HelpText = "Time for each figure.")]
    public string Seconds { get; set; } = "";

    [Option("simulator", HelpText = "Measure the real environment beside the dream, in turn.")]
    public bool Simulator { get; set; }

    [Option("json", MetaValue = "FILE", HelpText = "Write JSON to this file; '-': to the output, instead of the table.")]
    public string? Json { get; set; }

    private protected override int Run(Page page)
    {
        int[] batches = Arguments.WholeNumbers("batch", Batch, least: 1);
        int horizon = Arguments.WholeNumber("horizon", Horizon, least: 1), tile = Arguments.WholeNumber("tile", Tile, least: 0);
        double seconds = Arguments.PositiveNumber("seconds", Seconds);
        RuntimeOptions options = Options;
        if (Json is not null and not "-") Outputs.Prepare(Json);
        Manifest manifest = Manifest.Load(Bundle, verifyHashes: false);
        BenchmarkReport? report = null;
        if (manifest.Graphs.ContainsKey("imagine") || manifest.Graphs.ContainsKey("dream") || !ControllerBenchmark.Fits(manifest))
        {
            using WorldModel world = WorldModel.Load(Bundle, options);
            report = DreamBenchmark.Run(world, new()
            {
                Batches = batches,
                Horizon = horizon,
                Seconds = seconds,
                Simulator = Simulator,
                Dream = new() { Tile = tile },
            });
        }
        if (ControllerBenchmark.Fits(manifest))
        {
            BenchmarkReport decisions = ControllerBenchmark.Run(Bundle, batches, seconds, new() { Runtime = options });
            report = report is null ? decisions : report with { Measurements = [.. report.Measurements, .. decisions.Measurements] };
        }
        report = report! with { OnnxRuntime = OrtEnv.Instance().GetVersionString() };
        if (Json == "-")
        {
            page.Line(report.ToJson());
            return 0;
        }
        page.Heading($"{report.Bundle}");
        page.Table(BenchmarkReport.Columns, report.Rows);
        foreach (string note in report.Notes) page.Line(note);
        if (Json is not null) File.WriteAllText(Json, report.ToJson() + "\n");
        return 0;
    }
}
