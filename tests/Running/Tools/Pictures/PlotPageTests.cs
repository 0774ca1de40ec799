using System.Xml.Linq;
using Microsoft.Playwright;
using SkiaSharp;
using WorldModels.Pictures;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed class PlotPageTests
{
    [Test]
    public void ThePageSaysWhatItShows()
    {
        using RunFixture runs = new();
        string[] folders = [Rising(runs, 0), Rising(runs, 1)];
        string html = CurvePage.Of(folders, new() { Levels = [new("Published <2017>", 120)], Title = "A & B" }).ToHtml();
        Assert.That(html, Does.Contain("<title>A &amp; B</title>").And.Contain("Published &lt;2017&gt;")
            .And.Contain("mean and min–max of 2 seeds").And.Contain("random: 3").And.Contain("100.0 &#177; 2.5")
            .And.Contain("<option selected>return</option>").And.Contain("bands: smallest to largest seed").And.Contain(folders[1]));
        Assert.That(html, Does.Not.Contain("http").And.Not.Contain(" src=").And.Not.Contain("@import"));
        string cut = CurvePage.Of(folders, new() { LastStep = 500 }).ToHtml();
        Assert.That(cut, Does.Contain("Shown up to step 500").And.Not.Contain("100.0 &#177; 2.5").And.Contain("random: 3"));
    }

    [Test]
    public void TheEndOfARunThatStoppedEarlyIsMarked()
    {
        using RunFixture runs = new();
        string whole = Rising(runs, 0), early = Rising(runs, 1);
        CurvePageOptions options = new() { Notes = ["a run <failed>"] };
        string before = CurvePage.Of([whole, early], options).ToHtml();
        Assert.That(before, Does.Not.Contain("&#215;").And.Contain("<li>a run &lt;failed&gt;</li>"));
        string config = Path.Combine(early, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"seed\"", "\"updates\": 5000, \"seed\"", StringComparison.Ordinal));
        string html = CurvePage.Of([whole, early]).ToHtml();
        Assert.That(html, Does.Contain(">&#215;</text>").And.Contain("×: the end of a run that has not done all of its updates"));
        Assert.That(html, Does.Contain("class=\"short\"").And.Match(@"\(update \d+ of 5000\)"));
    }

    /// <summary>Random actions that last longer are worth more: no mean of them says anything.</summary>
    [Test]
    public void RandomPlayIsToldByHowLongAnActionLasts()
    {
        string zoo = Path.Combine(Repository.Root, "models", "zoo");
        string html = CurvePage.Of([Path.Combine(zoo, "cartpole-swingup-dreamer"), Path.Combine(zoo, "cartpole-swingup-planet")]).ToHtml();
        Assert.That(html, Does.Match("random, each action 4 steps: 8[0-9]").And.Match("random, each action 8 steps: 1[2-3][0-9]"));
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Zoo))]
    public void EveryBundleOfTheZooIsPlotted(string bundle)
    {
        using RunFixture runs = new();
        string file = Path.Combine(runs.Root, "plots", "zoo.html");
        Assert.That(Plot(out string output, bundle, "--output", file), Is.Empty);
        Assert.That(output, Does.Contain("shown first"));
        Assert.That(File.ReadAllText(file), Does.Contain("<polyline class=\"mean\""));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(file)!), Has.Length.EqualTo(1));
    }

    /// <summary>Seeds of one value are one curve; folders that say nothing of what they try need no other names.</summary>
    [Test]
    public void CurvesAreNamedAfterAnOption()
    {
        using RunFixture runs = new();
        string[] folders = [.. new[] { ("first", 0, "0.1"), ("second", 1, "0.1"), ("third", 0, "0.001") }
            .Select(run => runs.Run(run.Item1, run.Item2, [(100, 1), (200, 2)], run.Item3))];
        CurvePage page = CurvePage.Of(folders, new() { By = "learningRate" });
        Assert.That(page.Groups.Select(group => (group.Label, group.Runs.Count)),
            Is.EqualTo(new[] { ("learningRate=0.1", 2), ("learningRate=0.001", 1) }));
        Assert.That(Plot(out string output, [.. folders, "--by", "learningRate", "--output", Path.Combine(runs.Root, "plot.html")]), Is.Empty);
        Assert.That(output, Does.Contain("learningRate=0.001").And.Not.Contain("differ"));
        Assert.That(Plot(out _, [.. folders, "--by", "learningRat", "--output", Path.Combine(runs.Root, "plot.html")]),
            Does.Contain("no option 'learningRat'").And.Contain("did you mean 'learningRate'?"));
    }

    /// <summary>
    /// A bundle writes words in capitals, a run's folder does not: they are of one curve. What else differs is said beside its name.
    /// </summary>
    [Test]
    public void RunsOfOneValueAreOneCurve()
    {
        using RunFixture runs = new();
        string folder = runs.Run("explored", seed: 7, [(100, 1), (200, 2)]), file = Path.Combine(runs.Root, "plot.html");
        File.WriteAllText(Path.Combine(folder, "config.json"),
            """{"algorithm": "plan2explore", "env": "pendulum-swingup", "seed": 7, "explorer": "plan2Explore", "batch": 8}""");
        string[] command = [Path.Combine(Repository.Root, "models", "zoo", "pendulum-swingup-plan2explore"), folder];
        CurvePage page = CurvePage.Of(command, new() { By = "explorer" });
        Assert.That(page.Groups.Select(group => (group.Label, string.Join(' ', group.Runs.Select(run => run.Seed)))), Is.EquivalentTo(
            new[]
            {
                ("explorer=plan2Explore", "1 1 1 1 1 1 2 2 2 2 3 3 3 3 7"), ("explorer=curiosity", "1 1 2 2 3 3"),
                ("explorer=random", "1 2 3"), ("explorer=unset", "1 2 3"),
            }));
        string note = page.Notes.Single(said => said.StartsWith("explorer=plan2Explore: its runs differ in ", StringComparison.Ordinal));
        Assert.That(note, Does.Contain("batch").And.Contain("noisyScreen"));
        Assert.That(Plot(out string output, [.. command, "--by", "explorer", "--output", file]), Is.Empty);
        Assert.That(output, Does.Contain("its runs differ in"));
        Assert.That(File.ReadAllText(file), Does.Contain($"<li>{note}</li>"));
    }

    [TestCase("curves.png")]
    [TestCase("curves.svg")]
    public void APictureIsPlotted(string name)
    {
        using RunFixture runs = new();
        string file = Path.Combine(runs.Root, "plots", name);
        Assert.That(Plot(out string output, Rising(runs, 0), Rising(runs, 1), "--level", "published=120", "--output", file), Is.Empty);
        Assert.That(output, Does.Contain("return shown"));
        if (name.EndsWith(".svg", StringComparison.Ordinal))
        {
            string text = string.Concat(XDocument.Load(file).Descendants().Where(element => element.Name.LocalName == "text")
                .Select(element => element.Value.Trim() + " "));
            Assert.That(text, Does.Contain("published").And.Contain("random: 3").And.Contain("frames").And.Contain("final"));
            return;
        }
        SKBitmap picture = Frames.Read(file).Frames.Single();
        Assert.That(picture.Width, Is.InRange(CurveFigure.Width, CurveFigure.Width + 40));
        Assert.That(picture.GetPixel(2, 2), Is.EqualTo(SKColors.White));
        // The first group's colour, as the page has it: its mean crosses the plot.
        SKColor line = SKColor.Parse("#0b6bb5");
        int[] columns = [.. picture.Pixels.Index().Where(pixel => pixel.Item == line).Select(pixel => pixel.Index % picture.Width)];
        Assert.That(columns.Max() - columns.Min(), Is.GreaterThan(CurveFigure.Width / 2));
    }

    [Test]
    public void APictureOfAPatternHasAPlotForEachMetric()
    {
        using RunFixture runs = new();
        string file = Path.Combine(runs.Root, "losses.png");
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "lunarlander-sacx");
        Assert.That(Plot(out string output, bundle, "--metric", "schedule_*", "--output", file), Is.Empty);
        Assert.That(output, Does.Contain("schedule_land, schedule_touch, schedule_hover, schedule_hold-still, schedule_upright, "
            + "schedule_approach shown"));
        // Seeds and arms of the bundle and its copies in runs are told apart by what differs, not by how a list is written.
        Assert.That(output, Does.Not.Contain("actorTrunk"));
        SKBitmap picture = Frames.Read(file).Frames.Single();
        Assert.That((picture.Width / CurveFigure.Width, picture.Height / CurveFigure.Height), Is.EqualTo((2, 3)));
    }

    [Test]
    public void AMistakeGivesOneMessage()
    {
        using RunFixture runs = new();
        string folder = Rising(runs, 0), bundle = Path.Combine(Repository.Root, "models", "zoo", "minipacman-i2a");
        string file = Path.Combine(runs.Root, "plot.html");
        Mistake("plot needs folders of runs or bundles", "--output", file);
        Mistake("There is no directory 'nowhere'", "nowhere");
        Mistake("There is no metric 'retrun' in these runs; did you mean 'return'?", folder, "--metric", "retrun");
        Mistake("There is no metric 'schedule_*' in these runs", folder, "--metric", "schedule_*");
        Mistake("'*' stands for", folder, "--level", "a=1", "--metric", "*");
        Mistake("There is no environment 'pendulun' in these runs; did you mean 'pendulum'? Known: pendulum.", folder, "--env", "pendulun");
        Mistake("--level takes LABEL=VALUE", folder, "--level", "821");
        Mistake("Folders come before it", "--level", "a=1", folder);
        Mistake("There is no environment 'maze' in these runs. Known: pendulum.", folder, "--env", "maze");
        Mistake("choose one by --env", bundle, "--level", "a=1");
        Mistake("--to takes a number above 0", folder, "--to", "-5");
        Mistake("Nothing was measured up to step 1", folder, "--to", "1");
        Mistake("ends in .html (a page), .png or .svg (a picture); found 'plot.gif'", folder, "--output", "plot.gif");
        Mistake("plots.png' cannot be written: it is a directory", folder, "--output", Directory.CreateDirectory(
            Path.Combine(runs.Root, "plots.png")).FullName);
        Mistake("manifest.json/a.png' cannot be written", folder, "--output", Path.Combine(bundle, "manifest.json", "a.png"));
        Mistake("--metric is given twice", folder, "--metric", "loss", "--metric=return");
        Assert.That(File.Exists(file), Is.False);
        Assert.That(Plot(out _, folder, "--level", "a=1", "--level", "b=2", "--output", file), Is.Empty);
        Assert.That(File.ReadAllText(file), Does.Contain(">a</text>").And.Contain(">b</text>"));

        void Mistake(string message, params string[] args)
        {
            string error = Plot(out string output, args);
            Assert.That((error.TrimEnd().Split('\n').Length, output), Is.EqualTo((1, "")), error);
            Assert.That(error, Does.Contain(message));
        }
    }

    [Test]
    public async Task ABrowserShowsItReadsValuesAndChangesTheMetric()
    {
        using RunFixture runs = new();
        string file = Path.Combine(runs.Root, "plot.html");
        CurvePage.Of([Rising(runs, 0), Rising(runs, 1)], new() { Levels = [new("published", 120)] }).Save(file);
        await using Browser browser = await Browser.Open(file);
        IPage page = browser.Page;
        ILocator shown = page.Locator("figure:not([hidden])");
        ILocator cross = shown.Locator(".cross"), readOut = shown.Locator(".readout"), curve = shown.Locator(".mean");

        Assert.That(await shown.GetAttributeAsync("data-metric"), Is.EqualTo("return"));
        // Halfway along the axis, at step 500, seed 0 has a return of 50 and seed 1 of 60.
        await PointAt(0.5);
        Assert.That(await readOut.InnerTextAsync(), Does.Match("^500 frames").And.Contain("rising").And.Match(@"\s55\s").And.Contain("50 to 60"));
        Assert.That(await cross.EvaluateAsync<bool>("cross => !cross.classList.contains('off')"), "the cross is there");
        await page.Mouse.MoveAsync(2, 2);
        Assert.That(await readOut.EvaluateAsync<bool>("text => text.hidden"));
        Assert.That(await cross.EvaluateAsync<bool>("cross => getComputedStyle(cross).display === 'none'"), "the cross is gone");

        string? before = await curve.GetAttributeAsync("points");
        await page.Locator("#metric").SelectOptionAsync("loss");
        Assert.That(await shown.CountAsync(), Is.EqualTo(1));
        Assert.That(await shown.GetAttributeAsync("data-metric"), Is.EqualTo("loss"));
        Assert.That(await curve.GetAttributeAsync("points"), Is.Not.EqualTo(before));
        await PointAt(0.5);
        Assert.That(await readOut.InnerTextAsync(), Does.Contain("16.67 to 20")); // 1000 / 60, 1000 / 50

        await page.Locator(".legend button").First.ClickAsync();
        Assert.That(await curve.EvaluateAsync<bool>("curve => curve.getBoundingClientRect().width === 0"), "the group is hidden");

        string light = await Background();
        await browser.Darken();
        Assert.That((light, await Background()), Is.EqualTo(("rgb(255, 255, 255)", "rgb(20, 23, 27)")));
        Assert.That(browser.Complaints, Is.Empty);
        Assert.That(browser.Requests, Is.Not.Empty.And.All.StartsWith("file://"));

        async Task PointAt(double share)
        {
            double[] at = await shown.Locator(".plot").EvaluateAsync<double[]>("""
                (svg, share) => {
                  const r = svg.getBoundingClientRect(), scale = r.width / 960;
                  const p = data[[...document.querySelectorAll('.plot')].indexOf(svg)];
                  return [r.x + (p.left + share * (p.right - p.left)) * scale, r.y + (p.top + p.bottom) / 2 * scale];
                }
                """, share);
            await page.Mouse.MoveAsync((float)at[0], (float)at[1]);
        }

        Task<string> Background() => page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
    }

    private static string Rising(RunFixture runs, int seed) => runs.Run($"rising-s{seed}", seed,
        [.. Enumerable.Range(1, 10).Select(i => (i * 100.0, i * (10.0 + 2 * seed)))], final: 100);

    private static string Plot(out string output, params string[] args)
    {
        StringWriter written = new(), error = new();
        int code = ToolsApp.Run(["plot", .. args], written, error);
        Assert.That(code, error.ToString().Length == 0 ? Is.Zero : Is.Not.Zero);
        output = written.ToString();
        return error.ToString();
    }
}
