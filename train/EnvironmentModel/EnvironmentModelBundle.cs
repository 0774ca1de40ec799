using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Runtime;

namespace WorldModels.Train.EnvironmentModel;

/// <summary>What an environment model ships: <c>observe</c> (the frame is the state) and <c>imagine</c>.</summary>
public static class EnvironmentModelBundle
{
    private const int Starts = 64;

    public static BundleDefinition Define(EnvironmentModelOptions options, EnvironmentModelConfig config, Transitions games)
    {
        int size = 3 * config.Rows * config.Columns;
        var starts = new float[Starts * size];
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
                "It sees one frame, and a ghost's direction is not in it: where the rules make a ghost's move likely, the model drops the ghost "
                + "or leaves it where it was (see with_ghosts_exact). Long dreams become games without ghosts.",
                "The countdown of an edible ghost is not predicted: a dreamed one always looks freshly edible.",
                "Where a level or an episode ends, the next frame cannot be known.",
                "It learnt from a scripted player's games; where another policy goes, it may err more.",
            ],
            Starts = starts,
            Graphs = new Dictionary<string, IGraphDefinition>
            {
                ["observe"] = new Observe(config),
                ["imagine"] = new Imagine(config),
            },
        };
    }

    private static TensorSpec Frame(EnvironmentModelConfig config, string name, TensorRole role) =>
        new() { Name = name, Role = role, Shape = ["batch", 3, config.Rows, config.Columns] };

    private sealed class Observe(EnvironmentModelConfig config) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [Frame(config, "observation", TensorRole.Observation)];

        public IReadOnlyList<TensorSpec> Outputs => [Frame(config, "frame", TensorRole.State) with { Feeds = "frame" }];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T> => [inputs[0]];
    }

    private sealed class Imagine(EnvironmentModelConfig config) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            Frame(config, "frame", TensorRole.State) with { Initial = InitialState.Starts },
            new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
        [
            Frame(config, "next_frame", TensorRole.State) with { Feeds = "frame" },
            new() { Name = "reward", Role = TensorRole.Reward, Shape = ["batch"] },
            .. config.Termination ? [new TensorSpec { Name =
                "continue", Role = TensorRole.Continue, Shape = ["batch"] }] : Array.Empty<TensorSpec>(),
            new() { Name =
                "pixel_logits", Role = TensorRole.Logits, Shape = ["batch", config.PixelClasses, config.Rows, config.Columns], Axis = 1 },
            new() { Name = "reward_logits", Role = TensorRole.Logits, Shape = ["batch", config.Rewards.Count], Axis = 1 },
        ];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T>
        {
            var model = new EnvironmentModel<T>(p["model"], config);
            Prediction<T> prediction = model.Predict(inputs[0], inputs[1]);
            return
            [
                model.Frame(prediction),
                model.Reward(prediction),
                .. config.Termination ? [model.Continue(prediction)] : Array.Empty<T>(),
                prediction.Pixels,
                prediction.Reward,
            ];
        }
    }
}
