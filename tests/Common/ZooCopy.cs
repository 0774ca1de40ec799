using WorldModels.Bundles;
using WorldModels.Onnx;

namespace WorldModels.Tests;

/// <summary>Copies of the zoo's bundles, to be changed.</summary>
internal static class ZooCopy
{
    /// <summary>Copies a bundle with its plain graphs alone.</summary>
    public static void Plain(string name, string target)
    {
        BundleFolder.Copy(Path.Combine(Repository.Root, "models", "zoo", name), target);
        Manifest manifest = Manifest.Load(target);
        foreach ((string variant, VariantSpec spec) in manifest.Variants ?? new Dictionary<string, VariantSpec>())
        {
            foreach (GraphSpec graph in spec.Graphs.Values)
                File.Delete(Path.Combine(target, graph.File));
            File.Delete(Path.Combine(target, variant + ".safetensors"));
        }
        (manifest with { Variants = null, Files = Manifest.HashFiles(target) }).Save(target);
    }
}
