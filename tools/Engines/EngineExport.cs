using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A bundle for engines that cannot read everything: weights within each graph, an older version of the operators.</summary>
internal static class EngineExport
{
    /// <summary>Writes the bundle to a folder, with its plain graphs alone, and verifies it there.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="output">The folder: new, empty, or a bundle that is replaced.</param>
    /// <param name="opset">The version of the operators; null: as it is.</param>
    /// <param name="embedded">Whether each graph holds its weights.</param>
    /// <param name="options">How it is verified.</param>
    /// <exception cref="BundleException">A graph cannot be written so, or computes something else then.</exception>
    public static VerificationReport Write(string bundle, string output, int? opset, bool embedded, RuntimeOptions options)
    {
        Manifest manifest = Manifest.Load(bundle);
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any() && !File.Exists(Path.Combine(output, Manifest.FileName)))
            throw new BundleException($"'{output}' holds something else than a bundle: give --output another folder.");
        VerificationReport? report = null;
        BundleFolder.Replace(output, copy =>
        {
            OnnxModel[] models = [.. manifest.Graphs.Keys.Select(graph => Older(BundleVariant.Load(bundle, manifest, graph)))];
            string[] left = [.. manifest.Graphs.Values.Select(graph => graph.File), .. Other(manifest), Manifest.FileName];
            BundleFolder.Copy(bundle, copy);
            foreach (string file in left.Where(file => File.Exists(Path.Combine(copy, file))))
                File.Delete(Path.Combine(copy, file));
            ModelWriter.WriteBundle(copy, models, new() { EmbedWeights = embedded });
            (manifest with
            {
                Opset = opset is { } older ? Math.Min(older, manifest.Opset) : manifest.Opset,
                Graphs = manifest.Graphs.ToDictionary(graph => graph.Key, graph => graph.Value with { File = graph.Key + ".onnx" }),
                Variants = null,
                Files = Manifest.HashFiles(copy),
            }).Save(copy);
            report = BundleVerifier.Verify(copy, options);
            if (!report.Passed)
                throw new BundleException($"The graphs differ from their reference in this form, nothing was written:\n{report}");
        });
        return report!;

        OnnxModel Older(OnnxModel model)
        {
            try
            {
                return opset is { } version ? OpsetPass.Apply(model, version) : model;
            }
            catch (InvalidDataException e)
            {
                throw new BundleException(e.Message, e);
            }
        }
    }

    /// <summary>Files of weights and of variants.</summary>
    private static IEnumerable<string> Other(Manifest manifest) =>
    [
        .. manifest.Files.Keys.Where(file => file.EndsWith(".safetensors", StringComparison.Ordinal)),
        .. (manifest.Variants ?? new Dictionary<string, VariantSpec>()).Values.SelectMany(variant =>
            variant.Graphs.Values.Select(graph => graph.File).Concat(variant.Unrolled?.Values.Select(unrolled => unrolled.File) ?? [])),
    ];
}
