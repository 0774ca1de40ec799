using System.Text.Json;
using System.Text.RegularExpressions;
using WorldModels.Measure;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed class BenchmarkPageTests
{
    private static readonly BenchmarkReport Report = new()
    {
        Bundle = "a <fading> world",
        Provider = "cpu (as asked)",
        Machine = new("Some CPU @ 2 GHz", 4, "an OS", ".NET"),
        Measured = new(2026, 11, 21, 8, 30, 0, TimeSpan.Zero),
        Command = "train bench dream somewhere --peer torchsharp",
        OnnxRuntime = "1.29.0",
        Peer = "TorchSharp 0.107.0, libtorch 2.10.0, one thread",
        PeakGflops = 100,
        Measurements =
        [
            .. from batch in new[] { 1, 16, 1024 }
               from runner in new[] { "ONNX Runtime", "TorchSharp eager", "TorchScript" }
               let own = runner == "ONNX Runtime"
               select new Measurement
               {
                   What = "dream",
                   Level = "heads",
                   Runner = runner,
                   Variant = own ? "auto" : null,
                   Batch = batch,
                   Horizon = 15,
                   Calls = 100,
                   StepMedian = 1e-4 * batch / (own ? 2 : 1),
                   StepP99 = 2e-4 * batch,
                   FramesPerCpuSecond = 1e4 * (own ? 2 : 1),
                   BytesPerStep = own ? 0 : null,
                   FlopsPerFrame = 1e6,
                   PeakShare = own ? 0.2 : 0.1,
                   Ratios = own ? new Dictionary<string, double> { ["TorchSharp eager"] = 2, ["TorchScript"] = 1.5 } : null,
               },
            new() { What = "simulator", Level = "heads", Batch = 16, Horizon = 15, Calls = 9, StepMedian = 1e-6, StepP99 = 1e-6,
                FramesPerCpuSecond = 3e6, BytesPerStep = 0 },
            new() { What = "controller", Runner = "ONNX Runtime", Variant = "small", Precision = "int8", Batch = 1, Horizon = 1, Calls = 9,
                StepMedian = 1e-4, StepP99 = 2e-4, FramesPerCpuSecond = 1e4, BytesPerStep = 0, PeakShare = 0.01, FlopsPerFrame = 1e6 },
        ],
    };

    [Test]
    public void AReportComesBackFromJson()
    {
        BenchmarkReport again = BenchmarkReport.FromJson(Report.ToJson());
        Assert.That(again.ToJson(), Is.EqualTo(Report.ToJson()));
        Assert.That(again.Measurements, Has.Count.EqualTo(11));
        Assert.That(again.Measurements[0].Ratios, Is.EqualTo(Report.Measurements[0].Ratios));
        Assert.That((again.Machine, again.Measured, again.Peer), Is.EqualTo((Report.Machine, Report.Measured, Report.Peer)));
        using JsonDocument json = JsonDocument.Parse(Report.ToJson());
        JsonElement first = json.RootElement.GetProperty("measurements")[0];
        Assert.That(first.GetProperty("framesPerSecond").GetDouble(), Is.EqualTo(20_000).Within(1e-6));
        Assert.That(first.GetProperty("contestant").GetString(), Is.EqualTo("ONNX Runtime, auto"));
    }

    [Test]
    public void TheTableNamesThePeerAndItsKernels()
    {
        StringWriter output = new();
        Report.Write(output);
        string text = output.ToString();
        Assert.That(text, Does.Contain("x TorchSharp eager  x TorchScript").And.Contain("libtorch 2.10.0, one thread")
            .And.Contain("100 GFLOP/s").And.Contain("Dreams of 15 steps").And.Contain("noise and starts drawn beforehand")
            .And.Contain("small computes in int8: its ratios and its share of the fp32 peak are not like for like."));
        Assert.That(text, Does.Match(@"heads +16  ONNX Runtime, auto +20,000 +20,000 +2 +1\.5 "));
        Assert.That(Report.FileName, Is.EqualTo("some-cpu-2-ghz-4-cores_a-fading-world_2026-11-21-0830"));
    }

    [Test]
    public void ThePageHasAFigureForEachQuestion()
    {
        string html = new BenchmarkPage(Report).ToHtml();
        Assert.That(html, Does.Contain("a &lt;fading&gt; world").And.Not.Contain("<fading>").And.Contain("Heads:")
            .And.Contain("controller: one decision"));
        string[] labels = [.. Regex.Matches(html, "aria-label=\"([^\"]+)\"").Select(match => match.Groups[1].Value)];
        Assert.That(labels, Is.EqualTo(new[]
        {
            "frames per CPU second over batch size", "times TorchSharp eager over batch size", "times TorchScript over batch size",
            "share of peak over batch size", "frames per CPU second over batch size", "share of peak over batch size",
        }));
        Assert.That(Regex.Matches(html, "<line class=\"level\""), Has.Count.EqualTo(2), "the line at 1");
        Assert.That(html, Does.Contain("<title>TorchScript, batch 1,024: 10,000</title>").And.Contain("20 %"));
        Assert.That(html, Does.Contain("train bench dream somewhere --peer torchsharp").And.Contain("2026-11-21 08:30 UTC"));
        Assert.That(html, Does.Contain("libtorch 2.10.0").And.Not.Contain("http").And.Not.Contain(" src=").And.Not.Contain("<script"));
    }

    [Test]
    public void LogarithmicAxesReachAllPoints()
    {
        ScalingLine line = new("x", 0, [(1, 0.7), (8, 90), (64, 2.4e6)]);
        string svg = new ScalingFigure("speed", [line], logarithmic: true).ToSvg();
        string[] ticks = [.. Regex.Matches(svg, "text-anchor=\"end\">([^<]+)<").Select(match => match.Groups[1].Value)];
        Assert.That(ticks, Is.EqualTo(new[] { "0.1", "1", "10", "100", "1k", "10k", "100k", "1M", "10M" }));
        double[] heights = [.. Regex.Matches(svg, "cy=\"([0-9.]+)\"").Select(match => double.Parse(match.Groups[1].Value))];
        Assert.That(heights, Is.Ordered.Descending.And.All.InRange(0, 330));
        string narrow = new ScalingFigure("speed", [new("x", 0, [(4, 30_000)])], logarithmic: true).ToSvg();
        Assert.That(Regex.Matches(narrow, "text-anchor=\"end\">([^<]+)<").Select(match => match.Groups[1].Value),
            Is.EqualTo(new[] { "20k", "50k" }));
    }

    [Test]
    public async Task ABrowserShowsItInLightAndDark()
    {
        string file = Path.Combine(Path.GetTempPath(), $"bench-{Guid.NewGuid():N}.html");
        File.WriteAllText(file, new BenchmarkPage(Report).ToHtml());
        try
        {
            await using Browser browser = await Browser.Open(file);
            const string Wide = "[...document.querySelectorAll('.plot')].every(plot => plot.getBoundingClientRect().width > 300)";
            Assert.That(await browser.Page.EvaluateAsync<bool>(Wide));
            Assert.That(await browser.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out");
            const string Colours = "[document.body, document.querySelector('.c0')].map(getComputedStyle)"
                + ".map(style => style.backgroundColor + style.color).join()";
            string light = await browser.Page.EvaluateAsync<string>(Colours);
            await browser.Darken();
            Assert.That(await browser.Page.EvaluateAsync<string>(Colours), Is.Not.EqualTo(light).And.StartsWith("rgb(20, 23, 27)"));
            Assert.That(browser.Complaints, Is.Empty);
            Assert.That(browser.Requests, Is.Not.Empty.And.All.StartsWith("file://"));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
