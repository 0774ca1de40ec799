using Microsoft.ML.OnnxRuntime;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tests.Onnx;

public sealed class UnrollTests
{
    private const int Steps = 4;

    private static readonly Dictionary<string, string> Feeds =
        new() { ["next_deterministic"] = "deterministic", ["next_stochastic"] = "stochastic" };

    [TestCase(1)]
    [TestCase(5)]
    public void OneRunGivesWhatItsStepsGive(int batch)
    {
        OnnxModel step = Rewrites.Dream(), dream = UnrollPass.Apply(step, Steps, Feeds);
        Rewrites.AssertCounted(dream);
        using InferenceSession one = Ort.Load(ModelWriter.ToBytes(step)), all = Ort.Load(ModelWriter.ToBytes(dream));
        Random random = new(2);
        Dictionary<string, Nd> given = dream.Inputs.ToDictionary(i => i.Name,
            i => Nd.Random(random, DType.Float32, [batch, .. i.Dims.Skip(1).Select(d => d.Value)]));
        Dictionary<string, Nd> dreamt = all.OutputNames.Zip(Ort.Run(all, [.. all.InputNames.Select(n => given[n])]))
            .ToDictionary(p => p.First, p => p.Second);
        Nd[] state = [given["deterministic"], given["stochastic"]];
        for (int t = 0; t < Steps; t++)
        {
            Nd[] next = Ort.Run(one, state[0], state[1], given[$"act_noise.{t}"], given[$"noise.{t}"]);
            foreach ((string name, Nd value) in one.OutputNames.Zip(next))
                Ort.AssertClose(dreamt[$"{name}.{t}"], value, 2e-6, $"{name} of step {t}");
            state = [next[0], next[1]];
        }
    }

    [Test]
    public void NamesSayTheStepAndWeightsAreShared()
    {
        OnnxModel step = Rewrites.Dream(), dream = UnrollPass.Apply(step, 3, Feeds);
        Assert.That(dream.Name, Is.EqualTo("dream-3"));
        Assert.That(dream.Proto.MetadataProps.Select(f => f.Key), Is.EqualTo(new[] { "tensor.deterministic" }), "others are renamed");
        Assert.That(dream.Inputs.Select(i => i.Name), Is.EqualTo(new[]
        {
            "deterministic", "stochastic", "act_noise.0", "noise.0", "act_noise.1", "noise.1", "act_noise.2", "noise.2",
        }));
        Assert.That(dream.Outputs.Select(o => o.Name), Is.EqualTo(Enumerable.Range(0, 3).SelectMany(t =>
            new[] { $"next_deterministic.{t}", $"next_stochastic.{t}", $"action.{t}", $"reward.{t}" })));
        Assert.That(dream.Weights, Is.EqualTo(step.Weights));
        Assert.That(dream.Proto.Graph.Node, Has.Count.EqualTo(3 * step.Proto.Graph.Node.Count));
        Assert.That(dream.Proto.Graph.Node[0].Name, Is.EqualTo("t00/" + step.Proto.Graph.Node[0].Name));
        Assert.That(CostPass.Run(dream.Proto, ("batch", 2)).Flops, Is.EqualTo(3 * CostPass.Run(step.Proto, ("batch", 2)).Flops));
    }

    [Test]
    public void WhatIsTheSameAtEveryStepIsThereOnce()
    {
        OnnxModel step = Rewrites.Trace("g", (graph, p) =>
        {
            Symbol state = graph.Input("state", DType.Float32, "batch", 2, 3), shared = graph.Input("shared", DType.Float32, "batch", 2, 3);
            Symbol weight = p.Get("weight", [3, 3], Init.Zeros);       // transposed, for there is no Gemm of rank 3
            graph.Output("next", (state.Linear(weight) + shared.Tanh()) * graph.Input("noise", DType.Float32, "batch", 2, 3));
        });
        Dictionary<string, string> feeds = new() { ["next"] = "state" };
        OnnxModel unrolled = UnrollPass.Apply(step, 3, feeds, "shared");
        Assert.That(unrolled.Inputs.Select(i => i.Name), Is.EqualTo(new[] { "state", "shared", "noise.0", "noise.1", "noise.2" }));
        Assert.That(Rewrites.Count(unrolled, "Transpose"), Is.EqualTo(1));
        Assert.That(Rewrites.Count(unrolled, "Tanh"), Is.EqualTo(1));
        Assert.That(Rewrites.Count(unrolled, "MatMul"), Is.EqualTo(3));
        Rewrites.AssertCounted(unrolled);
        Assert.That(() => Ort.Load(ModelWriter.ToBytes(unrolled)).Dispose(), Throws.Nothing);
        Assert.That(UnrollPass.Apply(step, 2, feeds).Inputs.Select(i => i.Name), Does.Contain("shared.1"));
    }

    [Test]
    public void MistakesAreNamed()
    {
        OnnxModel step = Rewrites.Dream();
        Refused(new() { ["next_deterministic"] = "state" }, "no input 'state'", "deterministic");
        Refused(new() { ["next"] = "stochastic" }, "no output 'next'", "next_stochastic");
        Refused(new() { ["next_deterministic"] = "stochastic" }, "(batch, 20)", "(batch, 6)");
        Refused(new() { ["next_deterministic"] = "deterministic" }, "'deterministic' is fed", "same", "deterministic");
        Assert.That(() => UnrollPass.Apply(step, 0, Feeds), Throws.TypeOf<ArgumentOutOfRangeException>());
        GraphProto body = new() { Node = { new NodeProto { OpType = "Identity", Input = { "deterministic" }, Output = { "b" } } } };
        step.Proto.Graph.Node[^1].Attribute.Add(
            new AttributeProto { Name = "then_branch", G = body, Type = AttributeProto.Types.AttributeType.Graph });
        Refused(Feeds, "branch or loop", step.Proto.Graph.Node[^1].Name);

        void Refused(Dictionary<string, string> feeds, string says, string andSays, params string[] shared) =>
            Assert.That(() => UnrollPass.Apply(step, 2, feeds, shared),
                Throws.TypeOf<ArgumentException>().With.Message.Contains(says).And.Message.Contains(andSays));
    }
}
