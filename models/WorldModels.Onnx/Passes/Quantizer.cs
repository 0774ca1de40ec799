using System.Runtime.InteropServices;
using WorldModels.Models;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>One run of <see cref="QuantizePass"/>.</summary>
internal sealed class Quantizer(OnnxModel model, QuantizeOptions options)
{
    private readonly Rewriter _graph = new(model);
    private readonly Dictionary<string, string[]> _integers = [];   // values as 8-bit integers, their scales and zero points
    private readonly List<string> _quantized = [], _kept = [];

    public QuantizedModel Run()
    {
        foreach (NodeProto node in _graph.Nodes("Gemm", "MatMul"))
        {
            if (Product(node) is { } product)
                Take(product);
        }
        return new(_graph.Build(), _quantized, _kept);
    }

    /// <summary>A product with a constant matrix; null if the node is none.</summary>
    private MatrixProduct? Product(NodeProto node)
    {
        if (node.Int("transA") != 0 || node.Float("alpha", 1) != 1 || node.Float("beta", 1) != 1)
            return null;
        string name = node.Input[1];
        bool byRows = node.Int("transB") == 1;
        if (_graph.Producer(name) is { OpType: "Transpose" } transpose)
            (name, byRows) = (transpose.Input[0], !byRows);
        if (_graph.Floats(name) is not { Shape.Count: 2 } weight)
            return null;
        return new(node, new WeightMatrix($"{name}/{(byRows ? "rows" : "columns")}", weight, byRows));
    }

    private void Take(MatrixProduct product)
    {
        WeightMatrix weight = product.Weight;
        bool stays = weight.Inputs < options.LeastInputs || weight.Outputs < options.LeastOutputs || Decides(product.Result);
        IReadOnlyList<Part> parts = stays ? [] : Parts(product);
        stays = parts.All(IsSmall);
        (stays ? _kept : _quantized).Add(product.Node.Name);
        if (!stays)
            Multiply(product, parts);
    }

    /// <summary>Whether a value becomes a standard deviation or a choice without another layer or activation on the way.</summary>
    private bool Decides(string value) => _graph.Consumers(value).Any(node =>
        node.OpType is "Softplus" or "ArgMax" or "Softmax" or "LogSoftmax"
        || (node.OpType is "Split" or "Slice" or "Reshape" or "Add" or "Sub" or "Mul" or "Div" && node.Output.Any(Decides)));

    private bool IsSmall(Part part) => part.Weight.Inputs < options.LeastInputs;

    /// <summary>The parts of the concatenation that a layer reads, if some are small; else all that it reads, in one.</summary>
    private IReadOnlyList<Part> Parts(MatrixProduct product)
    {
        Part[] whole = [new(product.Input, product.Weight)];
        if (product.Node.OpType != "Gemm" || _graph.Producer(product.Input) is not { OpType: "Concat" } concat)
            return whole;
        List<Part> parts = [];
        int first = 0;
        foreach (string input in concat.Input)
        {
            if (_graph.Dims(input) is not [_, { IsDynamic: false } size])
                return whole;
            parts.Add(new(input, product.Weight.Slice(first, size.Value)));
            first += size.Value;
        }
        return first == product.Weight.Inputs && parts.Any(IsSmall) ? parts : whole;
    }

    /// <summary>Sums the products of the parts, those of the small ones in float32.</summary>
    private void Multiply(MatrixProduct product, IReadOnlyList<Part> parts)
    {
        Part[] ordered = [.. parts.OrderBy(IsSmall)];
        string? sum = product.Node.Input.ElementAtOrDefault(2) is { Length: > 0 } bias ? bias : null;
        foreach (Part part in ordered)
        {
            string? result = part == ordered[^1] ? product.Result : null;
            sum = IsSmall(part) ? Float(product, part, sum, result) : Integer(product, part, sum, result);
        }
    }

    private string Float(MatrixProduct product, Part part, string? sum, string? result)
    {
        string weight = _graph.Weight(part.Weight.Name, () => part.Weight.Array);
        return Make(product, "Gemm", sum is null ? [part.Input, weight] : [part.Input, weight, sum], result,
            Protos.Attribute("transB", part.Weight.IsByRows ? 1 : 0));
    }

    private string Integer(MatrixProduct product, Part part, string? sum, string? result)
    {
        AxisSize[] dims = _graph.Dims(product.Result)!;
        string scope = product.Node.Name;
        if (!_integers.TryGetValue(part.Input, out string[]? integers))
        {
            integers = _graph.Add(part.Input, "DynamicQuantizeLinear", [part.Input],
                [(DataType.Uint8, _graph.Dims(part.Input)!), (DataType.Float, []), (DataType.Uint8, [])]);
            _integers.Add(part.Input, integers);
        }
        // The same weight has the same names in every graph of a bundle, and is stored once.
        WeightMatrix weight = part.Weight;
        string values = _graph.Constant($"{weight.Name}/int8", () => Constant($"{weight.Name}/int8", DataType.Int8,
            [weight.Inputs, weight.Outputs], MemoryMarshal.AsBytes<sbyte>(weight.Quantize().Values)));
        string scales = _graph.Constant($"{weight.Name}/scale", () => Constant($"{weight.Name}/scale", DataType.Float,
            [weight.Outputs], MemoryMarshal.AsBytes<float>(weight.Quantize().Scales)));
        string whole = _graph.Add(scope, "MatMulInteger", [integers[0], values, integers[2]], [(DataType.Int32, dims)])[0];
        string number = _graph.Add(scope, "Cast", [whole], dims, Protos.Attribute("to", (long)DataType.Float));
        string scale = _graph.Add(scope, "Mul", [integers[1], scales], [weight.Outputs]);
        if (sum is null)
            return Make(product, "Mul", [number, scale], result);
        return Make(product, "Add", [_graph.Add(scope, "Mul", [number, scale], dims), sum], result);
    }

    /// <summary>Makes the product's result, or a part of its sum.</summary>
    private string Make(MatrixProduct product, string op, string[] inputs, string? result, params AttributeProto[] attributes)
    {
        string scope = product.Node.Name;
        if (result is null)
            return _graph.Add(scope, op, inputs, _graph.Dims(product.Result)!, attributes);
        _graph.Define(result, scope, op, inputs, attributes);
        return result;
    }

    private static TensorProto Constant(string name, DataType type, ReadOnlySpan<int> shape, ReadOnlySpan<byte> data)
    {
        TensorProto constant = Protos.Initializer(name, DType.Float32, shape, data);
        constant.DataType = (int)type;
        return constant;
    }

    /// <summary>A node that multiplies what it reads by a constant matrix, and perhaps adds something.</summary>
    private sealed record MatrixProduct(NodeProto Node, WeightMatrix Weight)
    {
        public string Input => Node.Input[0];
        public string Result { get; } = Node.Output[0];
    }

    /// <summary>A part of what a layer reads, and its part of the matrix.</summary>
    private sealed record Part(string Input, WeightMatrix Weight);
}
