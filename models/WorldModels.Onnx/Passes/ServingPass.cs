using System.Runtime.InteropServices;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// A graph as servers take it: every tensor has an axis beside the batch, (B, 1) in place of (B), and noise is drawn by nobody, so that it is
/// what a deterministic controller gives: zero, of uniform noise a half.
/// </summary>
public static class ServingPass
{
    /// <summary>The model in this form.</summary>
    /// <param name="model">Its weights stay as they are.</param>
    /// <param name="graph">What its tensors are.</param>
    /// <param name="withNoise">Noise stays an input, which clients send.</param>
    public static OnnxModel Apply(OnnxModel model, GraphSpec graph, bool withNoise)
    {
        ModelProto proto = model.Proto.Clone();
        List<NodeProto> before = [], after = [];
        string batch = graph.Inputs.First(tensor => tensor.Role != TensorRole.Noise).Name;
        foreach (TensorSpec tensor in graph.Inputs)
        {
            if (tensor.Role == TensorRole.Noise && !withNoise)
            {
                before.AddRange(Constant(proto.Graph, tensor, batch));
                proto.Graph.Input.Remove(proto.Graph.Input.Single(input => input.Name == tensor.Name));
            }
            else if (tensor.Shape.Count == 1)
            {
                Widen(proto.Graph.Input.Single(input => input.Name == tensor.Name));
                Rename(proto.Graph, tensor.Name, Inner(tensor));
                before.Add(Reshape(proto.Graph, tensor.Name, Inner(tensor), -1));
            }
        }
        foreach (TensorSpec tensor in graph.Outputs.Where(output => output.Shape.Count == 1))
        {
            if (proto.Graph.Output.SingleOrDefault(output => output.Name == tensor.Name) is not { } output)
                continue;
            Widen(output);
            Rename(proto.Graph, tensor.Name, Inner(tensor));
            after.Add(Reshape(proto.Graph, Inner(tensor), tensor.Name, -1, 1));
        }
        NodeProto[] nodes = [.. before, .. proto.Graph.Node, .. after];
        proto.Graph.Node.Clear();
        proto.Graph.Node.AddRange(nodes);
        return model with { Proto = proto };
    }

    private static string Inner(TensorSpec tensor) => tensor.Name + "/rows";

    private static void Widen(ValueInfoProto value) =>
        value.Type.TensorType.Shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = 1 });

    private static void Rename(GraphProto graph, string name, string other)
    {
        foreach (NodeProto node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
                node.Input[i] = node.Input[i] == name ? other : node.Input[i];
            for (int i = 0; i < node.Output.Count; i++)
                node.Output[i] = node.Output[i] == name ? other : node.Output[i];
        }
    }

    private static NodeProto Reshape(GraphProto graph, string from, string to, params long[] shape) =>
        new() { Name = to + "/Reshape", OpType = "Reshape", Input = { from, Vector(graph, shape) }, Output = { to } };

    /// <summary>A constant of as many rows as another input has.</summary>
    private static IEnumerable<NodeProto> Constant(GraphProto graph, TensorSpec tensor, string batch)
    {
        (string shape, string rows, string whole) = (tensor.Name + "/shape", tensor.Name + "/batch", tensor.Name + "/sizes");
        long[] others = [.. tensor.Shape.Skip(1).Select(axis => (long)axis.Size)];
        float[] value = [tensor.Noise == NoiseKind.Uniform ? 0.5f : 0];
        AttributeProto filled = new()
        {
            Name = "value",
            Type = AttributeProto.Types.AttributeType.Tensor,
            T = Protos.Initializer("", DType.Float32, [1], MemoryMarshal.AsBytes<float>(value)),
        };
        yield return new() { Name = shape, OpType = "Shape", Input = { batch }, Output = { shape } };
        yield return new() { Name = rows, OpType = "Gather", Input = { shape, Vector(graph, 0) }, Output = { rows } };
        yield return new()
        {
            Name = whole,
            OpType = "Concat",
            Input = { others.Length == 0 ? (IEnumerable<string>)[rows] : [rows, Vector(graph, others)] },
            Output = { whole },
            Attribute = { Protos.Attribute("axis", 0) },
        };
        yield return new() { Name = tensor.Name, OpType = "ConstantOfShape", Input = { whole }, Output = { tensor.Name }, Attribute = { filled } };
    }

    private static string Vector(GraphProto graph, params long[] values)
    {
        string name = Protos.NameOf(values);
        if (graph.Initializer.All(initializer => initializer.Name != name))
        {
            graph.Initializer.Add(Protos.Initializer(
                name, DType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values)));
        }
        return name;
    }
}
