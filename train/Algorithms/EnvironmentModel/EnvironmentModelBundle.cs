using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// What an environment model ships: <c>observe</c> and <c>imagine</c>. The state is the frame, and <c>past</c>, the k - 1 frames before it,
/// where the model sees more than one.
/// </summary>
public static class EnvironmentModelBundle
{
    /// <summary>Where the model's parameters live.</summary>
    public const string ModelPath = "model";

    private const int Starts = 64;

    public static BundleDefinition Define(EnvironmentModelOptions options, EnvironmentModelConfig config, Transitions games)
    {
        int size = 3 * config.Rows * config.Columns;
        float[] starts = new float[Starts * size];
        for (int row = 0; row < Starts; row++)
            games.Frame((int)((long)row * games.Count / Starts), starts.AsSpan(row * size, size));
        return new()
        {
            Algorithm = "environment-model",
            Environment = options.Env,
            Observation = new() { Shape = [3, config.Rows, config.Columns], Low = 0, High = 1 },
            Action = ActionSpec.Discrete(config.Actions),
            Limits =
            [
                options.Stack == 1
                    ? "It sees one frame, and a ghost's direction is not in it: where the rules make a ghost's move likely, the model "
                        + "drops the ghost or leaves it where it was (see with_ghosts_exact). Long dreams become games without ghosts."
                    : $"It sees {options.Stack} frames. A ghost that stood still in them shows neither its direction nor what it stands "
                        + "on, and is often dropped; so are most at the start of a dream, whose past is copies of its first frame. A "
                        + "ghost that is kept moves at every step, for of moving and staying the model says the likelier one. Long "
                        + "dreams lose most ghosts and some pacmen, and in a few of them ghosts multiply.",
                "The countdown of an edible ghost is not predicted: a dreamed one always looks freshly edible.",
                "Where a level or an episode ends, the next frame cannot be known.",
                "It learnt from a scripted player's games; where another policy goes, it may err more.",
            ],
            Starts = starts,
            Graphs = Graphs(config),
        };
    }

    /// <summary>The model's graphs by name, with weights under "model".</summary>
    public static IReadOnlyDictionary<string, IGraphDefinition> Graphs(EnvironmentModelConfig config) =>
        new Dictionary<string, IGraphDefinition>
        {
            ["observe"] = config.Frames == 1 ? new Observe(config) : new ObserveStack(config),
            ["imagine"] = new Imagine(config),
        };

    /// <summary>What graph imagine makes of the state and an action.</summary>
    internal static Tensors<T> Step<T>(EnvironmentModel<T> model, EnvironmentModelConfig config, Tensors<T> inputs) where T : ITensor<T>
    {
        bool isStacked = config.Frames > 1;
        T frames = isStacked ? inputs["past"].Concat(inputs["frame"], axis: 1) : inputs["frame"];       // (B, 3k, H, W)
        Prediction<T> prediction = model.Predict(frames, inputs["action"]);
        Tensors<T> outputs = new Tensors<T> { { "next_frame", model.Frame(prediction) } };
        if (isStacked)
            outputs.Add("next_past", FrameStack.Push(inputs["past"], inputs["frame"]));
        outputs.Add("reward", model.Reward(prediction));
        if (config.Termination)
            outputs.Add("continue", model.Continue(prediction));
        outputs.Add("pixel_logits", prediction.Pixels);
        outputs.Add("reward_logits", prediction.Reward);
        return outputs;
    }

    private static TensorSpec Frame(EnvironmentModelConfig config, string name, TensorRole role, int frames = 1) =>
        new() { Name = name, Role = role, Shape = ["batch", 3 * frames, config.Rows, config.Columns] };

    /// <summary>The states that a graph reads: starts where the frame is all there is, else zeros, for observe reads them too.</summary>
    private static TensorSpec[] States(EnvironmentModelConfig config) => config.Frames == 1
        ? [Frame(config, "frame", TensorRole.State) with { Initial = InitialState.Starts }]
        :
        [
            Frame(config, "frame", TensorRole.State) with { Initial = InitialState.Zeros },
            Frame(config, "past", TensorRole.State, config.Frames - 1) with { Initial = InitialState.Zeros },
        ];

    private static TensorSpec[] NextStates(EnvironmentModelConfig config)
    {
        TensorSpec frame = Frame(config, "next_frame", TensorRole.State) with { Feeds = "frame" };
        TensorSpec past = Frame(config, "next_past", TensorRole.State, config.Frames - 1) with { Feeds = "past" };
        return config.Frames == 1 ? [frame] : [frame, past];
    }

    private sealed class Observe(EnvironmentModelConfig config) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [Frame(config, "observation", TensorRole.Observation)];

        public IReadOnlyList<TensorSpec> Outputs => [Frame(config, "frame", TensorRole.State) with { Feeds = "frame" }];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> => new() { { "frame", inputs["observation"] } };
    }

    private sealed class ObserveStack(EnvironmentModelConfig config) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            Frame(config, "observation", TensorRole.Observation),
            .. States(config),
            new() { Name = "is_first", Role = TensorRole.IsFirst, Shape = ["batch"] },
        ];

        public IReadOnlyList<TensorSpec> Outputs => NextStates(config);

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            T past = FrameStack.Push(inputs["past"], inputs["frame"]);                                  // (B, 3 (k - 1), H, W)
            T frames = FrameStack.Observe(past, inputs["observation"], inputs["is_first"]);             // (B, 3k, H, W)
            return new() { { "next_frame", inputs["observation"] }, { "next_past", frames.Slice(1, 0, past.Size(1)) } };
        }
    }

    private sealed class Imagine(EnvironmentModelConfig config) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. States(config),
            new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
        [
            .. NextStates(config),
            new() { Name = "reward", Role = TensorRole.Reward, Shape = ["batch"] },
            .. config.Termination ? [new TensorSpec { Name =
                "continue", Role = TensorRole.Continue, Shape = ["batch"] }] : Array.Empty<TensorSpec>(),
            new() { Name =
                "pixel_logits", Role = TensorRole.Logits, Shape = ["batch", config.PixelClasses, config.Rows, config.Columns], Axis = 1 },
            new() { Name = "reward_logits", Role = TensorRole.Logits, Shape = ["batch", config.Rewards.Count], Axis = 1 },
        ];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            Step(new EnvironmentModel<T>(p[ModelPath], config), config, inputs);
    }
}
