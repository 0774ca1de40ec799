using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.Data;

namespace WorldModels.Train.LatentDynamics;

/// <summary>The tensors by which a latent world ships, in the environment's units, and how its graphs read and write them.</summary>
/// <param name="Config">The world's sizes.</param>
/// <param name="Observation">One observation.</param>
/// <param name="Actions">The actions.</param>
/// <param name="RewardScale">Factor that training put on rewards.</param>
/// <param name="Gamma">Discount that training put into the continue head's labels.</param>
public sealed record LatentSignature(
    LatentWorldConfig Config, ObservationSpec Observation, ActionVectors Actions, double RewardScale, double Gamma)
{
    /// <summary>Where the world's parameters live.</summary>
    public const string World = "world";

    /// <summary>The latent state that a graph reads.</summary>
    public TensorSpec[] State =>
    [
        Deterministic("deterministic") with { Initial = InitialState.Zeros },
        Stochastic("stochastic") with { Initial = InitialState.Zeros },
    ];

    /// <summary>The latent state that a graph writes.</summary>
    public TensorSpec[] NextState =>
    [
        Deterministic("next_deterministic") with { Feeds = "deterministic" }, Stochastic("next_stochastic") with { Feeds = "stochastic" },
    ];

    /// <summary>A latent draw's noise.</summary>
    public TensorSpec LatentNoise(string name, string stream) => new()
    {
        Name = name, Role = TensorRole.Noise, Noise = NoiseKind.Gaussian, Stream = stream, Shape = ["batch", Config.Rssm.Stochastic],
    };

    /// <summary>A policy's noise.</summary>
    public TensorSpec ActionNoise(string name) => new()
    {
        Name = name, Role = TensorRole.Noise, Noise = Actions.Discrete ? NoiseKind.Gumbel : NoiseKind.Gaussian,
        Stream = LatentAgent.ActStream, Shape = ["batch", Actions.Size],
    };

    /// <summary>Observation and whether an episode begins with it.</summary>
    public TensorSpec[] Seen =>
    [
        new()
        {
            Name = "observation", Role = TensorRole.Observation, Shape = ["batch", .. Observation.Shape.Select(axis => (Dim)axis)],
        },
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

    /// <summary>Filters an observation: posterior state (B, ...).</summary>
    public RssmState<T> Observe<T>(LatentWorld<T> world, T[] state, T action, T observation, T isFirst, T noise) where T : ITensor<T>
    {
        T goesOn = (1 - isFirst).Reshape(Axis.Keep, 1);                                                 // (B, 1)
        return world.Rssm.Observe(
            state[0] * goesOn, state[1] * goesOn, Vector(action) * goesOn, world.Embed(world.Standard.Forward(observation)), noise);
    }

    /// <summary>An action of the environment as a vector (B, A).</summary>
    public T Vector<T>(T action) where T : ITensor<T>
    {
        if (Actions.Discrete)
            return action.OneHot(Actions.Size);
        T centred = Actions.Middle == 0 ? action : action - Actions.Middle;
        return Actions.Half == 1 ? centred : centred / Actions.Half;
    }

    /// <summary>A vector (B, A) as an action of the environment.</summary>
    public T ActionOf<T>(T vector) where T : ITensor<T>
    {
        if (Actions.Discrete)
            return vector.ArgMax(-1);
        T scaled = Actions.Half == 1 ? vector : vector * Actions.Half;
        return Actions.Middle == 0 ? scaled : scaled + Actions.Middle;
    }

    /// <summary>Rewards in the environment's units (B), of features (B, F).</summary>
    public T Reward<T>(LatentWorld<T> world, T feature) where T : ITensor<T> => Unscaled(world.Reward(feature));

    /// <summary>Rewards or values in the environment's units.</summary>
    public T Unscaled<T>(T value) where T : ITensor<T> => RewardScale == 1 ? value : value / RewardScale;

    /// <summary>Probability that the episode goes on (B), without the discount that its labels carried.</summary>
    public T Continue<T>(LatentWorld<T> world, T feature) where T : ITensor<T> =>
        (world.ContinueLogit(feature).Sigmoid() / Gamma).Minimum(1.0);

    /// <summary><see cref="Arrival"/> at a state.</summary>
    public T[] Arrive<T>(LatentWorld<T> world, T feature) where T : ITensor<T> =>
        [Reward(world, feature), .. Config.Continue is null ? Array.Empty<T>() : [Continue(world, feature)]];

    private TensorSpec Deterministic(string name) => new()
    {
        Name = name, Role = TensorRole.State, Shape = ["batch", Config.Rssm.Deterministic],
    };

    private TensorSpec Stochastic(string name) => new()
    {
        Name = name, Role = TensorRole.State, Shape = ["batch", Config.Rssm.Stochastic],
    };
}
