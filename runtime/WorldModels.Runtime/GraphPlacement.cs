using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;
using WorldModels.Runtime.Internals;

namespace WorldModels.Runtime;

/// <summary>Where the nodes of a graph run, as ONNX Runtime's profiler saw them in one run.</summary>
/// <param name="Graph">The graph's name.</param>
/// <param name="Provider">The execution provider that was chosen.</param>
/// <param name="Nodes">Nodes that run there. Those of ONNX Runtime's optimised graph: operations that were fused are one.</param>
/// <param name="OnCpu">Nodes that the provider left to the CPU, as <c>Operator 'name'</c>; if the CPU was chosen, none.</param>
/// <param name="Copies">Copies between the two in each run, for the sake of these nodes.</param>
/// <param name="IsCaptured">Whether a dream records the graph's runs once and replays them.</param>
public sealed record GraphPlacement(string Graph, string Provider, int Nodes, IReadOnlyList<string> OnCpu, int Copies, bool IsCaptured)
{
    private const string CpuProvider = "CPUExecutionProvider", Suffix = "_kernel_time";

    /// <summary>Runs every graph of a bundle once, on one row of zeros.</summary>
    /// <param name="directory">The bundle's directory.</param>
    /// <param name="options">The provider and how it computes; of variants, the one that suits one row.</param>
    /// <exception cref="BundleException">The bundle cannot be loaded, or a graph fails.</exception>
    public static IReadOnlyList<GraphPlacement> Of(string directory, RuntimeOptions? options = null)
    {
        using Bundle bundle = new Bundle(directory, options);
        return [.. bundle.Manifest.Graphs.Keys.Select(name => Of(bundle.Open(name, 1), bundle, options ?? new()))];
    }

    private static GraphPlacement Of(GraphSession graph, Bundle bundle, RuntimeOptions options)
    {
        string provider = bundle.Report!.Chosen;
        string folder = Directory.CreateTempSubdirectory("worldmodels-profile-").FullName;
        try
        {
            using SessionOptions session = ExecutionProviders.Session(provider, options, provider == "cpu" ? Placement.Cpu : Placement.Mixed);
            session.ProfileOutputPathPrefix = Path.Combine(folder, graph.Name); // It is read when profiling is switched on.
            session.EnableProfiling = true;
            using InferenceSession profiled = new InferenceSession(Path.Combine(bundle.FullPath, graph.Spec.File), session);
            new GraphRunner(graph with { Session = profiled, Placement = Placement.Mixed }).Run(graph.Spec.Inputs.ToDictionary(
                t => t.Name, t => NpyArray.Zeros(Tensors.ArrayType(t.Dtype), [1, .. t.Shape.Skip(1).Select(d => d.IsFixed ? d.Size : 1)])));
            using JsonDocument profile = JsonDocument.Parse(File.ReadAllBytes(profiled.EndProfiling()));
            return Read(profile, graph, provider);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static GraphPlacement Read(JsonDocument profile, GraphSession graph, string provider)
    {
        int nodes = 0, copies = 0;
        List<string> onCpu = new List<string>();
        foreach (JsonElement item in profile.RootElement.EnumerateArray())
        {
            if (!item.TryGetProperty("args", out JsonElement facts) || !facts.TryGetProperty("provider", out JsonElement place))
                continue;
            string operation = facts.GetProperty("op_name").GetString()!, name = item.GetProperty("name").GetString()!;
            if (!name.EndsWith(Suffix, StringComparison.Ordinal))
                continue;
            if (operation is "MemcpyToHost" or "MemcpyFromHost")
                copies++;
            else if (place.GetString() == CpuProvider && provider != "cpu")
                onCpu.Add($"{operation} '{name[..^Suffix.Length]}'");
            else
                nodes++;
        }
        return new(graph.Name, provider, nodes, onCpu, copies, graph.Placement == Placement.Capturing);
    }
}
