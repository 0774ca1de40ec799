using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tests.Onnx;

public sealed class GraphTests
{
    [Test]
    public void NamesSayWhereANodeComesFrom()
    {
        OnnxModel model = Networks.Step("imagine", Networks.Weights());
        string[] names = [.. model.Proto.Graph.Node.Select(n => n.Name)];
        Assert.That(names[..4], Is.EqualTo(new[] { "core/gru/Gemm", "core/gru/Split", "core/gru/Gemm_1", "core/gru/Split_1" }));
        Assert.That(names[^1], Is.EqualTo("head/Gemm"));
        Assert.That(names, Is.Unique);
        Assert.That(model.Proto.Graph.Output.Select(o => o.Name), Is.EqualTo(new[] { "next_state", "reward" }));
        Assert.That(model.Proto.Graph.Node.Select(n => n.OpType), Has.None.EqualTo("Identity"));
    }

    [Test]
    public void StepsOfAnUnrolledGraphShareTheirWeights()
    {
        OnnxModel model = Networks.Unrolled("dream", 3, Networks.Weights());
        string[] names = [.. model.Proto.Graph.Node.Select(n => n.Name)];
        Assert.That(names.Count(name => name.StartsWith("head/Gemm", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(names, Is.Unique);
        Assert.That(model.Weights.Keys,
            Is.EquivalentTo(Networks.Weights().Keys.Where(k => !k.StartsWith("critic", StringComparison.Ordinal))));
        Assert.That(model.Proto.Graph.Initializer.Select(i => i.Name), Is.Unique);
    }

    [TestCase(1)]
    [TestCase(5)]
    public void AnUnrolledGraphDreamsAsItsSteps(int batch)
    {
        const int Steps = 4;
        Dictionary<string, WeightArray> weights = Networks.Weights();
        Random random = new(3);
        Nd actions = Nd.Random(random, DType.Float32, [batch, Steps, Networks.Inputs]);
        Nd state = Nd.Random(random, DType.Float32, [batch, Networks.Size]);
        using InferenceSession dream = Ort.Load(ModelWriter.ToBytes(Networks.Unrolled("dream", Steps, weights)));
        Nd[] dreamt = Ort.Run(dream, actions, state);
        for (int t = 0; t < Steps; t++)
        {
            (state, Nd reward) = Networks.Reference(weights, actions.Slice(1, t, 1).As(batch, Networks.Inputs), state);
            Ort.AssertClose(dreamt[1].Slice(1, t, 1).As(batch, 2), reward, 2e-6, $"reward {t}");
        }
        Ort.AssertClose(dreamt[0], state, 2e-6, "state");
    }

    [Test]
    public void EveryValueHasADeclaredShape()
    {
        GraphProto graph = Networks.Unrolled("dream", 3, Networks.Weights()).Proto.Graph;
        Assert.That(graph.ValueInfo.Concat(graph.Output).Select(v => v.Name), Is.EquivalentTo(graph.Node.SelectMany(n => n.Output)));
        Assert.That(graph.Output[0].Type.TensorType.Shape.Dim[0].DimParam, Is.EqualTo("batch"));
    }

    [Test]
    public void AModelDescribesItsInputsAndOutputs()
    {
        OnnxModel model = Networks.Unrolled("dream", 3, Networks.Weights());
        Assert.That(model.Inputs.Select(i => $"{i.Name} {i.Type} {AxisSize.Show([.. i.Dims])}"),
            Is.EqualTo(new[] { "actions Float32 (batch, 3, 3)", "state Float32 (batch, 4)" }));
        Assert.That(model.Outputs.Select(o => $"{o.Name} {o.Type} {AxisSize.Show([.. o.Dims])}"),
            Is.EqualTo(new[] { "next_state Float32 (batch, 4)", "rewards Float32 (batch, 3, 2)" }));
    }

    [Test]
    public void NumbersAreSharedAndHaveTheTypeOfTheTensor()
    {
        Graph graph = new("g");
        Symbol x = graph.Input("x", DType.Float32, "batch", 2), i = graph.Input("i", DType.Int64, "batch", 2);
        graph.Output("y", (x + 1) * (x - 1) + 0.1 + x * 0.1f);
        graph.Output("j", (i + 1) * (1 - i));
        GraphProto proto = graph.Build().Proto.Graph;
        Assert.That(proto.Initializer.Select(t => t.Name), Is.EquivalentTo(new[] { "constant/1", "constant/0.1", "constant/int64/1" }));
    }

    [Test]
    public void WhatNoOutputNeedsIsPruned()
    {
        Graph graph = new("g");
        Parameters<Symbol> p = new(new SymbolicParameters(graph, Networks.Weights()));
        Symbol h = graph.Input("h", DType.Float32, "batch", Networks.Size);
        _ = new Linear<Symbol>(p["critic"], Networks.Size, 1).Forward(h);
        Symbol logits = new Linear<Symbol>(p["head"], Networks.Size, 2).Forward(h);
        graph.Output("choice", new OneHot<Symbol>(logits).Sample(graph.Input("noise", DType.Float32, "batch", 2)));
        OnnxModel model = graph.Build();
        Assert.That(model.Proto.Graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Gemm", "Add", "ArgMax", "OneHot" }));
        Assert.That(model.Weights.Keys, Is.EquivalentTo(new[] { "head/weight", "head/bias" }));
        Assert.That(model.Proto.Graph.Initializer.Select(i => i.Name), Has.None.StartsWith("critic"));
        Assert.That(model.Proto.Graph.ValueInfo.Select(v => v.Name), Has.None.Contain("Softmax"));
    }

    [Test]
    public void WhatABranchReadsIsKept()
    {
        GraphProto branch = new() { Node = { new NodeProto { OpType = "Identity", Input = { "a" }, Output = { "b" } } } };
        branch.Output.Add(new ValueInfoProto { Name = "b" });
        NodeProto choice = new() { OpType = "If", Input = { "x" }, Output = { "y" } };
        choice.Attribute.Add(new AttributeProto { Name = "then_branch", G = branch, Type = AttributeProto.Types.AttributeType.Graph });
        GraphProto graph = new()
        {
            Node = { new NodeProto { OpType = "Exp", Input = { "x" }, Output = { "a" } }, choice },
            Output = { new ValueInfoProto { Name = "y" } },
        };
        graph.Node.Insert(0, new NodeProto { OpType = "Log", Input = { "x" }, Output = { "dead" } });
        PrunePass.Apply(graph);
        Assert.That(graph.Node.Select(n => n.OpType), Is.EqualTo(new[] { "Exp", "If" }));
    }

    [Test]
    public void AnInputOrTheSameValueTwiceCanBeAnOutput()
    {
        Graph graph = new("g");
        Symbol x = graph.Input("x", DType.Float32, "batch", 2), y = x * 2;
        graph.Output("same", x);
        graph.Output("twice", y);
        graph.Output("again", y);
        graph.Output("more", y + 1);
        using InferenceSession session = Ort.Load(ModelWriter.ToBytes(graph.Build()));
        Nd input = Nd.Random(new Random(1), DType.Float32, [3, 2]);
        Nd[] outputs = Ort.Run(session, input);
        Ort.AssertClose(outputs[0], input, 0, "same");
        Ort.AssertClose(outputs[1], input.Map(v => 2 * v), 0, "twice");
        Ort.AssertClose(outputs[2], input.Map(v => 2 * v), 0, "again");
        Ort.AssertClose(outputs[3], input.Map(v => 2 * v + 1), 0, "more");
    }

    [Test]
    public void AttentionKeepsItsPastInASecondDynamicAxis()
    {
        const int Heads = 2, Size = 3, Width = Heads * Size, Window = 4;
        Graph graph = new("attend");
        Symbol q = graph.Input("q", DType.Float32, "batch", 1, Width), k = graph.Input("k", DType.Float32, "batch", 1, Width);
        Symbol v = graph.Input("v", DType.Float32, "batch", 1, Width);
        Symbol keys = graph.Input("keys", DType.Float32, "batch", "past", Width).Concat(k, axis: 1);
        Symbol values = graph.Input("values", DType.Float32, "batch", "past", Width).Concat(v, axis: 1);
        Assert.That(keys.Shape, Is.EqualTo("(batch, past+1, 6)"));
        (keys, values) = (keys.Slice(1, -Window, int.MaxValue), values.Slice(1, -Window, int.MaxValue));
        Symbol scores = Split(q).MatMul(Split(keys).Transpose(0, 1, 3, 2)) / Math.Sqrt(Size);       // (B, heads, 1, T)
        Symbol mixed = scores.Softmax(-1).MatMul(Split(values));                                    // (B, heads, 1, size)
        Assert.That(scores.Shape, Is.EqualTo("(batch, 2, 1, min(past+1,4))"));
        graph.Output("y", mixed.Transpose(0, 2, 1, 3).Reshape(Axis.Keep, Axis.Keep, Width));
        graph.Output("next_keys", keys);
        graph.Output("next_values", values);
        using InferenceSession session = Ort.Load(ModelWriter.ToBytes(graph.Build()));

        foreach (int batch in new[] { 1, 3 })
        {
            Random random = new(5);
            List<(Nd K, Nd V)> seen = [];
            Nd pastKeys = Nd.From([batch, 0, Width], _ => 0), pastValues = pastKeys;
            for (int t = 0; t < 6; t++)
            {
                Nd[] now = [.. Enumerable.Range(0, 3).Select(_ => Nd.Random(random, DType.Float32, [batch, 1, Width]))];
                seen.Add((now[1], now[2]));
                if (seen.Count > Window)
                    seen.RemoveAt(0);
                Nd[] outputs = Ort.Run(session, now[0], now[1], now[2], pastKeys, pastValues);
                Ort.AssertClose(outputs[0], Nd.From([batch, 1, Width], i =>
                {
                    int head = i[2] / Size;
                    double[] weights = [.. seen.Select(s =>
                        Math.Exp(Enumerable.Range(head * Size, Size).Sum(c => now[0][i[0], 0, c] * s.K[i[0], 0, c])
                        / Math.Sqrt(Size)))];
                    return weights.Zip(seen, (w, s) => w * s.V[i[0], 0, i[2]]).Sum() / weights.Sum();
                }), 4e-6, $"step {t}");
                (pastKeys, pastValues) = (outputs[1], outputs[2]);
                Assert.That(pastKeys.Shape, Is.EqualTo(new[] { batch, Math.Min(t + 1, Window), Width }));
            }
        }

        static Symbol Split(Symbol x) => x.Reshape(Axis.Keep, Axis.Keep, Heads, Size).Transpose(0, 2, 1, 3);        // (B, heads, T, size)
    }

    [Test]
    public void ConstantsOfANetworkAreInTheGraph()
    {
        Graph graph = new("g");
        Parameters<Symbol> p = new Parameters<Symbol>(new SymbolicParameters(graph, Networks.Weights()))["actor"];
        Symbol low = p.Constant("low", [-1, -2], 2);
        Assert.That(p.Constant("low", [-1, -2], 2), Is.SameAs(low));
        Assert.That(() => p.Constant("low", [-1, -3], 2), Throws.TypeOf<ShapeException>().With.Message.Contain("'actor/low'"));
        graph.Output("y", graph.Input("x", DType.Float32, "batch", 2).Maximum(low));
        using InferenceSession session = Ort.Load(ModelWriter.ToBytes(graph.Build()));
        Nd x = Nd.From([1, 2], _ => -1.5);
        Assert.That(Ort.Run(session, x)[0].Values, Is.EqualTo(new[] { -1, -1.5 }));
    }

    [Test]
    public void AWrongDeclaredShapeFailsTheLoad()
    {
        OnnxModel model = Networks.Step("imagine", Networks.Weights());
        model.Proto.Graph.ValueInfo[0].Type.TensorType.Shape.Dim[1].DimValue++;
        Assert.That(() => Ort.Load(ModelWriter.ToBytes(model)), Throws.TypeOf<OnnxRuntimeException>());
    }

    [TestCase(14)]
    [TestCase(18)]
    public void OtherOpsetsAreRefused(int opset) => Assert.That(() => new Graph("g", opset), Throws.TypeOf<ArgumentOutOfRangeException>());
}
