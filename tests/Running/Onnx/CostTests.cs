using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tests.Onnx;

public sealed class CostTests
{
    private const int B = 6;

    [Test]
    public void Gemm()
    {
        NodeCost cost = Single(g => X(g, "batch", 5).Linear(W(g, "w", 4, 5), W(g, "b", 4)));
        Assert.That(cost.Flops, Is.EqualTo(2 * B * 5 * 4 + B * 4));
        Assert.That(cost.WeightBytes, Is.EqualTo(4 * (4 * 5 + 4)));
        Assert.That(cost.ReadBytes, Is.EqualTo(4 * B * 5));
        Assert.That(cost.WrittenBytes, Is.EqualTo(4 * B * 4));
    }

    [Test]
    public void MatMul()
    {
        NodeCost cost = Single(g => X(g, "batch", 2, 3, 5).MatMul(X(g, "batch", 2, 5, 7)));
        Assert.That(cost.Flops, Is.EqualTo(2 * B * 2 * 3 * 5 * 7));
        Assert.That(cost.WeightBytes, Is.Zero);
        Assert.That(cost.ReadBytes, Is.EqualTo(4 * B * 2 * (3 * 5 + 5 * 7)));
        Assert.That(cost.WrittenBytes, Is.EqualTo(4 * B * 2 * 3 * 7));
    }

    [Test]
    public void TransposedWeightsAreFoldedAtLoad()
    {
        CostReport cost = Run(g => X(g, "batch", 3, 5).Linear(W(g, "w", 4, 5)));
        Assert.That(cost.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Transpose", "MatMul" }));
        Assert.That(cost.Nodes[0].Bytes, Is.Zero);
        Assert.That(cost.Nodes[1].WeightBytes, Is.EqualTo(4 * 4 * 5));
        Assert.That(cost.Flops, Is.EqualTo(2 * B * 3 * 5 * 4));
    }

    [Test]
    public void Convolutions()
    {
        NodeCost conv = Single(g => X(g, "batch", 3, 8, 8).Conv2d(W(g, "w", 4, 3, 3, 3), W(g, "b", 4), Window.Square(3, 2, 1)));
        Assert.That(conv.Flops, Is.EqualTo(B * 4 * 4 * 4 * (2 * 3 * 3 * 3 + 1)));
        Assert.That(conv.WrittenBytes, Is.EqualTo(4 * B * 4 * 4 * 4));
        NodeCost transposed = Single(g =>
            X(g, "batch", 3, 4, 4).ConvTranspose2d(W(g, "w", 3, 2, 4, 4), W(g, "b", 2), Window.Square(4, 2)));
        Assert.That(transposed.Flops, Is.EqualTo(2 * B * 3 * 4 * 4 * 2 * 4 * 4 + B * 2 * 10 * 10));
        NodeCost pool = Single(g => X(g, "batch", 3, 4, 4).MaxPool2d(Window.Square(2, 2)));
        Assert.That(pool.Flops, Is.EqualTo(B * 3 * 2 * 2 * 4));
    }

    [Test]
    public void Pointwise()
    {
        CostReport cost = Run(g => (X(g, "batch", 5) + 1).Tanh() * X(g, 5));
        Assert.That(cost.Flops, Is.EqualTo(3 * B * 5));
        Assert.That(cost.WeightBytes, Is.EqualTo(4));      // the 1
        Assert.That(cost.Bytes, Is.EqualTo(4 + 4 * (2 * B * 5 + 2 * B * 5 + 2 * B * 5 + 5)));
    }

    [Test]
    public void MovesCountBytesAlone()
    {
        CostReport cost = Run(g => X(g, "batch", 6).Slice(1, 0, 2).Reshape(Axis.Keep, 2, 1).Expand(Axis.Keep, Axis.Keep, 3));
        Assert.That(cost.Flops, Is.Zero);
        Assert.That(cost.Nodes.Select(n => n.Bytes), Is.EqualTo(new[] { 4 * B * (2 + 2), 0, 4 * B * (2 + 6) }));
    }

    [Test]
    public void AGruCellIsItsProductsAndElevenPointwiseFunctions()
    {
        const int I = Networks.Inputs, S = Networks.Size;
        CostReport report = CostPass.Run(Networks.Step("imagine", Networks.Weights()).Proto, ("batch", B));
        long cell = B * 3 * S * (2 * (I + S) + 2)      // two products with bias
            + B * S * (1 + 1 + 1 + 1)                  // reset and update: add, sigmoid
            + B * S * (1 + 1 + 1)                      // candidate: multiply, add, tanh
            + B * S * 3;                               // candidate + update * (h - candidate)
        Assert.That(report.Flops, Is.EqualTo(cell + B * 2 * (2 * S + 1)));
        Assert.That(report.Unknown, Is.Empty);
        Assert.That(report.StoredWeightBytes, Is.EqualTo(4 * (3 * S * (I + S + 2) + 2 * S + 2) + 3 * 8));      // and the sizes of Split
        Assert.That(report.ByOperator[0].OpType, Is.EqualTo("Gemm"));
        Assert.That(report.ByOperator.Sum(o => o.Count), Is.EqualTo(report.Nodes.Count));
    }

    [Test]
    public void AnUnrolledGraphCostsItsSteps()
    {
        CostReport step = CostPass.Run(Networks.Step("imagine", Networks.Weights()).Proto, ("batch", B));
        CostReport dream = CostPass.Run(Networks.Unrolled("dream", 3, Networks.Weights()).Proto, ("batch", B));
        Assert.That(dream.Flops, Is.EqualTo(3 * step.Flops));
        Assert.That(dream.WeightBytes, Is.EqualTo(3 * step.WeightBytes));
    }

    [Test]
    public void SizesOfComputedAxesFollowTheNamedOnes()
    {
        Graph graph = new("g");
        Symbol x = graph.Input("x", DType.Float32, "batch", "past", 2).Concat(graph.Input("y", DType.Float32, "batch", 1, 2), axis: 1);
        graph.Output("z", x.Slice(1, -4, int.MaxValue).Exp());
        ModelProto model = graph.Build().Proto;
        Assert.That(CostPass.Run(model, ("batch", 3), ("past", 1)).Flops, Is.EqualTo(3 * 2 * 2));
        Assert.That(CostPass.Run(model, ("batch", 3), ("past", 9)).Flops, Is.EqualTo(3 * 4 * 2));
        Assert.That(() => CostPass.Run(model, ("batch", 3)), Throws.TypeOf<KeyNotFoundException>().With.Message.Contain("'past'")
            .And.Message.Contain("batch"));
    }

    [Test]
    public void WhatIsUnknownIsReported()
    {
        OnnxModel model = Networks.Step("imagine", Networks.Weights());
        model.Proto.Graph.Node[^1].OpType = "Mystery";
        CostReport report = CostPass.Run(model.Proto, ("batch", B));
        Assert.That(report.Unknown.Select(n => n.Name), Is.EqualTo(new[] { "head/Gemm" }));
        Assert.That(report.Unknown[0].Flops, Is.Zero);
    }

    private static NodeCost Single(Func<Graph, Symbol> trace) => Run(trace).Nodes.Single();

    private static CostReport Run(Func<Graph, Symbol> trace)
    {
        Graph graph = new("g");
        graph.Output("result", trace(graph));
        return CostPass.Run(graph.Build().Proto, ("batch", B));
    }

    private static Symbol X(Graph graph, params ReadOnlySpan<AxisSize> dims) => graph.Input($"x{Guid.NewGuid()}", DType.Float32, dims);

    private static Symbol W(Graph graph, string name, params int[] shape) =>
        new SymbolicParameters(graph, new Dictionary<string, WeightArray> { [name] = Networks.Weight(new Random(1), shape) })
            .Parameter(name, shape, Init.Zeros);
}
