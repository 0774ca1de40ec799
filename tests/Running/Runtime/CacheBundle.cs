using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;
using Graph = WorldModels.Onnx.Graph;

namespace WorldModels.Tests.Runtime;

/// <summary>
/// A small world model with a state of each kind: a cache of the last tokens (B, 10, 4), of which only the last step need be kept, the
/// number of tokens seen, int64 (B), whether that is odd, bool (B), and h (B, 4). Every step drops the oldest token, which the next h and
/// the reward depend on, so that a cache read at the wrong step shows.
/// </summary>
internal static class CacheBundle
{
    public const int Positions = 10, Size = 4, Seen = 5;

    /// <summary>Writes the bundle into a new directory.</summary>
    /// <param name="keep">What its manifest says of the cache.</param>
    /// <param name="fused">Whether it has a graph <c>dream</c>.</param>
    /// <param name="continuous">Whether actions are vectors, without a policy, as a planner wants; else one of four.</param>
    /// <param name="starts">Whether states are recorded in <c>starts.npz</c>, without a graph <c>observe</c>.</param>
    /// <param name="change">Changes the arrays of <c>starts.npz</c>.</param>
    public static string Write(KeptSteps? keep, bool fused = false, bool continuous = false, bool starts = false,
        Action<Dictionary<string, NpyArray>>? change = null)
    {
        string directory = Directory.CreateTempSubdirectory("worldmodels-cache").FullName;
        List<OnnxModel> models = new List<OnnxModel>();
        Dictionary<string, GraphSpec> graphs = new Dictionary<string, GraphSpec>();
        TensorSpec Spec(string name, TensorRole role, TensorType type = TensorType.Float32, params Dim[] row) =>
            new() { Name = name, Role = role, Dtype = type, Shape = ["batch", .. row] };
        InitialState initial = starts ? InitialState.Starts : InitialState.Zeros;
        TensorSpec cache = Spec("cache", TensorRole.State, TensorType.Float32, Positions, Size) with { Initial = initial, Keep = keep },
            position = Spec("position", TensorRole.State, TensorType.Int64) with { Initial = initial },
            odd = Spec("odd", TensorRole.State, TensorType.Bool) with { Initial = initial },
            h = Spec("h", TensorRole.State, TensorType.Float32, Size) with { Initial = initial };
        TensorSpec[] states = [cache, position, odd, h];
        TensorSpec[] next = [.. states.Select(s => s with { Name = "next_" + s.Name, Feeds = s.Name, Initial = null, Keep = null })];
        TensorSpec action = continuous ? Spec("action", TensorRole.Action, TensorType.Float32, Size)
            : Spec("action", TensorRole.Action, TensorType.Int64);
        TensorSpec logits = Spec("logits", TensorRole.Logits, TensorType.Float32, Size), reward = Spec("reward", TensorRole.Reward),
            observation = Spec("observation", TensorRole.Observation, TensorType.Float32, Seen);
        TensorSpec Noise(string name, NoiseKind kind, string? stream = null) =>
            Spec(name, TensorRole.Noise, TensorType.Float32, Size) with { Noise = kind, Stream = stream };

        void Add(string name, TensorSpec[] inputs, TensorSpec[] outputs, Func<Dictionary<string, Symbol>, Symbol[]> compute)
        {
            Graph graph = new Graph(name);
            Dictionary<string, Symbol> given = inputs.ToDictionary(i => i.Name, i => graph.Input(i.Name, Enum.Parse<DType>($"{i.Dtype}"),
                [.. i.Shape.Select(d => d.IsFixed ? (AxisSize)d.Size : d.Name!)]));
            foreach ((TensorSpec output, Symbol value) in outputs.Zip(compute(given)))
                graph.Output(output.Name, value);
            models.Add(graph.Build());
            graphs[name] = new() { File = name + ".onnx", Inputs = inputs, Outputs = outputs };
        }

        Symbol[] Imagined(Dictionary<string, Symbol> x, Symbol taken, Symbol noise) =>
            Next(x, (x["h"] + (continuous ? taken : taken.OneHot(Size)) + noise * 0.3).Tanh(), x["h"]);
        if (!starts)
        {
            TensorSpec first = Spec("is_first", TensorRole.IsFirst);
            Add("observe", [cache, position, odd, h, action, observation, first, Noise("noise", NoiseKind.Gaussian)], next, x =>
            {
                Symbol before = continuous ? x["action"] : x["action"].OneHot(Size);
                Symbol token = x["observation"].Slice(1, 0, Size) + x["noise"] * 0.1 + before * 0.2;
                return Next(x, token, x["h"] + x["is_first"].Reshape(Axis.Keep, 1) * 0.1);
            });
            Add("decode", [cache, h], [observation], x =>
                [x["cache"].Slice(1, Positions - 1, Positions).Reshape(Axis.Keep, Size).Concat(x["h"].Mean(1, keep: true))]);
        }
        TensorSpec[] rewards = continuous ? [reward] : [];
        Add("imagine", [.. states, action, Noise("noise", NoiseKind.Gaussian)], [.. next, .. rewards],
            x => [.. Imagined(x, x["action"], x["noise"]), (Oldest(x) + x["h"]).Sum(1)]);
        if (!continuous)
        {
            Add("reward", [cache, h], [reward], x => [(Oldest(x) * x["h"]).Sum(1)]);
            Add("value", [cache, position], [Spec("value", TensorRole.Value)], x =>
                [x["cache"].Slice(1, 4, 5).Reshape(Axis.Keep, Size).Mean(1) + x["position"].Cast(DType.Float32) * 0.1]);
            Add("act", [h, Noise("noise", NoiseKind.Gumbel)], [action, logits],
                x => [(x["h"] * 2 + x["noise"]).ArgMax(-1), x["h"] * 2]);
        }
        if (fused)
        {
            TensorSpec[] noises =
                [Noise("act_noise", NoiseKind.Gumbel, "act/noise"), Noise("imagine_noise", NoiseKind.Gaussian, "imagine/noise")];
            Add("dream", [.. states, .. noises], [.. next, action], x =>
            {
                Symbol taken = (x["h"] * 2 + x["act_noise"]).ArgMax(-1);
                return [.. Imagined(x, taken, x["imagine_noise"]), taken];
            });
        }

        ModelWriter.WriteBundle(directory, models);
        Dictionary<string, NpyArray> recorded = new Dictionary<string, NpyArray> { ["observation"] = NpyArray.Of(Draw(7 * Seen, 1), 7, Seen) };
        if (starts)
        {
            recorded["cache"] = NpyArray.Of(Draw(7 * Positions * Size, 2), 7, Positions, Size);
            recorded["position"] = NpyArray.Of([.. Enumerable.Range(0, 7).Select(i => (1L << 40) + i)], 7);
            recorded["odd"] = NpyArray.Of([.. Enumerable.Range(0, 7).Select(i => i % 2 == 1)], 7);
            recorded["h"] = NpyArray.Of(Draw(7 * Size, 3), 7, Size);
        }
        change?.Invoke(recorded);
        Npz.Write(Path.Combine(directory, "starts.npz"), recorded);
        new Manifest
        {
            Name = "cache",
            Algorithm = "test",
            Environment = "cache",
            Observation = new() { Shape = [Seen], Low = -3, High = 3 },
            Action = continuous ? ActionSpec.Continuous([Size], -1, 1) : ActionSpec.Discrete(Size),
            Graphs = graphs,
            Files = Manifest.HashFiles(directory),
        }.Save(directory);
        return directory;
    }

    /// <summary>Numbers from a standard normal distribution.</summary>
    public static float[] Draw(int count, uint stream)
    {
        float[] values = new float[count];
        Philox.FillGaussian(new(17, 0, 0, stream), values);
        return values;
    }

    /// <summary>The states after a token: the cache without its oldest one, the number and its oddness, and h.</summary>
    private static Symbol[] Next(Dictionary<string, Symbol> x, Symbol token, Symbol h)
    {
        Symbol cache = x["cache"].Slice(1, 1, Positions).Concat(token.Reshape(Axis.Keep, 1, Size), 1);     // (B, 10, 4)
        Symbol flag = x["odd"].Cast(DType.Float32).Reshape(Axis.Keep, 1);                                  // (B, 1)
        Symbol next = (h * 0.5 + Oldest(x) * 0.7 + cache.Mean(1) + flag * 0.1).Tanh();                     // (B, 4)
        return [cache, x["position"] + 1, x["odd"].Not(), next];
    }

    private static Symbol Oldest(Dictionary<string, Symbol> x) => x["cache"].Slice(1, 0, 1).Reshape(Axis.Keep, Size); // (B, 4)
}
