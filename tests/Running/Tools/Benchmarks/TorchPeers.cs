using System.Diagnostics;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>
/// PyTorch peers for tests; where there is no python3 with torch and onnx, the test is ignored.
/// </summary>
internal static class TorchPeers
{
    private static readonly Lazy<string?> Python = new(Find);

    public static GraphPeer Start()
    {
        if (Python.Value is null)
            Assert.Ignore($"There is no python3 with torch and onnx (Debian, as root: {GraphPeer.Install}).");
        return new();
    }

    private static string? Find()
    {
        const string Interpreter = "/usr/bin/python3";
        if (!File.Exists(Interpreter))
            return null;
        ProcessStartInfo start = new(Interpreter, ["-c", "import importlib.util as u; assert u.find_spec('torch') and u.find_spec('onnx')"])
        {
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? Interpreter : null;
    }
}
