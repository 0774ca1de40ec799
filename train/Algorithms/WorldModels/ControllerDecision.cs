using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>How graphs let a controller decide.</summary>
internal static class ControllerDecision
{
    /// <summary>Path of the weights of the controller that ships, (1, W).</summary>
    public const string WeightsPath = "controller/weights";

    /// <summary>The setting that has the controllers' weights (B, W), a row each, where a graph is of many.</summary>
    public const string Weights = "weights";

    /// <summary>What bundles of many controllers say that they are of.</summary>
    public const string PopulationAlgorithm = "worldmodels-population";

    /// <summary>An action and, of numbered ones, the numbers of which the largest chose it.</summary>
    public static TensorSpec[] Outputs(MemorySignature signature) =>
    [
        signature.Action("action"),
        .. signature.Actions.Discrete
            ? [new() { Name = "logits", Role = TensorRole.Logits, Axis = 1, Shape = ["batch", signature.Actions.Size] }]
            : Array.Empty<TensorSpec>(),
    ];

    /// <summary>What many controllers take beside a state: their weights.</summary>
    public static TensorSpec WeightsInput(ControllerConfig config) =>
        new() { Name = Weights, Role = TensorRole.Setting, Default = 0, Shape = ["batch", config.Weights] };

    /// <summary>
    /// The vector chosen for a state, and <see cref="Outputs"/>; by the weights among the inputs or, where there are none, those that ship.
    /// </summary>
    public static (T Vector, Tensors<T> Outputs) Decide<T>(
        Parameters<T> p, MemorySignature signature, ControllerConfig config, State<T> state, Tensors<T> inputs) where T : ITensor<T>
    {
        LinearController<T> controller = new(config);
        T weights = inputs.Has(Weights) ? inputs[Weights] : p.Get(WeightsPath, [1, config.Weights], Init.Zeros);    // (B, W) or (1, W)
        T numbers = controller.Forward(controller.FeatureOf(state), weights);                                       // (B, A)
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
    public static BundleDefinition OfMany(string environment, ControllerConfig config)
    {
        Random random = new(0);
        return new()
        {
            Algorithm = PopulationAlgorithm,
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
            WeightsInput(config),
        ];

        public IReadOnlyList<TensorSpec> Outputs =>
            [new() { Name = "action", Role = TensorRole.Action, Shape = ["batch", config.Actions] }];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            new() { { "action", new LinearController<T>(config).Forward(inputs["observation"], inputs[Weights]) } };
    }
}
