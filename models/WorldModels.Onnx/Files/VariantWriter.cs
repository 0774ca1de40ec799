using Google.Protobuf;
using WorldModels.Bundles;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>
/// Writes other forms of a bundle's graphs beside them. What a form has in common with the bundle's weights it points to there; what is
/// its own (folded biases, int8 weights) goes once into a file of weights named after the form.
/// </summary>
public static class VariantWriter
{
    private const int LeastStored = 256; // bytes; what is smaller stays in the graph

    /// <summary>Writes each model as <c>name.variant.onnx</c>.</summary>
    /// <param name="directory">The bundle's.</param>
    /// <param name="variant">Name of the form.</param>
    /// <param name="models">Its graphs.</param>
    /// <param name="weightsFiles">Files of weights that are there, into which the graphs may point.</param>
    public static void Write(string directory, string variant, IReadOnlyCollection<OnnxModel> models, params string[] weightsFiles)
    {
        string own = variant + ".safetensors";
        Dictionary<string, (TensorData Data, SafetensorsEntry Entry, string File)> known = [];
        foreach (string file in weightsFiles.Where(file => File.Exists(Path.Combine(directory, file))))
        {
            IReadOnlyDictionary<string, SafetensorsEntry> entries = Safetensors.ReadHeader(Path.Combine(directory, file));
            foreach ((string name, TensorData data) in Safetensors.Read(Path.Combine(directory, file)).Tensors)
                known.TryAdd(name, (data, entries[name], file));
        }
        Dictionary<string, TensorData> stored = [];
        List<(string Name, ModelProto Proto, List<(TensorProto Initializer, string Key)> Own)> graphs = [];
        foreach (OnnxModel model in models)
        {
            ModelProto proto = model.Proto.Clone();
            List<(TensorProto, string)> placed = [];
            foreach (TensorProto initializer in proto.Graph.Initializer)
            {
                if (Data(initializer, model.Weights) is not { } data)
                    continue;
                if (known.TryGetValue(initializer.Name, out (TensorData Data, SafetensorsEntry Entry, string File) there) && Same(there.Data, data))
                    ModelWriter.Point(initializer, there.Entry, there.File);
                else
                    placed.Add((initializer, Store(stored, initializer.Name, model.Name, data)));
            }
            graphs.Add((model.Name, proto, placed));
        }
        IReadOnlyDictionary<string, SafetensorsEntry> ownAt = stored.Count == 0
            ? new Dictionary<string, SafetensorsEntry>() : Safetensors.Write(Path.Combine(directory, own), stored);
        foreach ((string name, ModelProto proto, List<(TensorProto Initializer, string Key)> placed) in graphs)
        {
            foreach ((TensorProto initializer, string key) in placed)
                ModelWriter.Point(initializer, ownAt[key], own);
            AtomicFile.Write(Path.Combine(directory, $"{name}.{variant}.onnx"), proto.WriteTo);
        }
    }

    /// <summary>What belongs into a file of weights; null for what stays in the graph.</summary>
    private static TensorData? Data(TensorProto initializer, IReadOnlyDictionary<string, WeightArray> weights)
    {
        int[] shape = [.. initializer.Dims.Select(d => checked((int)d))];
        if (weights.TryGetValue(initializer.Name, out WeightArray? weight))
            return TensorData.Of(weight.Values, shape);
        if (initializer.RawData.Length < LeastStored || TypeOf(initializer.DataType) is not { } type)
            return null;
        TensorData data = TensorData.Empty(type, shape, shape.Aggregate(1, (product, size) => product * size), out Span<byte> bytes);
        initializer.RawData.Span.CopyTo(bytes);
        return data;
    }

    /// <summary>Keeps data under its name, or the graph's name before it where another graph has other data of that name.</summary>
    private static string Store(Dictionary<string, TensorData> stored, string name, string graph, TensorData data)
    {
        if (stored.TryAdd(name, data) || Same(stored[name], data))
            return name;
        string qualified = $"{graph}/{name}";
        stored.Add(qualified, data);
        return qualified;
    }

    private static bool Same(TensorData a, TensorData b) =>
        a.ElementType == b.ElementType && a.Shape.SequenceEqual(b.Shape) && a.Bytes.SequenceEqual(b.Bytes);

    private static Type? TypeOf(int type) => (DataType)type switch
    {
        DataType.Float => typeof(float),
        DataType.Float16 => typeof(Half),
        DataType.Bfloat16 => typeof(ushort),
        DataType.Int8 => typeof(sbyte),
        DataType.Uint8 => typeof(byte),
        DataType.Int32 => typeof(int),
        DataType.Int64 => typeof(long),
        _ => null,
    };
}
