using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Train.Sweeps;

/// <summary>A figure by which a run is judged.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
public sealed record SweepFigure(string Name, double Value)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Figures.Number(Value)}";
}

/// <summary>
/// What came out of a sweep: a table of one row a combination of values, with mean and spread over the seeds, and a page of curves.
/// </summary>
public sealed class SweepTable
{
    private const string Random = "random";

    private readonly SweepFolder _folder;
    private readonly (SweepRecord Record, TrainingCurve? Curve)[] _runs;
    private readonly List<string> _columns;
    private readonly List<IReadOnlyList<string>> _rows = [];
    private readonly string? _figure;

    /// <summary>Reads the runs of a sweep, as far as they came.</summary>
    public SweepTable(SweepFolder folder)
    {
        _folder = folder;
        _runs = [.. folder.Content.Runs.Select(record => (record, Read(folder, record)))];
        TrainingCurve[] finished = [.. _runs.Where(run => run.Record.Outcome == SweepOutcome.Finished).Select(run => run.Curve).OfType<TrainingCurve>()];
        _figure = finished.Select(FigureOf).FirstOrDefault()?.Name;
        bool random = finished.Any(run => run.RandomReturn is not null) && finished.Any(run => run.Returns.Count > 0);
        string frames = finished.All(run => run.CountsEnvironmentSteps) ? "environment steps" : "frames";
        _columns = [.. folder.Content.Swept, "seeds", _figure ?? "figure", "sd", "lowest", "highest"];
        _columns.AddRange(random ? [Random, frames, "seconds"] : [frames, "seconds"]);
        foreach (IGrouping<string, (SweepRecord, TrainingCurve?)> combination in _runs.GroupBy(run => string.Join('\n', run.Record.Values.Values)))
            _rows.Add(Row([.. combination], random));
    }

    /// <summary>The runs that did not finish, each with the reason.</summary>
    public IReadOnlyList<string> Shortfalls =>
        [.. from run in _runs
            where run.Record.Outcome != SweepOutcome.Finished
            select run.Record.Folder + (run.Record.Outcome == SweepOutcome.Failed ? $" failed: {run.Record.Message}" : " is not finished")];

    /// <summary>
    /// The figure by which a run is judged: the mean return of its final evaluation (that of its own way of playing, where several were
    /// tried the first); where there is none, the first figure of the evaluation, or else the last measurement of the training.
    /// </summary>
    /// <exception cref="BundleException">The run measured nothing, or its files cannot be read.</exception>
    public static SweepFigure FigureOf(SweepFolder folder, SweepRecord record) =>
        FigureOf(TrainingCurveReader.Read(folder.File(record.Folder)).Single());

    /// <summary>Writes the table as plain text.</summary>
    public void Write(TextWriter output) => TextTable.Write(output, _columns, _rows);

    /// <summary>Writes sweep.md and, if anything was measured, sweep.html into the sweep's folder; the files written.</summary>
    public IReadOnlyList<string> Save()
    {
        string[] measured = [.. _runs.Where(run => run.Curve is not null).Select(run => _folder.File(run.Record.Folder))];
        string table = _folder.File("sweep.md"), page = _folder.File("sweep.html");
        Disk.Write(table, Markdown());
        if (measured.Length == 0)
            return [table];
        CurvePage.Of(measured, new() { Title = Title, Notes = Shortfalls }).Save(page);
        return [table, page];
    }

    private string Title
    {
        get
        {
            SweepContent sweep = _folder.Content;
            string where = sweep.Options.TryGetValue("env", out string? environment) ? $" in {environment}" : "";
            return $"{sweep.Algorithm}{where}: sweep over {string.Join(" and ", sweep.Swept.DefaultIfEmpty("seeds"))}";
        }
    }

    private string Markdown()
    {
        StringWriter text = new StringWriter();
        text.WriteLine($"# {Title}");
        text.WriteLine();
        text.WriteLine($"Preset {_folder.Content.Preset}; all options are in sweep.json, the curves in sweep.html.");
        text.WriteLine();
        text.WriteLine($"| {string.Join(" | ", _columns)} |");
        text.WriteLine($"|{string.Concat(_columns.Select(_ => " --- |"))}");
        foreach (IReadOnlyList<string> row in _rows)
            text.WriteLine($"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |");
        text.WriteLine();
        string random = _columns.Contains(Random) ? "random: mean return of random actions; " : "";
        text.WriteLine($"{_figure ?? "figure"}: mean over the finished seeds; sd: their sample standard deviation; lowest, highest: single "
            + $"seeds; {random}all else: means over the seeds.");
        foreach (string shortfall in Shortfalls)
            text.Write($"\n- {shortfall}");
        if (Shortfalls.Count > 0)
            text.WriteLine();
        return text.ToString();
    }

    private string[] Row((SweepRecord Record, TrainingCurve? Curve)[] runs, bool random)
    {
        TrainingCurve[] finished = [.. runs.Where(run => run.Record.Outcome == SweepOutcome.Finished).Select(run => run.Curve).OfType<TrainingCurve>()];
        double[] values = [.. finished.Select(curve => ValueOf(curve, _figure)).OfType<double>()];
        ReturnStatistics? statistics = values.Length > 0 ? ReturnStatistics.Of(values) : null;
        string spread = values.Length > 1 ? Figures.Number(statistics!.Deviation) : "";
        List<string> row = [.. _folder.Content.Swept.Select(option => runs[0].Record.Values[option])];
        row.Add(finished.Length == runs.Length ? $"{runs.Length}" : $"{finished.Length} of {runs.Length}");
        row.AddRange(statistics is null ? ["", "", "", ""]
            : [Figures.Number(statistics.Mean), spread, Figures.Number(values.Min()), Figures.Number(values.Max())]);
        if (random)
            row.Add(Mean(finished.Select(curve => curve.RandomReturn).OfType<double>()));
        row.Add(Mean(finished.Select(curve => curve.LastStep)));
        row.Add(Mean(finished.Where(curve => curve.Metrics.ContainsKey("seconds")).Select(curve => curve.Metrics["seconds"].Values[^1])));
        return [.. row];
    }

    private static string Mean(IEnumerable<double> values) => values.Any() ? Figures.Number(values.Average()) : "";

    private static SweepFigure FigureOf(TrainingCurve curve)
    {
        if (curve.Returns is [(string name, double mean, _), ..])
            return new(name, mean);
        if (curve.Figures.Count > 0)
            return new(curve.Figures.First().Key, curve.Figures.First().Value);
        string metric = curve.Metrics.ContainsKey("return") ? "return" : curve.Metrics.First().Key;
        return new($"last {metric}", curve.Metrics[metric].Values[^1]);
    }

    private static double? ValueOf(TrainingCurve curve, string? figure) =>
        FigureOf(curve) is var own && own.Name == figure ? own.Value : null;

    /// <summary>What a run measured; null if that is nothing yet.</summary>
    private static TrainingCurve? Read(SweepFolder folder, SweepRecord record)
    {
        try
        {
            return TrainingCurveReader.Read(folder.File(record.Folder)).Single();
        }
        catch (Exception exception) when (exception is BundleException or IOException)
        {
            return null;
        }
    }
}
