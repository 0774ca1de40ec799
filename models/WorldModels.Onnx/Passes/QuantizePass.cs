using System.Runtime.InteropServices;
using WorldModels.Models;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>Which layers <see cref="QuantizePass"/> takes, and how fine.</summary>
public sealed record QuantizeOptions
{
    /// <summary>Least inputs (K) of a layer that is quantised.</summary>
    public int LeastInputs { get; init; } = 16;

    /// <summary>Least outputs (N) of a layer that is quantised.</summary>
    public int LeastOutputs { get; init; } = 16;

    /// <summary>Largest magnitude of a quantised weight: 127 of 8 bits, 63 of 7.</summary>
    public int LargestWeight { get; init; } = 127;
}

/// <summary>What <see cref="QuantizePass"/> made.</summary>
/// <param name="Model">The model; its weights are those that stayed float32.</param>
/// <param name="Quantized">Names of the layers that multiply 8-bit integers now.</param>
/// <param name="Kept">Names of the layers with constant weights that stayed float32.</param>
public sealed record QuantizedModel(OnnxModel Model, IReadOnlyList<string> Quantized, IReadOnlyList<string> Kept);

/// <summary>
/// Makes Gemm and MatMul with constant weights multiply 8-bit integers: weights signed, one scale an output, zero point 0; activations
/// unsigned, with one scale and zero point a tensor, found anew at every run (ONNX's DynamicQuantizeLinear). Layers that read one tensor
/// share its quantisation. ELU becomes max(x, exp(min(x, 0)) - 1), which runtimes compute faster.
/// </summary>
/// <remarks>
/// The nodes have the shape that ONNX Runtime fuses to MatMulIntegerToFloat and DynamicQuantizeMatMul from ORT_ENABLE_EXTENDED on; unfused
/// they compute the same. One scale a tensor means that the rows of a batch share it: a row's numbers depend, by less than a quantisation
/// step, on the rows beside it.
/// </remarks>
public static class QuantizePass
{
    /// <summary>A quantised copy of a model, which stays as it is.</summary>
    public static QuantizedModel Run(OnnxModel model, QuantizeOptions? options = null, Func<string, bool>? only = null) => new Copy(model, options ?? new(), only).Run();

    /// <summary>x (..., K) times a constant weight (K, N), or (N, K) if <paramref name="Transposed"/>, and perhaps something added.</summary>
    private sealed record Layer(NodeProto Node, string Input, string Weight, bool Transposed, string? Added)
    {
        public static Layer? Of(NodeProto node)
        {
            if (node.OpType == "MatMul")
                return new(node, node.Input[0], node.Input[1], false, null);
            bool simple = node.OpType == "Gemm" && Attribute("transA")?.I is null or 0
                && Attribute("alpha")?.F is null or 1 && Attribute("beta")?.F is null or 1;
            return !simple ? null
                : new(node, node.Input[0], node.Input[1], Attribute("transB")?.I == 1, node.Input.ElementAtOrDefault(2) is { Length: > 0 } c ? c : null);

            AttributeProto? Attribute(string name) => node.Attribute.FirstOrDefault(a => a.Name == name);
        }
    }

    private sealed class Copy(OnnxModel model, QuantizeOptions options, Func<string, bool>? only)
    {
        private readonly ModelProto _proto = model.Proto.Clone();
        private readonly Dictionary<string, ValueInfoProto> _values = [];
        private readonly HashSet<string> _made = [];
        private readonly List<NodeProto> _nodes = [];
        private readonly List<string> _quantized = [], _kept = [];

        private GraphProto Graph => _proto.Graph;

        public QuantizedModel Run()
        {
            foreach (ValueInfoProto value in Graph.Input.Concat(Graph.ValueInfo).Concat(Graph.Output))
                _values[value.Name] = value;
            foreach (NodeProto node in Graph.Node)
            {
                if (Layer.Of(node) is { } layer && Weight(ref layer) is { } weight)
                    Take(layer, weight);
                else if (node.OpType == "Elu" && node.Attribute.All(a => a.F == 1))
                    Elu(node);
                else
                    _nodes.Add(node);
            }
            Graph.Node.Clear();
            Graph.Node.AddRange(_nodes);
            PrunePass.Apply(Graph);
            HashSet<string> stored = [.. Graph.Initializer.Select(i => i.Name)];
            return new(new(_proto, model.Weights.Where(w => stored.Contains(w.Key)).ToDictionary()), _quantized, _kept);
        }

        private void Take(Layer layer, WeightArray weight)
        {
            (int outputs, int inputs) = layer.Transposed ? (weight.Shape[0], weight.Shape[1]) : (weight.Shape[1], weight.Shape[0]);
            bool small = inputs < options.LeastInputs || outputs < options.LeastOutputs || only?.Invoke(layer.Node.Name) == false;
            (small ? _kept : _quantized).Add(layer.Node.Name);
            if (small)
                _nodes.Add(layer.Node);
            else
                Multiply(layer, weight, inputs, outputs);
        }

        private void Multiply(Layer layer, WeightArray weight, int inputs, int outputs)
        {
            string x = layer.Input, result = layer.Node.Output[0], name = layer.Node.Name;
            (string quantized, string scale, string zero) = ($"{x}/uint8", $"{x}/uint8/scale", $"{x}/uint8/zero_point");
            if (_made.Add(quantized))
            {
                Add("DynamicQuantizeLinear", quantized, [x], quantized, scale, zero);
                Declare(quantized, DataType.Uint8, ShapeOf(x));
                Declare(scale, DataType.Float, new());
                Declare(zero, DataType.Uint8, new());
            }
            // The same weight has the same names in every graph of a bundle, and is stored once.
            string stored = $"{layer.Weight}/{(layer.Transposed ? "rows" : "columns")}";
            if (_made.Add(stored))
                Store(stored, weight, inputs, outputs, layer.Transposed);

            TensorShapeProto? shape = ShapeOf(result);
            string product = $"{name}/int32", number = $"{name}/float", scales = $"{name}/scale";
            string scaled = layer.Added is null ? result : $"{name}/scaled";
            Add("MatMulInteger", product, [quantized, $"{stored}/int8", zero], product);
            Add("Cast", number, [product], number).Attribute.Add(Protos.Attribute("to", (long)DataType.Float));
            Add("Mul", scales, [scale, $"{stored}/scale"], scales);
            Add("Mul", scaled, [number, scales], scaled);
            if (layer.Added is not null)
                Add("Add", result, [scaled, layer.Added], result);
            Declare(product, DataType.Int32, shape);
            Declare(number, DataType.Float, shape);
            Declare(scales, DataType.Float, ShapeOf(outputs));
            if (layer.Added is not null)
                Declare(scaled, DataType.Float, shape);
        }

        /// <summary>Symmetric, to the largest magnitude of each output's weights; as (K, N).</summary>
        private void Store(string name, WeightArray weight, int inputs, int outputs, bool transposed)
        {
            float[] scales = new float[outputs];
            sbyte[] values = new sbyte[inputs * outputs];
            for (int n = 0; n < outputs; n++)
            {
                float largest = 0;
                for (int k = 0; k < inputs; k++)
                    largest = Math.Max(largest, Math.Abs(At(k, n)));
                scales[n] = largest > 0 ? largest / options.LargestWeight : 1;
                for (int k = 0; k < inputs; k++)
                    values[k * outputs + n] = (sbyte)MathF.Round(At(k, n) / scales[n]);
            }
            Graph.Initializer.Add(Protos.Initializer($"{name}/scale", DType.Float32, [outputs], MemoryMarshal.AsBytes<float>(scales)));
            TensorProto integers = Protos.Initializer($"{name}/int8", DType.Bool, [inputs, outputs], MemoryMarshal.AsBytes<sbyte>(values));
            integers.DataType = (int)DataType.Int8;
            Graph.Initializer.Add(integers);

            float At(int k, int n) => weight.Values[transposed ? n * inputs + k : k * outputs + n];
        }

        /// <summary>max(x, exp(min(x, 0)) - 1): exact at x >= 0, and its -1 is not left to the next layer's bias, which costs accuracy.</summary>
        private void Elu(NodeProto node)
        {
            string x = node.Input[0], name = node.Name, low = $"{name}/Min", power = $"{name}/Exp", below = $"{name}/Sub";
            Add("Min", low, [x, Scalar(0)], low);
            Add("Exp", power, [low], power);
            Add("Sub", below, [power, Scalar(1)], below);
            Add("Max", name, [x, below], node.Output[0]);
            foreach (string value in (string[])[low, power, below])
                Declare(value, DataType.Float, ShapeOf(x));
        }

        /// <summary>A layer's weight of floats, looked for through a transposition; null if it is computed.</summary>
        private WeightArray? Weight(ref Layer layer)
        {
            string name = layer.Weight;
            if (Graph.Node.FirstOrDefault(n => n.OpType == "Transpose" && n.Output[0] == name) is { } transpose)
                layer = layer with { Weight = transpose.Input[0], Transposed = !layer.Transposed };
            return Floats(layer.Weight) is { Shape.Count: 2 } weight ? weight : null;
        }

        private WeightArray? Floats(string name)
        {
            if (model.Weights.TryGetValue(name, out WeightArray? weight))
                return weight;
            return Graph.Initializer.FirstOrDefault(i => i.Name == name) is { DataType: (int)DataType.Float, RawData.Length: > 0 } constant
                ? new(MemoryMarshal.Cast<byte, float>(constant.RawData.Span).ToArray(), [.. constant.Dims.Select(d => (int)d)])
                : null;
        }

        private NodeProto Add(string op, string name, string[] inputs, params string[] outputs)
        {
            NodeProto node = new() { Name = name, OpType = op, Input = { inputs }, Output = { outputs } };
            _nodes.Add(node);
            return node;
        }

        private string Scalar(float value)
        {
            string name = $"constant/{value:R}";
            if (Graph.Initializer.All(i => i.Name != name))
                Graph.Initializer.Add(Protos.Initializer(name, DType.Float32, [], BitConverter.GetBytes(value)));
            return name;
        }

        private TensorShapeProto? ShapeOf(string value) => _values.GetValueOrDefault(value)?.Type?.TensorType?.Shape;

        private static TensorShapeProto ShapeOf(int size) =>
            new() { Dim = { new TensorShapeProto.Types.Dimension { DimValue = size } } };

        /// <summary>Says the type of a new value, where that of what it comes from is known.</summary>
        private void Declare(string name, DataType type, TensorShapeProto? shape)
        {
            if (shape is null)
                return;
            TypeProto.Types.Tensor tensor = new() { ElemType = (int)type, Shape = shape.Clone() };
            Graph.ValueInfo.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } });
        }
    }
}
