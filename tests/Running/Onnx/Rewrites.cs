using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tests.Onnx;

/// <summary>Graphs to rewrite, and what holds of every rewritten one.</summary>
internal static class Rewrites
{
    /// <summary>Traces a network over random weights, made as it asks for them.</summary>
    public static OnnxModel Trace(string name, Action<Graph, Parameters<Symbol>> build)
    {
        Graph graph = new(name);
        build(graph, new Parameters<Symbol>(new RandomStore(graph)));
        return graph.Build();
    }

    /// <summary>One step of a small Dreamer: an actor's action, the next state, the reward there.</summary>
    public static OnnxModel Dream(GruForm gru = GruForm.ResetAfter) => Trace("dream", (graph, p) =>
    {
        RssmConfig config = new() { Deterministic = 20, Stochastic = 6, Hidden = 16, Embedding = 8, Actions = 2, Gru = gru };
        Symbol h = graph.Input("deterministic", DType.Float32, "batch", 20), z = graph.Input("stochastic", DType.Float32, "batch", 6);
        Symbol actNoise = graph.Input("act_noise", DType.Float32, "batch", 2), noise = graph.Input("noise", DType.Float32, "batch", 6);
        LatentWorld<Symbol> world = new(p["world"], new() { Dynamics = config, Observation = 3, Reward = new(new(2, 12), Unary.Elu) });
        Actor<Symbol> actor = new(p["actor"], new() { Feature = world.Dynamics.Feature, Actions = 2, Layers = new(2, 12) });
        State<Symbol> state = new(["deterministic", "stochastic"], h, z);
        Symbol action = actor.Forward(world.Dynamics.FeatureOf(state)).Sample(actNoise);
        State<Symbol> next = world.Dynamics.Imagine(state, action, noise).State;
        graph.Output("next_deterministic", next["deterministic"]);
        graph.Output("next_stochastic", next["stochastic"]);
        graph.Output("action", action);
        graph.Output("reward", world.Reward(world.Dynamics.FeatureOf(next)).Mode);
        graph.Metadata["tensor.deterministic"] = graph.Metadata["tensor.reward"] = graph.Metadata["tensor.noise"] = "a fact";
    });

    /// <summary>An image of 64 x 64 from a feature.</summary>
    public static OnnxModel Decode(int feature, int depth) => Trace("decode", (graph, p) =>
        graph.Output("image", new ConvDecoder<Symbol>(p["decoder"], feature, new() { Depth = depth })
            .Forward(graph.Input("feature", DType.Float32, "batch", feature))));

    /// <summary>
    /// Both models give the same numbers, within a share of the largest one of each output, at several batches and for numbers from the
    /// middle and the ends of what activations see; and <see cref="CostPass"/> knows every node.
    /// </summary>
    public static void AssertSame(OnnxModel expected, OnnxModel actual, double tolerance)
    {
        Assert.That(actual.Inputs.Select(i => i.Name), Is.EqualTo(expected.Inputs.Select(i => i.Name)));
        Assert.That(actual.Outputs.Select(o => o.Name), Is.EqualTo(expected.Outputs.Select(o => o.Name)));
        AssertCounted(actual);
        using InferenceSession before = Ort.Load(ModelWriter.ToBytes(expected)), after = Ort.Load(ModelWriter.ToBytes(actual));
        foreach (int batch in new[] { 1, 3, 17 })
        {
            foreach (double[] values in new double[][] { [-1, -0.5, 0, 0.25, 0.75, 1], [-100, -1, -1e-7, 0, 1e-7, 1, 100] })
            {
                Random random = new(batch);
                Nd[] inputs = [.. expected.Inputs.Select(input => Nd.From([.. input.Dims.Select(d => d.IsDynamic ? batch : d.Value)],
                    _ => values[random.Next(values.Length)]))];
                foreach ((Nd x, Nd y, TensorInfo output) in Ort.Run(after, inputs).Zip(Ort.Run(before, inputs), expected.Outputs))
                {
                    double allowed = tolerance * Math.Max(1, y.Values.Max(Math.Abs));
                    Assert.That(x.Shape, Is.EqualTo(y.Shape));
                    Assert.That(x.Values.Zip(y.Values, (a, b) => Math.Abs(a - b)).Max(), Is.LessThan(allowed),
                        $"{output.Name} at batch {batch}");
                }
            }
        }
    }

    /// <summary>Every value has a shape, so that operations and bytes are counted.</summary>
    public static void AssertCounted(OnnxModel model)
    {
        GraphProto graph = model.Proto.Graph;
        Assert.That(graph.Node.Select(n => n.Name), Is.Unique);
        Assert.That(graph.Node.SelectMany(n => n.Output), Is.SubsetOf(graph.ValueInfo.Concat(graph.Output).Select(v => v.Name)));
        Assert.That(CostPass.Run(model.Proto, ("batch", 2)).Unknown, Is.Empty);
    }

    public static string[] Operators(OnnxModel model) => [.. model.Proto.Graph.Node.Select(n => n.OpType)];

    public static int Count(OnnxModel model, string op) => model.Proto.Graph.Node.Count(n => n.OpType == op);

    private sealed class RandomStore(Graph graph) : ParameterStore<Symbol>
    {
        private readonly Dictionary<string, WeightArray> _weights = [];
        private readonly Dictionary<string, Symbol> _symbols = [];

        public override Symbol Parameter(string path, ReadOnlySpan<int> shape, Init init)
        {
            if (_symbols.TryGetValue(path, out Symbol? symbol))
                return symbol;
            Random random = new(path.Sum(c => c));
            _weights.Add(path, Networks.Weight(random, shape));
            return _symbols[path] = new SymbolicParameters(graph, _weights).Parameter(path, shape, init);
        }

        public override Symbol Constant(string path, ReadOnlySpan<float> values, ReadOnlySpan<int> shape) =>
            new SymbolicParameters(graph, _weights).Constant(path, values, shape);

        public override void Push(string scope) => new SymbolicParameters(graph, _weights).Push(scope);

        public override void Pop() => new SymbolicParameters(graph, _weights).Pop();
    }
}
