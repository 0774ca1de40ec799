using CommandLine;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Tools;

[Verb("bench", HelpText = "Measure how fast a bundle dreams, decodes and decides, beside the real environment: frames per "
    + "second, latency, memory, share of the machine's peak.")]
public sealed class BenchVerb : RunningVerb
{
    [Option("batch", Default = "1,16,64,256,1024", HelpText = "Batch sizes.")]
    public string Batch { get; set; } = "";

    [Option("horizon", Default = "15", HelpText = "Steps of a dream.")]
    public string Horizon { get; set; } = "";

    [Option("level", HelpText = "How much of a dream: latent (states along given actions), heads (and the policy, rewards, values), pixels "
        + "(and decoded observations), end-to-end (and filtered from recorded starts). Default: all that the bundle can.")]
    public string? Level { get; set; }

    [Option("variant", Default = "auto", HelpText = "Forms of the graphs: auto, plain, or a name of the bundle's variants.")]
    public string Variant { get; set; } = "";

    [Option("tile", HelpText = "Rows that run the whole horizon before the next ones; 0: the whole batch. Default: the fastest here.")]
    public string? Tile { get; set; }

    [Option("threads", Default = "1", HelpText = "Cores that share a dream; 0: the fastest number.")]
    public override string Threads { get; set; } = "1";

    [Option("seconds", Default = "2", HelpText = "Time for each figure.")]
    public string Seconds { get; set; } = "";

    [Option("simulator", HelpText = "Measure the real environment beside the dream, or an agent that has none, in turn: alone, and with pictures.")]
    public bool Simulator { get; set; }

    [Option("soak", MetaValue = "STEPS", HelpText = "Dream for so many steps instead, and fail if memory grows.")]
    public string? Soak { get; set; }

    [Option("json", MetaValue = "FILE", HelpText = "Write JSON to this file; '-': to the output, instead of the table.")]
    public string? Json { get; set; }

    [Option("page", MetaValue = "FILE.html", HelpText = "Write a page of plots.")]
    public string? HtmlPage { get; set; }

    [Option("results", MetaValue = "DIR", HelpText = "Write both into this directory, named after machine, bundle, date and time.")]
    public string? Results { get; set; }

    private protected override int Run(Page page)
    {
        BenchmarkOptions options = Parse();
        if (HtmlPage is not null && Path.GetExtension(HtmlPage).ToLowerInvariant() is not (".html" or ".htm"))
            throw new UsageException($"--page takes a file that ends in .html; found '{HtmlPage}'.");
        if (Soak is not null)
            return RunSoak(page, options, Arguments.WholeNumber("soak", Soak, SoakTest.Points * options.Horizons[0]));
        foreach (string? file in (string?[])[Json is "-" ? null : Json, HtmlPage])
        {
            if (file is not null)
                AtomicFile.Prepare(file);
        }

        if (Results is not null)
            Directory.CreateDirectory(Results);
        BenchmarkReport report = BundleBenchmark.Run(Bundle, options) with
        {
            OnnxRuntime = ExecutionProviders.NativeVersion,
            Command = Command(),
        };
        if (Json == "-")
        {
            page.Line(report.ToJson());
        }
        else
        {
            page.Heading($"{report.Bundle}");
            page.Table(report.Columns, report.Rows);
            foreach (string note in report.Notes)
                page.Line(note);
        }
        if (Json is not null and not "-")
            Write(Json, report.ToJson());
        if (HtmlPage is not null)
            Write(HtmlPage, new BenchmarkPage(report).ToHtml());
        if (Results is not null)
        {
            string stem = Path.Combine(Results, report.FileName);
            Write($"{stem}.json", report.ToJson());
            Write($"{stem}.html", new BenchmarkPage(report).ToHtml());
            if (Json != "-")
                page.Line($"{stem}.json, .html");
        }
        return 0;
    }

    private BenchmarkOptions Parse()
    {
        int threads = Arguments.WholeNumber("threads", Threads, least: 0);
        return new()
        {
            Batches = Arguments.WholeNumbers("batch", Batch, least: 1),
            Horizons = Arguments.WholeNumbers("horizon", Horizon, least: 1),
            Levels = Level is null ? null : Arguments.Choices("level", Level, BenchmarkLevels.ByName),
            Variants = Variant.Split(','),
            Seconds = Arguments.PositiveNumber("seconds", Seconds),
            Simulator = Simulator,
            Runtime = new() { Provider = Provider, GraphCapture = !NoGraphCapture },
            Dream = new()
            {
                Tile = Tile is null ? null : Arguments.WholeNumber("tile", Tile, least: 0),
                Threads = threads == 0 ? null : threads,
            },
        };
    }

    private int RunSoak(Page page, BenchmarkOptions options, int steps)
    {
        SoakReport soak = SoakTest.Run(Bundle, options, steps);
        page.Heading($"{soak.Bundle}: {soak.Steps:N0} steps of {soak.Batch:N0} rows, {soak.Plan}");
        page.Table(SoakReport.Columns, soak.Rows);
        page.Line(soak.Verdict);
        return soak.Grew ? 1 : 0;
    }

    private static void Write(string path, string text) => File.WriteAllText(path, text + "\n");

    private static string Command() => string.Join(' ', (string[])["tools", .. Environment.GetCommandLineArgs().Skip(1)]);
}
