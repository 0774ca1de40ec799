using System.Diagnostics;
using WorldModels.Diagnostics;

namespace WorldModels.Tests.Tools;

/// <summary>
/// PyTorch peers for tests; where there is no python3 with torch and onnx, and none may be installed, the test is ignored.
/// </summary>
internal static class TorchPeers
{
    private static readonly Lazy<string?> Python = new(() => Apt.Require("python3-torch python3-onnx", Find));

    public static GraphPeer Start()
    {
        if (Python.Value is null) Assert.Ignore("No python3 with torch and onnx, and they could not be installed.");
        return new();
    }

    private static string? Find()
    {
        const string Interpreter = "/usr/bin/python3";
        if (!File.Exists(Interpreter)) return null;
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
