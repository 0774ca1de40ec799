using Microsoft.ML.OnnxRuntime;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tools;

/// <summary>
/// Declares the shapes inside a graph that its exporter left out, as ONNX Runtime infers them: passes over a graph and counts of its
/// operations go by them.
/// </summary>
internal static class InferredShapes
{
    /// <summary>
    /// The model with every shape that can be known; the same one if it declares them all, or ONNX Runtime does not open it.
    /// </summary>
    public static OnnxModel Complete(OnnxModel model)
    {
        GraphProto graph = model.Proto.Graph;
        HashSet<string> known = [.. graph.Input.Concat(graph.ValueInfo).Concat(graph.Output).Where(IsKnown).Select(value => value.Name)];
        string[] missing = [.. graph.Node.SelectMany(node => node.Output)
            .Where(name => name.Length > 0 && !known.Contains(name)).Distinct()];
        if (missing.Length == 0)
            return model;
        ModelProto probe = model.Proto.Clone(), complete = model.Proto.Clone();
        foreach (string name in missing.Where(name => probe.Graph.Output.All(output => output.Name != name)))
            probe.Graph.Output.Add(new ValueInfoProto { Name = name });
        try
        {
            using SessionOptions options = new()
            {
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            using InferenceSession session = new(ModelWriter.ToBytes(new OnnxModel(probe, model.Weights)), options);
            foreach (string name in missing)
            {
                if (session.OutputMetadata.TryGetValue(name, out NodeMetadata? node) && Declare(name, node) is { } value)
                    Put(complete.Graph, value);
            }
        }
        catch (OnnxRuntimeException)
        {
            return model; // Whoever opens it next says why.
        }
        return model with { Proto = complete };
    }

    private static bool IsKnown(ValueInfoProto value) => value.Type?.TensorType?.Shape is { } shape
        && shape.Dim.All(dim => dim.ValueCase != TensorShapeProto.Types.Dimension.ValueOneofCase.None);

    private static ValueInfoProto? Declare(string name, NodeMetadata node)
    {
        if (!node.IsTensor)
            return null;
        TensorShapeProto shape = new();
        for (int i = 0; i < node.Dimensions.Length; i++)
        {
            bool isOpen = node.Dimensions[i] < 0;
            if (isOpen && node.SymbolicDimensions[i].Length == 0)
                return null;
            shape.Dim.Add(isOpen ? new TensorShapeProto.Types.Dimension { DimParam = node.SymbolicDimensions[i] }
                : new TensorShapeProto.Types.Dimension { DimValue = node.Dimensions[i] });
        }
        // ONNX Runtime's numbers of types are ONNX's.
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)node.ElementDataType, Shape = shape };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }

    private static void Put(GraphProto graph, ValueInfoProto value)
    {
        for (int i = 0; i < graph.Output.Count; i++)
        {
            if (graph.Output[i].Name != value.Name)
                continue;
            graph.Output[i] = value;
            return;
        }
        foreach (ValueInfoProto old in graph.ValueInfo.Where(old => old.Name == value.Name).ToArray())
            graph.ValueInfo.Remove(old);
        graph.ValueInfo.Add(value);
    }
}
