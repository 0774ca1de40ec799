using System.Runtime.InteropServices;
using Google.Protobuf;
using WorldModels.Bundles;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Onnx;

/// <summary>16-bit floating point.</summary>
public enum HalfType
{
    /// <summary>IEEE: 11 bits of mantissa, up to 65504.</summary>
    Float16,

    /// <summary>8 bits of mantissa, the range of float32.</summary>
    BFloat16,
}

/// <summary>
/// Has products (Gemm, MatMul, convolutions) multiply 16-bit numbers, which devices with matrix units do several times faster than 32-bit
/// ones and read in half the bytes. Inputs and outputs stay float32.
/// </summary>
/// <remarks>
/// 16-bit are the products, their weights, and the activations and rearrangements between one product and the next. Everything between the
/// last products and the outputs stays float32: a recurrent cell's gates and the blend into its state, standard deviations, draws, rewards.
/// So do exponentials, logarithms, softmax and normalisation anywhere, and what has no 16-bit form in opset 17 (of bfloat16: convolutions
/// and ELU).
/// </remarks>
public static class PrecisionPass
{
    private const float LargestHalf = 65504;

    private static readonly HashSet<string> Products = ["Gemm", "MatMul", "Conv", "ConvTranspose"];

    private static readonly HashSet<string> Between =
    [
        "Relu", "LeakyRelu", "Elu", "Sigmoid", "Tanh", "Add", "Sub", "Mul", "Div", "Neg", "Abs", "Concat", "Split", "Slice", "Reshape",
        "Transpose", "Expand", "Identity", "Squeeze", "Unsqueeze", "Flatten", "MaxPool", "Pad", "Resize",
    ];

    private static readonly HashSet<string> NotForBFloat16 = ["Conv", "ConvTranspose", "MaxPool", "Elu", "LeakyRelu"];

    /// <summary>The model with products of this type.</summary>
    /// <exception cref="InvalidDataException">A weight exceeds the type's range; the message names it.</exception>
    public static OnnxModel Apply(OnnxModel model, HalfType type)
    {
        Rewriter graph = new(model);
        HashSet<NodeProto> halves = Halves(graph, type);
        DataType element = type == HalfType.Float16 ? DataType.Float16 : DataType.Bfloat16;
        NodeProto[] nodes = [.. graph.Graph.Node];
        foreach (NodeProto node in halves)
        {
            for (int i = 0; i < node.Output.Count; i++)
                graph.Retype(node, i, element, halves.Contains);
        }
        foreach (NodeProto node in nodes)
        {
            DataType wanted = halves.Contains(node) ? element : DataType.Float;
            int read = node.OpType == "Resize" ? 1 : node.Input.Count;      // scales are float32
            for (int i = 0; i < read; i++)
            {
                string value = node.Input[i];
                DataType given = graph.TypeOf(value);
                if (given == wanted || given is not (DataType.Float or DataType.Float16 or DataType.Bfloat16))
                    continue;
                graph.SetInput(node, i, graph.IsConstant(value) ? Convert(graph, value, element) : graph.Cast(value, wanted));
            }
        }
        return graph.Build();
    }

    /// <summary>The nodes that compute with 16 bits.</summary>
    private static HashSet<NodeProto> Halves(Rewriter graph, HalfType type)
    {
        HashSet<NodeProto> tail = Tail(graph), halves = new(ReferenceEqualityComparer.Instance);
        foreach (NodeProto node in graph.Graph.Node)
        {
            bool hasForm = type == HalfType.Float16 || !NotForBFloat16.Contains(node.OpType);
            bool isProduct = Products.Contains(node.OpType), isBetween = Between.Contains(node.OpType) && !tail.Contains(node);
            bool follows = node.Input.Any(i => graph.Producer(i) is { } producer && halves.Contains(producer));
            bool arrangesWeights = node.Input.All(graph.IsConstant)
                && graph.Consumers(node.Output[0]).All(c => Products.Contains(c.OpType));
            if (hasForm && (isProduct || (isBetween && (follows || arrangesWeights))))
                halves.Add(node);
        }
        return halves;
    }

    /// <summary>What lies between the last products and the outputs.</summary>
    private static HashSet<NodeProto> Tail(Rewriter graph)
    {
        HashSet<NodeProto> tail = new(ReferenceEqualityComparer.Instance);
        foreach (NodeProto node in graph.Graph.Node.Reverse())
        {
            bool leads = node.Output.Any(o => graph.IsOutput(o) || graph.Consumers(o).Any(tail.Contains));
            if (leads && !Products.Contains(node.OpType))
                tail.Add(node);
        }
        return tail;
    }

    /// <summary>A constant in 16 bits.</summary>
    private static string Convert(Rewriter graph, string name, DataType element) =>
        graph.Constant($"{name}/{Protos.NameOf(element)}", () =>
        {
            WeightArray weight = graph.Floats(name)
                ?? throw new InvalidDataException($"The constant '{name}' keeps its numbers in a form that this pass does not read.");
            float worst = weight.Values.Aggregate(0f, (most, value) => Math.Max(most, Math.Abs(value)));
            if (element == DataType.Float16 && worst > LargestHalf)
            {
                throw new InvalidDataException($"The weight '{name}' holds {worst:g3}, which float16 cannot: its largest number is "
                    + $"{LargestHalf}. Take bfloat16.");
            }

            return new TensorProto
            {
                Name = $"{name}/{Protos.NameOf(element)}", DataType = (int)element, Dims = { weight.Shape.Select(d => (long)d) },
                RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(weight.Values, v => Bits(v, element)))),
            };
        });

    /// <summary>The nearest number of 16 bits, to even where two are.</summary>
    private static ushort Bits(float value, DataType element)
    {
        if (element == DataType.Float16)
            return BitConverter.HalfToUInt16Bits((Half)value);
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }
}
