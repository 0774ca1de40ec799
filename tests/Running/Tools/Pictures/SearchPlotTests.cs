using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SkiaSharp;
using WorldModels.Pictures;

namespace WorldModels.Tests.Tools;

/// <summary>Curves of a search by a population: a metric that is a mean over many is drawn with how far they reach.</summary>
public sealed class SearchPlotTests
{
    [Test]
    public void APopulationIsShownAsRangesAboutItsMean()
    {
        using RunFixture runs = new();
        CurvePage page = CurvePage.Of([runs.Search("search", 0)]);
        Assert.That(page.Chosen, Is.EqualTo(new[] { "return_mean", "sigma", "spread_mean" }));
        string html = page.ToHtml();
        Assert.That(html, Does
            .Contain("<option selected value=\"return_mean\nsigma\nspread_mean\">return_mean, sigma, spread_mean</option>")
            .And.Contain("Shaded: return_worst to return_best, and darker return_quartile1 to return_quartile3. ")
            .And.Contain("Dotted curve: return_of_mean. ")
            .And.Contain("Shaded: spread_least to spread_most."));
        string figure = FigureOf(html, "return_mean");
        Assert.That(Regex.Count(figure, "<polygon class=\"band\""), Is.EqualTo(2));
        Assert.That(Regex.Count(figure, "<polyline class=\"middle\""), Is.EqualTo(1));
        Assert.That(FigureOf(html, "sigma"), Does.StartWith("<figure data-metric=\"sigma\">").And.Not.Contain("polygon"));
        Assert.That(FigureOf(html, "condition"), Does.StartWith("<figure data-metric=\"condition\" hidden>"), "to be chosen");
        Assert.That(FigureOf(html, "return_best"), Does.Not.Contain("polygon"), "it is an end of a range, and has none");
    }

    /// <summary>The axis reaches as far as the population does; of several seeds the ends are means.</summary>
    [Test]
    public void RangesOfSeedsAreAveraged()
    {
        using RunFixture runs = new();
        CurvePage page = CurvePage.Of([runs.Search("search-s0", 0), runs.Search("search-s4", 4)]);
        CurveGroup group = page.Groups.Single();
        CurveSpread[] spreads = [.. group.Spreads("return_mean")];
        Assert.That(spreads, Has.Length.EqualTo(2));
        Assert.That((spreads[0].Steps[3], spreads[0].Low[3], spreads[0].High[3]), Is.EqualTo((400.0, 22.0, 72.0)));
        Assert.That((spreads[1].Low[3], spreads[1].High[3]), Is.EqualTo((32.0, 52.0)));
        CurveBand middle = group.Middle("return_mean")!;
        Assert.That((middle.Steps[0], middle.Mean[0]), Is.EqualTo((500.0, 57.0)));
        (_, Ticks y, _) = page.Figure("pendulum", "return_mean")!.Axes;
        Assert.That((y.Values[0], y.Values[^1]), Is.EqualTo((-50.0, 150.0)));
        string figure = FigureOf(page.ToHtml(), "return_mean");
        Assert.That(Regex.Count(figure, "<polygon class=\"band\""), Is.EqualTo(2), "and not the range of the seeds");
        Assert.That(figure, Does.Contain("means over the seeds").And.Not.Contain("smallest to largest seed"));
    }

    [Test]
    public void APictureHasTheSame()
    {
        using RunFixture runs = new();
        string file = Path.Combine(runs.Root, "search.png");
        new CurvePicture(CurvePage.Of([runs.Search("search", 0)], new() { Metric = "return_mean" })).Save(file);
        // Two grades of the first group's colour on white: the range, and over it its middle half.
        Dictionary<SKColor, int> pixels = Frames.Read(file).Frames.Single().Pixels.CountBy(pixel => pixel).ToDictionary();
        SKColor[] blues = [.. pixels.Where(pair => pair.Key.Blue > pair.Key.Red + 20 && pair.Value > 2000).Select(pair => pair.Key)];
        Assert.That(blues, Has.Length.GreaterThanOrEqualTo(2));
    }

    [Test]
    public async Task ABrowserReadsTheRangeAndChangesTheFigures()
    {
        using RunFixture runs = new();
        string file = Path.Combine(runs.Root, "plot.html");
        CurvePage.Of([runs.Search("search", 0)]).Save(file);
        await using Browser browser = await Browser.Open(file);
        ILocator shown = browser.Page.Locator("figure:not([hidden])");
        Assert.That(await shown.CountAsync(), Is.EqualTo(3));
        LocatorBoundingBoxResult box = (await shown.First.Locator(".plot").BoundingBoxAsync())!;
        await browser.Page.Mouse.MoveAsync(box.X + box.Width * 0.8f, box.Y + box.Height / 2);
        Assert.That(await shown.First.Locator(".readout").InnerTextAsync(), Does.Match("search.* to .*, return_of_mean "));
        await browser.Page.Locator("#metric").SelectOptionAsync("condition");
        Assert.That(await shown.CountAsync(), Is.EqualTo(1));
        Assert.That(await shown.GetAttributeAsync("data-metric"), Is.EqualTo("condition"));
        Assert.That(browser.Complaints, Is.Empty);
    }

    private static string FigureOf(string html, string metric) =>
        Regex.Match(html, $"<figure data-metric=\"{metric}\".*?</figure>", RegexOptions.Singleline).Value;
}
