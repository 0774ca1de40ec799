using System.IO.Enumeration;
using System.Net;
using System.Text;
using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Pictures;

/// <summary>What a <see cref="CurvePage"/> shows.</summary>
public sealed record CurvePageOptions
{
    /// <summary>
    /// The metric shown first, of a pattern such as <c>schedule_*</c> all that match, below each other; null: the return if there is one;
    /// of a population's search the mean return with its range, and its step sizes below; else the metric written first.
    /// </summary>
    public string? Metric { get; init; }

    /// <summary>Values to compare that metric with.</summary>
    public IReadOnlyList<CurveLevel> Levels { get; init; } = [];

    /// <summary>Only runs in this environment; null: all, a figure for each environment.</summary>
    public string? Environment { get; init; }

    /// <summary>
    /// An option by whose values runs are grouped and curves named, such as <c>explorer</c>, whatever else differs; null: a curve is of
    /// runs that differ in nothing but their seed, and has the name of a folder, a bundle or an arm.
    /// </summary>
    public string? By { get; init; }

    /// <summary>No step beyond this one is shown, nor is the final evaluation of a run that went on; null: all.</summary>
    public double? LastStep { get; init; }

    /// <summary>Heading of the page; null: the environments.</summary>
    public string? Title { get; init; }

    /// <summary>What the reader has to know first, such as runs that are missing: a list below the heading.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>
/// One HTML page of training curves that needs nothing but itself: a figure for each metric and environment, of which the reader chooses;
/// values to read off at the pointer; the final evaluation as a table.
/// </summary>
public sealed class CurvePage
{
    // More points than a figure has pixels would only make the page large.
    private const int MostPoints = 500;

    private readonly IReadOnlyList<CurveGroup> _groups;
    private readonly string[] _environments, _metrics;
    private readonly CurvePageOptions _options;
    private readonly bool _thinned;

    private CurvePage(IReadOnlyList<CurveGroup> groups, CurvePageOptions options, bool thinned)
    {
        (_groups, _options, _thinned) = (groups, options, thinned);
        _environments = [.. groups.Select(group => group.Environment).Distinct()];
        _metrics = [.. groups.SelectMany(group => group.Runs).SelectMany(run => run.Metrics.Keys).Distinct()];
        Chosen = options.Metric is { } pattern ? [.. _metrics.Where(name => Matches(name, pattern))] : Unasked();
    }

    /// <summary>The metric shown first.</summary>
    public string Metric => Chosen[0];

    /// <summary>The metrics that were asked for, at least one.</summary>
    public IReadOnlyList<string> Chosen { get; }

    /// <summary>The groups shown.</summary>
    public IReadOnlyList<CurveGroup> Groups => _groups;

    /// <summary>What the reader has to know first: also in what the runs of one curve differ that are grouped by an option.</summary>
    public IReadOnlyList<string> Notes =>
    [
        .. _options.Notes,
        .. _groups.Where(group => group.Differences.Count > 0)
            .Select(group => $"{group.Label}: its runs differ in {string.Join(", ", group.Differences)}, too."),
    ];

    /// <summary>Reads folders and prepares their page.</summary>
    /// <param name="folders">Folders that <see cref="TrainingCurveReader.Read"/> takes.</param>
    /// <param name="options">What to show.</param>
    /// <exception cref="BundleException">A folder holds no run or cannot be read; or there is no such metric or environment.</exception>
    public static CurvePage Of(IReadOnlyList<string> folders, CurvePageOptions? options = null)
    {
        options ??= new();
        TrainingCurve[] runs = [.. folders.DistinctBy(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))
            .SelectMany(TrainingCurveReader.Read)];
        string[] environments = [.. runs.Select(run => run.Environment).Distinct()];
        if (options.Environment is { } chosen)
        {
            if (!environments.Contains(chosen))
                throw Unknown("environment", chosen, environments);
            runs = [.. runs.Where(run => run.Environment == chosen)];
        }
        else if (options.Levels.Count > 0 && environments.Length > 1)
        {
            throw new BundleException($"A level belongs to one environment, and these runs are of {string.Join(" and ", environments)}: "
                + "choose one by --env.");
        }
        if (options.By is { } option)
            runs = NamedBy(option, runs);
        if (options.LastStep is { } last)
            runs = [.. runs.Select(run => Cut(run, last)).OfType<TrainingCurve>()];
        if (runs.Length == 0)
            throw new BundleException($"Nothing was measured up to step {Figures.Number(options.LastStep!.Value)}.");
        string[] metrics = [.. runs.SelectMany(run => run.Metrics.Keys).Distinct()];
        if (options.Metric is { } metric)
        {
            int matching = metrics.Count(name => Matches(name, metric));
            if (matching == 0)
                throw Unknown("metric", metric, metrics);
            if (matching > 1 && options.Levels.Count > 0)
                throw new BundleException($"A level belongs to one metric, and '{metric}' stands for {matching}: choose one by --metric.");
        }
        bool thinned = runs.Any(run => run.Metrics.Values.Any(series => series.Steps.Count > MostPoints));
        return new(CurveGroup.Of(runs.Select(run =>
            run with { Metrics = run.Metrics.ToDictionary(entry => entry.Key, entry => entry.Value.Thin(MostPoints)) }), options.By),
            options, thinned);
    }

    private IReadOnlyList<string> Unasked()
    {
        string? single = _metrics.FirstOrDefault(name => name is "return") ?? _metrics.FirstOrDefault(name => name is "return_evaluation");
        if (single is not null)
            return [single];
        // A search by a population: what it finds, and how far it searches.
        bool searched = MetricSpread.Ends("return_mean", [.. _groups.SelectMany(group => group.Runs)]).Count > 0;
        return searched ? ["return_mean", .. _metrics.Where(name => name is "sigma" or "spread" or "spread_mean")] : [_metrics[0]];
    }

    /// <summary>Runs whose names are what an option of theirs is; words as they are typed, since bundles have them in capitals.</summary>
    private static TrainingCurve[] NamedBy(string option, TrainingCurve[] runs)
    {
        string[] known = [.. runs.SelectMany(run => run.Config.Keys).Distinct()];
        return known.Contains(option)
            ? [.. runs.Select(run => run with { Name = $"{option}={Typed(run.Config.GetValueOrDefault(option, "unset"))}" })]
            : throw Unknown("option", option, known);

        static string Typed(string value) =>
            value.All(char.IsAsciiLetterOrDigit) ? JsonNamingPolicy.CamelCase.ConvertName(value) : value;
    }

    private static bool Matches(string metric, string pattern) => FileSystemName.MatchesSimpleExpression(pattern, metric, ignoreCase: false);

    private static TrainingCurve? Cut(TrainingCurve run, double last)
    {
        if (run.LastStep <= last)
            return run;
        Dictionary<string, MetricSeries> metrics = run.Metrics.Select(entry => (entry.Key, Series: entry.Value.Until(last)))
            .Where(entry => entry.Series is not null).ToDictionary(entry => entry.Key, entry => entry.Series!);
        // What was judged at the end is nothing that was reached by then; the random policy stays what it is.
        Dictionary<string, double> random =
            run.Figures.Where(figure => figure.Key.StartsWith("return_random", StringComparison.Ordinal)).ToDictionary();
        return metrics.Count == 0 ? null : run with { Metrics = metrics, Figures = random };
    }

    /// <summary>Writes the page; a reader sees the old file or the new one.</summary>
    public void Save(string path) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(ToHtml())));

    /// <summary>The figure of a metric in an environment, with the numbers of its colours; null where no run has both.</summary>
    internal CurveFigure? Figure(string environment, string metric)
    {
        (CurveGroup Group, int Colour)[] groups = [.. _groups.Select((group, i) => (Group: group, Colour: i))
            .Where(entry => entry.Group.Environment == environment)
            .Where(entry => entry.Group.Runs.Any(run => run.Metrics.ContainsKey(metric)))];
        return groups.Length == 0 ? null : new(groups, metric, metric == Metric ? _options.Levels : []);
    }

    /// <summary>The environments, each of which has a figure.</summary>
    internal IReadOnlyList<string> Environments => _environments;

    /// <summary>The page's heading.</summary>
    internal string Title => _options.Title ?? $"Training curves: {string.Join(", ", _environments.Select(Named))}";

    /// <summary>The page.</summary>
    public string ToHtml()
    {
        string title = Encode(Title);
        StringBuilder page = new();
        HtmlPage.Begin(page, title, head: "<noscript><style>figure[hidden] { display: block; }</style></noscript>\n");
        if (Notes.Count > 0)
            page.Append($"<ul class=\"note\">{string.Concat(Notes.Select(note => $"<li>{Encode(note)}</li>"))}</ul>\n");
        page.Append($"""
            <label>Show <select id="metric">{Together()}{string.Concat(_metrics.Select(Choice))}</select></label>

            """);
        Legend(page);
        List<object> data = [];
        foreach (string environment in _environments)
        {
            if (_environments.Length > 1)
                page.Append($"<h2>{Encode(Named(environment))}</h2>\n");
            foreach (string metric in _metrics)
                Show(page, environment, metric, data);
        }
        foreach (string environment in _environments)
            Evaluation(page, environment);
        Sources(page);
        page.Append($"""
            <script type="application/json" id="data">{JsonSerializer.Serialize(data)}</script>
            <script>
            {Resources.Text("page.js")}</script>
            </body>
            </html>

            """);
        return page.ToString();
    }

    private string Choice(string metric) =>
        $"<option{(Chosen.Count == 1 && metric == Metric ? " selected" : "")}>{Encode(metric)}</option>";

    /// <summary>The choice of all metrics that were asked for; there is none of a single one.</summary>
    private string Together() => Chosen.Count == 1
        ? "" : $"<option selected value=\"{Encode(string.Join('\n', Chosen))}\">{Encode(string.Join(", ", Chosen))}</option>";

    private void Legend(StringBuilder page)
    {
        page.Append("<ul class=\"legend\">\n");
        for (int i = 0; i < _groups.Count; i++)
        {
            int seeds = _groups[i].Runs.Count;
            string band = seeds > 1 ? "<rect class=\"band\" width=\"26\" height=\"14\"/>" : "";
            page.Append($"""
                <li><button type="button" aria-pressed="true" data-colour="{i}"><svg viewBox="0 0 26 14" aria-hidden="true"
                class="{CurveFigure.Class(i)}">{band}<line class="mean" x1="0" x2="26" y1="7" y2="7"/></svg>{Encode(_groups[i].Label)}
                <small>{_groups[i].Seeds}</small></button></li>

                """);
        }
        page.Append("</ul>\n");
    }

    private void Show(StringBuilder page, string environment, string metric, List<object> data)
    {
        if (Figure(environment, metric) is not { } figure)
            return;
        data.Add(figure.ToData());
        page.Append($"""
            <figure data-metric="{Encode(metric)}"{(Chosen.Contains(metric) ? "" : " hidden")}>
            <div class="scroll">{figure.ToSvg()}</div>
            <div class="readout" hidden></div>
            <figcaption>{Caption(figure, environment)}</figcaption>
            </figure>

            """);
    }

    private string Caption(CurveFigure figure, string environment)
    {
        StringBuilder text = new($"<b>{Encode(figure.Metric)}</b> over {figure.StepName} in {Encode(Named(environment))}");
        text.Append(figure.StepName.Contains("frames") ? ", frames as the trainer counts them. " : ". ");
        int alone = figure.Groups.Count(entry => entry.Group.Runs.Count(run => run.Metrics.ContainsKey(figure.Metric)) == 1);
        if (alone < figure.Groups.Count)
        {
            text.Append("Thick lines: means over the seeds of a group, as far as all of them reach, with straight lines between "
                + $"measurements; {(figure.SpreadNames.Count == 0 ? "bands: smallest to largest seed; " : "")}thin lines: single seeds. ");
        }
        if (alone > 0)
            text.Append(alone == figure.Groups.Count ? "One seed each. " : "A thick line without thin ones is one seed. ");
        if (figure.SpreadNames.Count > 0)
        {
            text.Append("Shaded: ").AppendJoin(", and darker ", figure.SpreadNames.Select(pair => Encode($"{pair.Low} to {pair.High}")));
            text.Append(alone < figure.Groups.Count ? ", means over the seeds. " : ". ");
        }
        if (figure.MiddleName is { } middle)
            text.Append($"Dotted curve: {Encode(middle)}. ");
        if (_options.LastStep is { } last)
            text.Append($"Shown up to step {Figures.Number(last)}; runs that went on have no final evaluation here. ");
        text.Append(_thinned
            ? $"Curves of more than {MostPoints} measurements show means of neighbouring ones; nothing else is smoothed. "
            : "As measured, not smoothed. ");
        if (figure.Groups.Any(entry => entry.Group.Runs.Any(run => run.Shortfall is not null)))
            text.Append("×: the end of a run that has not done all of its updates. ");
        if (figure.Random.Count > 0)
            text.Append("Dotted: mean return of random actions, from the final evaluations. ");
        if (figure.Levels.Any(level => level.Look == "level"))
            text.Append("Dashed: values given when this page was made, not measured here. ");
        if (figure.FinalNames.Count > 0)
            text.Append($"Right: {Encode(string.Join(", ", figure.FinalNames))} of each run's final evaluation, with its 95 % interval. ");
        return text.ToString().TrimEnd();
    }

    /// <summary>Mean returns of each run's final evaluation, then all of its figures.</summary>
    private void Evaluation(StringBuilder page, string environment)
    {
        (string Label, TrainingCurve Run)[] runs = _groups.Where(group => group.Environment == environment)
            .SelectMany(group => group.Runs, (group, run) => (group.Label, Run: run)).Where(entry => entry.Run.Figures.Count > 0).ToArray();
        if (runs.Length == 0)
            return;
        string where = _environments.Length > 1 ? $" in {Encode(Named(environment))}" : "";
        string[] names = [.. runs.SelectMany(entry => entry.Run.Returns).Select(figure => figure.Name).Distinct()];
        if (names.Length > 0)
        {
            page.Append($"<h2>Final evaluation{where}</h2>\n<div class=\"scroll\">");
            HtmlTable.Write(page, ["run", "seed", .. names, "random"], runs.Select(entry => (string[])
            [
                entry.Label, $"{entry.Run.Seed}",
                .. names.Select(name => entry.Run.Returns.Where(figure => figure.Name == name).Select(CurveFigure.Text).FirstOrDefault("")),
                entry.Run.RandomReturn is { } random ? Figures.Number(random) : "",
            ]));
            page.Append("</div>\n<p class=\"note\">Mean return of whole episodes after training, ± half its 95 % interval.</p>\n");
        }
        string[] figures = [.. runs.SelectMany(entry => entry.Run.Figures.Keys).Distinct()];
        string open = names.Length > 0 ? "" : " open";
        page.Append($"<details{open}><summary>All figures of the final evaluation{where}</summary><div class=\"scroll\">");
        string[] columns = ["figure", .. runs.Select(entry => $"{entry.Label}, seed {entry.Run.Seed}")];
        HtmlTable.Write(page, columns, figures.Select(name => (string[])
            [name, .. runs.Select(entry => entry.Run.Figures.TryGetValue(name, out double value) ? Figures.Number(value) : "")]));
        page.Append("</div></details>\n");
    }

    private void Sources(StringBuilder page)
    {
        page.Append("<details><summary>Where the curves are from</summary><div class=\"scroll\">");
        IEnumerable<string[]> rows = _groups.SelectMany(group => group.Runs.Select(
            run => (string[])[group.Label, $"{run.Seed}", Figures.Number(run.LastStep) + Short(run), run.Source]));
        HtmlTable.Write(page, ["run", "seed", "last step", "read from"], rows);
        page.Append("</div></details>\n");
    }

    private static string Short(TrainingCurve run) => run.Shortfall is { } shortfall ? $" ({shortfall})" : "";

    private static BundleException Unknown(string kind, string name, string[] known) => new(
        $"There is no {kind} '{name}' in these runs{EditDistance.Suggest(name, known)} Known: {string.Join(", ", known)}.");

    internal static string Named(string environment) => environment.Length > 0 ? environment : "an environment that is not named";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
