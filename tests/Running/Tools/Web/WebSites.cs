using WorldModels.CommandLine;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>Pages of bundles, each made when it is first asked for, on a server of their own.</summary>
internal sealed class WebSites : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("worldmodels-web-").FullName;
    private readonly StaticServer _server;

    public WebSites() => _server = new(_folder);

    /// <summary>Makes the page of a bundle; its address. Ignores the test where ONNX Runtime for browsers is not to be had.</summary>
    /// <param name="bundle">Its name in the zoo, or its folder.</param>
    /// <param name="options">Further options of the command.</param>
    public Uri Make(string bundle, params string[] options)
    {
        try
        {
            OnnxRuntimeWeb.Find(null);
        }
        catch (UsageException e)
        {
            Assert.Ignore(e.Message);
        }
        string name = Path.GetFileName(bundle), site = Path.Combine(_folder, name);
        if (!Directory.Exists(site))
        {
            StringWriter output = new(), error = new();
            int code = ToolsApp.Run(["web", ZooOr(bundle), "--output", site, .. options], output, error);
            Assert.That(code, Is.Zero, error.ToString());
            int files = Directory.GetFiles(site, "*", SearchOption.AllDirectories).Length;
            Assert.That(output.ToString(), Does.Contain($"for browsers, {files} files"));
        }
        return new(_server.Root, $"{name}/index.html");
    }

    /// <summary>The directory of a bundle of the zoo, or the one given.</summary>
    public static string ZooOr(string bundle) =>
        Directory.Exists(bundle) ? bundle : Path.Combine(Repository.Root, "models", "zoo", bundle);

    /// <summary>The files of a page.</summary>
    public string FolderOf(Uri page) => Path.Combine(_folder, Path.GetDirectoryName(page.AbsolutePath)!.TrimStart('/'));

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
