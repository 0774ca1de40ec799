using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>Sizes of V and M, and the tensors by which they ship.</summary>
/// <param name="Vision">V's sizes.</param>
/// <param name="Memory">M's.</param>
/// <param name="Observation">One observation.</param>
/// <param name="Actions">The actions.</param>
public sealed record MemorySignature(VaeConfig Vision, MdnRnnConfig Memory, ObservationSpec Observation, ActionVectors Actions)
{
    /// <summary>The stream of the noise that chooses components.</summary>
    public const string ChoiceStream = "imagine/choice";

    /// <summary>The setting that makes a dream surer or less sure than M is.</summary>
    public const string Temperature = "temperature";

    private const int MostDense = 4096;     // numbers of an observation that one hidden layer reads

    /// <summary>Those of an environment and options.</summary>
    public static MemorySignature Of(WorldModelsOptions options)
    {
        AgentEnvironment environment = VisibleEnvironment.Make(options, rows: 1);
        ObservationSpec observation = environment.Observation;
        if (observation is not { Low: 0, High: 1 })
        {
            throw new UserException($"World Models sees pictures, or numbers in 0..1; {options.Env} observes numbers in "
                + $"{observation.Low:G3}..{observation.High:G3}. Have it drawn: --set pixels=64");
        }
        VaeConfig vision = options.VisionConfig(observation.Shape);
        if (vision is { Pixels: null, Observation.Count: 3, Numbers: > MostDense })
        {
            throw new UserException($"{options.Env} shows pictures of {string.Join(" x ", observation.Shape)}, which no convolutions of V "
                + $"read, and too many numbers for a dense layer. See them smaller: --set pixels={string.Join(" or ", PixelConfig.Sizes)}");
        }
        return new(vision, options.MemoryConfig(environment.Actions.Size), observation, environment.Actions);
    }

    /// <summary>The tensors of a state.</summary>
    public IReadOnlyList<StateSpec> States => MdnRnnState.Of(Memory);

    /// <summary>States that a graph reads.</summary>
    public static TensorSpec[] Read(IEnumerable<StateSpec> states) => [.. states.Select(state => new TensorSpec
    {
        Name = state.Name, Role = TensorRole.State, Initial = InitialState.Zeros, Shape = ["batch", state.Shape[0]],
    })];

    /// <summary>The state that a graph writes.</summary>
    public TensorSpec[] Next => [.. States.Select(state => new TensorSpec
    {
        Name = StateNames.Next(state.Name), Role = TensorRole.State, Feeds = state.Name, Shape = ["batch", state.Shape[0]],
    })];

    /// <summary>Observation and whether an episode begins with it.</summary>
    public TensorSpec[] Seen =>
    [
        new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", .. Observation.Shape.Select(axis => (Dim)axis)] },
        new() { Name = "is_first", Role = TensorRole.IsFirst, Shape = ["batch"] },
    ];

    /// <summary>An action.</summary>
    public TensorSpec Action(string name) => new()
    {
        Name = name, Role = TensorRole.Action, Dtype = Actions.Discrete ? TensorType.Int64 : TensorType.Float32,
        Shape = ["batch", .. (Actions.Space.Shape ?? []).Select(axis => (Dim)axis)],
    };

    /// <summary>What V's draw takes.</summary>
    public TensorSpec ObserveNoise(string name) => new()
    {
        Name = name, Role = TensorRole.Noise, Noise = NoiseKind.Gaussian, Stream = WorldSignature.ObserveStream,
        Shape = ["batch", Vision.Latent],
    };

    /// <summary>What M's draw takes, and how it is tempered.</summary>
    public TensorSpec[] ImagineInputs =>
    [
        new()
        {
            Name = "choice_noise", Role = TensorRole.Noise, Noise = NoiseKind.Gumbel, Stream = ChoiceStream,
            Shape = ["batch", Memory.Choices, Memory.Mixtures],
        },
        new()
        {
            Name = "noise", Role = TensorRole.Noise, Noise = NoiseKind.Gaussian, Stream = WorldSignature.ImagineStream,
            Shape = ["batch", Memory.Latent],
        },
        new() { Name = Temperature, Role = TensorRole.Setting, Default = 1, Shape = ["batch"] },
    ];

    /// <summary>What a dreamt step gives.</summary>
    public TensorSpec[] ImagineOutputs =>
    [
        .. Next,
        .. Memory.Restart
            ? [WorldSignature.Number("reward", TensorRole.Reward), WorldSignature.Number("continue", TensorRole.Continue)]
            : Array.Empty<TensorSpec>(),
        new() { Name = "mixture_logits", Role = TensorRole.Logits, Axis = 2, Shape = ["batch", Memory.Choices, Memory.Mixtures] },
    ];

    /// <summary>V over parameters.</summary>
    public Vae<T> BuildVision<T>(Parameters<T> p) where T : ITensor<T> => new(p[VisionTrainer.Path], Vision);

    /// <summary>M over parameters.</summary>
    public MdnRnn<T> BuildMemory<T>(Parameters<T> p) where T : ITensor<T> => new(p[MemoryTrainer.Path], Memory);

    /// <summary>
    /// The state with what is observed: the step of the state before and <paramref name="action"/>, which led here, then V's draw of what
    /// is seen. At an episode's first observation there was no step.
    /// </summary>
    public State<T> Observe<T>(Parameters<T> p, Tensors<T> inputs, string action, string noise) where T : ITensor<T>
    {
        T keep = inputs["is_first"].KeepUnlessFirst();                                                  // (B, 1)
        (T hidden, T cell) = BuildMemory(p).Step(inputs.State(States), Actions.Vector(inputs[action]));
        T latent = BuildVision(p).Encode(inputs["observation"]).Sample(inputs[noise]);                  // (B, Z)
        return StateOf(latent, hidden * keep, cell * keep, () => 1 - keep);
    }

    /// <summary>
    /// The state that an action vector (B, A) is dreamt to lead to; where an episode ended in the state it came from, the next begins.
    /// </summary>
    public Tensors<T> Imagine<T>(Parameters<T> p, Tensors<T> inputs, T vector) where T : ITensor<T>
    {
        MdnRnn<T> memory = BuildMemory(p);
        (T hidden, T cell) = memory.Step(inputs.State(States), vector);
        (GaussianMixture<T> mixture, T restart) = memory.Predict(hidden);
        GaussianMixture<T> tempered = mixture.At(inputs[Temperature].Reshape(Axis.Keep, 1, 1));
        T latent = tempered.Sample(inputs["choice_noise"], inputs["noise"]);                            // (B, Z)
        Tensors<T> outputs = new();
        outputs.AddNext(StateOf(latent, hidden, cell, () => (restart > 0).Cast(DType.Float32).Reshape(Axis.Keep, 1)));
        if (Memory.Restart)
        {
            outputs.Add("reward", restart.RowZeros().Reshape(Axis.Keep) + 1);       // being alive is worth 1 a step
            outputs.Add("continue", (-restart).Sigmoid());
        }
        outputs.Add("mixture_logits", tempered.Logits);
        return outputs;
    }

    private State<T> StateOf<T>(T latent, T hidden, T cell, Func<T> restart) where T : ITensor<T> =>
        new([.. States.Select(state => state.Name)], Memory.Restart ? [latent, hidden, cell, restart()] : [latent, hidden, cell]);
}
