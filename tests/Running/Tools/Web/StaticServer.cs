using System.Net;
using System.Net.Sockets;

namespace WorldModels.Tests.Tools;

/// <summary>A server of a folder's files on this machine that does no more than any: it sends no headers but a media type.</summary>
internal sealed class StaticServer : IDisposable
{
    private static readonly Dictionary<string, string> Types = new()
    {
        [".html"] = "text/html", [".css"] = "text/css", [".js"] = "text/javascript", [".webp"] = "image/webp",
    };

    private readonly HttpListener _listener = new();
    private readonly string _folder;

    public StaticServer(string folder)
    {
        _folder = folder;
        using (TcpListener free = new(IPAddress.Loopback, 0))
        {
            free.Start();
            Root = new($"http://localhost:{((IPEndPoint)free.LocalEndpoint).Port}/");
        }
        _listener.Prefixes.Add(Root.AbsoluteUri);
        _listener.Start();
        _ = Serve();
    }

    /// <summary>The address of the folder.</summary>
    public Uri Root { get; }

    public void Dispose() => _listener.Close();

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            try
            {
                await Answer(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The server was closed, or the browser went away.
            }
        }
    }

    private async Task Answer(HttpListenerContext context)
    {
        using HttpListenerResponse response = context.Response;
        string file = Path.Combine(_folder, Uri.UnescapeDataString(context.Request.Url!.AbsolutePath).TrimStart('/'));
        if (!File.Exists(file))
        {
            response.StatusCode = 404;
            return;
        }
        byte[] content = await File.ReadAllBytesAsync(file);
        response.ContentType = Types.GetValueOrDefault(Path.GetExtension(file), "application/octet-stream");
        response.ContentLength64 = content.Length;
        await response.OutputStream.WriteAsync(content);
    }
}
