using System.Runtime.InteropServices;
using WorldModels.Models;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>One run of <see cref="QuantizePass"/>.</summary>
internal sealed class Quantizer
{
    private readonly OnnxModel _model;
    private readonly QuantizeOptions _options;
    private readonly ModelProto _proto;
    private readonly Dictionary<string, NodeProto> _makers;
    private readonly ILookup<string, NodeProto> _readers;
    private readonly Dictionary<string, TensorShapeProto> _shapes;
    private readonly HashSet<string> _declared, _made = [];
    private readonly List<NodeProto> _nodes = [];
    private readonly List<string> _quantized = [], _kept = [];

    public Quantizer(OnnxModel model, QuantizeOptions options)
    {
        (_model, _options, _proto) = (model, options, model.Proto.Clone());
        _makers = Graph.Node.SelectMany(node => node.Output.Select(value => (value, node))).ToDictionary(m => m.value, m => m.node);
        _readers = Graph.Node.SelectMany(node => node.Input.Select(value => (value, node))).ToLookup(r => r.value, r => r.node);
        _shapes = Graph.Input.Concat(Graph.ValueInfo).Concat(Graph.Output).Where(value => value.Type?.TensorType?.Shape is not null)
            .ToDictionary(value => value.Name, value => value.Type.TensorType.Shape);
        _declared = [.. _shapes.Keys];
    }

    private GraphProto Graph => _proto.Graph;

    public QuantizedModel Run()
    {
        foreach (NodeProto node in Graph.Node)
        {
            if (Layer(node) is { } layer)
                Take(layer);
            else if (node.OpType == "Elu" && node.Attribute.All(attribute => attribute.F == 1))
                Elu(node);
            else
                _nodes.Add(node);
        }
        Graph.Node.Clear();
        Graph.Node.AddRange(_nodes);
        PrunePass.Apply(Graph);
        HashSet<string> stored = [.. Graph.Initializer.Select(initializer => initializer.Name)];
        return new(new(_proto, _model.Weights.Where(weight => stored.Contains(weight.Key)).ToDictionary()), _quantized, _kept);
    }

    /// <summary>A product with a constant matrix; null for any other node.</summary>
    private MatrixLayer? Layer(NodeProto node)
    {
        bool isGemm = node.OpType == "Gemm" && Attribute("transA")?.I is null or 0
            && Attribute("alpha")?.F is null or 1 && Attribute("beta")?.F is null or 1;
        if (!isGemm && node.OpType != "MatMul")
            return null;
        string name = node.Input[1];
        bool byRows = Attribute("transB")?.I == 1;
        if (_makers.TryGetValue(name, out NodeProto? maker) && maker.OpType == "Transpose")
            (name, byRows) = (maker.Input[0], !byRows);
        if (Floats(name) is not { Shape.Count: 2 } weight)
            return null;
        string? added = node.Input.ElementAtOrDefault(2) is { Length: > 0 } bias ? bias : null;
        return new(node, new WeightMatrix($"{name}/{(byRows ? "rows" : "columns")}", weight, byRows), added);

        AttributeProto? Attribute(string key) => node.Attribute.FirstOrDefault(attribute => attribute.Name == key);
    }

    private void Take(MatrixLayer layer)
    {
        bool stays = layer.Weight.Inputs < _options.LeastInputs || layer.Weight.Outputs < _options.LeastOutputs || Decides(layer.Result);
        IReadOnlyList<LayerPart> parts = stays ? [] : Parts(layer);
        stays = parts.All(IsSmall);
        (stays ? _kept : _quantized).Add(layer.Node.Name);
        if (stays)
            _nodes.Add(layer.Node);
        else
            Multiply(layer, parts);
    }

    /// <summary>Whether a value becomes a standard deviation or a choice without another layer or activation on the way.</summary>
    private bool Decides(string value) => _readers[value].Any(node => node.OpType is "Softplus" or "ArgMax" or "Softmax" or "LogSoftmax"
        || (node.OpType is "Split" or "Slice" or "Reshape" or "Add" or "Sub" or "Mul" or "Div" && node.Output.Any(Decides)));

    private bool IsSmall(LayerPart part) => part.Weight.Inputs < _options.LeastInputs;

    /// <summary>The parts of the concatenation that a layer reads, if some are small; else all that it reads, in one.</summary>
    private IReadOnlyList<LayerPart> Parts(MatrixLayer layer)
    {
        LayerPart[] whole = [new(layer.Input, layer.Weight, "")];
        if (layer.Node.OpType != "Gemm" || _makers.GetValueOrDefault(layer.Input) is not { OpType: "Concat" } concat)
            return whole;
        List<LayerPart> parts = [];
        int first = 0;
        foreach (string input in concat.Input)
        {
            if (!_shapes.TryGetValue(input, out TensorShapeProto? shape) || shape.Dim is not [_, { DimValue: > 0 } last])
                return whole;
            parts.Add(new(input, layer.Weight.Slice(first, (int)last.DimValue), $"/{first}"));
            first += (int)last.DimValue;
        }
        return first == layer.Weight.Inputs && parts.Any(IsSmall) ? parts : whole;
    }

    /// <summary>Sums the products of the parts, those of the small ones in float32.</summary>
    private void Multiply(MatrixLayer layer, IReadOnlyList<LayerPart> parts)
    {
        LayerPart[] ordered = [.. parts.OrderBy(IsSmall)];
        string? sum = layer.Added;
        foreach (LayerPart part in ordered)
        {
            string result = part == ordered[^1] ? layer.Result : $"{layer.Node.Name}/sum{part.Suffix}";
            if (IsSmall(part))
                Float(layer, part, sum, result);
            else
                Integer(layer, part, sum, result);
            Declare(result, DataType.Float, _shapes.GetValueOrDefault(layer.Result));
            sum = result;
        }
    }

    private void Float(MatrixLayer layer, LayerPart part, string? sum, string result)
    {
        WeightMatrix weight = part.Weight;
        if (_made.Add(weight.Name))
            Store(weight.Name, DataType.Float, [.. weight.Array.Shape], MemoryMarshal.AsBytes<float>(weight.Array.Values));
        string[] inputs = sum is null ? [part.Input, weight.Name] : [part.Input, weight.Name, sum];
        Add("Gemm", $"{layer.Node.Name}/float{part.Suffix}", inputs, result).Attribute.Add(Protos.Attribute("transB", weight.IsByRows ? 1 : 0));
    }

    private void Integer(MatrixLayer layer, LayerPart part, string? sum, string result)
    {
        string x = part.Input, name = layer.Node.Name + part.Suffix;
        (string integers, string scale, string zero) = ($"{x}/uint8", $"{x}/uint8/scale", $"{x}/uint8/zero_point");
        if (_made.Add(integers))
        {
            Add("DynamicQuantizeLinear", integers, [x], integers, scale, zero);
            Declare(integers, DataType.Uint8, _shapes.GetValueOrDefault(x));
            Declare(scale, DataType.Float, new());
            Declare(zero, DataType.Uint8, new());
        }
        // The same weight has the same names in every graph of a bundle, and is stored once.
        (string weights, string weightScale) = ($"{part.Weight.Name}/int8", $"{part.Weight.Name}/scale");
        if (_made.Add(weights))
        {
            (sbyte[] values, float[] scales) = part.Weight.Quantize();
            Store(weights, DataType.Int8, [part.Weight.Inputs, part.Weight.Outputs], MemoryMarshal.AsBytes<sbyte>(values));
            Store(weightScale, DataType.Float, [part.Weight.Outputs], MemoryMarshal.AsBytes<float>(scales));
        }
        string product = $"{name}/int32", number = $"{name}/float", factor = $"{name}/scale";
        string scaled = sum is null ? result : $"{name}/scaled";
        Add("MatMulInteger", product, [integers, weights, zero], product);
        Add("Cast", number, [product], number).Attribute.Add(Protos.Attribute("to", (long)DataType.Float));
        Add("Mul", factor, [scale, weightScale], factor);
        Add("Mul", scaled, [number, factor], scaled);
        if (sum is not null)
            Add("Add", result, [scaled, sum], result);
        TensorShapeProto? shape = _shapes.GetValueOrDefault(layer.Result);
        Declare(product, DataType.Int32, shape);
        Declare(number, DataType.Float, shape);
        Declare(scaled, DataType.Float, shape);
        Declare(factor, DataType.Float, new() { Dim = { new TensorShapeProto.Types.Dimension { DimValue = part.Weight.Outputs } } });
    }

    /// <summary>max(x, exp(min(x, 0)) - 1): its -1 is not left to the next layer's bias, which would waste the range of integers.</summary>
    private void Elu(NodeProto node)
    {
        string x = node.Input[0], name = node.Name, low = $"{name}/Min", power = $"{name}/Exp", below = $"{name}/Sub";
        Add("Min", low, [x, Number(0)], low);
        Add("Exp", power, [low], power);
        Add("Sub", below, [power, Number(1)], below);
        Add("Max", name, [x, below], node.Output[0]);
        foreach (string value in (string[])[low, power, below])
            Declare(value, DataType.Float, _shapes.GetValueOrDefault(x));
    }

    private WeightArray? Floats(string name)
    {
        if (_model.Weights.TryGetValue(name, out WeightArray? weight))
            return weight;
        TensorProto? constant = Graph.Initializer.FirstOrDefault(initializer => initializer.Name == name);
        return constant is { DataType: (int)DataType.Float, RawData.Length: > 0 }
            ? new(MemoryMarshal.Cast<byte, float>(constant.RawData.Span).ToArray(), [.. constant.Dims.Select(size => (int)size)])
            : null;
    }

    private NodeProto Add(string op, string name, string[] inputs, params string[] outputs)
    {
        NodeProto node = new() { Name = name, OpType = op, Input = { inputs }, Output = { outputs } };
        _nodes.Add(node);
        return node;
    }

    private string Number(float value)
    {
        string name = $"constant/{value:R}";
        if (Graph.Initializer.All(initializer => initializer.Name != name))
            Store(name, DataType.Float, [], MemoryMarshal.AsBytes([value]));
        return name;
    }

    private void Store(string name, DataType type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        TensorProto initializer = Protos.Initializer(name, DType.Float32, shape, data);
        initializer.DataType = (int)type;
        Graph.Initializer.Add(initializer);
    }

    /// <summary>Says the type of a new value, where the shape of what it comes from is known.</summary>
    private void Declare(string name, DataType type, TensorShapeProto? shape)
    {
        if (shape is null || !_declared.Add(name))
            return;
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)type, Shape = shape.Clone() };
        Graph.ValueInfo.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } });
    }

    /// <summary>A node that multiplies what it reads by a constant matrix and perhaps adds something.</summary>
    private sealed record MatrixLayer(NodeProto Node, WeightMatrix Weight, string? Added)
    {
        public string Input => Node.Input[0];
        public string Result => Node.Output[0];
    }

    /// <summary>A part of what a layer reads, and its part of the matrix.</summary>
    private sealed record LayerPart(string Input, WeightMatrix Weight, string Suffix);
}
