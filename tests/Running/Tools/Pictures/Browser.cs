using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace WorldModels.Tests.Tools;

/// <summary>A real browser without a window, driven by Playwright: a chromium or chrome that is on PATH.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser, IPage page)
    {
        _playwright = playwright;
        _browser = browser;
        Page = page;
        page.PageError += (_, error) => Complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning" or "assert")
                Complaints.Enqueue(message.Text);
        };
        page.Request += (_, request) => Requests.Enqueue(request.Url);
    }

    /// <summary>The page it shows.</summary>
    public IPage Page { get; }

    /// <summary>What went wrong in the page: exceptions, errors and warnings on the console.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    /// <summary>Every address that was asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Opens a file in a browser of its own; ignores the test where there is none.</summary>
    public static Task<Browser> Open(string file) => Open(new Uri(Path.GetFullPath(file)));

    /// <summary>Opens an address in a browser of its own; ignores the test where there is none.</summary>
    /// <param name="address">The address.</param>
    /// <param name="width">Of the window, in pixels.</param>
    public static async Task<Browser> Open(Uri address, int width = 1120)
    {
        string? program = OnPath();
        if (program is null)
            Assert.Ignore("There is no browser on PATH (Debian, as root: apt-get install chromium-headless-shell).");
        IPlaywright playwright = await Playwright.CreateAsync();
        try
        {
            IBrowser browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = program });
            IPage page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 1000 } });
            Browser opened = new(playwright, browser, page);
            await page.GotoAsync(address.AbsoluteUri);
            return opened;
        }
        catch
        {
            playwright.Dispose();   // with its browser
            throw;
        }
    }

    /// <summary>Asks pages for their dark colours.</summary>
    public Task Darken() => Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private static string? OnPath() =>
        (from program in (string[])["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"]
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         let path = Path.Combine(folder, program)
         where File.Exists(path)
         select path).FirstOrDefault();
}
