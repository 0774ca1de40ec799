using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>An input or output of a foreign graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Row">Its shape without the batch.</param>
internal sealed record ForeignTensor(string Name, TensorType Type, IReadOnlyList<int> Row);

/// <summary>An ONNX file that another exporter wrote: its tensors, after a run that shows that it takes any batch.</summary>
internal sealed class ForeignGraph
{
    private const int Rows = 2;

    private ForeignGraph(
        string name, string file, OnnxModel model, IReadOnlyList<ForeignTensor> inputs, IReadOnlyList<ForeignTensor> outputs) =>
        (Name, File, Model, Inputs, Outputs) = (name, file, model, inputs, outputs);

    /// <summary>Which graph of a bundle it is.</summary>
    public string Name { get; }

    /// <summary>The file's name.</summary>
    public string File { get; }

    /// <summary>The model with its weights.</summary>
    public OnnxModel Model { get; }

    public IReadOnlyList<ForeignTensor> Inputs { get; }

    public IReadOnlyList<ForeignTensor> Outputs { get; }

    /// <summary>Reads a file, and runs it once on zeros.</summary>
    /// <exception cref="BundleException">
    /// Its batch is fixed, another axis is not, a type is none that bundles have, or it does not run.
    /// </exception>
    public static ForeignGraph Read(string folder, string file, string name)
    {
        OnnxModel model = ModelReader.LoadWithWeights(Path.Combine(folder, file));
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using InferenceSession session = Open(file, model, options);
        ForeignTensor[] inputs = [.. session.InputMetadata.Select(input => Input(file, input.Key, input.Value, session))];
        string[] names = [.. session.OutputMetadata.Keys];
        IReadOnlyList<int[]> shapes = Run(file, session, inputs, names);
        ForeignTensor[] outputs = [.. names.Select((output, i) => new ForeignTensor(
            output, TypeOf(file, $"output '{output}'", session.OutputMetadata[output]), [.. shapes[i].Skip(1)]))];
        return new(name, file, model, inputs, outputs);
    }

    private static InferenceSession Open(string file, OnnxModel model, SessionOptions options)
    {
        try
        {
            return new InferenceSession(ModelWriter.ToBytes(model), options);
        }
        catch (OnnxRuntimeException e)
        {
            string why = e.Message.Split('\n')[0].Trim();
            throw new BundleException($"'{file}' cannot be opened by ONNX Runtime ({why}): export it again.", e);
        }
    }

    private static ForeignTensor Input(string file, string name, NodeMetadata node, InferenceSession session)
    {
        string where = $"input '{name}'";
        TensorType type = TypeOf(file, where, node);
        if (node.Dimensions is not [< 0, ..])
            throw Fixed(file, $"{where} is ({string.Join(", ", node.Dimensions)})", session);
        if (node.Dimensions.Skip(1).Any(size => size < 1))
        {
            throw new BundleException(
                $"'{file}': {where} has an axis besides the batch whose size is open: export it with that size fixed.");
        }

        return new(name, type, [.. node.Dimensions.Skip(1)]);
    }

    /// <summary>The shapes of the outputs for some rows of zeros.</summary>
    private static List<int[]> Run(string file, InferenceSession session, ForeignTensor[] inputs, string[] outputs)
    {
        try
        {
            List<int[]> shapes = Shapes(session, inputs, outputs, Rows);
            int odd = shapes.FindIndex(shape => shape is not [Rows, ..]);
            return odd < 0 ? shapes
                : throw Fixed(file, $"output '{outputs[odd]}' is ({string.Join(", ", shapes[odd])}) for {Rows} rows", session);
        }
        catch (OnnxRuntimeException e)
        {
            string why = e.Message.Split('\n')[0].Trim();
            try
            {
                Shapes(session, inputs, outputs, rows: 1);
            }
            catch (OnnxRuntimeException)
            {
                throw new BundleException($"'{file}' does not run on zeros: {why}", e);
            }
            throw Fixed(file, $"it runs with one row, and fails with {Rows} ({why})", session);
        }
    }

    private static List<int[]> Shapes(InferenceSession session, ForeignTensor[] inputs, string[] outputs, int rows)
    {
        List<OrtValue> values = [];
        try
        {
            values.AddRange(inputs.Select(input => OrtValue.CreateAllocatedTensorValue(
                OrtAllocator.DefaultInstance, ElementType(input.Type),
                [rows, .. input.Row.Select(size => (long)size)])));
            foreach (OrtValue value in values)
                value.GetTensorMutableRawData().Clear();
            using RunOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            using IDisposableReadOnlyCollection<OrtValue> results =
                session.Run(options, [.. inputs.Select(input => input.Name)], values, outputs);
            return [.. results.Select(result => Array.ConvertAll(result.GetTensorTypeAndShape().Shape, size => (int)size))];
        }
        finally
        {
            values.ForEach(value => value.Dispose());
        }
    }

    private static BundleException Fixed(string file, string what, InferenceSession session)
    {
        IEnumerable<string> axes = session.InputMetadata.Keys.Concat(session.OutputMetadata.Keys)
            .Select(name => $"'{name}': {{0: 'batch'}}");
        return new($"'{file}': {what}, where axis 0 has to be any batch: export it with torch.onnx.export(..., "
            + $"dynamic_axes={{{string.Join(", ", axes)}}}).");
    }

    private static TensorType TypeOf(string file, string where, NodeMetadata node) => node.IsTensor ? node.ElementDataType switch
    {
        TensorElementType.Float => TensorType.Float32,
        TensorElementType.Int64 => TensorType.Int64,
        TensorElementType.Bool => TensorType.Bool,
        TensorElementType other => throw new BundleException($"'{file}': {where} holds {other}; bundles have float32, int64 and bool: "
            + "cast it inside the network (such as model.float(), x.long()) and export again."),
    } : throw new BundleException($"'{file}': {where} is no tensor: export graphs of tensors alone.");

    private static TensorElementType ElementType(TensorType type) => type switch
    {
        TensorType.Float32 => TensorElementType.Float,
        TensorType.Int64 => TensorElementType.Int64,
        _ => TensorElementType.Bool,
    };
}
