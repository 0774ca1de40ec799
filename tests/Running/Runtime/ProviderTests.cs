using Microsoft.ML.OnnxRuntime;
using WorldModels.Runtime;
using WorldModels.Runtime.Internals;

namespace WorldModels.Tests.Runtime;

public sealed class ProviderTests : BundleFixture
{
    private string _directory = "";

    [SetUp]
    public void Make() => _directory = Keep(Fixtures.Grid());

    [Test]
    public void AnUnknownNameIsAnsweredWithTheNames()
    {
        Refused(() => WorldModel.Load(_directory, new() { Provider = "gpu" }).Dispose(),
            "There is no execution provider 'gpu': choose one of auto, cpu, cuda, tensorrt, directml, coreml.");
    }

    [Test]
    public void CpuIsAsAsked()
    {
        using WorldModel world = WorldModel.Load(_directory, new() { Provider = "CPU" });
        Assert.That(world.ProviderReport, Has.Property("Chosen").EqualTo("cpu"));
        Assert.That(world.ProviderReport.ToString(), Is.EqualTo("cpu (as asked)"));
    }

    [Test]
    public void AutoSaysWhatItChoseAndWhy()
    {
        using WorldModel world = WorldModel.Load(_directory);
        ProviderReport report = world.ProviderReport;
        Assert.That(ExecutionProviders.Available(), Does.Contain("cpu").And.Contain(report.Chosen));
        Assert.That(report.Requested, Is.EqualTo("auto"));
        Assert.That(report.PassedOver.Keys, report.Chosen == "cuda" ? Is.Empty : Does.Contain("cuda"));
        Assert.That(report.ToString(), Does.StartWith(report.Chosen + " (auto: "));
    }

    [TestCase("directml", "Microsoft.ML.OnnxRuntime.DirectML")]
    [TestCase("coreml", "run on macOS or iOS")]
    public void AProviderThatTheLibraryLacksIsRefused(string provider, string advice)
    {
        if (ExecutionProviders.Available().Contains(provider))
            Assert.Ignore($"This native library has {provider}.");
        Refused(() => WorldModel.Load(_directory, new() { Provider = provider }).Dispose(),
            $"{provider} is not in the native ONNX Runtime", "which offers cpu", advice, "or choose cpu.");
    }

    // What ONNX Runtime says on machines that lack a library, a driver or a device.
    [TestCase("[ErrorCode:RuntimeException] /onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2195 TryGetProviderInfo_CUDA "
        + "Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: "
        + "No such file or directory", "'libcublasLt.so.13' or what it needs is missing: install the CUDA and cuDNN versions")]
    [TestCase("LoadLibrary failed with error 126 \"\" when trying to load \"C:\\app\\onnxruntime_providers_cuda.dll\"",
        "'onnxruntime_providers_cuda.dll' or what it needs is missing: install the CUDA and cuDNN versions")]
    [TestCase("CUDA failure 100: no CUDA-capable device is detected ; GPU=0 ; hostname=x", "found no usable device")]
    [TestCase("CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1", "found no usable device")]
    [TestCase("Failed to load library libonnxruntime_providers_shared.so with error: libonnxruntime_providers_shared.so: cannot open shared "
        + "object file: No such file or directory", "'libonnxruntime_providers_shared.so' is not beside the native ONNX Runtime of this app: "
        + "reference the NuGet package Microsoft.ML.OnnxRuntime.Gpu")]
    [TestCase("[ErrorCode:Fail] FromProviderOptions [ONNXRuntimeError] : 1 : FAIL : provider_options_utils.h:187 Parse Failed to parse "
        + "provider option \"device_id\": CUDA failure 100: no CUDA-capable device is detected ; GPU=0",
        "found no usable device (CUDA failure 100: no CUDA-capable device is detected): check that nvidia-smi lists one")]
    [TestCase("[ONNXRuntimeError] : 1 : FAIL : Failed to load library /app/libonnxruntime_providers_cuda.so with error: "
        + "/app/libonnxruntime_providers_cuda.so: cannot open shared object file: No such file or directory",
        "'libonnxruntime_providers_cuda.so' is not beside the native ONNX Runtime of this app")]
    [TestCase("Something else\nand a stack", "could not be started (Something else): check its driver and libraries")]
    public void ErrorsOfCudaAreExplained(string error, string expected)
    {
        string message = ExecutionProviders.Explain("cuda", error);
        Assert.That(message, Does.StartWith("cuda").And.Contain(expected).And.EndWith("or choose cpu"));
    }

    [Test]
    public void AReportSaysWhatIsNotOnTheDevice()
    {
        ProviderReport report = new ProviderReport("cuda", "cuda", new Dictionary<string, string>()) { PartlyOnCpu = ["act", "dream"] };
        Assert.That(report.ToString(), Is.EqualTo("cuda (as asked), partly on the cpu: act, dream"));
        using WorldModel world = WorldModel.Load(_directory, new() { Provider = "cpu" });
        Assert.That(world.ProviderReport.PartlyOnCpu, Is.Empty, "all of it is, and that is no lack");
        Assert.That(world.ProviderReport.Captured, Is.Empty);
    }

    /// <summary>Where a session is told that there is no VNNI, ONNX Runtime rewrites signed weights as unsigned ones, which costs half the speed.</summary>
    [Test]
    [Platform("Linux")]
    public void Int8UsesWhatTheProcessorHas()
    {
        string[] flags = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal), "")
            .Split(' ');
        bool hasVnni = flags.Contains("avx512_vnni") || flags.Contains("avx_vnni");
        Assert.That(Processor.HasVnni, Is.EqualTo(hasVnni));

        using SessionOptions options = ExecutionProviders.Session("cpu", new RuntimeOptions(), Placement.Cpu);
        options.OptimizedModelFilePath = Path.Combine(_directory, "optimised.onnx");
        string graph = Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer", "act.int8.onnx");
        using InferenceSession session = new(graph, options);
        bool isRewritten = File.ReadAllBytes(options.OptimizedModelFilePath).AsSpan().IndexOf("_s8_2_u8"u8) >= 0;
        Assert.That(isRewritten, Is.EqualTo(!hasVnni));
    }

    [Test]
    public void PlacementCountsTheNodesThatRan()
    {
        string[] before = Directory.GetFiles(".");
        IReadOnlyList<GraphPlacement> placements = GraphPlacement.Of(Keep(Fixtures.Latent()), new() { Provider = "cpu" });
        Assert.That(Directory.GetFiles("."), Is.EquivalentTo(before), "no profile is left behind");
        Assert.That(placements.Select(p => p.Graph), Is.EquivalentTo(new[] { "observe", "imagine", "act", "dream", "control", "decode" }));
        foreach (GraphPlacement graph in placements)
        {
            Assert.That(graph.Nodes, Is.GreaterThan(1), graph.Graph);
            Assert.That((graph.Provider, graph.OnCpu.Count, graph.Copies, graph.IsCaptured), Is.EqualTo(("cpu", 0, 0, false)));
        }
        int Nodes(string graph) => placements.Single(p => p.Graph == graph).Nodes;
        Assert.That(Nodes("dream"), Is.GreaterThan(Nodes("act")).And.GreaterThan(Nodes("imagine")));
    }
}
