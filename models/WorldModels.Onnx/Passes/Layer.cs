using WorldModels.Bundles;
using WorldModels.Onnx.Proto;

namespace WorldModels.Onnx;

/// <summary>
/// A fully connected layer, y = x Wᵀ + b, as it stands in a graph: a Gemm, or a MatMul and the Add behind it. W is (O, I) and constant.
/// </summary>
internal sealed class Layer
{
    private readonly Rewriter _graph;
    private readonly NodeProto _product, _sum;
    private readonly int _biasAt;       // where the sum reads its bias
    private readonly WeightArray _weight;
    private readonly bool _isTransposed;     // stored as (O, I)

    private Layer(Rewriter graph, NodeProto product, NodeProto sum, int biasAt, string weightName, bool isTransposed)
    {
        (_graph, _product, _sum, _biasAt, WeightName, _isTransposed) = (graph, product, sum, biasAt, weightName, isTransposed);
        _weight = graph.Floats(weightName)!;
        (Outputs, Inputs) = isTransposed ? (_weight.Shape[0], _weight.Shape[1]) : (_weight.Shape[1], _weight.Shape[0]);
    }

    /// <summary>Sizes of x and y.</summary>
    public int Inputs { get; }

    /// <inheritdoc cref="Inputs"/>
    public int Outputs { get; }

    /// <summary>The initialiser that holds W.</summary>
    public string WeightName { get; }

    /// <summary>The initialiser, or the value, that is added; null if none is.</summary>
    public string? BiasName => _sum.Input.ElementAtOrDefault(_biasAt) is { Length: > 0 } name ? name : null;

    /// <summary>x.</summary>
    public string Input => _product.Input[0];

    /// <summary>y.</summary>
    public string Output => _sum.Output[0];

    /// <summary>The node that makes y.</summary>
    public NodeProto Node => _sum;

    /// <summary>Whether b is a vector (O) of constants, or none.</summary>
    public bool HasConstantBias => BiasName is null || _graph.Floats(BiasName) is { } bias && bias.Values.Length == Outputs;

    /// <summary>The layer whose product a node is; null if it is none of this form.</summary>
    public static Layer? Of(Rewriter graph, NodeProto node) => node.OpType switch
    {
        "Gemm" => OfGemm(graph, node),
        "MatMul" => OfMatMul(graph, node),
        _ => null,
    };

    /// <summary>An element of W.</summary>
    public float Weight(int output, int input) => _weight.Values[_isTransposed ? output * Inputs + input : input * Outputs + output];

    /// <summary>An element of b, if that is constant.</summary>
    public float Bias(int output) => BiasName is { } name ? _graph.Floats(name)!.Values[output] : 0;

    /// <summary>Has it read another x.</summary>
    public void SetInput(string value) => _graph.SetInput(_product, 0, value);

    /// <summary>Gives it another b.</summary>
    public void SetBias(string name) => _graph.SetInput(_sum, _biasAt, name);

    private static Layer? OfGemm(Rewriter graph, NodeProto gemm)
    {
        bool isTransposed = gemm.Int("transB") == 1;
        bool isPlain = gemm.Int("transA") == 0 && gemm.Float("alpha", 1) == 1 && gemm.Float("beta", 1) == 1;
        return isPlain && graph.Floats(gemm.Input[1]) is { Shape.Count: 2 } ? new(graph, gemm, gemm, 2, gemm.Input[1], isTransposed) : null;
    }

    private static Layer? OfMatMul(Rewriter graph, NodeProto product)
    {
        NodeProto? transpose = graph.Producer(product.Input[1]);
        bool isTransposed = transpose is { OpType: "Transpose" } && transpose.Ints("perm") is [1, 0];
        string weight = isTransposed ? transpose!.Input[0] : product.Input[1];
        NodeProto[] readers = [.. graph.Consumers(product.Output[0])];
        if (graph.Floats(weight) is not { Shape.Count: 2 } || readers is not [{ OpType: "Add" } sum] || graph.IsOutput(product.Output[0]))
            return null;
        return new(graph, product, sum, sum.Input[0] == product.Output[0] ? 1 : 0, weight, isTransposed);
    }
}
