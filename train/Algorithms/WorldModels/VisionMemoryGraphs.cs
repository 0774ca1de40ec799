using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// What World Models ships. V: <c>observe</c> (what is seen to a latent vector) and <c>decode</c>. M with it: <c>observe</c> (with the
/// LSTM's step), <c>imagine</c> at a temperature, <c>decode</c>. C with both: <c>act</c>, and fused <c>control</c> (observe and act) and
/// <c>dream</c> (act and imagine).
/// </summary>
internal static class VisionMemoryGraphs
{
    /// <summary>The file of a population's weights in its bundle.</summary>
    public const string PopulationFile = "population.npz";

    private const string WorthOfADream = "A dreamt step is worth 1, whatever it leads to: a dream's return is how long it lasts.";

    /// <summary>V's bundle.</summary>
    public static BundleDefinition OfVision(WorldModelsOptions options, MemorySignature signature, float[] starts) => new()
    {
        Algorithm = "worldmodels-vision",
        Environment = options.Env,
        Observation = signature.Observation,
        Action = signature.Actions.Space,
        Limits = ["It sees single observations: what moves, and where to, is not in its latent vector."],
        Starts = starts,
        Graphs = new Dictionary<string, IGraphDefinition> { ["observe"] = new See(signature), ["decode"] = new Decode(signature) },
    };

    /// <summary>V's and M's bundle.</summary>
    public static BundleDefinition OfMemory(WorldModelsOptions options, MemorySignature signature, float[] starts) => new()
    {
        Algorithm = "worldmodels-memory",
        Environment = options.Env,
        Observation = signature.Observation,
        Action = signature.Actions.Space,
        Limits =
        [
            "It learnt from random play, or from the play that its options name; where another policy goes, it may err more.",
            .. signature.Memory.Restart
                ?
                [
                    "A dream ends where the logit of a restart is above 0; one that M misses goes on (see terminal_recall).", WorthOfADream,
                ]
                : Array.Empty<string>(),
        ],
        Starts = starts,
        Graphs = new Dictionary<string, IGraphDefinition>(World(signature)),
    };

    /// <summary>The whole agent's bundle.</summary>
    public static BundleDefinition OfController(
        WorldModelsOptions options, MemorySignature signature, ControllerConfig controller, float[] starts) =>
        OfAgent("worldmodels", options, signature, controller, starts, ofMany: false);

    /// <summary>
    /// Many agents of one V and M, whose controllers' weights are a setting of each row. A population (N, W) travels along in
    /// <see cref="PopulationFile"/>.
    /// </summary>
    public static BundleDefinition OfPopulation(
        WorldModelsOptions options, MemorySignature signature, ControllerConfig controller, float[] starts, double[][] population)
    {
        BundleDefinition agent =
            OfAgent(ControllerDecision.PopulationAlgorithm, options, signature, controller, starts, ofMany: true);
        float[] weights = [.. population.SelectMany(one => one).Select(weight => (float)weight)];
        return agent with
        {
            Limits = [.. agent.Limits, $"Controllers do nothing until a row's '{ControllerDecision.Weights}' are set, such as those in "
                + $"{PopulationFile}: (N, W), of candidates, not of the mean that was found best."],
            Files = new Dictionary<string, IReadOnlyDictionary<string, NpyArray>>
            {
                [PopulationFile] = new Dictionary<string, NpyArray>
                {
                    [ControllerDecision.Weights] = NpyArray.Of(weights, [population.Length, controller.Weights]),
                },
            },
        };
    }

    private static BundleDefinition OfAgent(
        string algorithm, WorldModelsOptions options, MemorySignature signature, ControllerConfig controller, float[] starts,
        bool ofMany) =>
        new()
        {
            Algorithm = algorithm,
            Environment = options.Env,
            Observation = signature.Observation,
            Action = signature.Actions.Space,
            Limits =
            [
                options.World == ControllerWorld.Dream
                    ? "Its controller never saw the environment while it learnt: it is as good there as the dream was true."
                    : "Its controller learnt in the environment; the world model is its eyes and memory, and predicts no reward.",
                .. signature.Memory.Restart ? [WorthOfADream] : Array.Empty<string>(),
            ],
            Starts = starts,
            Graphs = new Dictionary<string, IGraphDefinition>(
            [
                .. World(signature), new("act", new Act(signature, controller, ofMany)),
                new("control", new Control(signature, controller, ofMany)), new("dream", new Dream(signature, controller, ofMany)),
            ]),
        };

    private static TensorSpec[] WeightsOf(ControllerConfig config, bool ofMany) => ofMany ? [ControllerDecision.WeightsInput(config)] : [];

    private static IEnumerable<KeyValuePair<string, IGraphDefinition>> World(MemorySignature signature) =>
    [
        new("observe", new Observe(signature)), new("imagine", new Imagine(signature)), new("decode", new Decode(signature)),
    ];

    /// <summary>What V alone makes of an observation.</summary>
    private sealed class See(MemorySignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [signature.Seen[0], signature.ObserveNoise("noise")];

        public IReadOnlyList<TensorSpec> Outputs => [signature.Next[0]];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> => new()
        {
            { signature.Next[0].Name, signature.BuildVision(p).Encode(inputs["observation"]).Sample(inputs["noise"]) },
        };
    }

    private sealed class Observe(MemorySignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. MemorySignature.Read(signature.States), signature.Action("action"), .. signature.Seen, signature.ObserveNoise("noise")];

        public IReadOnlyList<TensorSpec> Outputs => signature.Next;

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            Tensors<T> outputs = new();
            outputs.AddNext(signature.Observe(p, inputs, "action", "noise"));
            return outputs;
        }
    }

    private sealed class Imagine(MemorySignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. MemorySignature.Read(signature.States), signature.Action("action"), .. signature.ImagineInputs];

        public IReadOnlyList<TensorSpec> Outputs => signature.ImagineOutputs;

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            signature.Imagine(p, inputs, signature.Actions.Vector(inputs["action"]));
    }

    private sealed class Decode(MemorySignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => MemorySignature.Read([signature.States[0]]);

        public IReadOnlyList<TensorSpec> Outputs => [signature.Seen[0]];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            new() { { "observation", signature.BuildVision(p).Decode(inputs[MdnRnnState.Latent]) } };
    }

    private sealed class Act(MemorySignature signature, ControllerConfig config, bool ofMany) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs => [.. MemorySignature.Read(config.State), .. WeightsOf(config, ofMany)];

        public IReadOnlyList<TensorSpec> Outputs => ControllerDecision.Outputs(signature);

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            ControllerDecision.Decide(p, signature, config, inputs.State(config.State), inputs).Outputs;
    }

    private sealed class Control(MemorySignature signature, ControllerConfig config, bool ofMany) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
        [
            .. MemorySignature.Read(signature.States), signature.Action("previous_action"), .. signature.Seen,
            signature.ObserveNoise("observe_noise"), .. WeightsOf(config, ofMany),
        ];

        public IReadOnlyList<TensorSpec> Outputs => [.. signature.Next, .. ControllerDecision.Outputs(signature)];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            State<T> state = signature.Observe(p, inputs, "previous_action", "observe_noise");
            Tensors<T> outputs = new();
            outputs.AddNext(state);
            outputs.Add(ControllerDecision.Decide(p, signature, config, state, inputs).Outputs);
            return outputs;
        }
    }

    private sealed class Dream(MemorySignature signature, ControllerConfig config, bool ofMany) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. MemorySignature.Read(signature.States), .. signature.ImagineInputs, .. WeightsOf(config, ofMany)];

        public IReadOnlyList<TensorSpec> Outputs => [.. ControllerDecision.Outputs(signature), .. signature.ImagineOutputs];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            (T vector, Tensors<T> outputs) = ControllerDecision.Decide(p, signature, config, inputs.State(signature.States), inputs);
            outputs.Add(signature.Imagine(p, inputs, vector));
            return outputs;
        }
    }
}
