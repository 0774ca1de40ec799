using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Data;

namespace WorldModels.Train.LatentWorlds;

/// <summary>The tensors by which a latent world ships, in the environment's units, and how its graphs read and write them.</summary>
/// <param name="Config">The world's sizes.</param>
/// <param name="States">The tensors of its state.</param>
/// <param name="Noise">The noise of a latent draw.</param>
/// <param name="Observation">One observation.</param>
/// <param name="Actions">The actions.</param>
/// <param name="RewardScale">Factor that training put on rewards.</param>
/// <param name="Gamma">Discount that training put into the continue head's labels.</param>
public sealed record WorldSignature(
    LatentWorldConfig Config, IReadOnlyList<StateSpec> States, NoiseSpec Noise, ObservationSpec Observation, ActionVectors Actions,
    double RewardScale, double Gamma)
{
    /// <summary>Where the world's parameters live.</summary>
    public const string World = "world";

    /// <summary>Stream of the posterior's noise, whatever the graph's name.</summary>
    public const string ObserveStream = "observe/noise";

    /// <summary>Stream of the prior's noise.</summary>
    public const string ImagineStream = "imagine/noise";

    /// <summary>Stream of the policy's noise.</summary>
    public const string ActStream = "act/noise";

    /// <summary>The latent state that a graph reads.</summary>
    public TensorSpec[] State => Read(States);

    /// <summary>The part of it that heads read.</summary>
    public TensorSpec[] FeatureState => Read(FeatureStates);

    /// <summary>The latent state that a graph writes.</summary>
    public TensorSpec[] NextState =>
        [.. States.Select(state => Of(state) with { Name = StateNames.Next(state.Name), Feeds = state.Name, Keep = null })];

    /// <summary>A latent draw's noise.</summary>
    public TensorSpec LatentNoise(string name, string stream) => new()
    {
        Name = name, Role = TensorRole.Noise, Noise = Noise.Distribution.ToKind(), Stream = stream, Shape = ["batch", Noise.Size],
    };

    /// <summary>
    /// The logits of a step's draws among classes, (B, variables, classes), by which a host can tell a near tie; none of Gaussian latents.
    /// </summary>
    public TensorSpec[] LatentLogits => Noise.Distribution != NoiseDistribution.Gumbel ? [] :
    [
        new()
        {
            Name = "latent_logits", Role = TensorRole.Logits, Axis = 2, Shape = ["batch", Noise.Variables, Noise.Size / Noise.Variables],
        },
    ];

    /// <summary>A policy's noise.</summary>
    public TensorSpec ActionNoise(string name) => new()
    {
        Name = name, Role = TensorRole.Noise, Noise = Actions.Noise, Stream = ActStream, Shape = ["batch", Actions.Size],
    };

    /// <summary>Observation and whether an episode begins with it.</summary>
    public TensorSpec[] Seen =>
    [
        new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", .. Observation.Shape.Select(axis => (Dim)axis)] },
        new() { Name = "is_first", Role = TensorRole.IsFirst, Shape = ["batch"] },
    ];

    /// <summary>An action.</summary>
    public TensorSpec Action(string name) => Actions.Discrete
        ? new() { Name = name, Role = TensorRole.Action, Dtype = TensorType.Int64, Shape = ["batch"] }
        : new() { Name = name, Role = TensorRole.Action, Shape = ["batch", .. Actions.Space.Shape!.Select(axis => (Dim)axis)] };

    /// <summary>A number a row.</summary>
    public static TensorSpec Number(string name, TensorRole role) => new() { Name = name, Role = role, Shape = ["batch"] };

    /// <summary>What follows from a state: the reward on arriving there, and whether the episode goes on where that is predicted.</summary>
    public TensorSpec[] Arrival =>
    [
        Number("reward", TensorRole.Reward),
        .. Config.Continue is null ? Array.Empty<TensorSpec>() : [Number("continue", TensorRole.Continue)],
    ];

    /// <summary>The world over parameters.</summary>
    public LatentWorld<T> Build<T>(Parameters<T> p) where T : ITensor<T> => new(p[World], Config);

    /// <summary>The feature (B, F) of the state among a graph's inputs.</summary>
    public T FeatureOf<T>(LatentWorld<T> world, Tensors<T> inputs) where T : ITensor<T> =>
        world.Dynamics.FeatureOf(inputs.State(FeatureStates));

    /// <summary>
    /// Filters an observation: from the state, "observation", "is_first" and <paramref name="action"/>, which led to it, of a graph's inputs
    /// to the posterior.
    /// </summary>
    public LatentStep<T> Observe<T>(LatentWorld<T> world, Tensors<T> inputs, string action, string noise) where T : ITensor<T>
    {
        T keep = inputs["is_first"].KeepUnlessFirst();                                                  // (B, 1)
        State<T> state = world.Dynamics.Reset(inputs.State(States), keep);
        T vector = Actions.Vector(inputs[action]) * keep;
        return world.Dynamics.Observe(
            state, vector, world.Embed(world.Scale.Forward(inputs["observation"])), inputs[noise]);
    }

    /// <summary>Observations (B, ...) in the environment's units, of features (B, F).</summary>
    public T Decode<T>(LatentWorld<T> world, T feature) where T : ITensor<T>
    {
        T flat = world.Scale.Backward(world.Decode(feature).Mode);                                      // (B, O)
        return Observation.Shape.Count == 1 ? flat : flat.Reshape([Axis.Keep, .. Observation.Shape]);
    }

    /// <summary>Rewards in the environment's units (B), of features (B, F).</summary>
    public T Reward<T>(LatentWorld<T> world, T feature) where T : ITensor<T> => Unscaled(world.Reward(feature).Mode);

    /// <summary>Rewards or values in the environment's units.</summary>
    public T Unscaled<T>(T value) where T : ITensor<T> => RewardScale == 1 ? value : value / RewardScale;

    /// <summary>Probability that the episode goes on (B), without the discount that its labels carried.</summary>
    public T Continue<T>(LatentWorld<T> world, T feature) where T : ITensor<T> => (world.Continue(feature).Mean / Gamma).Minimum(1.0);

    /// <summary><see cref="Arrival"/> at a state of feature (B, F).</summary>
    public Tensors<T> Arrive<T>(LatentWorld<T> world, T feature) where T : ITensor<T>
    {
        Tensors<T> arrival = new Tensors<T> { { "reward", Reward(world, feature) } };
        if (Config.Continue is not null)
            arrival.Add("continue", Continue(world, feature));
        return arrival;
    }

    /// <summary>What a step of the dynamics gives: <see cref="NextState"/> and <see cref="LatentLogits"/>.</summary>
    public Tensors<T> Step<T>(LatentStep<T> step) where T : ITensor<T>
    {
        Tensors<T> outputs = new Tensors<T>();
        outputs.AddNext(step.State);
        foreach (TensorSpec logits in LatentLogits)
            outputs.Add(logits.Name, ((OneHot<T>)step.Distribution).Logits.Reshape(Axis.Keep, logits.Shape[1].Size, logits.Shape[2].Size));
        return outputs;
    }

    private StateSpec[] FeatureStates => [.. States.Where(state => state.InFeature)];

    private static TensorSpec[] Read(IEnumerable<StateSpec> states) =>
        [.. states.Select(state => Of(state) with { Initial = InitialState.Zeros })];

    private static TensorSpec Of(StateSpec state) => new()
    {
        Name = state.Name,
        Role = TensorRole.State,
        Dtype = state.Type switch { DType.Float32 => TensorType.Float32, DType.Int64 => TensorType.Int64, _ => TensorType.Bool },
        Shape = ["batch", .. state.Shape.Select(axis => (Dim)axis)],
        Keep = state.Storage == TrajectoryStorage.Last ? KeptSteps.Last : null,
    };
}
