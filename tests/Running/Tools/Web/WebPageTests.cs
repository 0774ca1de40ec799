using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>A page as people use it: by keys, finger and screen reader, on a phone, and in the dark.</summary>
public sealed class WebPageTests
{
    private WebSites _sites = null!;

    [OneTimeSetUp]
    public void Serve() => _sites = new();

    [OneTimeTearDown]
    public void Close() => _sites.Dispose();

    [Test]
    public async Task KeysChangeTheDream()
    {
        await using Browser browser = await OpenAt(_sites.Make("cartpole-swingup-dreamer"));
        IPage page = browser.Page;
        await page.Locator("#stage").FocusAsync();
        string[] left = await Press("ArrowLeft"), again = await Press("ArrowLeft"), right = await Press("ArrowRight");
        Assert.That(left, Is.EqualTo(again), "the same seed and keys: the same dream");
        Assert.That(right, Is.Not.EqualTo(left));
        Assert.That(left[^1], Does.Contain("force −1"));
        Assert.That(right[^1], Does.Contain("force 1"));
        Assert.That(await page.Locator("#who").InputValueAsync(), Is.EqualTo("I play"), "who presses a key plays");
        // Other keys are the browser's, and so are those pressed elsewhere.
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("ArrowLeft");
        Assert.That(await Fact(page, "Step"), Is.EqualTo("5"));
        Assert.That(browser.Complaints, Is.Empty);
        Assert.That(browser.Requests, Has.All.StartsWith("http://localhost").Or.StartsWith("data:"));

        async Task<string[]> Press(string key)
        {
            await page.ReloadAsync();
            await page.Locator("#facts dt").First.WaitForAsync();
            await page.Locator("#stage").FocusAsync();
            for (int step = 1; step <= 5; step++)
            {
                await page.Keyboard.PressAsync(key);
                await Until(page, "Step", $"{step}");
            }
            string words = await page.Locator("#stage canvas").GetAttributeAsync("aria-label") ?? "";
            return [words, await page.Locator("#state").InnerTextAsync()];
        }
    }

    [Test]
    public async Task AFingerAndButtonsMoveToo()
    {
        await using Browser browser = await OpenAt(_sites.Make("minipacman-i2a"), width: 360);
        IPage page = browser.Page;
        LocatorBoundingBoxResult box = (await page.Locator("#stage").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + box.Width * 0.9f, box.Y + box.Height / 2);
        await page.Mouse.DownAsync();
        await Until(page, "Step", "1");
        await page.Mouse.UpAsync();
        Assert.That(await Fact(page, "Action"), Is.EqualTo("right"));
        await page.Locator("#pad button").GetByText("up").ClickAsync();
        await Until(page, "Step", "2");
        Assert.That(await Fact(page, "Action"), Is.EqualTo("up"));
        await page.Locator("#pad button").GetByText("left").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Until(page, "Step", "3");
        Assert.That(await Fact(page, "Action"), Is.EqualTo("left"));
        Assert.That(browser.Complaints, Is.Empty);
    }

    [Test]
    public async Task ItPlaysPausesAndStartsAgain()
    {
        await using Browser browser = await OpenAt(_sites.Make("cartpole-swingup-dreamer"));
        IPage page = browser.Page;
        Assert.That(await Fact(page, "Step"), Is.EqualTo("0"), "nothing moves unasked");
        ILocator play = page.Locator("#play");
        await play.ClickAsync();
        await page.WaitForFunctionAsync("() => Number(document.querySelector('#facts dd').textContent) > 20");
        await page.Locator("#speed-report").GetByText("steps a second").WaitForAsync();
        await play.ClickAsync();
        Assert.That(await page.Locator("#state").InnerTextAsync(), Is.EqualTo("Paused."));
        await page.Locator("#restart").ClickAsync();
        await Until(page, "Step", "0");
        Assert.That(await page.Locator("#state").InnerTextAsync(), Does.Contain("seed 1"));
        await page.Locator("#measure").ClickAsync();
        await page.Locator("#state").GetByText("frames a second").WaitForAsync();
        Assert.That(browser.Complaints, Is.Empty);
    }

    /// <summary>Every view of every kind of page steps, and an accessibility checker (axe) finds nothing, light and dark.</summary>
    [TestCase("minipacman-i2a", 3)]
    [TestCase("cartpole-swingup-dreamer", 3)]
    [TestCase("lunarlander-sacx", 1)]
    public async Task EveryViewIsAccessibleAndFitsAPhone(string bundle, int views)
    {
        await using Browser browser = await OpenAt(_sites.Make(bundle), width: 360);
        IPage page = browser.Page;
        await page.Locator("summary").ClickAsync();
        ILocator choice = page.Locator("#view option");
        Assert.That(await choice.CountAsync(), Is.EqualTo(views));
        foreach (string title in await choice.AllInnerTextsAsync())
        {
            await page.Locator("#view").SelectOptionAsync(title);
            await page.Locator("#state").GetByText(title).WaitForAsync();
            for (int step = 1; step <= 6; step++)
            {
                await page.Locator("#step").ClickAsync();
                await page.WaitForFunctionAsync(
                    "step => document.querySelector('#facts dd').textContent.split(' ')[0] === `${step}`", step);
            }
            string[] labels = [.. (await page.Locator("canvas").EvaluateAllAsync<string[]>("all => all.map(c => c.ariaLabel)"))];
            Assert.That(labels, Has.All.Not.Empty.And.Length.AtLeast(3), "each picture and curve says what it is");
            int wide = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            Assert.That(wide, Is.LessThanOrEqualTo(360), $"{title} scrolls sideways");
            foreach (ColorScheme scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            {
                await page.EmulateMediaAsync(new() { ColorScheme = scheme });
                AxeResult result = await page.RunAxe();
                Assert.That(result.Violations.Select(fault => $"{fault.Id}: {fault.Nodes[0].Html}"), Is.Empty, $"{title}, {scheme}");
            }
        }
        Assert.That(browser.Complaints, Is.Empty);
    }

    [Test]
    public void TheLanderHasPicturesOfItsGame()
    {
        string folder = _sites.FolderOf(_sites.Make("lunarlander-sacx"));
        Assert.That(Frames.Read(Path.Combine(folder, "recording.webp")).Frames.Single().Width, Is.EqualTo(20 * 240));
        string site = File.ReadAllText(Path.Combine(folder, "site.json"));
        Assert.That(site, Does.Contain("There is no world model here").And.Contain("\"hover\""));
        // What is there of the bundle is there as it was.
        string bundle = WebSites.ZooOr("lunarlander-sacx");
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "bundle")))
            Assert.That(File.ReadAllBytes(file), Is.EqualTo(File.ReadAllBytes(Path.Combine(bundle, Path.GetFileName(file)))), file);
    }

    [Test]
    public void AMistakeGivesOneMessage()
    {
        string folder = Directory.CreateTempSubdirectory("worldmodels-web-").FullName, lander = WebSites.ZooOr("lunarlander-sacx");
        try
        {
            Mistake("has no ort.wasm.bundle.min.mjs", lander, "--output", Path.Combine(folder, "site"), "--ort", folder);
            File.WriteAllText(Path.Combine(folder, "mine.txt"), "");
            Mistake("is not empty and no page", lander, "--output", folder);
            Mistake("observe or do different things", lander, "--model", WebSites.ZooOr("minipacman-i2a"), "--output", folder);
            Mistake("cannot be dreamed with", lander, "--model", WebSites.ZooOr("minipacman-a2c"), "--output", folder);
            Mistake("--steps takes at most 1000", lander, "--steps", "1001", "--output", folder);
            Mistake("web needs --output", lander);
            Assert.That(Directory.GetFileSystemEntries(folder), Has.Length.EqualTo(1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Mistake(string message, params string[] args)
        {
            StringWriter output = new(), error = new();
            Assert.That(ToolsApp.Run(["web", .. args], output, error), Is.Not.Zero);
            Assert.That(error.ToString().TrimEnd().Split('\n'), Has.Length.EqualTo(1).And.All.Contain(message));
        }
    }

    /// <summary>Where the game cannot be played nothing is written, so that the same folder can be given again.</summary>
    [Test]
    public void AGameThatThereIsNotLeavesTheFolderEmpty()
    {
        string folder = Directory.CreateTempSubdirectory("worldmodels-web-").FullName, site = Path.Combine(folder, "site");
        string bundle = Directory.CreateDirectory(Path.Combine(folder, "bundle")).FullName;
        try
        {
            foreach (string file in Directory.GetFiles(WebSites.ZooOr("minipacman-a2c")))
                File.Copy(file, Path.Combine(bundle, Path.GetFileName(file)));
            string manifest = Path.Combine(bundle, "manifest.json");
            File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"minipacman\"", "\"nowhere\""));
            foreach (string file in (string[])[OnnxRuntimeWeb.Module, OnnxRuntimeWeb.Binary])
                File.WriteAllText(Path.Combine(folder, file), "");
            for (int time = 0; time < 2; time++)
            {
                StringWriter error = new();
                Assert.That(ToolsApp.Run(["web", bundle, "--output", site, "--ort", folder], new StringWriter(), error), Is.Not.Zero);
                Assert.That(error.ToString(), Does.Contain("no environment 'nowhere'"));
            }
            Assert.That(Directory.Exists(site) ? Directory.GetFileSystemEntries(site) : [], Is.Empty);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>All 64 bits of it, as in the runtime.</summary>
    [Test]
    public async Task TheAddressSaysTheSeed()
    {
        Uri address = _sites.Make("cartpole-swingup-dreamer");
        await using Browser largest = await OpenAt(new($"{address}#seed={ulong.MaxValue}"));
        Assert.That(await largest.Page.Locator("#state").InnerTextAsync(), Does.Contain($"seed {ulong.MaxValue}"));
        await using Browser none = await Browser.Open(new($"{address}#seed=seven"), 1120);
        await none.Page.Locator("#state").GetByText("'seed' in the address is 'seven'").WaitForAsync();
    }

    /// <summary>Without npm, one message says what to do.</summary>
    [Test]
    public void WithoutNpmItSaysWhatToDo()
    {
        string? path = Environment.GetEnvironmentVariable("PATH"), data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        string empty = Directory.CreateTempSubdirectory("worldmodels-empty-").FullName;
        try
        {
            Environment.SetEnvironmentVariable("PATH", empty);
            Environment.SetEnvironmentVariable("XDG_DATA_HOME", empty);
            Assert.That(() => OnnxRuntimeWeb.Find(null), Throws.Exception.With.Message.Contains("there is no npm on PATH")
                .And.Message.Contains("--ort").And.Message.Contains(OnnxRuntimeWeb.Version));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
            Environment.SetEnvironmentVariable("XDG_DATA_HOME", data);
            Directory.Delete(empty, recursive: true);
        }
    }

    /// <summary>Opens a page, and waits until it is at its beginning.</summary>
    private static async Task<Browser> OpenAt(Uri address, int width = 1120)
    {
        Browser browser = await Browser.Open(address, width);
        await browser.Page.Locator("#facts dt").First.WaitForAsync();
        return browser;
    }

    private static Task<string> Fact(IPage page, string name) => page.Locator($"#facts div:has(dt:text-is('{name}')) dd").InnerTextAsync();

    private static Task Until(IPage page, string name, string value) => page.WaitForFunctionAsync("""
        ([name, value]) => [...document.querySelectorAll('#facts div')].some(fact =>
          fact.querySelector('dt').textContent === name && fact.querySelector('dd').textContent === value)
        """, new[] { name, value });
}
