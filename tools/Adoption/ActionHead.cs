using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tools;

/// <summary>Adds the last step of a policy that gives a number for each action: the draw of one, or the choice of the best.</summary>
internal static class ActionHead
{
    /// <summary>The model with an output of actions, int64 (batch), and the tensors that came with it.</summary>
    /// <param name="model">The policy.</param>
    /// <param name="scores">The output (batch, actions).</param>
    /// <param name="count">How many actions there are.</param>
    /// <param name="draws">Whether they are log-probabilities to draw by (Gumbel-max), or values of which the largest is taken.</param>
    public static (OnnxModel Model, TensorSpec? Noise, TensorSpec Action) Add(OnnxModel model, string scores, int count, bool draws)
    {
        ModelProto proto = model.Proto.Clone();
        GraphProto graph = proto.Graph;
        HashSet<string> names = [.. graph.Node.SelectMany(node => node.Output.Append(node.Name)), .. graph.Initializer.Select(i => i.Name),
            .. graph.Input.Select(i => i.Name)];
        string action = Free("action", names), chosen = scores;
        TensorSpec? noise = null;
        if (draws)
        {
            noise = new()
            {
                Name = Free("gumbel_noise", names), Role = TensorRole.Noise,
                Noise = NoiseKind.Gumbel, Shape = ["batch", count]
            };
            chosen = Free("perturbed_logits", names);
            graph.Input.Add(Value(noise.Name, TensorProto.Types.DataType.Float, count));
            graph.Node.Add(new NodeProto { Name = chosen, OpType = "Add", Input = { scores, noise.Name }, Output = { chosen } });
        }
        NodeProto best = new() { Name = action, OpType = "ArgMax", Input = { chosen }, Output = { action } };
        best.Attribute.Add(new AttributeProto { Name = "axis", I = 1, Type = AttributeProto.Types.AttributeType.Int });
        best.Attribute.Add(new AttributeProto { Name = "keepdims", I = 0, Type = AttributeProto.Types.AttributeType.Int });
        graph.Node.Add(best);
        graph.Output.Add(Value(action, TensorProto.Types.DataType.Int64));
        TensorSpec choice = new() { Name = action, Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] };
        return (model with { Proto = proto }, noise, choice);
    }

    /// <summary>The model with its batch called as bundles call it, wherever a shape names it.</summary>
    public static OnnxModel NameBatch(OnnxModel model)
    {
        ModelProto proto = model.Proto.Clone();
        GraphProto graph = proto.Graph;
        HashSet<string> inputs = [.. graph.Input.Select(i => i.Name).Except(graph.Initializer.Select(i => i.Name))];
        HashSet<string> batches = [];
        foreach (ValueInfoProto value in graph.Input.Where(i => inputs.Contains(i.Name)).Concat(graph.Output))
        {
            if (value.Type?.TensorType?.Shape is not { Dim: [var first, ..] } || first.DimValue > 0)
                continue;
            if (first.DimParam.Length > 0)
                batches.Add(first.DimParam);
            first.DimParam = "batch";
        }
        foreach (TensorShapeProto.Types.Dimension dim in graph.ValueInfo.SelectMany(v => v.Type?.TensorType?.Shape?.Dim ?? []))
        {
            if (batches.Contains(dim.DimParam))
                dim.DimParam = "batch";
        }
        return model with { Proto = proto };
    }

    private static string Free(string wanted, HashSet<string> names)
    {
        string name = wanted;
        for (int i = 1; !names.Add(name); i++)
            name = $"{wanted}_{i}";
        return name;
    }

    private static ValueInfoProto Value(string name, TensorProto.Types.DataType type, params int[] row)
    {
        TensorShapeProto shape = new() { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "batch" } } };
        shape.Dim.AddRange(row.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }));
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = (int)type, Shape = shape } } };
    }
}
