using System.Globalization;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;

namespace WorldModels.Tools;

[Verb("plot", HelpText = "Draw training curves of run folders and bundles as one HTML page: mean and range over seeds, levels to compare "
    + "with, the final evaluation.")]
public sealed class PlotVerb : PageVerb
{
    [Value(0, MetaName = "folders", HelpText = "Folders of runs (config.json, metrics.jsonl) and bundles (manifest.json, curve.jsonl).")]
    public IEnumerable<string> Folders { get; set; } = [];

    [Option("metric", HelpText = "The metric shown first (default: return; of a search by a population its mean, with the range from the worst "
        + "to the best, and its step sizes); the page offers all. Of a pattern all that match are shown: --metric \"schedule_*\".")]
    public string? Metric { get; set; }

    [Option("env", HelpText = "Only runs in this environment (default: all, a figure for each).")]
    public string? Environment { get; set; }

    [Option("level", MetaValue = "LABEL=VALUE", HelpText = "Values of that metric to compare with, after the folders: "
        + "--level \"PlaNet at 1e6=821\" \"DreamerV1 at 1e6=931\".")]
    public IEnumerable<string> Levels { get; set; } = [];

    [Option("by", MetaValue = "OPTION", HelpText = "Group runs by an option, whatever else differs, and name curves after it, as in: "
        + "--by explorer (default: a curve is of runs that differ in their seed alone, and named after their folder).")]
    public string? By { get; set; }

    [Option("to", MetaValue = "STEPS", HelpText = "Show no more than the first so many steps (default: all).")]
    public string? To { get; set; }

    [Option("title", HelpText = "Heading of the page (default: the environments).")]
    public string? Title { get; set; }

    [Option('o', "output", Default = "plot.html", HelpText = "The page; ends in .html. Or the metric as a picture: .png or .svg.")]
    public string Output { get; set; } = "";

    private protected override int Run(Page page)
    {
        string[] folders = [.. Folders];
        CurveLevel[] levels = [.. Levels.Select(Level)];
        double? to = To is null ? null : Arguments.PositiveNumber("to", To, most: 1e15);
        if (folders.Length == 0)
            throw new UsageException("plot needs folders of runs or bundles. See: tools plot --help");
        string ending = Path.GetExtension(Output).ToLowerInvariant();
        bool isPicture = ending is ".png" or ".svg";
        if (!isPicture && ending is not (".html" or ".htm"))
            throw new UsageException($"--output takes a file that ends in .html (a page), .png or .svg (a picture); found '{Output}'.");
        CurvePage curves = CurvePage.Of(folders, new()
        {
            Metric = Metric,
            Levels = levels,
            Environment = Environment is null ? null : EnvironmentRegistry.OwnName(Environment),
            LastStep = to,
            By = By,
            Title = Title,
        });
        AtomicFile.Prepare(Output);
        if (isPicture)
            new CurvePicture(curves).Save(Output);
        else
            curves.Save(Output);
        page.Table(["curve", "environment", "seeds", "last step", "final evaluation"], [.. curves.Groups.Select(group => (string[])
        [
            group.Label, group.Environment, string.Join(", ", group.Runs.Select(run => run.Seed)),
            Figures.Number(group.Runs.Max(run => run.LastStep)),
            string.Join(", ", group.Runs.SelectMany(run => run.Returns.Take(1)).Select(final => Figures.Number(final.Mean))),
        ])]);
        foreach (string note in curves.Notes)
            page.Line(note);
        page.Line($"{Output}: {string.Join(", ", curves.Chosen)} shown{(isPicture ? "" : " first")}.");
        return 0;
    }

    private static CurveLevel Level(string text)
    {
        int at = text.LastIndexOf('=');
        double value = double.NaN;
        if (at > 0)
            _ = double.TryParse(text[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        return double.IsFinite(value) ? new(text[..at].Trim(), value) : throw new UsageException(
            $"--level takes LABEL=VALUE, such as \"PlaNet at 1e6=821\"; found '{text}'. Folders come before it.");
    }
}
