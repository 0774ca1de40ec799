using WorldModels.Bundles;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>A transposed convolution in a graph: of one group, not dilated, with constant kernels (C, O, K, K').</summary>
internal sealed class Deconvolution
{
    private readonly WeightArray _weight;
    private readonly WeightArray? _bias;

    private Deconvolution(NodeProto node, WeightArray weight, WeightArray? bias, int top, int left)
    {
        (Node, _weight, _bias, Top, Left) = (node, weight, bias, top, left);
        (Inputs, Outputs, KernelRows, KernelColumns) = (weight.Shape[0], weight.Shape[1], weight.Shape[2], weight.Shape[3]);
    }

    public NodeProto Node { get; }
    public int Inputs { get; }
    public int Outputs { get; }
    public int KernelRows { get; }
    public int KernelColumns { get; }


    /// <summary>Rows and columns cut off where the result begins.</summary>
    public int Top { get; }

    /// <inheritdoc cref="Top"/>
    public int Left { get; }

    /// <summary>The initialiser that holds the kernels.</summary>
    public string WeightName => Node.Input[1];

    /// <summary>The node, if it is one of this form and its sizes are known; else null.</summary>
    public static Deconvolution? Of(Rewriter graph, NodeProto node)
    {
        bool isPlain = node.Int("group", 1) == 1 && node.Ints("dilations").All(d => d == 1) && node.Ints("output_padding").All(p => p == 0)
            && node.Ints("output_shape").Length == 0 && node.Text("auto_pad") is null or "NOTSET";
        if (!isPlain || graph.Floats(node.Input[1]) is not { Shape.Count: 4 } weight)
            return null;
        WeightArray? bias = node.Input.Count > 2 ? graph.Floats(node.Input[2]) : null;
        bool hasOtherBias = node.Input.Count > 2 && node.Input[2].Length > 0 && bias is null;
        long[] pads = node.Ints("pads");
        bool isKnown = graph.Dims(node.Output[0]) is [_, { IsDynamic: false }, { IsDynamic: false }, { IsDynamic: false }];
        if (hasOtherBias || !isKnown)
            return null;
        return new(node, weight, bias, pads is [var top, ..] ? (int)top : 0, pads is [_, var left, ..] ? (int)left : 0);
    }

    /// <summary>An element of the kernels; 0 outside them.</summary>
    public float Weight(int input, int output, int row, int column) => row < KernelRows && column < KernelColumns
        ? _weight.Values[((input * Outputs + output) * KernelRows + row) * KernelColumns + column]
        : 0;

    /// <summary>An element of the bias.</summary>
    public float Bias(int output) => _bias?.Values[output] ?? 0;
}
