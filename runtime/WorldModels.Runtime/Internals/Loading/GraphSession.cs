using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using WorldModels.Bundles;

namespace WorldModels.Runtime.Internals;

/// <summary>A graph's part of the manifest, its session and where that runs.</summary>
internal sealed record GraphSession(string Name, GraphSpec Spec, InferenceSession Session, Placement Placement)
{
    /// <summary>What it is of: it keeps the session open and the weights in memory.</summary>
    public required Bundle Bundle { get; init; }

    // ONNX Runtime's configuration entries of a run.
    private const string CaptureNumber = "gpu_graph_id", NoCapture = "-1", DoNotWait = "disable_synchronize_execution_providers";

    private int _captures;

    /// <summary>Options of runs.</summary>
    /// <param name="capture">Whether they are recorded and replayed, at the same addresses each time; if the session can.</param>
    /// <param name="wait">Whether a captured run returns when the device is done, instead of as soon as the device was told to run.</param>
    public RunOptions Options(bool capture = false, bool wait = true)
    {
        RunOptions options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        if (Placement != Placement.Capturing)
            return options;
        // Without a number, all runs of such a session would replay the first.
        options.AddRunConfigEntry(CaptureNumber, capture ? $"{Interlocked.Increment(ref _captures)}" : NoCapture);
        // Captured runs of a session are in one stream, in order; others may be in several.
        if (capture && !wait)
            options.AddRunConfigEntry(DoNotWait, "1");
        return options;
    }

    /// <summary>What to say of a run that failed.</summary>
    /// <param name="failure">What ONNX Runtime says.</param>
    /// <param name="explains">Whether to find out, by running more, if the graph takes one row only.</param>
    public BundleException Failure(OnnxRuntimeException failure, bool explains = true)
    {
        string fault = explains && FixedBatch.Explain(this) is { } why ? $"failed: {why}"
            : $"failed while running: {failure.Message.Split('\n')[0].Trim()}";
        return new($"Bundle '{Bundle.Directory}': graph '{Name}' {fault}", failure);
    }

    /// <summary>Where a session's tensors differ from the manifest's.</summary>
    public static List<string> Problems(string name, GraphSpec spec, InferenceSession session)
    {
        List<string> problems = new List<string>();
        if (FixedRows(spec, session) is { Count: > 0 } rows)
        {
            problems.Add($"graph {name}: {string.Join(", ", rows)}, where any batch is expected: {FixedBatch.Remedy(spec)}");
            return problems;
        }
        Compare($"graph {name}: input", spec.Inputs, session.InputMetadata, problems);
        Compare($"graph {name}: output", spec.Outputs, session.OutputMetadata, problems);
        return problems;
    }

    /// <summary>The tensors whose batch the graph fixes, with their shapes.</summary>
    private static List<string> FixedRows(GraphSpec spec, InferenceSession session)
    {
        return [.. Of("input", spec.Inputs, session.InputMetadata), .. Of("output", spec.Outputs, session.OutputMetadata)];

        static IEnumerable<string> Of(string side, IReadOnlyList<TensorSpec> tensors, IReadOnlyDictionary<string, NodeMetadata> found) =>
            from tensor in tensors
            let node = found.GetValueOrDefault(tensor.Name)
            where node is { IsTensor: true, Dimensions: [> 0, ..] } && tensor.Shape is [{ IsFixed: false }, ..]
                && node.Dimensions.Length == tensor.Shape.Count
            select $"{side} '{tensor.Name}' is {Describe(node)}";
    }

    private static void Compare(string where, IReadOnlyList<TensorSpec> expected, IReadOnlyDictionary<string, NodeMetadata> found,
        List<string> problems)
    {
        foreach (TensorSpec tensor in expected)
        {
            if (!found.TryGetValue(tensor.Name, out NodeMetadata? node))
                problems.Add($"{where} '{tensor.Name}' is not in the graph, which has: {ManifestCheck.Listed(found.Keys)}");
            else if (!node.IsTensor || !Fits(tensor, node))
                problems.Add($"{where} '{tensor.Name}': manifest says {tensor.Describe()}, the graph has {Describe(node)}");
        }
        foreach (string extra in found.Keys.Where(n => expected.All(t => t.Name != n)))
            problems.Add($"{where} '{extra}' is in the graph ({Describe(found[extra])}) but not in the manifest");
    }

    private static bool Fits(TensorSpec tensor, NodeMetadata node)
    {
        if (node.ElementDataType != Tensors.ElementType(tensor.Dtype))
            return false;
        int[] dims = node.Dimensions;
        if (dims.Length == 0)
            return true; // Shape inference did not reach this output.
        if (dims.Length != tensor.Shape.Count)
            return false;
        for (int i = 0; i < dims.Length; i++)
        {
            bool isFixed = dims[i] >= 0;
            if (isFixed && (!tensor.Shape[i].IsFixed || tensor.Shape[i].Size != dims[i]))
                return false;
        }
        return true;
    }

    private static string Describe(NodeMetadata node)
    {
        if (!node.IsTensor)
            return node.OnnxValueType.ToString();
        IEnumerable<string> dims = node.Dimensions.Select((d, i) => d >= 0 ? $"{d}" : node.SymbolicDimensions[i] is { Length: > 0 } n ? n : "?");
        string type = node.ElementDataType == TensorElementType.Float ? "float32" : node.ElementDataType.ToString().ToLowerInvariant();
        return $"{type} [{string.Join(", ", dims)}]";
    }
}
