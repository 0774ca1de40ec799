using WorldModels.Bundles;

namespace WorldModels.Onnx;

/// <summary>Other forms of a bundle's graphs: see <see cref="VariantSpec"/>.</summary>
public static class BundleVariant
{
    /// <summary>A plain graph of a bundle with its weights, to be rewritten.</summary>
    /// <inheritdoc cref="ModelReader.Load" path="/exception"/>
    public static OnnxModel Load(string directory, Manifest manifest, string graph)
    {
        OnnxModel model = ModelReader.LoadWithWeights(Path.Combine(directory, manifest.Graphs[graph].File));
        model.Proto.Graph.Name = graph;
        return model;
    }

    /// <summary>
    /// Adds a variant to a bundle in place, or replaces the one of that name; a killed process leaves the bundle as it was.
    /// </summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="name">The variant's name, and part of its files' names.</param>
    /// <param name="facts">What the manifest says of it; its graphs are filled in here.</param>
    /// <param name="models">The rewritten graphs, each under the name of the plain one.</param>
    /// <param name="unroll">Steps of which graphs that feed themselves are written as one besides; 1: none.</param>
    /// <param name="accept">Looks at the finished copy before it takes the bundle's place, and throws to refuse it.</param>
    /// <exception cref="InvalidDataException">The bundle is damaged, or the variant does not fit it.</exception>
    public static Manifest Write(string directory, string name, VariantSpec facts, IReadOnlyCollection<OnnxModel> models,
        int unroll = 1, Action<string>? accept = null)
    {
        Manifest manifest = Manifest.Load(directory);
        BundleFolder.Replace(directory, copy =>
        {
            BundleFolder.Copy(directory, copy);
            manifest = Add(copy, manifest, name, facts, models, unroll);
            accept?.Invoke(copy);
        });
        return manifest;
    }

    /// <summary>The same in a directory that nobody reads yet.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="name">The variant's name.</param>
    /// <param name="facts">What the manifest says of it.</param>
    /// <param name="models">The rewritten graphs.</param>
    /// <param name="unroll">Steps written as one besides.</param>
    /// <param name="beside">A variant that is always made with it, before it, and whose weights it may share.</param>
    public static Manifest Add(string directory, Manifest manifest, string name, VariantSpec facts,
        IReadOnlyCollection<OnnxModel> models, int unroll = 1, string? beside = null)
    {
        manifest = Remove(directory, manifest, name);
        Dictionary<string, OnnxModel> unrolled = unroll == 1 ? [] : models.Where(m => Steps(manifest.Graphs[m.Name]))
            .ToDictionary(m => m.Name, m => Unroll(m, manifest.Graphs[m.Name], unroll));
        string[] weights = ["weights.safetensors", .. beside is null ? Array.Empty<string>() : [$"{beside}.safetensors"]];
        VariantWriter.Write(directory, name, [.. models, .. unrolled.Values], weights);
        Dictionary<string, GraphSpec> graphs = models.ToDictionary(model => model.Name, model =>
        {
            GraphSpec plain = manifest.Graphs[model.Name];
            HashSet<string> outputs = [.. model.Outputs.Select(output => output.Name)];
            return plain with { File = $"{model.Name}.{name}.onnx", Outputs = [.. plain.Outputs.Where(o => outputs.Contains(o.Name))] };
        });
        Dictionary<string, VariantSpec> variants = new(manifest.Variants ?? new Dictionary<string, VariantSpec>())
        {
            [name] = facts with
            {
                Graphs = graphs,
                Unrolled = unrolled.Count == 0 ? null : unrolled.ToDictionary(
                    u => u.Key, u => new UnrolledSpec { File = $"{u.Value.Name}.{name}.onnx", Steps = unroll }),
            },
        };
        manifest = manifest with { Variants = variants, Files = Manifest.HashFiles(directory) };
        manifest.Save(directory);
        return manifest;
    }

    /// <summary>
    /// Whether a graph is a step that a dream repeats: it feeds its states, and neither observes nor reads the action that it chose before.
    /// </summary>
    private static bool Steps(GraphSpec graph) => graph.Outputs.Any(o => o.Feeds is not null)
        && graph.Input(TensorRole.Observation) is null
        && (graph.Input(TensorRole.Action) is null || graph.Output(TensorRole.Action) is null);

    private static OnnxModel Unroll(OnnxModel model, GraphSpec spec, int steps)
    {
        HashSet<string> outputs = [.. model.Outputs.Select(o => o.Name)];
        Dictionary<string, string> feeds = spec.Outputs.Where(o => o.Feeds is not null && outputs.Contains(o.Name))
            .ToDictionary(o => o.Name, o => o.Feeds!);
        string[] shared = [.. spec.Inputs.Where(i => UnrolledSpec.IsShared(i) && !feeds.ContainsValue(i.Name)).Select(i => i.Name)];
        return UnrollPass.Apply(model, steps, feeds, shared);
    }

    private static Manifest Remove(string directory, Manifest manifest, string name)
    {
        if (manifest.Variants?.GetValueOrDefault(name) is not { } old)
            return manifest;
        foreach (string file in old.Graphs.Values.Select(g => g.File).Concat(old.Unrolled?.Values.Select(u => u.File) ?? []))
            File.Delete(Path.Combine(directory, file));
        File.Delete(Path.Combine(directory, name + ".safetensors"));
        Dictionary<string, VariantSpec> others = manifest.Variants.Where(v => v.Key != name).ToDictionary();
        return manifest with { Variants = others.Count == 0 ? null : others };
    }
}
