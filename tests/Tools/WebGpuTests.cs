using System.Diagnostics;

namespace WorldModels.Tests.Tools;

/// <summary>
/// Dreams in a device's memory, on ONNX Runtime with WebGPU. The device is the Vulkan driver in software that comes with Chromium, unless
/// VK_DRIVER_FILES names another. In a process of its own, since a driver's error ends it. (Once: 112 MB to fetch. A second or two a
/// graph: the driver compiles every operation.)
/// </summary>
internal sealed class WebGpuTests
{
    private static readonly string[] DriverFolders = ["/usr/lib/chromium", "/opt/google/chrome"];

    private string _program = "";
    private string? _driver;

    [OneTimeSetUp]
    public void PutTheLibraryBesideACopyOfTheTools()
    {
        string library = Path.Combine(Repository.Root, "artifacts", "gpu", "libonnxruntime.so.1");
        if (!OperatingSystem.IsLinux()) Assert.Ignore("The library with WebGPU is fetched for Linux alone.");
        if (Environment.GetEnvironmentVariable("VK_DRIVER_FILES") is null)
        {
            _driver = Apt.Require("chromium-headless-shell",
                () => DriverFolders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "vk_swiftshader_icd.json"))));
            if (_driver is null) Assert.Ignore("There is no Vulkan driver: name one in VK_DRIVER_FILES, or install chromium.");
        }
        if (!File.Exists(library))
        {
            if (Environment.GetEnvironmentVariable("WORLDMODELS_NO_PROVISION") is not (null or "" or "0"))
                Assert.Ignore("artifacts/gpu has no ONNX Runtime with WebGPU, and installing is switched off.");
            TestContext.Progress.WriteLine("Fetching ONNX Runtime with WebGPU from npm (once) ...");
            string project = Path.Combine(Repository.Root, "runtime", "OnnxRuntime");
            var (status, output) = Dotnet("msbuild", project, "-t:FetchGpu", "-p:Gpu=webgpu");
            if (status != 0) Assert.Ignore($"ONNX Runtime with WebGPU could not be fetched: {output}");
        }
        string folder = Directory.CreateTempSubdirectory("worldmodels-webgpu-").FullName;
        foreach (string file in Directory.EnumerateFiles(TestContext.CurrentContext.TestDirectory))
            if (Path.GetExtension(file) is ".dll" or ".json") File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        File.Copy(library, Path.Combine(folder, "libonnxruntime.so"));
        _program = Path.Combine(folder, "WorldModels.Tools.dll");
    }

    [OneTimeTearDown]
    public void Delete()
    {
        if (_program.Length > 0) Directory.Delete(Path.GetDirectoryName(_program)!, recursive: true);
    }

    [Test]
    public void ContinuousDreamsAreTheSameAndWhollyOnTheDevice()
    {
        string text = Check("pendulum-dreamer");
        Assert.That(text, Does.Match(@"graph +nodes on webgpu +left to the cpu"));
        Assert.That(text, Does.Match(@"dream +\d{2} +0 +0 ").And.Match(@"observe +\d{2} +0 +0 "));
        Assert.That(text, Does.Contain("48 dreams of 15 steps").And.Contain("0 went another way. They agree."));
    }

    [Test]
    public void DiscreteDreamsAreTheSameWithOneNodeOnTheCpu()
    {
        string text = Check("cartpole-dreamer");
        Assert.That(text, Does.Match(@"dream +\d{2} +1 +2 ").And.Contain("dream: webgpu has no OneHot 'OneHot'"));
        Assert.That(text, Does.Contain("48 dreams of 15 steps").And.Contain("0 went another way. They agree."));
    }

    private string Check(string bundle)
    {
        string directory = Path.Combine(Repository.Root, "models", "zoo", bundle);
        var (status, output) = Dotnet(_program, "providers", directory, "--provider", "webgpu");
        Assert.That(status, Is.Zero, output);
        return output;
    }

    private (int Status, string Output) Dotnet(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // What a surrounding 'dotnet test' sets is not for this one.
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        if (_driver is not null)
        {
            start.Environment["VK_DRIVER_FILES"] = start.Environment["VK_ICD_FILENAMES"] = Path.Combine(_driver, "vk_swiftshader_icd.json");
            start.Environment["LD_LIBRARY_PATH"] = $"{_driver}:{Environment.GetEnvironmentVariable("LD_LIBRARY_PATH")}"; // Vulkan's loader.
        }
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, $"{output}\n{error.Result}");
    }
}
