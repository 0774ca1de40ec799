using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;

namespace WorldModels.Tests.Onnx;

/// <summary>Small networks for tests, and random weights for them.</summary>
internal static class Networks
{
    public const int Inputs = 3, Size = 4;

    /// <summary>Weights of <see cref="Step"/>, whose numbers depend on the seed alone.</summary>
    public static Dictionary<string, WeightArray> Weights(int seed = 1)
    {
        Random random = new(seed);
        (string Name, int[] Shape)[] shapes =
        [
            ("core/gru/weight_ih", [3 * Size, Inputs]), ("core/gru/weight_hh", [3 * Size, Size]), ("core/gru/bias_ih", [3 * Size]),
            ("core/gru/bias_hh", [3 * Size]), ("head/weight", [2, Size]), ("head/bias", [2]), ("critic/weight", [1, Size]),
            ("critic/bias", [1]),
        ];
        return shapes.ToDictionary(s => s.Name, s => Weight(random, s.Shape));
    }

    public static WeightArray Weight(Random random, params ReadOnlySpan<int> shape)
    {
        int count = 1;
        foreach (int size in shape)
            count *= size;
        return new WeightArray([.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))], shape);
    }

    public static Nd Array(WeightArray weight) =>
        new() { Type = DType.Float32, Shape = [.. weight.Shape], Values = [.. weight.Values.Select(v => (double)v)] };

    /// <summary>(batch, 3) and (batch, 4) through a GRU and a head.</summary>
    public static OnnxModel Step(string name, IReadOnlyDictionary<string, WeightArray> weights, int opset = 17)
    {
        Graph graph = new(name, opset);
        Parameters<Symbol> p = new(new SymbolicParameters(graph, weights));
        Symbol x = graph.Input("action", DType.Float32, "batch", Inputs), h = graph.Input("state", DType.Float32, "batch", Size);
        Symbol next = new GruCell<Symbol>(p["core"]["gru"], Inputs, Size).Forward(x, h);
        graph.Output("next_state", next);
        graph.Output("reward", new Linear<Symbol>(p["head"], Size, 2).Forward(next));
        graph.Metadata["environment"] = "test";
        graph.Metadata["algorithm"] = "none";
        return graph.Build();
    }

    /// <summary>The same, several steps in one graph: actions (batch, steps, 3).</summary>
    public static OnnxModel Unrolled(string name, int steps, IReadOnlyDictionary<string, WeightArray> weights)
    {
        Graph graph = new(name);
        Parameters<Symbol> p = new(new SymbolicParameters(graph, weights));
        Symbol[] actions = graph.Input("actions", DType.Float32, "batch", steps, Inputs).Split(1, [.. Enumerable.Repeat(1, steps)]);
        Symbol h = graph.Input("state", DType.Float32, "batch", Size);
        GruCell<Symbol> core = new(p["core"]["gru"], Inputs, Size);
        Linear<Symbol> head = new(p["head"], Size, 2);
        Symbol[] rewards = new Symbol[steps];
        for (int t = 0; t < steps; t++)
        {
            h = core.Forward(actions[t].Reshape(Axis.Keep, Inputs), h);
            rewards[t] = head.Forward(h).Reshape(Axis.Keep, 1, 2);
        }
        graph.Output("next_state", h);
        graph.Output("rewards", Symbol.Concat(1, rewards));
        return graph.Build();
    }

    public static (Nd State, Nd Reward) Reference(IReadOnlyDictionary<string, WeightArray> w, Nd action, Nd state)
    {
        Nd next = Recurrent.Gru(action, state, Array(w["core/gru/weight_ih"]), Array(w["core/gru/weight_hh"]),
            Array(w["core/gru/bias_ih"]), Array(w["core/gru/bias_hh"]));
        return (next, next.Linear(Array(w["head/weight"]), Array(w["head/bias"])));
    }
}
