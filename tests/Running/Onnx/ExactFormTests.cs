using Microsoft.ML.OnnxRuntime;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tests.Onnx;

/// <summary>Rewritten graphs compute in ONNX Runtime what the graphs they were made of compute.</summary>
public sealed class ExactFormTests
{
    private const double Rounding = 1.2e-7;

    private static readonly double[] Extremes =
    [
        double.NegativeInfinity, -1e30, -100, -20, -1, -1e-3, -1e-8, -0.0, 0, 1e-8, 1e-3, 0.5, 1, 20, 79, 80, 81, 88, 89, 100, 1e30,
        double.PositiveInfinity,
    ];

    [Test]
    public void EluOfAnything()
    {
        double[] y = Pointwise(Unary.Elu, FastEluPass.Apply);
        for (int i = 0; i < y.Length; i++)
            AssertNear(y[i], Extremes[i] > 0 ? Extremes[i] : Math.Exp(Extremes[i]) - 1, Extremes[i]);
    }

    [Test]
    public void SoftplusOfAnything()
    {
        double[] y = Pointwise(Unary.Softplus, SoftplusPass.Apply);
        for (int i = 0; i < y.Length; i++)
            AssertNear(y[i], Extremes[i] > 700 ? Extremes[i] : Math.Log(1 + Math.Exp(Extremes[i])), Extremes[i]);
    }

    [Test]
    public void EluFoldsIntoTheBiasOfEveryLayerThatReadsIt()
    {
        OnnxModel model = Rewrites.Trace("fold", (graph, p) =>
        {
            Symbol hidden = new Linear<Symbol>(p["hidden"], 5, 8).Forward(graph.Input("x", DType.Float32, "batch", 5)).Elu();
            graph.Output("a", new Linear<Symbol>(p["a"], 8, 3).Forward(hidden));
            graph.Output("b", hidden.Linear(p.Get("b/weight", [2, 8], Init.Zeros)));
        });
        OnnxModel folded = FoldedEluPass.Apply(model);
        Assert.That(Rewrites.Operators(folded), Is.EquivalentTo(new[] { "Gemm", "Relu", "Clip", "Exp", "Add", "Gemm", "Gemm" }));
        Assert.That(folded.Weights.Keys, Is.SupersetOf(new[] { "a/bias-sum(a/weight)", "-sum(b/weight)", "a/weight", "b/weight" }));
        Assert.That(folded.Weights.Keys, Has.None.EqualTo("a/bias"), "nobody reads it any more");
        Rewrites.AssertSame(model, folded, 1e-6);
    }

    /// <summary>Rank 3 has no Gemm: a product and the addition of its bias.</summary>
    [Test]
    public void EluFoldsIntoProductsOfSequences()
    {
        OnnxModel model = Rewrites.Trace("fold", (graph, p) =>
            graph.Output("y", new Mlp<Symbol>(p["mlp"], 5, new(2, 8), 3, Unary.Elu)
                .Forward(graph.Input("x", DType.Float32, "batch", 4, 5))));
        OnnxModel folded = FoldedEluPass.Apply(model);
        Assert.That(Rewrites.Count(folded, "Sub"), Is.Zero);
        Assert.That(Rewrites.Count(folded, "Relu"), Is.EqualTo(2));
        Rewrites.AssertSame(model, folded, 1e-6);
    }

    [Test]
    public void EluDoesNotFoldWhereSomethingElseReadsIt()
    {
        OnnxModel model = Rewrites.Trace("fold", (graph, p) =>
        {
            Symbol x = graph.Input("x", DType.Float32, "batch", 5);
            Symbol shown = new Linear<Symbol>(p["shown"], 5, 8).Forward(x).Elu();
            Symbol squashed = new Linear<Symbol>(p["squashed"], 5, 8).Forward(x).Elu();
            Symbol added = new Linear<Symbol>(p["added"], 5, 8).Forward(x).Elu();
            graph.Output("shown", shown);
            graph.Output("a", new Linear<Symbol>(p["a"], 8, 3).Forward(shown));
            graph.Output("b", new Linear<Symbol>(p["b"], 8, 3).Forward(squashed) + squashed.Tanh().Sum(-1, keep: true));
            graph.Output("c", x.Linear(p.Get("c/weight", [8, 5], Init.Zeros), added));     // the bias itself is computed
        });
        OnnxModel folded = FoldedEluPass.Apply(model);
        Assert.That(Rewrites.Count(folded, "Elu"), Is.Zero);
        Assert.That(Rewrites.Count(folded, "Relu"), Is.Zero);
        Assert.That(Rewrites.Count(folded, "Sub"), Is.EqualTo(3), "all in the fast form");
        Rewrites.AssertSame(model, folded, 1e-6);
    }

    [Test]
    public void AnEluOfAnotherSlopeStays()
    {
        OnnxModel model = Traced(Unary.Elu);
        model.Proto.Graph.Node.Single().Attribute.Add(
            new AttributeProto { Name = "alpha", F = 2, Type = AttributeProto.Types.AttributeType.Float });
        Assert.That(Rewrites.Operators(FastEluPass.Apply(model)), Is.EqualTo(new[] { "Elu" }));
        Assert.That(Rewrites.Operators(FoldedEluPass.Apply(model)), Is.EqualTo(new[] { "Elu" }));
    }

    [Test]
    public void ADecodersFirstLayersBecomeOne()
    {
        OnnxModel model = Rewrites.Decode(feature: 10, depth: 2), merged = LinearDeconvolutionPass.Apply(model);
        Assert.That(Rewrites.Operators(merged)[..3], Is.EqualTo(new[] { "Gemm", "Reshape", "Relu" }));
        Assert.That(Rewrites.Count(merged, "ConvTranspose"), Is.EqualTo(3));
        Assert.That(merged.Weights["decoder/conv0/weight*decoder/input/weight"].Shape, Is.EqualTo(new[] { 8 * 5 * 5, 10 }));
        Rewrites.AssertSame(model, merged, 1e-6);
        long before = CostPass.Run(model.Proto, ("batch", 1)).Flops, after = CostPass.Run(merged.Proto, ("batch", 1)).Flops;
        long saved = 2 * (10 * 64 + 64 * 200) + 64 - 2 * 10 * 200;      // both products and the first bias, less the new product
        Assert.That(before - after, Is.EqualTo(saved));
    }

    [Test]
    public void LayersAreMergedThroughPaddingButNotThroughAnActivationNorWhereItIsMoreWork()
    {
        OnnxModel padded = Deconvolved(10, Window.Square(4, 2, 1), x => x), merged = LinearDeconvolutionPass.Apply(padded);
        Assert.That(Rewrites.Operators(merged), Is.EqualTo(new[] { "Gemm", "Reshape" }));
        Rewrites.AssertSame(padded, merged, 1e-6);
        OnnxModel active = Deconvolved(10, Window.Square(4, 2), x => x.Relu());
        Assert.That(Rewrites.Count(LinearDeconvolutionPass.Apply(active), "ConvTranspose"), Is.EqualTo(1));
        OnnxModel wide = Deconvolved(100, Window.Square(4, 2), x => x);
        Assert.That(Rewrites.Count(LinearDeconvolutionPass.Apply(wide), "ConvTranspose"), Is.EqualTo(1));
    }

    [TestCase(GruForm.ResetAfter)]
    [TestCase(GruForm.ResetBefore)]
    public void AWholeStepDreamsTheSame(GruForm gru)
    {
        OnnxModel model = Rewrites.Dream(gru), throughput = ExactForms.Throughput(model);
        Assert.That(Rewrites.Operators(throughput), Has.None.EqualTo("Elu").And.None.EqualTo("Softplus"));
        Rewrites.AssertSame(model, throughput, 5e-6);
        Rewrites.AssertSame(model, ExactForms.Latency(model), 1e-9);
        Assert.That(Rewrites.Operators(ExactForms.Latency(model)), Is.EqualTo(Rewrites.Operators(model)));
    }

    [Test]
    public void AWholeDecoderShowsTheSame()
    {
        OnnxModel model = Rewrites.Decode(feature: 12, depth: 2);
        Rewrites.AssertSame(model, ExactForms.Throughput(model), 1e-6);
    }

    /// <summary>Graphs of one bundle share a file of weights: what is computed from the same weights is called the same.</summary>
    [Test]
    public void WeightsMadeInSeveralGraphsAgree()
    {
        using TemporaryDirectory directory = new();
        OnnxModel dream = ExactForms.Throughput(Rewrites.Dream()), step = SplitHeadsPass.Apply(dream, "reward", "action");
        step.Proto.Graph.Name = "imagine";
        Assert.That(step.Weights.Keys.Intersect(dream.Weights.Keys).Count(name => name.Contains("sum(")), Is.GreaterThan(0));
        Assert.That(() => ModelWriter.WriteBundle(directory.Path, [dream, step]), Throws.Nothing);
    }

    [Test]
    public void HeadsAreTakenAway()
    {
        OnnxModel model = Rewrites.Dream(), step = SplitHeadsPass.Apply(model, "reward", "no such output");
        Assert.That(step.Outputs.Select(o => o.Name), Is.EqualTo(new[] { "next_deterministic", "next_stochastic", "action" }));
        Assert.That(step.Weights.Keys, Has.None.StartsWith("world/reward").And.Some.StartsWith("actor"));
        Assert.That(step.Proto.MetadataProps.Select(f => f.Key), Is.EqualTo(new[] { "tensor.deterministic", "tensor.noise" }));
        Assert.That(model.Outputs, Has.Count.EqualTo(4), "the model itself stays");
        OnnxModel blind = SplitHeadsPass.Apply(model, "reward", "next_deterministic", "next_stochastic");
        Assert.That(blind.Inputs, Has.Count.EqualTo(4), "inputs are the signature");
        Assert.That(() => SplitHeadsPass.Apply(blind, "action"), Throws.TypeOf<ArgumentException>().With.Message.Contains("'dream'"));
    }

    [Test]
    public void GraphsWithoutDeclaredShapesAreRefused()
    {
        OnnxModel model = Rewrites.Dream();
        model.Proto.Graph.ValueInfo.RemoveAt(2);
        Assert.That(() => ExactForms.Throughput(model),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("'dream' declares no type and shape of"));
    }

    private static OnnxModel Deconvolved(int inputs, Window window, Func<Symbol, Symbol> between) => Rewrites.Trace("g", (graph, p) =>
    {
        Symbol pixel = between(new Linear<Symbol>(p["linear"], inputs, 6).Forward(graph.Input("x", DType.Float32, "batch", inputs)));
        graph.Output("y", new ConvTranspose2d<Symbol>(p["conv"], 6, 3, window, Init.Zeros, Init.Zeros)
            .Forward(pixel.Reshape(Axis.Keep, 6, 1, 1)));
    });

    private static OnnxModel Traced(Unary f) => Rewrites.Trace("f", (graph, _) =>
        graph.Output("y", graph.Input("x", DType.Float32, "batch", Extremes.Length).Apply(f)));

    private static double[] Pointwise(Unary f, Func<OnnxModel, OnnxModel> pass)
    {
        OnnxModel model = pass(Traced(f));
        Assert.That(Rewrites.Count(model, $"{f}"), Is.Zero);
        Rewrites.AssertCounted(model);
        using InferenceSession session = Ort.Load(ModelWriter.ToBytes(model));
        return Ort.Run(session, Nd.From([1, Extremes.Length], i => Extremes[i[1]]))[0].Values;
    }

    private static void AssertNear(double actual, double expected, double x)
    {
        if (double.IsInfinity(expected))
            Assert.That(actual, Is.EqualTo(expected));
        else
            Assert.That(actual, Is.EqualTo(expected).Within(Rounding * Math.Max(1, Math.Abs(expected))), $"f({x})");
    }
}
