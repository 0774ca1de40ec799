using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>How graphs let a controller decide.</summary>
internal static class ControllerDecision
{
    /// <summary>Path of the weights of the controller that ships, (1, W).</summary>
    public const string WeightsPath = "controller/weights";

    /// <summary>The setting that has a population's weights, a row each.</summary>
    public const string Weights = "weights";

    /// <summary>An action and, of numbered ones, the numbers of which the largest chose it.</summary>
    public static TensorSpec[] Outputs(MemorySignature signature) =>
    [
        signature.Action("action"),
        .. signature.Actions.Discrete
            ? [new() { Name = "logits", Role = TensorRole.Logits, Axis = 1, Shape = ["batch", signature.Actions.Size] }]
            : Array.Empty<TensorSpec>(),
    ];

    /// <summary>The vector chosen for a state, and <see cref="Outputs"/>.</summary>
    public static (T Vector, Tensors<T> Outputs) Decide<T>(
        Parameters<T> p, MemorySignature signature, ControllerConfig config, State<T> state) where T : ITensor<T>
    {
        LinearController<T> controller = new(config);
        T numbers = controller.Forward(controller.FeatureOf(state), p.Get(WeightsPath, [1, config.Weights], Init.Zeros));   // (B, A)
        T action = signature.Actions.ActionOf(numbers);
        Tensors<T> outputs = new() { { "action", action } };
        if (signature.Actions.Discrete)
            outputs.Add("logits", numbers);
        return (signature.Actions.Discrete ? signature.Actions.Vector(action) : numbers, outputs);
    }

    /// <summary>
    /// Many controllers as one graph: features (B, F) and weights (B, W), a setting, to the numbers (B, A) that each row's controller puts
    /// out.
    /// </summary>
    public static BundleDefinition Population(string environment, ControllerConfig config)
    {
        Random random = new(0);
        return new()
        {
            Algorithm = "worldmodels-population",
            Environment = environment,
            Observation = new() { Shape = [config.Feature], Low = float.MinValue, High = float.MaxValue },
            Action = ActionSpec.Continuous([config.Actions], -1, 1),
            Limits = ["It has no weights of its own: set them, a row each."],
            Starts = [.. Enumerable.Range(0, 16 * config.Feature).Select(_ => 2 * random.NextSingle() - 1)],
            Graphs = new Dictionary<string, IGraphDefinition> { ["act"] = new Act(config) },
        };
    }

    private sealed class Act(ControllerConfig config) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", config.Feature] },
            new() { Name = Weights, Role = TensorRole.Setting, Default = 0, Shape = ["batch", config.Weights] },
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
            [new() { Name = "action", Role = TensorRole.Action, Shape = ["batch", config.Actions] }];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            new() { { "action", new LinearController<T>(config).Forward(inputs["observation"], inputs[Weights]) } };
    }
}
