using WorldModels.Models;
using WorldModels.Runtime;

namespace WorldModels.Train.A2C;

/// <summary>What an actor-critic ships: <c>act</c> (observation and Gumbel noise to action, logits and value) and <c>value</c>.</summary>
public static class A2CBundle
{
    public static BundleDefinition Define(string environment, ActorCriticConfig config, float[] starts) => new()
    {
        Algorithm = "a2c",
        Environment = environment,
        Observation = new() { Shape = [config.Channels, config.Rows, config.Columns], Low = 0, High = 1 },
        Action = ActionSpec.Discrete(config.Actions),
        Limits =
        [
            "Trained as long as the figures say, and no longer: early learning, not a solved game.",
            "Sample its actions. Greedily it walks in circles and scores less.",
        ],
        Starts = starts,
        Graphs = new Dictionary<string, IGraphDefinition> { ["act"] = new Act(config), ["value"] = new Value(config) },
    };

    private static TensorSpec Observation(ActorCriticConfig config) =>
        new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", config.Channels, config.Rows, config.Columns] };

    private sealed class Act(ActorCriticConfig config) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            Observation(config),
            new() { Name = "noise", Role = TensorRole.Noise, Noise = NoiseKind.Gumbel, Shape = ["batch", config.Actions] },
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
        [
            new() { Name = "action", Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] },
            new() { Name = "logits", Role = TensorRole.Logits, Shape = ["batch", config.Actions], Axis = 1 },
            new() { Name = "value", Role = TensorRole.Value, Shape = ["batch"] },
        ];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T>
        {
            (T logits, T value) = new ActorCritic<T>(p["agent"], config).Forward(inputs[0]);
            return [logits.SampleCategorical(inputs[1]), logits, value];
        }
    }

    private sealed class Value(ActorCriticConfig config) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [Observation(config)];

        public IReadOnlyList<TensorSpec> Outputs => [new() { Name = "value", Role = TensorRole.Value, Shape = ["batch"] }];

        public T[] Run<T>(Parameters<T> p, T[] inputs) where T : ITensor<T> =>
            [new ActorCritic<T>(p["agent"], config).Forward(inputs[0]).Value];
    }
}
