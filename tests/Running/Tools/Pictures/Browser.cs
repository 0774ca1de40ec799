using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace WorldModels.Tests.Tools;

/// <summary>
/// A real browser without a window, driven by the DevTools protocol: a chromium or chrome that is on PATH.
/// </summary>
internal sealed partial class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new() { Options = { Proxy = null } };
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _answers = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sent;

    private Browser(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <summary>What went wrong in the page: exceptions, errors and warnings on the console.</summary>
    public ConcurrentQueue<string> Complaints { get; } = [];

    /// <summary>Every address that was asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Opens a file in a browser of its own; ignores the test where there is none.</summary>
    public static async Task<Browser> Open(string file, int width = 1120, int height = 1000)
    {
        string? program = OnPath();
        if (program is null)
            Assert.Ignore("There is no browser on PATH (Debian, as root: apt-get install chromium-headless-shell).");
        string profile = Directory.CreateTempSubdirectory("worldmodels-browser-").FullName;
        ProcessStartInfo start = new(program!) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--remote-debugging-port=0", $"--user-data-dir={profile}", $"--window-size={width},{height}", "about:blank"])
        {
            start.ArgumentList.Add(argument);
        }

        Browser browser = new(Process.Start(start)!, profile);
        try
        {
            await browser.Connect(file);
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>The value of an expression in the page.</summary>
    public async Task<JsonNode?> Value(string expression)
    {
        JsonNode answer = await Send("Runtime.evaluate", new { expression, returnByValue = true });
        Assert.That(answer["exceptionDetails"], Is.Null, $"{expression}: {answer["exceptionDetails"]}");
        return answer["result"]!["value"];
    }

    /// <summary>Moves the pointer, in pixels of the window.</summary>
    public Task Point(double x, double y) => Send("Input.dispatchMouseEvent", new { type = "mouseMoved", x, y });

    /// <summary>Presses and releases the left button.</summary>
    public async Task Click(double x, double y)
    {
        foreach (string type in (string[])["mousePressed", "mouseReleased"])
            await Send("Input.dispatchMouseEvent", new { type, x, y, button = "left", clickCount = 1 });
    }

    /// <summary>Asks pages for their dark colours.</summary>
    public Task Darken() =>
        Send("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = "dark" } } });

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        // The last of its children may still be letting go of a file.
        for (int tries = 0; tries < 20 && Directory.Exists(_profile); tries++, await Task.Delay(100))
        {
            try
            {
                Directory.Delete(_profile, recursive: true);
            }
            catch (IOException) { }
        }
    }

    private async Task Connect(string file)
    {
        using CancellationTokenSource deadline = new(Patience);
        Match address = Match.Empty;
        while (!address.Success)
        {
            string? line = await _process.StandardError.ReadLineAsync(deadline.Token);
            address = Address().Match(line ?? throw new IOException("The browser ended before it listened."));
        }
        _ = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        string targets = await client.GetStringAsync(new Uri($"http://{address.Groups[1].Value}/json/list"), deadline.Token);
        JsonNode page = JsonNode.Parse(targets)!.AsArray().First(target => (string?)target!["type"] == "page")!;
        await _socket.ConnectAsync(new Uri(page["webSocketDebuggerUrl"]!.ToString()), deadline.Token);
        _ = Listen();
        foreach (string domain in (string[])["Page", "Runtime", "Log", "Network"])
            await Send($"{domain}.enable");
        await Send("Page.navigate", new { url = new Uri(Path.GetFullPath(file)).AbsoluteUri });
        await _loaded.Task.WaitAsync(Patience);
    }

    private async Task<JsonNode> Send(string method, object? parameters = null)
    {
        int id = Interlocked.Increment(ref _sent);
        TaskCompletionSource<JsonNode> answer = _answers[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        byte[] message = JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters ?? new { } });
        await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        return await answer.Task.WaitAsync(Patience);
    }

    private async Task Listen()
    {
        byte[] buffer = new byte[1 << 16];
        using MemoryStream message = new();
        try
        {
            while (true)
            {
                WebSocketReceiveResult part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                if (part.MessageType == WebSocketMessageType.Close)
                    return;
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage)
                    continue;
                Take(JsonNode.Parse(Encoding.UTF8.GetString(message.ToArray()))!);
                message.SetLength(0);
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException) { }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (!_answers.TryRemove((int)id, out TaskCompletionSource<JsonNode>? waiting))
                return;
            if (message["error"] is { } error)
                waiting.SetException(new IOException(error.ToJsonString()));
            else
                waiting.SetResult(message["result"]!);
            return;
        }
        JsonNode? parameters = message["params"];
        switch ((string?)message["method"])
        {
            case "Page.loadEventFired": _loaded.TrySetResult(); break;
            case "Network.requestWillBeSent": Requests.Enqueue(parameters!["request"]!["url"]!.ToString()); break;
            case "Runtime.exceptionThrown" or "Log.entryAdded": Complaints.Enqueue(parameters!.ToJsonString()); break;
            case "Runtime.consoleAPICalled" when (string?)parameters!["type"] is "error" or "warning" or "assert":
                Complaints.Enqueue(parameters.ToJsonString());
                break;
        }
    }

    private static string? OnPath() =>
        (from program in (string[])["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"]
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         let path = Path.Combine(folder, program)
         where File.Exists(path)
         select path).FirstOrDefault();

    [GeneratedRegex(@"DevTools listening on ws://([^/]+)/")]
    private static partial Regex Address();
}
