using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using WorldModels.Bundles;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>Reads ONNX files, for passes over them.</summary>
public static class ModelReader
{
    /// <summary>Reads a model; external data stay outside.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no ONNX model, or damaged.</exception>
    public static ModelProto Load(string path)
    {
        using FileStream stream = File.OpenRead(path);
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw Bad(path, e.Message);
        }
        if (model.Graph is null || model.IrVersion < 1 || model.OpsetImport.Count == 0)
            throw Bad(path, "it names no graph, IR version or opset");
        return model;
    }

    /// <summary>Reads a model and the float weights it holds as external data.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static OnnxModel LoadWithWeights(string path)
    {
        ModelProto model = Load(path);
        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Dictionary<string, WeightArray> weights = [];
        foreach (TensorProto initializer in model.Graph.Initializer.Where(i => i.DataLocation == DataLocation.External))
        {
            weights.Add(initializer.Name, ReadExternal(path, directory, initializer));
            initializer.ExternalData.Clear();
        }
        return new OnnxModel(model, weights);
    }

    private static WeightArray ReadExternal(string path, string directory, TensorProto initializer)
    {
        if (initializer.DataType != (int)DataType.Float)
            throw Bad(path, $"the external weight '{initializer.Name}' is not of floats");
        if (initializer.Dims.Any(d => d is < 0 or > int.MaxValue))
            throw Bad(path, $"the weight '{initializer.Name}' has the shape {initializer.Dims}");
        int[] shape = [.. initializer.Dims.Select(d => (int)d)];
        BigInteger length = shape.Aggregate(new BigInteger(sizeof(float)), (product, size) => product * size);
        string location = Fact("location") ?? "";
        string file = Path.GetFullPath(location, directory);
        if (location.Length == 0 || !file.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw Bad(path, $"the weight '{initializer.Name}' points outside its directory, to '{location}'");
        if (!long.TryParse(Fact("offset") ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out long offset))
            throw Bad(path, $"the weight '{initializer.Name}' begins at '{Fact("offset")}'");
        if (Fact("length") is { } given && given != $"{length}")
            throw Bad(path, $"the weight '{initializer.Name}' of shape {initializer.Dims} needs {length} bytes and has {given}");
        using FileStream stream = File.OpenRead(file);
        if (length > Array.MaxLength || offset > stream.Length - (long)length)
            throw Bad(path, $"the weight '{initializer.Name}' does not fit into '{location}'");
        TensorData data = TensorData.Empty(typeof(float), shape, (int)length / sizeof(float), out Span<byte> bytes);
        stream.Position = offset;
        stream.ReadExactly(bytes);
        return new WeightArray(data.Values<float>(), shape);

        string? Fact(string key) => initializer.ExternalData.LastOrDefault(e => e.Key == key)?.Value;
    }

    private static InvalidDataException Bad(string path, string reason) =>
        new($"'{path}' is not a sound ONNX model: {reason}. Export it again or fetch it again.");
}
