using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tests.Onnx;

public sealed class QuantizePassTests
{
    private const int Batch = 5, K = 48, N = 64;

    [TestCase(true, TestName = "{m}(Gemm)")]
    [TestCase(false, TestName = "{m}(MatMul)")]
    public void ErrorsStayWithinTheStepsOfBothFactors(bool isGemm)
    {
        WeightArray weight = Networks.Weight(new Random(1), N, K), bias = Networks.Weight(new Random(2), N);
        OnnxModel plain = Trace(graph =>
        {
            Symbol x = isGemm ? graph.Input("x", DType.Float32, "batch", K) : graph.Input("x", DType.Float32, "batch", 1, K);
            graph.Output("y", x.Linear(Parameter(graph, "layer/weight", weight), Parameter(graph, "layer/bias", bias)));
        });
        QuantizedModel quantized = QuantizePass.Run(plain);
        Assert.That(quantized.Quantized, Has.Count.EqualTo(1));

        Nd x = Nd.Random(new Random(3), DType.Float32, isGemm ? [Batch, K] : [Batch, 1, K]).Map(value => 0.37 * value + 0.2);
        Nd expected = Run(plain, x), found = Run(quantized.Model, x);
        double step = (Math.Max(0, x.Values.Max()) - Math.Min(0, x.Values.Min())) / 255, largest = 0;
        for (int row = 0; row < Batch; row++)
        {
            for (int n = 0; n < N; n++)
            {
                ReadOnlySpan<float> weights = weight.Values.AsSpan(n * K, K);
                double weightStep = weights.ToArray().Max(Math.Abs) / 127, bound = 1e-5;
                for (int k = 0; k < K; k++)
                    bound += Math.Abs(x.Values[row * K + k]) * weightStep / 2 + (Math.Abs(weights[k]) + weightStep / 2) * step;
                double error = Math.Abs(found.Values[row * N + n] - expected.Values[row * N + n]);
                Assert.That(error, Is.LessThanOrEqualTo(bound), $"row {row}, output {n}");
                largest = Math.Max(largest, error);
            }
        }
        Assert.That(largest, Is.GreaterThan(1e-4), "nothing was rounded");
        double spread = Math.Sqrt(expected.Values.Average(value => value * value));
        Assert.That(Math.Sqrt(expected.Values.Zip(found.Values, (a, b) => (a - b) * (a - b)).Average()), Is.LessThan(0.02 * spread));
    }

    [Test]
    public void OnnxRuntimeFusesTheProducts()
    {
        OnnxModel plain = Trace(graph =>
        {
            Symbol x = graph.Input("x", DType.Float32, "batch", K), hidden = Layer(graph, "first", x, N).Elu();
            graph.Output("a", Layer(graph, "a", hidden, N).Tanh());
            graph.Output("b", Layer(graph, "b", hidden, N).Tanh());
        });
        OnnxModel quantized = QuantizePass.Run(plain).Model;
        Assert.That(Operators(quantized)["DynamicQuantizeLinear"], Is.EqualTo(2), "one for each tensor that layers read");
        using TemporaryDirectory directory = new();
        using (SessionOptions options = new() { OptimizedModelFilePath = directory["optimised.onnx"] })
        {
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;     // such a file is for this machine, it warns
            options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL;
            using InferenceSession session = new(ModelWriter.ToBytes(quantized), options);
        }
        Dictionary<string, int> fused = Operators(ModelReader.LoadWithWeights(directory["optimised.onnx"]));
        Assert.That(fused["DynamicQuantizeMatMul"], Is.EqualTo(1), "the layer that reads by itself");
        Assert.That(fused["MatMulIntegerToFloat"], Is.EqualTo(2), "those that share");
        Assert.That(fused["DynamicQuantizeLinear"], Is.EqualTo(1));
        Assert.That(fused.Keys, Has.None.AnyOf("MatMulInteger", "Cast", "Add"), "scales and biases are inside");
    }

    [Test]
    public void SmallLayersAndThoseThatDecideDrawsStay()
    {
        QuantizedModel quantized = QuantizePass.Run(Trace(graph =>
        {
            Symbol x = graph.Input("x", DType.Float32, "batch", K), action = graph.Input("action", DType.Float32, "batch", 2);
            Symbol hidden = (Layer(graph, "wide", x, N) + Layer(graph, "narrow", action, N)).Tanh();
            Symbol[] stats = Layer(graph, "stats", hidden, 2 * N).Split(-1, N, N);
            graph.Output("sample", stats[0] + (stats[1] * 2 + 1).Softplus());
            graph.Output("choice", Layer(graph, "logits", hidden, N).ArgMax(-1));
            graph.Output("reward", Layer(graph, "reward", hidden, 1));
        }));
        Assert.That(quantized.Quantized, Is.EqualTo(new[] { "wide/Gemm" }));
        Assert.That(quantized.Kept, Is.EqualTo(new[] { "narrow/Gemm", "stats/Gemm", "logits/Gemm", "reward/Gemm" }));
        Assert.That(quantized.Model.Weights.Keys, Has.None.EqualTo("wide/weight"), "its integers took its place");
        Assert.That(quantized.Model.Weights.Keys, Has.Some.EqualTo("stats/weight"));
    }

    /// <summary>A large number in a small part would leave a large part beside it too few steps.</summary>
    [Test]
    public void SmallPartsOfAConcatenationAreMultipliedApart()
    {
        const int Small = 4;
        OnnxModel plain = Trace(graph =>
        {
            Symbol sample = graph.Input("sample", DType.Float32, "batch", Small), state = graph.Input("state", DType.Float32, "batch", K);
            graph.Output("y", Layer(graph, "head", sample.Concat(state), N).Tanh());
        });
        QuantizedModel quantized = QuantizePass.Run(plain);
        Assert.That(quantized.Quantized, Is.EqualTo(new[] { "head/Gemm" }));
        Assert.That(Operators(quantized.Model), Does.Not.ContainKey("Concat"));
        Nd sample = Nd.Random(new Random(4), DType.Float32, [Batch, Small]).Map(value => 100 * value);
        Nd state = Nd.Random(new Random(5), DType.Float32, [Batch, K]).Map(value => 0.1 * value);
        double error = Run(plain, sample, state).Values.Zip(Run(quantized.Model, sample, state).Values, (a, b) => Math.Abs(a - b)).Max();
        Assert.That(error, Is.InRange(1e-6, 0.02), "one scale for both would have steps of 2.3, larger than the state's numbers");
    }

    [Test]
    public void QuantisesACopyAndNothingTwice()
    {
        OnnxModel plain = Networks.Unrolled("dream", 3, Networks.Weights());
        ModelProto before = plain.Proto.Clone();
        QuantizedModel once = QuantizePass.Run(plain, new() { LeastInputs = 2, LeastOutputs = 2 });
        Assert.That(once.Quantized, Has.Count.EqualTo(9), "two products of the cell and the head, three times");
        Assert.That(plain.Proto, Is.EqualTo(before));
        Assert.That(once.Model.Proto.Graph.Initializer.Count(i => i.Name.EndsWith("/int8", StringComparison.Ordinal)), Is.EqualTo(3));
        QuantizedModel twice = QuantizePass.Run(once.Model, new() { LeastInputs = 2, LeastOutputs = 2 });
        Assert.That(twice.Quantized, Is.Empty);
        Assert.That(twice.Model.Proto, Is.EqualTo(once.Model.Proto));
    }

    [Test]
    public void TheCostOfIntegersIsCounted()
    {
        OnnxModel quantized = QuantizePass.Run(Trace(graph =>
            graph.Output("y", Layer(graph, "layer", graph.Input("x", DType.Float32, "batch", K), N).Elu()))).Model;
        CostReport cost = CostPass.Run(quantized.Proto, ("batch", Batch));
        Assert.That(cost.Unknown, Is.Empty);
        NodeCost product = cost.Nodes.Single(node => node.OpType == "MatMulInteger");
        Assert.That(product.Flops, Is.EqualTo(2 * Batch * K * N));
        Assert.That(product.WeightBytes, Is.EqualTo(K * N), "a byte each");
        Assert.That(product.ReadBytes, Is.EqualTo(Batch * K + 1), "and the zero point");
        Assert.That(cost.Nodes.Single(node => node.OpType == "DynamicQuantizeLinear").WrittenBytes, Is.EqualTo(Batch * K + 4 + 1));
        Assert.That(cost.StoredWeightBytes, Is.EqualTo(K * N + 4 * N + 4 * N + 2 * 4), "integers, scales, biases, and the numbers of Elu");
    }

    private static OnnxModel Trace(Action<Graph> trace)
    {
        Graph graph = new("g");
        trace(graph);
        return graph.Build();
    }

    private static Symbol Layer(Graph graph, string name, Symbol x, int outputs)
    {
        int inputs = x.Size(-1);
        Random random = new(name.Length);
        Dictionary<string, WeightArray> weights = new()
        {
            [$"{name}/weight"] = Networks.Weight(random, outputs, inputs), [$"{name}/bias"] = Networks.Weight(random, outputs),
        };
        return new Linear<Symbol>(new Parameters<Symbol>(new SymbolicParameters(graph, weights))[name], inputs, outputs).Forward(x);
    }

    private static Symbol Parameter(Graph graph, string name, WeightArray weight)
    {
        Dictionary<string, WeightArray> weights = new() { [name] = weight };
        return new SymbolicParameters(graph, weights).Parameter(name, [.. weight.Shape], Init.Zeros);
    }

    private static Dictionary<string, int> Operators(OnnxModel model) =>
        model.Proto.Graph.Node.GroupBy(node => node.OpType).ToDictionary(group => group.Key, group => group.Count());

    private static Nd Run(OnnxModel model, params Nd[] inputs)
    {
        using InferenceSession session = Ort.Load(ModelWriter.ToBytes(model));
        return Ort.Run(session, inputs)[0];
    }
}
