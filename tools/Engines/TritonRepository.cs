using System.Globalization;
using System.Text;
using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>
/// A bundle's policy as a model repository of NVIDIA's Triton Inference Server: the server keeps the state of each sequence (implicit state),
/// batches what comes, and tells the graph where a sequence begins.
/// </summary>
internal static class TritonRepository
{
    private const long IdleMicroseconds = 60_000_000;

    /// <summary>Writes <c>NAME/config.pbtxt</c> and <c>NAME/1/model.onnx</c> into a repository; other models in it stay.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="repository">The folder of all models.</param>
    /// <param name="graph">Which graph; null: the policy.</param>
    /// <param name="batch">Most rows at a time.</param>
    /// <param name="withNoise">Whether clients send noise; else there is none.</param>
    /// <returns>The model's folder.</returns>
    /// <exception cref="BundleException">There is no such graph, or the policy is several.</exception>
    public static string Write(string bundle, string repository, string? graph, int batch, bool withNoise)
    {
        Manifest manifest = Manifest.Load(bundle);
        string name = graph ?? manifest.PolicyGraphs switch
        {
            [var one] => one,
            [] => throw new BundleException($"Bundle '{bundle}' has no policy. Name a graph: --graph {string.Join(", ", manifest.Graphs.Keys)}."),
            var several => throw new BundleException(
                $"The policy of '{bundle}' is {several.Length} graphs, {string.Join(" and ", several)}, and a sequence has one: export it again, "
                + "which fuses them, or name one by --graph."),
        };
        if (!manifest.Graphs.TryGetValue(name, out GraphSpec? spec))
            throw new BundleException($"Bundle '{bundle}' has no graph '{name}'; it has {string.Join(", ", manifest.Graphs.Keys)}.");
        OnnxModel served = ServingPass.Apply(BundleVariant.Load(bundle, manifest, name), spec, withNoise);
        string folder = Path.Combine(repository, manifest.Name);
        Directory.CreateDirectory(Path.Combine(folder, "1"));
        ModelWriter.Write(Path.Combine(folder, "1", "model.onnx"), served);
        string config = Config(manifest.Name, spec, batch, withNoise);
        AtomicFile.Write(Path.Combine(folder, "config.pbtxt"), stream => stream.Write(Encoding.UTF8.GetBytes(config)));
        return folder;
    }

    private static string Config(string name, GraphSpec graph, int batch, bool withNoise)
    {
        // The action that was taken before is state as well: the server hands back what the graph chose.
        (TensorSpec Input, TensorSpec Output)[] states =
        [
            .. graph.Outputs.Where(output => output.Feeds is not null)
                .Select(output => (graph.Inputs.Single(input => input.Name == output.Feeds), output)),
            .. graph.Input(TensorRole.Action) is { } before && graph.Output(TensorRole.Action) is { } chosen && graph.Input(TensorRole.Observation) is not null
                ? [(before, chosen)] : Array.Empty<(TensorSpec, TensorSpec)>(),
        ];
        TensorSpec? first = graph.Input(TensorRole.IsFirst);
        TensorSpec[] sent = [.. graph.Inputs.Where(input => input != first && states.All(state => state.Input != input)
            && (withNoise || input.Role != TensorRole.Noise))];
        TensorSpec[] answered = [.. graph.Outputs.Where(output => output.Feeds is null)];
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"name: \"{name}\"").AppendLine("backend: \"onnxruntime\"")
            .AppendLine(CultureInfo.InvariantCulture, $"max_batch_size: {batch}")
            .AppendLine(List("input", sent.Select(Tensor))).AppendLine(List("output", answered.Select(Tensor)));
        if (states.Length == 0)
            return text.AppendLine("dynamic_batching { }").ToString();
        text.AppendLine("sequence_batching {").AppendLine(CultureInfo.InvariantCulture, $"  max_sequence_idle_microseconds: {IdleMicroseconds}")
            .AppendLine(CultureInfo.InvariantCulture, $"  oldest {{ max_candidate_sequences: {batch} }}");
        if (first is not null)
        {
            text.AppendLine(List("  control_input",
                [$"name: \"{first.Name}\" control [ {{ kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] }} ]"]));
        }
        text.AppendLine(List("  state", states.Select(state =>
            $"input_name: \"{state.Input.Name}\" output_name: \"{state.Output.Name}\" {Kind(state.Input)} "
            + $"initial_state: {{ {Kind(state.Input)} zero_data: true name: \"begin {state.Input.Name}\" }}")));
        return text.AppendLine("}").ToString();
    }

    private static string List(string name, IEnumerable<string> entries) =>
        $"{name} [\n{string.Join(",\n", entries.Select(entry => $"    {{ {entry} }}"))}\n  ]";

    private static string Tensor(TensorSpec tensor) => $"name: \"{tensor.Name}\" {Kind(tensor)}";

    private static string Kind(TensorSpec tensor)
    {
        string type = tensor.Dtype switch { TensorType.Float32 => "TYPE_FP32", TensorType.Int64 => "TYPE_INT64", _ => "TYPE_BOOL" };
        IEnumerable<int> sizes = tensor.Shape.Count == 1 ? [1] : tensor.Shape.Skip(1).Select(axis => axis.Size);
        return $"data_type: {type} dims: [ {string.Join(", ", sizes)} ]";
    }
}
