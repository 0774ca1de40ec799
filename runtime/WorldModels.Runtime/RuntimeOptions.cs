using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;

namespace WorldModels.Runtime;

/// <summary>How a bundle's graphs are run.</summary>
public sealed record RuntimeOptions
{
    /// <summary>
    /// The execution provider: one of <see cref="ExecutionProviders.Names"/>. "auto" takes the first of cuda, directml and cpu that works,
    /// and <see cref="ProviderReport"/> says which and why; any other name is that provider or an error.
    /// </summary>
    public string Provider { get; init; } = ExecutionProviders.Auto;

    /// <summary>Which device of that kind, from 0.</summary>
    public int Device { get; init; }

    /// <summary>
    /// Threads inside one operation, per session. 1 wins for small models; 0 lets ONNX Runtime choose. Cores that share a
    /// dream's rows are <see cref="DreamOptions.Threads"/>.
    /// </summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Which form of the graphs runs, where the bundle has several: "auto" takes the fastest float32 one for the batch, "plain" the graphs
    /// as they were exported, a precision (int8) the fastest of that precision for the batch, any other name that variant or an error.
    /// </summary>
    public string Variant { get; init; } = VariantSpec.Auto;

    /// <summary>How far ONNX Runtime may rewrite a graph at load.</summary>
    public GraphOptimizationLevel GraphOptimization { get; init; } = GraphOptimizationLevel.ORT_ENABLE_ALL;

    /// <summary>Allows CUDA's TF32, which is faster and has 10 bits of mantissa: too few for the default parity tolerance.</summary>
    public bool AllowTf32 { get; init; }

    /// <summary>Same bits at every run on CUDA (no timing-driven choice of convolution). The CPU is always so.</summary>
    public bool DeterministicCompute { get; init; }

    /// <summary>
    /// Whether a dream's steps on cuda are recorded at the first run, as CUDA graphs, and from then on replayed, each with one launch in
    /// place of one for each operation. It takes graphs that run there as a whole; <see cref="ProviderReport.Captured"/> says which.
    /// What was recorded stays until the world model is closed: make a dream once and run it often.
    /// </summary>
    public bool GraphCapture { get; init; } = true;

    /// <summary>
    /// For tests on machines without a device: the CPU's memory is treated as a device's, by sessions of the provider cpu.
    /// </summary>
    internal DevicePieces? HostAsDevice { get; init; }

    /// <summary>
    /// Takes what is decided while a bundle is loaded and prepared: the execution provider and why others were passed over, graphs as they
    /// are opened, how a dream runs fastest, near ties that verification met. Nothing is logged at each step. Null: nothing at all.
    /// </summary>
    public ILogger? Logger { get; init; }

    /// <summary>Whether every file's SHA-256 is compared at load.</summary>
    public bool VerifyHashes { get; init; } = true;
}

/// <summary>How a tensor of several steps lies in a device's memory.</summary>
internal enum DevicePieces
{
    /// <summary>In one piece, as long as that is not too large.</summary>
    OneForAllSteps,

    /// <summary>In a piece for each step, as if one for all were too large.</summary>
    OneEachStep,
}
