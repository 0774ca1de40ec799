using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>
/// A bundle whose world model is another bundle's decoder alone: so it runs as it does in a dream, in tiles, in each variant, bound once.
/// </summary>
internal sealed class DecoderBundle : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("worldmodels-decoder-").FullName;

    /// <summary>Makes it.</summary>
    /// <exception cref="BundleException">The files cannot be read.</exception>
    public DecoderBundle(string directory, Manifest manifest)
    {
        Directory = Path.Combine(_folder, "decoder");
        try
        {
            GraphSpec decode = manifest.Graphs["decode"];
            Dictionary<string, VariantSpec> variants = [];
            foreach ((string name, VariantSpec variant) in manifest.Variants ?? new Dictionary<string, VariantSpec>())
            {
                GraphSpec form = variant.Graphs.GetValueOrDefault("decode") ?? decode;
                variants[name] = variant with
                {
                    Graphs = new Dictionary<string, GraphSpec> { ["imagine"] = form },
                    Unrolled = null,
                    Figures = null,
                };
            }
            foreach (string file in manifest.Files.Keys.Where(file => Path.GetExtension(file) is ".onnx" or ".safetensors"))
            {
                string copy = Path.Combine(Directory, file);
                System.IO.Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(Path.Combine(directory, file), copy);
            }
            (manifest with
            {
                Graphs = new Dictionary<string, GraphSpec> { ["imagine"] = decode },
                Variants = variants.Count > 0 ? variants : null,
                Parity = null,
                Training = null,
                Planner = null,
                Tasks = null,
                NoveltyThreshold = null,
                Files = Manifest.HashFiles(Directory),
            }).Save(Directory);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where it is.</summary>
    public string Directory { get; }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);
}
