using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// What an imagination-augmented agent ships: one graph that acts, the imagination inside, and its environment model's <c>observe</c> and
/// <c>imagine</c>, so that the bundle is a world to dream in too.
/// </summary>
public static class I2ABundle
{
    /// <summary>The stream of the noise that draws the rollouts' actions.</summary>
    public const string RolloutNoise = "act/rollout_noise";

    /// <param name="options">The run's options.</param>
    /// <param name="observation">One frame.</param>
    /// <param name="config">The agent's sizes.</param>
    /// <param name="model">The environment model's sizes; null for the copy model.</param>
    /// <param name="nothing">One-hot of the reward class of a step in which nothing happens, which the copy model predicts.</param>
    /// <param name="starts">Observations to start from, (N, C, H, W).</param>
    public static BundleDefinition Define(
        I2AOptions options, ObservationSpec observation, ImaginationAgentConfig config, EnvironmentModelConfig? model, float[] nothing,
        float[] starts)
    {
        Act act = new Act(options, new(observation, config.Agent.Actions, config.Frames), config, model, nothing);
        Dictionary<string, IGraphDefinition> graphs = new Dictionary<string, IGraphDefinition> { [config.Frames == 1 ? "act" : "control"] = act };
        if (model is not null)
        {
            foreach ((string name, IGraphDefinition graph) in EnvironmentModelBundle.Graphs(model))
                graphs[name] = graph;
        }

        return new()
        {
            Algorithm = "i2a",
            Environment = options.Env,
            Observation = observation,
            Action = ActionSpec.Discrete(config.Agent.Actions),
            Limits =
            [
                model is null
                    ? "A control: it imagines with the copy model, which says nothing. Its worth is what an agent of this size has without "
                        + "imagination."
                    : "It acts on what its environment model imagines, errors included; that model's own card says where it errs.",
                "Trained as long as the figures say, and no longer: early learning, not a solved game.",
                "Sample its actions. Greedily it walks in circles and scores less.",
            ],
            Starts = starts,
            Graphs = graphs,
        };
    }

    private sealed class Act(
        I2AOptions options, ActorSignature signature, ImaginationAgentConfig config, EnvironmentModelConfig? model, float[] nothing)
        : IGraphDefinition
    {
        private readonly int _actions = config.Agent.Actions;

        public IReadOnlyList<TensorSpec> Inputs => config.Depth == 1 ? signature.Inputs :
        [
            .. signature.Inputs,
            new()
            {
                Name = "rollout_noise", Role = TensorRole.Noise, Noise = NoiseKind.Gumbel, Stream = RolloutNoise,
                Shape = ["batch", _actions, config.Depth - 1, _actions],
            },
        ];

        public IReadOnlyList<TensorSpec> Outputs => signature.Outputs;

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            IImaginedWorld<T> world = model is null
                ? new CopiedWorld<T>(p.Constant("nothing", nothing, 1, nothing.Length))
                : new LearnedWorld<T>(new EnvironmentModel<T>(p[EnvironmentModelBundle.ModelPath], model), options.Imagined, model.Termination);
            T frames = signature.Frames(inputs);                                            // (B, 3k, H, W)
            ImaginationAgent<T> agent = new ImaginationAgent<T>(p[A2C.AgentPath], config);
            T codes = agent.Codes(I2A.Core(p, world, config).Imagine(frames, config.Depth == 1 ? default : inputs["rollout_noise"]));
            return signature.Results(inputs, frames, agent.Forward(frames, codes));
        }
    }
}
