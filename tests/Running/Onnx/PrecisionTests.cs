using Microsoft.ML.OnnxRuntime;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;
using static WorldModels.Onnx.Proto.TensorProto.Types;

namespace WorldModels.Tests.Onnx;

/// <summary>16-bit graphs: what stays float32, and how near their numbers are. ONNX Runtime's CPU runs float16 by casting.</summary>
public sealed class PrecisionTests
{
    [TestCase(GruForm.ResetAfter)]
    [TestCase(GruForm.ResetBefore)]
    public void Float16IsNear(GruForm gru)
    {
        OnnxModel model = Rewrites.Dream(gru), half = PrecisionPass.Apply(model, HalfType.Float16);
        double error = Error(model, half);
        Assert.That(error, Is.LessThan(5e-3));
        Assert.That(error, Is.GreaterThan(1e-6), "something is computed with fewer bits");
        Assert.That(half.Inputs.Concat(half.Outputs).Select(t => t.Type), Is.All.EqualTo(DType.Float32));
        Rewrites.AssertCounted(half);
    }

    [Test]
    public void EveryProductIsOf16BitsAndWhatLeadsToTheOutputsIsNot()
    {
        GraphProto graph = PrecisionPass.Apply(Rewrites.Dream(), HalfType.Float16).Proto.Graph;
        Dictionary<string, DataType> types = Types(graph);
        foreach (NodeProto node in graph.Node)
        {
            DataType expected = node.OpType is "Gemm" or "Elu" ? DataType.Float16 : DataType.Float;
            if (node.OpType != "Cast")
                Assert.That(types[node.Output[0]], Is.EqualTo(expected), node.Name);
        }
        Assert.That(graph.Initializer.Where(i => i.Name.EndsWith("/float16", StringComparison.Ordinal)),
            Is.Not.Empty.And.All.Matches<TensorProto>(i => i?.DataType == (int)DataType.Float16));
        NodeProto[] casts = [.. graph.Node.Where(n => n.OpType == "Cast")];
        Assert.That(casts.Select(n => (n.Input[0], n.Attribute[0].I)), Is.Unique, "each value is cast once");
    }

    [Test]
    public void DelicateFunctionsStayFloat32BetweenProducts()
    {
        OnnxModel model = Rewrites.Trace("g", (graph, p) =>
        {
            Symbol x = new Linear<Symbol>(p["a"], 4, 6).Forward(graph.Input("x", DType.Float32, "batch", 4));
            Symbol normal = x.LayerNorm(p.Get("gain", [6], Init.Ones), p.Get("shift", [6], Init.Zeros), 1e-3);
            graph.Output("y", new Linear<Symbol>(p["b"], 6, 2).Forward(normal.Softmax(-1) + x.Softplus().Log()));
            graph.Output("hidden", x);
        });
        OnnxModel half = PrecisionPass.Apply(model, HalfType.Float16);
        Dictionary<string, DataType> types = Types(half.Proto.Graph);
        string[] delicate = ["LayerNormalization", "Softmax", "Softplus", "Log", "Add"];
        foreach (NodeProto node in half.Proto.Graph.Node.Where(n => delicate.Contains(n.OpType)))
            Assert.That(types[node.Output[0]], Is.EqualTo(DataType.Float), node.OpType);
        Assert.That(half.Weights.Keys, Is.EquivalentTo(new[] { "gain", "shift" }), "the others are 16-bit constants");
        Assert.That(Error(model, half), Is.InRange(1e-6, 5e-3));
    }

    [Test]
    public void ImagesAreDecodedWithFloat16()
    {
        OnnxModel model = Rewrites.Decode(8, 2), half = PrecisionPass.Apply(ExactForms.Latency(model), HalfType.Float16);
        Assert.That(Types(half.Proto.Graph).Values.Count(t => t == DataType.Float16), Is.EqualTo(9), "the feature and every layer");
        Assert.That(Error(model, half), Is.InRange(1e-6, 5e-3));
    }

    /// <summary>Rank 3: the weight of a product is transposed before.</summary>
    [TestCase(HalfType.Float16, 5e-3)]
    [TestCase(HalfType.BFloat16, 3e-2)]
    public void WeightsOfSequencesAre16BitToo(HalfType type, double tolerance)
    {
        OnnxModel model = Rewrites.Trace("g", (graph, p) => graph.Output("y", new Mlp<Symbol>(p["mlp"], 5, new(1, 8), 3, Unary.Tanh)
            .Forward(graph.Input("x", DType.Float32, "batch", 4, 5))));
        OnnxModel half = PrecisionPass.Apply(model, type);
        Assert.That(half.Weights.Keys, Is.EqualTo(new[] { "mlp/output/bias" }), "all but what leads to the output");
        Assert.That(Error(model, Emulated(half)), Is.InRange(1e-6, tolerance));
    }

    [Test]
    public void BFloat16IsNear()
    {
        OnnxModel model = Rewrites.Dream(), half = PrecisionPass.Apply(model, HalfType.BFloat16);
        Dictionary<string, DataType> types = Types(half.Proto.Graph);
        foreach (NodeProto node in half.Proto.Graph.Node.Where(n => n.OpType is "Gemm" or "Elu"))
            Assert.That(types[node.Output[0]], Is.EqualTo(node.OpType == "Gemm" ? DataType.Bfloat16 : DataType.Float), node.Name);
        Rewrites.AssertCounted(half);
        Assert.That(Error(model, Emulated(half)), Is.InRange(1e-4, 5e-2));
    }

    [Test]
    public void WeightsBeyondTheRangeAreNamed()
    {
        OnnxModel model = Rewrites.Dream();
        model.Weights["actor/hidden0/weight"].Values[3] = -7e4f;
        Assert.That(() => PrecisionPass.Apply(model, HalfType.Float16),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("'actor/hidden0/weight'").And.Message.Contains("65504"));
        Assert.That(() => PrecisionPass.Apply(model, HalfType.BFloat16), Throws.Nothing);
    }

    [Test]
    public void AnOutputThatALaterProductReadsIsBoth()
    {
        OnnxModel model = Rewrites.Trace("g", (graph, p) =>
        {
            Symbol x = new Linear<Symbol>(p["a"], 4, 6).Forward(graph.Input("x", DType.Float32, "batch", 4));
            graph.Output("x1", x);
            graph.Output("y", new Linear<Symbol>(p["b"], 6, 2).Forward(x));
        });
        Assert.That(Error(model, PrecisionPass.Apply(model, HalfType.Float16)), Is.InRange(1e-6, 5e-3));
    }

    private static Dictionary<string, DataType> Types(GraphProto graph) =>
        graph.ValueInfo.Concat(graph.Output).ToDictionary(v => v.Name, v => (DataType)v.Type.TensorType.ElemType);

    /// <summary>Largest difference between two models' outputs.</summary>
    private static double Error(OnnxModel expected, OnnxModel actual)
    {
        using InferenceSession before = Ort.Load(ModelWriter.ToBytes(expected)), after = Ort.Load(ModelWriter.ToBytes(actual));
        Random random = new(4);
        Nd[] inputs = [.. expected.Inputs.Select(i =>
            Nd.From([.. i.Dims.Select(d => d.IsDynamic ? 5 : d.Value)], _ => random.NextDouble() - 0.5))];
        return Ort.Run(before, inputs).Zip(Ort.Run(after, inputs), (a, b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Values.Max()).Max();
    }

    /// <summary>The same model for a CPU, which multiplies no bfloat16: float32, with every 16-bit value rounded on its way.</summary>
    private static OnnxModel Emulated(OnnxModel half)
    {
        ModelProto proto = half.Proto.Clone();
        GraphProto graph = proto.Graph;
        Dictionary<string, DataType> types = Types(graph);
        HashSet<string> rounded = [.. types.Where(t => t.Value is DataType.Bfloat16 or DataType.Float16).Select(t => t.Key)];
        graph.ValueInfo.Clear();
        List<NodeProto> nodes = [];
        foreach (TensorProto initializer in graph.Initializer.Where(i => (DataType)i.DataType is DataType.Bfloat16 or DataType.Float16))
        {
            nodes.Add(Cast(initializer.Name + "/16", initializer.Name, DataType.Float));
            initializer.Name += "/16";
        }
        foreach (NodeProto node in graph.Node)
        {
            if (node.OpType == "Cast" && (rounded.Contains(node.Input[0]) || rounded.Contains(node.Output[0])))
            {
                node.OpType = "Identity";
                node.Attribute.Clear();
            }
            nodes.Add(node);
            string value = node.Output[0];
            if (rounded.Contains(value))
            {
                node.Output[0] = value + "/exact";
                nodes.Add(Cast(value + "/exact", value + "/16", types[value]));
                nodes.Add(Cast(value + "/16", value, DataType.Float));
            }
        }
        graph.Node.Clear();
        graph.Node.AddRange(nodes);
        return half with { Proto = proto };
    }

    private static NodeProto Cast(string from, string to, DataType type) => new()
    {
        Name = to + "/cast", OpType = "Cast", Input = { from }, Output = { to },
        Attribute = { new AttributeProto { Name = "to", I = (long)type, Type = AttributeProto.Types.AttributeType.Int } },
    };
}
