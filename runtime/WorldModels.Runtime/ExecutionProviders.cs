using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Runtime.Internals;

namespace WorldModels.Runtime;

/// <summary>ONNX Runtime's execution providers by name. Thread-safe.</summary>
public static partial class ExecutionProviders
{
    /// <summary>The name that means: the best that works.</summary>
    public const string Auto = "auto";

    private const string Cpu = "cpu";

    private static readonly Dictionary<string, string> OrtNames = new(StringComparer.OrdinalIgnoreCase)
    {
        [Cpu] = "CPUExecutionProvider",
        ["cuda"] = "CUDAExecutionProvider",
        ["tensorrt"] = "TensorrtExecutionProvider",
        ["directml"] = "DmlExecutionProvider",
        ["coreml"] = "CoreMLExecutionProvider",
    };

    // CoreML and TensorRT compile or round differently; they are taken only by name.
    private static readonly string[] AutoOrder = ["cuda", "directml", Cpu];

    /// <summary>Every name that <see cref="RuntimeOptions.Provider"/> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, .. OrtNames.Keys];

    /// <summary>Version of the native ONNX Runtime library beside this app.</summary>
    public static string NativeVersion => OrtEnv.Instance().GetVersionString();

    /// <summary>The providers that the native library beside this app was built with. One may still lack its driver or device.</summary>
    public static IReadOnlyList<string> Available()
    {
        string[] built = OrtEnv.Instance().GetAvailableProviders();
        return [.. OrtNames.Where(p => built.Contains(p.Value)).Select(p => p.Key)];
    }

    /// <summary>The candidates for a request, in order.</summary>
    /// <exception cref="BundleException">An unknown name.</exception>
    internal static IReadOnlyList<string> Candidates(string requested)
    {
        if (requested.Equals(Auto, StringComparison.OrdinalIgnoreCase))
            return AutoOrder;
        string? known = OrtNames.Keys.FirstOrDefault(n => n.Equals(requested, StringComparison.OrdinalIgnoreCase));
        return known is null
            ? throw new BundleException($"There is no execution provider '{requested}': choose one of {string.Join(", ", Names)}.")
            : [known];
    }

    /// <summary>Opens a model on one provider, all of it on the device if that can be, and says whether it could.</summary>
    /// <exception cref="ProviderException">The provider does not work here.</exception>
    /// <exception cref="OnnxRuntimeException">The session could not be made, because of the model or of the provider.</exception>
    internal static (InferenceSession Session, Placement Placement) Open(
        string path, string provider, RuntimeOptions options, SharedWeights? weights = null)
    {
        if (!Available().Contains(provider))
            throw new ProviderException(NotBuilt(provider));
        if (provider == Cpu)
            return (OpenCpu(path, options, weights), Placement.Cpu);
        foreach (Placement placement in (Placement[])[Placement.Capturing, Placement.Device])
        {
            if (placement == Placement.Capturing && !(options.GraphCapture && provider == "cuda"))
                continue;
            try
            {
                return (OpenDevice(path, provider, options, placement), placement);
            }
            catch (OnnxRuntimeException) { } // One node that the device lacks is enough to fail, and the error does not name it.
        }
        return (OpenDevice(path, provider, options, Placement.Mixed), Placement.Mixed);
    }

    /// <summary>Options for sessions on one provider.</summary>
    /// <param name="provider">A name that is <see cref="Available"/>.</param>
    /// <param name="options">The device and how it computes.</param>
    /// <param name="placement">What the session shall insist on: with any but Mixed, it fails rather than leave nodes to the CPU.</param>
    /// <exception cref="ProviderException">The provider does not work here.</exception>
    internal static SessionOptions Session(string provider, RuntimeOptions options, Placement placement)
    {
        bool allOnDevice = placement is Placement.Device or Placement.Capturing;
        SessionOptions session = new SessionOptions
        {
            GraphOptimizationLevel = options.GraphOptimization,
            // What goes wrong is an exception, and is said once.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            IntraOpNumThreads = options.Threads,
            InterOpNumThreads = 1,
        };
        try
        {
            // Without VNNI, products of 8-bit weights would be added in 16 bits that saturate; with VNNI, 1 would switch it off.
            session.AddSessionConfigEntry("session.x64quantprecision", Processor.HasVnni ? "0" : "1");
            if (allOnDevice)
                session.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
            Append(session, provider, options, placement == Placement.Capturing);
            return session;
        }
        catch (Exception e)
        {
            session.Dispose();
            if (e is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
                throw new ProviderException(Explain(provider, e.Message), e);
            throw;
        }
    }

    private static InferenceSession OpenCpu(string path, RuntimeOptions options, SharedWeights? weights)
    {
        using SessionOptions session = Session(Cpu, options, Placement.Cpu);
        if (weights is null)
            return new InferenceSession(path, session);
        weights.AddTo(session, path);
        return new InferenceSession(path, session, weights.Packed);
    }

    private static InferenceSession OpenDevice(string path, string provider, RuntimeOptions options, Placement placement)
    {
        using SessionOptions session = Session(provider, options, placement);
        return new InferenceSession(path, session); // Devices keep their own copy of the weights.
    }

    private static void Append(SessionOptions session, string provider, RuntimeOptions options, bool captures)
    {
        switch (provider)
        {
            case "cuda":
                AppendCuda(session, options, captures);
                break;
            case "tensorrt":
                using (OrtTensorRTProviderOptions tensorRt = new OrtTensorRTProviderOptions())
                {
                    tensorRt.UpdateOptions(new() { ["device_id"] = $"{options.Device}" });
                    session.AppendExecutionProvider_Tensorrt(tensorRt);
                }
                AppendCuda(session, options, captures: false); // For the nodes that TensorRT leaves.
                break;
            case "directml":
                session.EnableMemoryPattern = false; // DirectML requires both.
                session.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
                session.AppendExecutionProvider_DML(options.Device);
                break;
            case "coreml":
                session.AppendExecutionProvider("CoreML");
                break;
        }
    }

    private static void AppendCuda(SessionOptions session, RuntimeOptions options, bool captures)
    {
        using OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(new()
        {
            ["device_id"] = $"{options.Device}",
            ["use_tf32"] = options.AllowTf32 ? "1" : "0",
            ["cudnn_conv_algo_search"] = options.DeterministicCompute ? "DEFAULT" : "EXHAUSTIVE",
            ["enable_cuda_graph"] = captures ? "1" : "0",
            // Shapes are fixed: doubling the arena at every growth would only hold memory that nobody asks for.
            ["arena_extend_strategy"] = "kSameAsRequested",
        });
        session.AppendExecutionProvider_CUDA(cuda);
    }

    private static string NotBuilt(string provider)
    {
        string advice = provider switch
        {
            "cuda" or "tensorrt" => "reference the NuGet package Microsoft.ML.OnnxRuntime.Gpu, and no other native one, in the app",
            "directml" => "reference the NuGet package Microsoft.ML.OnnxRuntime.DirectML in the app (Windows)",
            "coreml" => "run on macOS or iOS, where Microsoft.ML.OnnxRuntime has it",
            _ => "put a native ONNX Runtime that was built with it beside the app",
        };
        return $"{provider} is not in the native ONNX Runtime {NativeVersion} beside this app, which offers "
            + $"{string.Join(", ", Available())}: {advice}, or choose cpu";
    }

    /// <summary>What ONNX Runtime's error about a provider means and what to do about it.</summary>
    internal static string Explain(string provider, string error)
    {
        string detail = FirstLine(error);
        bool isNvidia = provider is "cuda" or "tensorrt";
        if (isNvidia && NoDevice().IsMatch(error))
        {
            string failure = CudaFailure().Match(error) is { Success: true } said ? said.Value : detail;
            return $"{provider} found no usable device ({failure}): check that nvidia-smi lists one, update its driver, or choose cpu";
        }
        if (MissingLibrary().Match(error) is { Success: true } missing)
        {
            if (ProviderLibrary().IsMatch(missing.Value))
            {
                return $"{provider}'s library '{missing.Groups["file"].Value}' is not beside the native ONNX Runtime of this app: "
                    + "reference the NuGet package Microsoft.ML.OnnxRuntime.Gpu, and no other native one, or choose cpu";
            }

            string install = isNvidia
                ? "install the CUDA and cuDNN versions that this ONNX Runtime was built for, on the loader's path (LD_LIBRARY_PATH, PATH)"
                : "install its driver";
            string file = missing.Groups["file"].Value;
            return $"{provider}'s library could not be loaded, '{file}' or what it needs is missing: {install}, or choose cpu";
        }
        return $"{provider} could not be started ({detail}): check its driver and libraries, or choose cpu";
    }

    private static string FirstLine(string error) => error.Split('\n')[0].Trim();

    [GeneratedRegex(@"no CUDA-capable device|CUDA (failure|error) (35|100|101)\b|driver version is insufficient|invalid device ordinal",
        RegexOptions.IgnoreCase)]
    private static partial Regex NoDevice();

    [GeneratedRegex(@"CUDA (failure|error) \d+: [^;\n]*[^;\s]", RegexOptions.IgnoreCase)]
    private static partial Regex CudaFailure();

    // The dependency that the loader named, if it named one; else the provider itself, whose dependency it is then.
    [GeneratedRegex(@"^(?:[^\n]*[\s""/])?(?<file>[\w.+-]+\.(so|dll|dylib)[\w.]*)""?:? (cannot open shared object|which is missing)|"
        + @"(Failed to load (shared )?library|error 126)[^\n]*?(?<file>[\w.+-]+\.(so|dll|dylib)[\w.]*)", RegexOptions.IgnoreCase)]
    private static partial Regex MissingLibrary();

    // Linux names what it did not find; Windows does not tell the provider's library from one that this needs.
    [GeneratedRegex(@"libonnxruntime_providers_\w+\.so: cannot open shared object")]
    private static partial Regex ProviderLibrary();
}

/// <summary>A provider does not work on this machine; the message says why and what to do.</summary>
internal sealed class ProviderException(string message, Exception? inner = null) : Exception(message, inner);
