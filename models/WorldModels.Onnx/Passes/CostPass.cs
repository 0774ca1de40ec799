using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>
/// Counts the operations and bytes of a model from its file, by the shapes declared in it, for given sizes of its dynamic axes.
/// </summary>
/// <remarks>
/// Counted per element: 1 for a pointwise function (transcendental ones too), a comparison, a reduction or an ArgMax; 5 for Softmax and
/// LogSoftmax (maximum, subtract, exp, sum, divide); 8 for LayerNormalization. Products and convolutions count 2 per multiply-add, and 1
/// per output for a bias. What moves data counts bytes only; views of the same data count nothing, and neither does what is computed from
/// constants alone, since runtimes fold it at load. Bytes are those of a node at a time: fusion and caches make the truth smaller.
/// </remarks>
public static class CostPass
{
    private enum Traffic { All, First, Moved, None }

    private sealed record Rule(Traffic Traffic, Func<Node, long> Flops);

    private static readonly Dictionary<string, Rule> Rules = MakeRules();

    /// <summary>Counts for sizes such as <c>("batch", 64)</c>.</summary>
    /// <exception cref="KeyNotFoundException">A dynamic axis of the model has no size here.</exception>
    public static CostReport Run(ModelProto model, params ReadOnlySpan<(string Name, long Size)> sizes)
    {
        Dictionary<string, long> table = [];
        foreach ((string name, long size) in sizes)
            table[name] = size;
        return Run(model, table);
    }

    /// <inheritdoc cref="Run(ModelProto, ReadOnlySpan{ValueTuple{string, long}})"/>
    public static CostReport Run(ModelProto model, IReadOnlyDictionary<string, long> sizes)
    {
        GraphProto graph = model.Graph;
        Dictionary<string, Value> values = [];
        foreach (ValueInfoProto info in graph.Input.Concat(graph.ValueInfo).Concat(graph.Output))
        {
            if (Declared(info, sizes) is { } value)
                values[info.Name] = value;
        }
        foreach (TensorProto initializer in graph.Initializer)
            values[initializer.Name] = new Value([.. initializer.Dims], SizeOf(initializer.DataType), IsConstant: true);
        long stored = graph.Initializer.Sum(i => values[i.Name].Bytes);
        return new CostReport([.. graph.Node.Select(node => Count(node, values))], stored);
    }

    private static NodeCost Count(NodeProto proto, Dictionary<string, Value> values)
    {
        string name = proto.Name.Length > 0 ? proto.Name : proto.Output.FirstOrDefault("");
        NodeCost unknown = new(name, proto.OpType, 0, 0, 0, 0, IsKnown: false);
        if (!Rules.TryGetValue(proto.OpType, out Rule? rule))
            return unknown;
        Value?[] inputs = [.. proto.Input.Select(values.GetValueOrDefault)], outputs = [.. proto.Output.Select(values.GetValueOrDefault)];
        bool complete = !proto.Input.Zip(inputs).Any(i => i.First.Length > 0 && i.Second is null) && !outputs.Contains(null);
        if (!complete)
            return unknown;
        if (proto.Input.Count > 0 && inputs.All(i => i is null or { IsConstant: true }))
        {
            foreach (string output in proto.Output)
                values[output] = values[output] with { IsConstant = true };
            return new NodeCost(name, proto.OpType, 0, 0, 0, 0);
        }

        Node node = new(proto, inputs, outputs!);
        Value[] read = rule.Traffic switch
        {
            Traffic.All => [.. inputs.OfType<Value>()],
            Traffic.First => [node.Input(0)],
            _ => [],
        };
        long written = rule.Traffic == Traffic.None ? 0 : outputs.Sum(o => o!.Bytes);
        long moved = rule.Traffic == Traffic.Moved ? written : 0;       // reads as much as it writes, not the whole input
        bool fromWeights = moved > 0 && node.Input(0).IsConstant;
        return new NodeCost(name, proto.OpType, rule.Flops(node),
            WeightBytes: read.Where(i => i.IsConstant).Sum(i => i.Bytes) + (fromWeights ? moved : 0),
            ReadBytes: read.Where(i => !i.IsConstant).Sum(i => i.Bytes) + (fromWeights ? 0 : moved),
            WrittenBytes: written);
    }

    private static Dictionary<string, Rule> MakeRules()
    {
        Dictionary<string, Rule> rules = [];
        Add(Traffic.All, n => n.Outputs[0].Count,
            "Add", "Sub", "Mul", "Div", "Min", "Max", "Pow", "Mod", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal", "And",
            "Or", "Xor", "Not", "Neg", "Abs", "Sign", "Exp", "Log", "Sqrt", "Reciprocal", "Floor", "Ceil", "Round", "Sin", "Cos", "Tanh",
            "Sigmoid", "Relu", "LeakyRelu", "Elu", "Softplus", "Erf", "Clip", "HardSigmoid", "DequantizeLinear", "QuantizeLinear");
        Add(Traffic.First, n => n.Input(0).Count, "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ArgMax", "ArgMin",
            "GlobalAveragePool");
        Add(Traffic.First, n => 5 * n.Input(0).Count, "Softmax", "LogSoftmax");
        Add(Traffic.First, n => 3 * n.Input(0).Count, "DynamicQuantizeLinear");
        Add(Traffic.All, n => 8 * n.Input(0).Count, "LayerNormalization");
        Add(Traffic.First, n => n.Outputs[0].Count * Product(n.Ints("kernel_shape")), "MaxPool", "AveragePool");
        Add(Traffic.All, n => 2 * n.Outputs[0].Count * n.Input(0).Shape[^1], "MatMul", "MatMulInteger", "DynamicQuantizeMatMul",
            "MatMulIntegerToFloat");
        Add(Traffic.All, n => n.Outputs[0].Count * (2 * n.Input(0).Shape[n.Int("transA") == 0 ? 1 : 0] + n.Has(2)), "Gemm");
        Add(Traffic.All, n => n.Outputs[0].Count * (2 * Product(n.Input(1).Shape.Skip(1)) + n.Has(2)), "Conv");
        Add(Traffic.All, n => 2 * n.Outputs[0].Count * Product(n.Input(1).Shape.Skip(1)), "ConvInteger");
        Add(Traffic.All, n => 2 * n.Input(0).Count * Product(n.Input(1).Shape.Skip(1)) + n.Outputs[0].Count * n.Has(2), "ConvTranspose");
        Add(Traffic.All, _ => 0, "Where", "Concat", "Cast", "Transpose");
        Add(Traffic.First, _ => 0, "Split", "Expand", "Pad", "Resize", "Tile", "OneHot");
        Add(Traffic.Moved, _ => 0, "Gather", "Slice");
        Add(Traffic.None, _ => 0, "Reshape", "Identity", "Squeeze", "Unsqueeze", "Flatten", "Shape", "Constant");
        return rules;

        void Add(Traffic traffic, Func<Node, long> flops, params string[] operators)
        {
            foreach (string op in operators)
                rules.Add(op, new Rule(traffic, flops));
        }
    }

    private static Value? Declared(ValueInfoProto info, IReadOnlyDictionary<string, long> sizes)
    {
        if (info.Type?.TensorType is not { Shape: { } shape } tensor)
            return null;
        long[] dims = new long[shape.Dim.Count];
        for (int i = 0; i < dims.Length; i++)
        {
            TensorShapeProto.Types.Dimension dim = shape.Dim[i];
            switch (dim.ValueCase)
            {
                case TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue:
                    dims[i] = dim.DimValue;
                    break;
                case TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam:
                    dims[i] = SizeExpression.Evaluate(dim.DimParam, sizes);
                    break;
                default:
                    return null;
            }
        }
        return new Value(dims, SizeOf(tensor.ElemType), IsConstant: false);
    }

    private static long SizeOf(int type) => (DataType)type switch
    {
        DataType.Float or DataType.Int32 or DataType.Uint32 => 4,
        DataType.Int64 or DataType.Uint64 or DataType.Double or DataType.Complex64 => 8,
        DataType.Float16 or DataType.Bfloat16 or DataType.Int16 or DataType.Uint16 => 2,
        DataType.Complex128 => 16,
        _ => 1,
    };

    private static long Product(IEnumerable<long> sizes) => sizes.Aggregate(1L, (product, size) => product * size);

    private sealed record Value(long[] Shape, long ElementSize, bool IsConstant)
    {
        public long Count { get; } = Product(Shape);
        public long Bytes => Count * ElementSize;
    }

    private sealed record Node(NodeProto Proto, Value?[] Inputs, Value[] Outputs)
    {
        public Value Input(int at) => Inputs[at]!;

        /// <summary>1 where an optional input is given, else 0.</summary>
        public long Has(int at) => at < Inputs.Length && Inputs[at] is not null ? 1 : 0;

        public long Int(string name) => Proto.Attribute.FirstOrDefault(a => a.Name == name)?.I ?? 0;

        public IEnumerable<long> Ints(string name) => Proto.Attribute.FirstOrDefault(a => a.Name == name)?.Ints ?? [];
    }
}
