using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using Axes = WorldModels.Onnx.AxisSize;
using Graph = WorldModels.Onnx.Graph;
using Shape = WorldModels.Bundles.Dim;

namespace WorldModels.Tests.Tools;

/// <summary>
/// Small bundles with MiniPacman's spaces, traced afresh. The world model fades each pixel towards a picture of its own, and reads reward
/// and continuation off the frame and the action by a linear layer; its parity file is computed here by plain loops.
/// </summary>
internal static class FixtureBundle
{
    private const int Size = 3 * 15 * 19, Actions = 5;

    /// <summary>Counted by hand for a row: fading 2 and clamping 2 a pixel, a Gemm of 860 inputs, 2 outputs and bias, a sigmoid.</summary>
    public const double FlopsPerFrame = 4 * Size + 2 * (2 * (Size + Actions) + 1) + 1;

    /// <summary>Fade and picture a pixel; the linear layer's weights and biases.</summary>
    public const int Parameters = 2 * Size + 2 * (Size + Actions) + 2;

    private static readonly float[] Fade = Wave(Size, 0.9f, 0.05f), Picture = Wave(Size, 0.03f, 0.03f);
    private static readonly float[] Weight = Wave(2 * (Size + Actions), 0, 0.02f), Bias = [0.25f, 2];

    /// <summary>Writes a world model into a new directory.</summary>
    /// <param name="change">Changes the manifest.</param>
    /// <param name="agent">Whether the bundle has the policy of <see cref="Policy"/> as well.</param>
    /// <param name="ends">Whether each step ends the episode.</param>
    public static string World(Func<Manifest, Manifest>? change = null, bool agent = false, bool ends = false)
    {
        Axes[] frame = ["batch", 3, 15, 19];
        Graph observe = new("observe");
        observe.Output("frame", observe.Input("observation", DType.Float32, frame));

        Graph imagine = new("imagine");
        Dictionary<string, WeightArray> weights = new()
        {
            ["fade"] = new(Fade, 3, 15, 19),
            ["picture"] = new(Picture, 3, 15, 19),
            ["heads/weight"] = new(Weight, 2, Size + Actions),
            ["heads/bias"] = new(ends ? [Bias[0], -Bias[1]] : Bias, 2),
        };
        Parameters<Symbol> p = new(new SymbolicParameters(imagine, weights));
        Symbol x = imagine.Input("frame", DType.Float32, frame), action = imagine.Input("action", DType.Int64, "batch");
        Symbol fade = p.Get("fade", [3, 15, 19], Init.Zeros), picture = p.Get("picture", [3, 15, 19], Init.Zeros);
        Symbol heads = new Linear<Symbol>(p["heads"], Size + Actions, 2).Forward(x.Reshape(Axis.Keep, Size).Concat(action.OneHot(Actions)));
        imagine.Output("next_frame", (x * fade + picture).Clamp(0, 1));
        imagine.Output("reward", heads.Slice(1, 0, 1));
        imagine.Output("continue", heads.Slice(1, 1, 2).Sigmoid());

        string directory = Directory.CreateTempSubdirectory("worldmodels-tools-").FullName;
        ModelWriter.WriteBundle(directory, agent ? [observe.Build(), imagine.Build(), Act()] : [observe.Build(), imagine.Build()]);
        Npz.Write(Path.Combine(directory, "parity.npz"), Reference());
        Npz.Write(Path.Combine(directory, "starts.npz"), new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of(Wave(4 * Size, 0.5f, 0.5f), 4, 3, 15, 19),
        });
        Shape[] shape = ["batch", 3, 15, 19];
        Manifest manifest = Describe() with
        {
            Parity = new(),
            Training = new() { Seed = 4, Updates = 1234, Figures = new Dictionary<string, double> { ["exact_frame"] = 0.4375 } },
            Graphs = new Dictionary<string, GraphSpec>
            {
                ["observe"] = new()
                {
                    File = "observe.onnx",
                    Inputs = [new() { Name = "observation", Role = TensorRole.Observation, Shape = shape }],
                    Outputs = [new() { Name = "frame", Role = TensorRole.State, Shape = shape, Feeds = "frame" }],
                },
                ["imagine"] = new()
                {
                    File = "imagine.onnx",
                    Inputs =
                    [
                        new() { Name = "frame", Role = TensorRole.State, Shape = shape, Initial = InitialState.Starts },
                        new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
                    ],
                    Outputs =
                    [
                        new() { Name = "next_frame", Role = TensorRole.State, Shape = shape, Feeds = "frame" },
                        new() { Name = "reward", Role = TensorRole.Reward, Shape = ["batch", 1] },
                        new() { Name = "continue", Role = TensorRole.Continue, Shape = ["batch", 1] },
                    ],
                },
            },
            Files = Manifest.HashFiles(directory),
        };
        if (agent)
            manifest = manifest with { Graphs = new Dictionary<string, GraphSpec>(manifest.Graphs) { ["act"] = ActSpec } };
        (change is null ? manifest : change(manifest)).Save(directory);
        return directory;
    }

    /// <summary>Writes a policy into a new directory. It carries a state: the frame before.</summary>
    public static string Policy(Func<Manifest, Manifest>? change = null)
    {
        string directory = Directory.CreateTempSubdirectory("worldmodels-tools-").FullName;
        ModelWriter.WriteBundle(directory, [Act()]);
        Manifest manifest = Describe() with
        {
            Name = "wavering",
            Graphs = new Dictionary<string, GraphSpec> { ["act"] = ActSpec },
            Files = Manifest.HashFiles(directory),
        };
        (change is null ? manifest : change(manifest)).Save(directory);
        return directory;
    }

    private static OnnxModel Act()
    {
        Graph act = new("act");
        Parameters<Symbol> p = new(new SymbolicParameters(act, new Dictionary<string, WeightArray>
        {
            ["actor/weight"] = new(Wave((Actions + 1) * Size, 0, 0.05f), Actions + 1, Size),
            ["actor/bias"] = new(new float[Actions + 1], Actions + 1),
        }));
        Symbol x = act.Input("observation", DType.Float32, "batch", 3, 15, 19).Reshape(Axis.Keep, Size);
        Symbol past = act.Input("past", DType.Float32, "batch", Size);
        Symbol noise = act.Input("noise", DType.Float32, "batch", Actions);
        Symbol heads = new Linear<Symbol>(p["actor"], Size, Actions + 1).Forward(x - past * 0.5f);
        Symbol logits = heads.Slice(1, 0, Actions);
        act.Output("action", logits.SampleCategorical(noise));
        act.Output("logits", logits);
        act.Output("value", heads.Slice(1, Actions, Actions + 1));
        act.Output("next_past", x);
        return act.Build();
    }

    private static GraphSpec ActSpec => new()
    {
        File = "act.onnx",
        Inputs =
        [
            new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", 3, 15, 19] },
            new() { Name = "past", Role = TensorRole.State, Shape = ["batch", Size], Initial = InitialState.Zeros },
            new() { Name = "noise", Role = TensorRole.Noise, Noise = NoiseKind.Gumbel, Shape = ["batch", Actions] },
        ],
        Outputs =
        [
            new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
            new() { Name = "logits", Role = TensorRole.Logits, Shape = ["batch", Actions] },
            new() { Name = "value", Role = TensorRole.Value, Shape = ["batch", 1] },
            new() { Name = "next_past", Role = TensorRole.State, Shape = ["batch", Size], Feeds = "past" },
        ],
    };

    /// <summary>The next frame, by plain loops.</summary>
    public static float[] Next(ReadOnlySpan<float> frame)
    {
        float[] next = new float[Size];
        for (int i = 0; i < Size; i++)
            next[i] = Math.Clamp(frame[i] * Fade[i] + Picture[i], 0, 1);
        return next;
    }

    private static Manifest Describe() => new()
    {
        Name = "fading",
        Algorithm = "test",
        Environment = "minipacman",
        Observation = new() { Shape = [3, 15, 19] },
        Action = ActionSpec.Discrete(Actions),
        Graphs = new Dictionary<string, GraphSpec>(),
    };

    private static Dictionary<string, NpyArray> Reference()
    {
        const int Batch = 3;
        float[] x = Wave(Batch * Size, 0.4f, 0.3f), next = new float[Batch * Size], reward = new float[Batch], goesOn = new float[Batch];
        long[] action = [4, 0, 2];
        for (int row = 0; row < Batch; row++)
        {
            Next(x.AsSpan(row * Size, Size)).CopyTo(next, row * Size);
            double[] heads = new double[2];
            for (int head = 0; head < 2; head++)
            {
                ReadOnlySpan<float> w = Weight.AsSpan(head * (Size + Actions), Size + Actions);
                heads[head] = Bias[head] + w[Size + (int)action[row]];
                for (int i = 0; i < Size; i++)
                    heads[head] += x[row * Size + i] * (double)w[i];
            }
            (reward[row], goesOn[row]) = ((float)heads[0], (float)(1 / (1 + Math.Exp(-heads[1]))));
        }
        return new()
        {
            ["observe/inputs/observation"] = NpyArray.Of(x, Batch, 3, 15, 19),
            ["observe/outputs/frame"] = NpyArray.Of(x, Batch, 3, 15, 19),
            ["imagine/inputs/frame"] = NpyArray.Of(x, Batch, 3, 15, 19),
            ["imagine/inputs/action"] = NpyArray.Of(action),
            ["imagine/outputs/next_frame"] = NpyArray.Of(next, Batch, 3, 15, 19),
            ["imagine/outputs/reward"] = NpyArray.Of(reward, Batch, 1),
            ["imagine/outputs/continue"] = NpyArray.Of(goesOn, Batch, 1),
        };
    }

    private static float[] Wave(int count, float mean, float amplitude) =>
        [.. Enumerable.Range(0, count).Select(i => mean + amplitude * MathF.Sin(1.7f * i + count))];
}
