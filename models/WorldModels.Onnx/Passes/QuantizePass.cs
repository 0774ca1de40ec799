using System.Runtime.InteropServices;
using WorldModels.Models;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>Which layers <see cref="QuantizePass"/> takes.</summary>
/// <remarks>
/// The defaults are measured on the latent worlds of the zoo, and on one of Dreamer's published size, on a CPU with VNNI. Against taking
/// layers from 16 inputs and outputs on, they halve the drift of a dream of 15 steps (pendulum 2.5 to 1.3 % of the state's standard
/// deviation, cart-pole swing-up 4.1 to 1.9 %) and cost no time: what they leave in float32 are the layers that read stochastic states,
/// actions and vectors of observations, those of means and standard deviations, and the last ones of heads.
/// </remarks>
public sealed record QuantizeOptions
{
    /// <summary>Least inputs (K) of a layer that is quantised.</summary>
    public int LeastInputs { get; init; } = 32;

    /// <summary>Least outputs (N) of a layer that is quantised.</summary>
    public int LeastOutputs { get; init; } = 64;
}

/// <summary>What <see cref="QuantizePass"/> made.</summary>
/// <param name="Model">The model; its weights are those that stayed float32.</param>
/// <param name="Quantized">Names of the layers that multiply 8-bit integers now.</param>
/// <param name="Kept">Names of the layers with constant weights that stayed float32.</param>
public sealed record QuantizedModel(OnnxModel Model, IReadOnlyList<string> Quantized, IReadOnlyList<string> Kept);

/// <summary>
/// Makes Gemm and MatMul with constant weights multiply 8-bit integers: weights signed, one scale an output, zero point 0; activations
/// unsigned, with one scale and zero point a tensor, found anew at every run (ONNX's DynamicQuantizeLinear). Layers that read one tensor
/// share its quantisation. ELU becomes max(x, exp(min(x, 0)) - 1), which runtimes compute faster. A layer that decides a draw (its result
/// becomes a standard deviation, or is what an ArgMax or Softmax reads) stays float32 whatever its size.
/// </summary>
/// <remarks>
/// <para>
/// The nodes have the shape that ONNX Runtime fuses to MatMulIntegerToFloat and DynamicQuantizeMatMul from ORT_ENABLE_EXTENDED on; unfused
/// they compute the same. One scale a tensor means that the rows of a batch share it: a row's numbers depend, by less than a quantisation
/// step, on the rows beside it.
/// </para><para>
/// Weights use all 8 bits. On x86 without VNNI, ONNX Runtime adds pairs of their products in saturating 16 bits unless its session entry
/// <c>session.x64quantprecision</c> is 1, which costs nothing where there is VNNI. 7 bits would never saturate, and gave 1.2 to 2.8 times
/// the drift.
/// </para><para>
/// Convolutions stay float32: as ConvInteger, ONNX Runtime 1.29 ran those of the zoo at 0.2 (signed weights) to 1.1 times (unsigned) the
/// speed of float32 on the CPU.
/// </para>
/// </remarks>
public static class QuantizePass
{
    /// <summary>A quantised copy of a model, which stays as it is.</summary>
    public static QuantizedModel Run(OnnxModel model, QuantizeOptions? options = null) => new Copy(model, options ?? new()).Run();

    /// <summary>x (..., K) times a constant weight (K, N), or (N, K) if <paramref name="Transposed"/>, and perhaps something added.</summary>
    private sealed record Layer(NodeProto Node, string Input, string Weight, bool Transposed, string? Added)
    {
        public static Layer? Of(NodeProto node)
        {
            if (node.OpType == "MatMul")
                return new(node, node.Input[0], node.Input[1], false, null);
            bool simple = node.OpType == "Gemm" && Attribute("transA")?.I is null or 0
                && Attribute("alpha")?.F is null or 1 && Attribute("beta")?.F is null or 1;
            string? added = node.Input.ElementAtOrDefault(2) is { Length: > 0 } c ? c : null;
            return simple ? new(node, node.Input[0], node.Input[1], Attribute("transB")?.I == 1, added) : null;

            AttributeProto? Attribute(string name) => node.Attribute.FirstOrDefault(a => a.Name == name);
        }
    }

    /// <summary>A piece of what a layer reads: the inputs from First on.</summary>
    private sealed record Part(string Input, int First, int Size);

    private sealed class Copy(OnnxModel model, QuantizeOptions options)
    {
        private readonly ModelProto _proto = model.Proto.Clone();
        private readonly ILookup<string, NodeProto> _readers =
            model.Proto.Graph.Node.SelectMany(n => n.Input.Select(i => (Value: i, Node: n))).ToLookup(r => r.Value, r => r.Node);
        private readonly Dictionary<string, ValueInfoProto> _values = [];
        private readonly HashSet<string> _made = [], _declared = [];
        private readonly List<NodeProto> _nodes = [];
        private readonly List<string> _quantized = [], _kept = [];

        private GraphProto Graph => _proto.Graph;

        public QuantizedModel Run()
        {
            foreach (ValueInfoProto value in Graph.Input.Concat(Graph.ValueInfo).Concat(Graph.Output))
                _values[value.Name] = value;
            _declared.UnionWith(_values.Keys);
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
            bool stays = inputs < options.LeastInputs || outputs < options.LeastOutputs || Decides(layer.Node.Output[0]);
            Part[] parts = stays ? [] : Parts(layer, inputs);
            stays = parts.All(part => part.Size < options.LeastInputs);
            (stays ? _kept : _quantized).Add(layer.Node.Name);
            if (stays)
                _nodes.Add(layer.Node);
            else
                Multiply(layer, weight, inputs, outputs, parts);
        }

        /// <summary>
        /// What a layer reads, in pieces: the parts of a concatenation if some are small, for one scale would be too coarse for the others
        /// (the samples of a state beside its deterministic part); else all of it.
        /// </summary>
        private Part[] Parts(Layer layer, int inputs)
        {
            Part[] whole = [new(layer.Input, 0, inputs)];
            if (layer.Node.OpType != "Gemm" || Graph.Node.FirstOrDefault(n => n.Output.Contains(layer.Input)) is not { OpType: "Concat" } concat)
                return whole;
            List<Part> parts = [];
            foreach (string input in concat.Input)
            {
                int first = parts.Sum(part => part.Size);
                if (ShapeOf(input) is not { Dim: [_, { DimValue: > 0 } last] })
                    return whole;
                parts.Add(new(input, first, (int)last.DimValue));
            }
            return parts.Sum(part => part.Size) == inputs && parts.Any(part => part.Size < options.LeastInputs) ? [.. parts] : whole;
        }

        /// <summary>Whether a value becomes a standard deviation or a choice without another layer or activation on the way.</summary>
        private bool Decides(string value) => _readers[value].Any(node => node.OpType is "Softplus" or "ArgMax" or "Softmax" or "LogSoftmax"
            || (node.OpType is "Split" or "Slice" or "Reshape" or "Add" or "Sub" or "Mul" or "Div" && node.Output.Any(Decides)));

        /// <summary>Sums the products of a layer's parts, those of the small ones in float32.</summary>
        private void Multiply(Layer layer, WeightArray weight, int inputs, int outputs, Part[] parts)
        {
            string? sum = layer.Added;
            Part[] ordered = [.. parts.OrderBy(part => part.Size < options.LeastInputs)];
            foreach (Part part in ordered)
            {
                string suffix = parts.Length == 1 ? "" : $"/{part.First}";
                string result = part == ordered[^1] ? layer.Node.Output[0] : $"{layer.Node.Name}/sum{suffix}";
                WeightArray own = parts.Length == 1 ? weight : Slice(weight, part, layer.Transposed, inputs, outputs);
                string name = $"{layer.Weight}/{(layer.Transposed ? "rows" : "columns")}{suffix}";
                if (part.Size < options.LeastInputs)
                    Float(layer, part, own, name, sum, result, suffix);
                else
                    Integer(layer, part, own, name, outputs, sum, result, suffix);
                Declare(result, DataType.Float, ShapeOf(layer.Node.Output[0]));
                sum = result;
            }
        }

        private void Float(Layer layer, Part part, WeightArray weight, string name, string? sum, string result, string suffix)
        {
            if (_made.Add(name))
                Graph.Initializer.Add(Protos.Initializer(name, DType.Float32, [.. weight.Shape], MemoryMarshal.AsBytes<float>(weight.Values)));
            NodeProto node = Add("Gemm", $"{layer.Node.Name}/Gemm{suffix}", sum is null ? [part.Input, name] : [part.Input, name, sum], result);
            node.Attribute.Add(Protos.Attribute("transB", layer.Transposed ? 1 : 0));
        }

        private void Integer(Layer layer, Part part, WeightArray weight, string stored, int outputs, string? sum, string result, string suffix)
        {
            string x = part.Input, name = layer.Node.Name + suffix;
            (string quantized, string scale, string zero) = ($"{x}/uint8", $"{x}/uint8/scale", $"{x}/uint8/zero_point");
            if (_made.Add(quantized))
            {
                Add("DynamicQuantizeLinear", quantized, [x], quantized, scale, zero);
                Declare(quantized, DataType.Uint8, ShapeOf(x));
                Declare(scale, DataType.Float, new());
                Declare(zero, DataType.Uint8, new());
            }
            // The same weight has the same names in every graph of a bundle, and is stored once.
            if (_made.Add(stored))
                Store(stored, weight, part.Size, outputs, layer.Transposed);

            TensorShapeProto? shape = ShapeOf(layer.Node.Output[0]);
            string product = $"{name}/int32", number = $"{name}/float", scales = $"{name}/scale";
            string scaled = sum is null ? result : $"{name}/scaled";
            Add("MatMulInteger", product, [quantized, $"{stored}/int8", zero], product);
            Add("Cast", number, [product], number).Attribute.Add(Protos.Attribute("to", (long)DataType.Float));
            Add("Mul", scales, [scale, $"{stored}/scale"], scales);
            Add("Mul", scaled, [number, scales], scaled);
            if (sum is not null)
                Add("Add", result, [scaled, sum], result);
            Declare(product, DataType.Int32, shape);
            Declare(number, DataType.Float, shape);
            Declare(scales, DataType.Float, ShapeOf(outputs));
            if (sum is not null)
                Declare(scaled, DataType.Float, shape);
        }

        private static WeightArray Slice(WeightArray weight, Part part, bool transposed, int inputs, int outputs)
        {
            float[] values = transposed
                ? [.. Enumerable.Range(0, outputs).SelectMany(n => weight.Values.Skip(n * inputs + part.First).Take(part.Size))]
                : [.. weight.Values.Skip(part.First * outputs).Take(part.Size * outputs)];
            return transposed ? new(values, outputs, part.Size) : new(values, part.Size, outputs);
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
                scales[n] = largest > 0 ? largest / sbyte.MaxValue : 1;
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
            if (shape is null || !_declared.Add(name))
                return;
            TypeProto.Types.Tensor tensor = new() { ElemType = (int)type, Shape = shape.Clone() };
            Graph.ValueInfo.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } });
        }
    }
}
