using Google.Protobuf;
using WorldModels.Bundles;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>How the models of a bundle are written.</summary>
public sealed record ModelWriterOptions
{
    /// <summary>Weights inside each graph, for readers without external data, rather than once in a file beside them.</summary>
    public bool EmbedWeights { get; init; }

    /// <summary>Name of the file of weights in the bundle.</summary>
    public string WeightsFile { get; init; } = "weights.safetensors";

    /// <summary>Facts kept in the file of weights.</summary>
    public IReadOnlyDictionary<string, string> WeightsMetadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>Writes ONNX files. The same models give the same bytes.</summary>
public static class ModelWriter
{
    /// <summary>
    /// Writes each model as <c>name.onnx</c> into a directory, and the weights they use once into a safetensors file, into which the
    /// graphs point as ONNX external data.
    /// </summary>
    /// <returns>Names of the files written, relative to the directory.</returns>
    /// <exception cref="ArgumentException">Two models have the same name, or different weights under the same name.</exception>
    public static IReadOnlyList<string> WriteBundle(string directory, IReadOnlyCollection<OnnxModel> models,
        ModelWriterOptions? options = null)
    {
        options ??= new ModelWriterOptions();
        if (models.GroupBy(m => m.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Two models are called '{twice.Key}': the name is the file's, give them different ones.",
                nameof(models));
        }

        Directory.CreateDirectory(directory);
        List<string> written = [];
        IReadOnlyDictionary<string, SafetensorsEntry>? entries = null;
        if (!options.EmbedWeights && Union(models) is { Count: > 0 } weights)
        {
            entries = Safetensors.Write(Path.Combine(directory, options.WeightsFile), weights, options.WeightsMetadata);
            written.Add(options.WeightsFile);
        }
        foreach (OnnxModel model in models)
        {
            ModelProto proto = entries is null ? Embed(model) : Point(model, entries, options.WeightsFile);
            Save(Path.Combine(directory, model.Name + ".onnx"), proto);
            written.Add(model.Name + ".onnx");
        }
        return written;
    }

    /// <summary>Writes one model with its weights inside.</summary>
    public static void Write(string path, OnnxModel model) => Save(path, Embed(model));

    /// <summary>One model with its weights inside, as the bytes of a file.</summary>
    public static byte[] ToBytes(OnnxModel model) => Embed(model).ToByteArray();

    private static void Save(string path, ModelProto proto) => AtomicFile.Write(path, proto.WriteTo);

    private static Dictionary<string, TensorData> Union(IEnumerable<OnnxModel> models)
    {
        Dictionary<string, (WeightArray Weight, string Model)> all = [];
        foreach (OnnxModel model in models)
        {
            foreach ((string name, WeightArray weight) in model.Weights)
            {
                if (all.TryAdd(name, (weight, model.Name)))
                    continue;
                (WeightArray other, string owner) = all[name];
                bool same = ReferenceEquals(other, weight)
                    || (other.Shape.SequenceEqual(weight.Shape) && other.Values.AsSpan().SequenceEqual(weight.Values));
                if (!same)
                {
                    throw new ArgumentException(
                        $"'{owner}' and '{model.Name}' have different weights '{name}': trace them with the same weights.");
                }
            }
        }
        return all.ToDictionary(w => w.Key, w => TensorData.Of(w.Value.Weight.Values, [.. w.Value.Weight.Shape]));
    }

    private static ModelProto Embed(OnnxModel model)
    {
        if (model.Weights.Sum(w => (long)w.Value.Values.Length * sizeof(float)) > int.MaxValue)
        {
            throw new ArgumentException(
                $"The weights of '{model.Name}' exceed the 2 GB of one file: write a bundle with a file of weights.");
        }

        return Place(model, (initializer, weight) =>
        {
            initializer.DataLocation = DataLocation.Default;
            initializer.RawData = ByteString.CopyFrom(TensorData.Of(weight.Values, [.. weight.Shape]).Bytes);
        });
    }

    /// <summary>Makes an initialiser point to its data in a file.</summary>
    internal static void Point(TensorProto initializer, SafetensorsEntry entry, string file)
    {
        initializer.RawData = ByteString.Empty;
        initializer.DataLocation = DataLocation.External;
        (string, string)[] facts = [("location", file), ("offset", $"{entry.Offset}"), ("length", $"{entry.Length}")];
        initializer.ExternalData.AddRange(facts.Select(f => new StringStringEntryProto { Key = f.Item1, Value = f.Item2 }));
    }

    private static ModelProto Point(OnnxModel model, IReadOnlyDictionary<string, SafetensorsEntry> entries, string file) =>
        Place(model, (initializer, _) => Point(initializer, entries[initializer.Name], file));

    private static ModelProto Place(OnnxModel model, Action<TensorProto, WeightArray> place)
    {
        ModelProto proto = model.Proto.Clone();
        foreach (TensorProto initializer in proto.Graph.Initializer)
        {
            if (model.Weights.TryGetValue(initializer.Name, out WeightArray? weight))
                place(initializer, weight);
        }
        return proto;
    }
}
