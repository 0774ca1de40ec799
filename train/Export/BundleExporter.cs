using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Train;

/// <summary>
/// Writes a bundle: every graph traced from the same code that trained, and in its faster exact forms; the weights once, reference inputs
/// and outputs from the eager network, a model card. Then loads it in the runtime and compares; a bundle that differs is not left behind.
/// </summary>
public static class BundleExporter
{
    /// <summary>
    /// Exports into <paramref name="directory"/>, replacing a bundle that is there. The lines of a run's <paramref name="metrics"/> travel
    /// along, thinned, as curve.jsonl.
    /// </summary>
    /// <exception cref="UserException">The runtime's results differ from the eager network's, or the disk refused.</exception>
    public static VerificationReport Export(
        string directory, string name, BundleDefinition definition, IReadOnlyDictionary<string, WeightArray> weights, TrainingSpec training,
        IReadOnlyList<string>? metrics = null)
    {
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        bool foreign = Directory.Exists(directory) && !File.Exists(Path.Combine(directory, Manifest.FileName));
        if (foreign && Directory.EnumerateFileSystemEntries(directory).Any())
            throw new UserException($"{directory} is not empty and holds no bundle; name another folder with --output.");
        if (File.Exists(directory))
            throw new UserException($"{directory} is a file; name a folder with --output.");
        VerificationReport? report = null;
        try
        {
            BundleFolder.Replace(directory, temporary =>
            {
                Write(temporary, name, definition, weights, training, metrics);
                report = BundleVerifier.Verify(temporary);
                if (!report.Passed)
                {
                    throw new UserException(
                        $"The exported graphs do not compute what the network computes, nothing was shipped:\n{report}");
                }
            });
            return report!;
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            throw Disk.Refused(directory, exception);
        }
    }

    private static void Write(
        string directory, string name, BundleDefinition definition, IReadOnlyDictionary<string, WeightArray> weights, TrainingSpec training,
        IReadOnlyList<string>? metrics)
    {
        const int Opset = 17;
        OnnxModel[] models = [.. definition.Graphs.Select(pair => Trace(pair.Key, pair.Value, weights, definition, Opset))];
        ModelWriter.WriteBundle(directory, models);
        ParityReference reference = ParityReference.Record(definition, weights);
        Npz.Write(Path.Combine(directory, "parity.npz"), reference.Arrays);
        int starts = definition.Starts.Length / definition.Observation.Size;
        Npz.Write(Path.Combine(directory, "starts.npz"), new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of(definition.Starts, [starts, .. definition.Observation.Shape]),
        });
        foreach ((string file, IReadOnlyDictionary<string, NpyArray> arrays) in definition.Files)
            Npz.Write(Path.Combine(directory, file), arrays);
        (ObservationSpec observation, ActionSpec action) = Named(definition);
        Manifest manifest = new Manifest
        {
            Name = name,
            Algorithm = definition.Algorithm,
            Environment = definition.Environment,
            Opset = Opset,
            Observation = observation,
            Action = action,
            Graphs = definition.Graphs.ToDictionary(pair => pair.Key, pair => new GraphSpec
            {
                File = pair.Key + ".onnx", Inputs = pair.Value.Inputs, Outputs = pair.Value.Outputs,
            }),
            Parity = new() { Horizon = ParityReference.Horizon },
            ActionRepeat = definition.ActionRepeat == 1 ? null : definition.ActionRepeat,
            Planner = definition.Planner,
            Tasks = definition.Tasks,
            NoveltyThreshold = definition.NoveltyThreshold,
            Training = training,
        };
        File.WriteAllText(Path.Combine(directory, "README.md"), ModelCard.Write(manifest, definition.Limits));
        if (metrics is { Count: > 0 })
            File.WriteAllLines(Path.Combine(directory, "curve.jsonl"), Thin(metrics));
        manifest = manifest with { Files = Manifest.HashFiles(directory) };
        manifest.Save(directory);
        foreach (string form in (string[])[BundleForms.Latency, BundleForms.Throughput])
        {
            if (BundleForms.Make(directory, manifest, form) is { } made)
                manifest = BundleVariant.Add(directory, manifest, form, made.Facts, made.Models);
        }
    }

    /// <summary>The spaces with the names that the environment gives its numbers and actions; without them where it is not registered.</summary>
    private static (ObservationSpec Observation, ActionSpec Action) Named(BundleDefinition definition)
    {
        EnvironmentSpec? spec = EnvironmentRegistry.TryFind(definition.Environment);
        (ObservationSpec observation, ActionSpec action) = (definition.Observation, definition.Action);
        return (
            spec?.ObservationNames.Count == observation.Size ? observation with { Names = spec.ObservationNames } : observation,
            spec?.ActionNames.Count == (action.Count ?? action.Size) ? action with { Names = spec.ActionNames } : action);
    }

    /// <summary>At most a hundred lines of a curve, evenly spread, the last one among them.</summary>
    private static IEnumerable<string> Thin(IReadOnlyList<string> lines)
    {
        const int Most = 100;
        int stride = (lines.Count + Most - 1) / Most;
        return lines.Where((_, i) => (lines.Count - 1 - i) % stride == 0);
    }

    private static OnnxModel Trace(
        string name, IGraphDefinition definition, IReadOnlyDictionary<string, WeightArray> weights, BundleDefinition bundle, int opset)
    {
        Graph graph = new Graph(name, opset);
        graph.Metadata["worldmodels.algorithm"] = bundle.Algorithm;
        graph.Metadata["worldmodels.environment"] = bundle.Environment;
        foreach (TensorSpec spec in definition.Inputs.Concat(definition.Outputs))
            graph.Metadata[$"worldmodels.tensor.{spec.Name}"] = spec.Feeds is null ? $"{spec.Role}" : $"{spec.Role} feeds {spec.Feeds}";
        Parameters<Symbol> parameters = new Parameters<Symbol>(new SymbolicParameters(graph, weights));
        Tensors<Symbol> inputs = new Tensors<Symbol>();
        foreach (TensorSpec spec in definition.Inputs)
            inputs.Add(spec.Name, graph.Input(spec.Name, TypeOf(spec), [.. spec.Shape.Select(SizeOf)]));
        Tensors<Symbol> outputs = definition.Run(parameters, inputs);
        if (outputs.FirstOrDefault(output => definition.Outputs.All(spec => spec.Name != output.Key)).Key is { } unlisted)
            throw new InvalidOperationException($"Graph {name} computes '{unlisted}', which it does not list.");
        foreach (TensorSpec spec in definition.Outputs)
            graph.Output(spec.Name, outputs[spec.Name]);
        return graph.Build();
    }

    private static DType TypeOf(TensorSpec spec) => spec.Dtype switch
    {
        TensorType.Float32 => DType.Float32,
        TensorType.Int64 => DType.Int64,
        _ => DType.Bool,
    };

    private static AxisSize SizeOf(Dim dim) => dim.Name is { } name ? name : dim.Size;
}
