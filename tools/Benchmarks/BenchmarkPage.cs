using System.Globalization;
using System.Net;
using System.Text;
using WorldModels.Measure;
using WorldModels.Pictures;

namespace WorldModels.Tools;

/// <summary>
/// A benchmark as one HTML page that needs nothing but itself, light or dark: for each level frames per second, the ratio to each peer and
/// the share of the peak over the batch size, and every figure in a table.
/// </summary>
public sealed class BenchmarkPage
{
    private const string Layout = """
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 8px 24px; }
        .figures svg { min-width: 0; }
        code { overflow-wrap: anywhere; }

        """;

    private readonly BenchmarkReport _report;
    private readonly string[] _contestants;

    /// <summary>Prepares a page.</summary>
    public BenchmarkPage(BenchmarkReport report)
    {
        _report = report;
        _contestants = [.. report.Measurements.Select(m => m.Contestant).Distinct()];
    }

    /// <summary>The page.</summary>
    public string ToHtml()
    {
        string title = Encode($"{_report.Bundle}: how fast it runs");
        StringBuilder page = new();
        HtmlPage.Begin(page, title, style: Layout);
        page.Append($"<p class=\"note\">{Encode(_report.Machine.ToString())}</p>\n");
        foreach (IGrouping<(string Group, int Horizon), Measurement> group in _report.Measurements.GroupBy(m => (m.Group, m.Horizon)))
            Group(page, Heading(group.Key.Group, group.Key.Horizon), [.. group]);
        page.Append("<h2>All figures</h2>\n<div class=\"scroll\">");
        HtmlTable.Write(page, _report.Columns, _report.Rows);
        page.Append("</div>\n");
        foreach (string note in _report.Notes)
            page.Append($"<p class=\"note\">{Encode(note)}</p>\n");
        page.Append($"<p class=\"note\">Measured {_report.Measured.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}");
        if (_report.Command is not null)
            page.Append($" by <code>{Encode(_report.Command)}</code>");
        page.Append("</p>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static string Heading(string group, int horizon) => group switch
    {
        "latent" => $"Latent: states along given actions, {horizon} steps",
        "heads" => $"Heads: the policy's actions, rewards and values, {horizon} steps",
        "pixels" => $"Pixels: and every observation decoded, {horizon} steps",
        "end-to-end" => $"End to end: from recorded observations, {horizon} steps",
        "decoder" => "The decoder alone",
        "controller" => "The controller: one decision",
        _ => group,
    };

    private void Group(StringBuilder page, string heading, Measurement[] measurements)
    {
        page.Append($"<h2>{Encode(heading)}</h2>\n");
        Legend(page, measurements);
        page.Append("<div class=\"figures\">\n");
        Figure(page, "frames per CPU second", "Both axes logarithmic. A frame is one step of one row.",
            Lines(measurements, m => m.FramesPerCpuSecond), logarithmic: true);
        foreach (string peer in measurements.SelectMany(m => m.Ratios?.Keys ?? []).Distinct())
        {
            Figure(page, $"times {peer}", $"Frames per CPU second divided by those of {peer}: medians of rounds in turn. Dashed: as fast.",
                Lines(measurements, m => m.Ratios?.TryGetValue(peer, out double ratio) == true ? ratio : null), level: 1);
        }
        Figure(page, "share of peak", "Of one core's measured peak of fp32 multiply-adds, per second of CPU time.",
            Lines(measurements, m => m.PeakShare), label: Figures.Share);
        page.Append("</div>\n");
    }

    private IReadOnlyList<ScalingLine> Lines(Measurement[] measurements, Func<Measurement, double?> value) =>
    [
        .. from contestant in measurements.GroupBy(m => m.Contestant)
           let points = contestant.Where(m => value(m) is > 0).OrderBy(m => m.Batch).Select(m => (m.Batch, value(m)!.Value)).ToArray()
           where points.Length > 0
           select new ScalingLine(contestant.Key, Array.IndexOf(_contestants, contestant.Key), points),
    ];

    private void Legend(StringBuilder page, Measurement[] measurements)
    {
        page.Append("<ul class=\"legend\">\n");
        foreach (string contestant in measurements.Select(m => m.Contestant).Distinct())
        {
            page.Append($"""
                <li><svg viewBox="0 0 26 14" aria-hidden="true" class="{CurveFigure.Class(Array.IndexOf(_contestants, contestant))}"><line
                class="mean" x1="0" x2="26" y1="7" y2="7"/></svg>{Encode(contestant)}</li>

                """);
        }
        page.Append("</ul>\n");
    }

    private static void Figure(StringBuilder page, string quantity, string caption, IReadOnlyList<ScalingLine> lines,
        bool logarithmic = false, double? level = null, Func<double, string>? label = null)
    {
        if (lines.Count == 0)
            return;
        page.Append($"""
            <figure>
            <div class="scroll">{new ScalingFigure(quantity, lines, logarithmic, level, label).ToSvg()}</div>
            <figcaption>{Encode(caption)}</figcaption>
            </figure>

            """);
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
