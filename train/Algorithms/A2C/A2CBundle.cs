using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// What an actor-critic ships: <c>act</c> (observation and Gumbel noise to action, logits and value) and <c>value</c>; one that sees
/// several frames keeps those seen before as its state, and ships <c>control</c> alone.
/// </summary>
public static class A2CBundle
{
    public static BundleDefinition Define(
        string environment, ObservationSpec observation, ActorCriticConfig config, int frames, float[] starts)
    {
        ActorSignature signature = new ActorSignature(observation, config.Actions, frames);
        return new()
        {
            Algorithm = "a2c",
            Environment = environment,
            Observation = observation,
            Action = ActionSpec.Discrete(config.Actions),
            Limits =
            [
                "Trained as long as the figures say, and no longer: early learning, not a solved game.",
                "Sample its actions. Greedily it walks in circles and scores less.",
            ],
            Starts = starts,
            Graphs = new Dictionary<string, IGraphDefinition>(frames == 1
                ? [new("act", new Act(config, signature)), new("value", new Value(config, signature))]
                : [new("control", new Act(config, signature))]),
        };
    }

    private sealed class Act(ActorCriticConfig config, ActorSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => signature.Inputs;

        public IReadOnlyList<TensorSpec> Outputs => signature.Outputs;

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            T frames = signature.Frames(inputs);
            return signature.Results(inputs, frames, new ActorCritic<T>(p[A2C.AgentPath], config).Forward(frames));
        }
    }

    private sealed class Value(ActorCriticConfig config, ActorSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [signature.Inputs[0]];

        public IReadOnlyList<TensorSpec> Outputs => [new() { Name = "value", Role = TensorRole.Value, Shape = ["batch"] }];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            new() { { "value", new ActorCritic<T>(p[A2C.AgentPath], config).Forward(inputs["observation"]).Value } };
    }
}
