namespace WorldModels.Models;

/// <summary>What an actor says of continuous actions.</summary>
public enum ActorForm
{
    /// <summary>A normal distribution squashed by tanh (Dreamer V1).</summary>
    TanhNormal,

    /// <summary>A normal distribution about a mean in [-1, 1], clipped (DreamerV2, which truncates it).</summary>
    ClippedNormal,

    /// <summary>A normal distribution about a mean in [-1, 1], whose draws count as the ends beyond them (DreamerV3).</summary>
    BoundedNormal,
}

/// <summary>Sizes of an <see cref="Actor{T}"/>; defaults as published for Dreamer V1.</summary>
public sealed record ActorConfig
{
    /// <summary>Size of a state's feature.</summary>
    public required int Feature { get; init; }

    /// <summary>What it reads of a feature; null: all of it.</summary>
    public FeaturePart? Reads { get; init; }

    /// <summary>Size of the action vector (A).</summary>
    public required int Actions { get; init; }

    /// <summary>Whether the vector is one-hot.</summary>
    public bool Discrete { get; init; }

    /// <summary>Hidden layers.</summary>
    public MlpConfig Layers { get; init; } = new(4, 400);

    /// <summary>Activation of the hidden layers.</summary>
    public Unary Activation { get; init; } = Unary.Elu;

    /// <summary>What it says of continuous actions.</summary>
    public ActorForm Form { get; init; }

    /// <summary>Standard deviation before the squash of an actor that has learnt nothing yet.</summary>
    public double InitialStd { get; init; } = 5;

    /// <summary>Lower bound of the standard deviation before the squash.</summary>
    public double MinimumStd { get; init; } = 1e-4;

    /// <summary>The uniform distribution's share in a discrete policy (DreamerV3: 0.01).</summary>
    public double Unimix { get; init; }

    /// <summary>Factor on the first weights of the last layer, where layers are normalised (DreamerV3: 0.01).</summary>
    public double OutputScale { get; init; } = 1;
}

/// <summary>
/// The policy of Dreamer (Hafner et al. 2020, section 3 and appendix A): a state's feature to a distribution over [-1, 1], or to a
/// one-hot action through which gradients pass straight.
/// </summary>
public sealed class Actor<T> where T : ITensor<T>
{
    // Keeps means off the flat ends of tanh (Hafner et al. 2020, appendix A).
    private const double MeanScale = 5;

    private readonly ActorConfig _config;
    private readonly Mlp<T> _network;
    private readonly double _stdShift;

    public Actor(Parameters<T> p, ActorConfig config)
    {
        _config = config;
        int outputs = config.Discrete ? config.Actions : 2 * config.Actions;
        _network = new(p, config.Reads.SizeOf(config.Feature), config.Layers, outputs, config.Activation, config.OutputScale);
        _stdShift = Math.Log(Math.Exp(config.InitialStd) - 1);
    }

    /// <summary>
    /// The distribution of action vectors (B, A) for features (B, F): a <see cref="OneHot{T}"/> of a discrete policy, a
    /// <see cref="TanhNormal{T}"/>, a <see cref="ClippedNormal{T}"/> or a <see cref="Normal{T}"/> of a continuous one.
    /// </summary>
    public IDistribution<T> Forward(T feature)
    {
        T output = _network.Forward(_config.Reads.Of(feature));
        if (_config.Discrete)
            return OneHot<T>.Mixed(output, 1, _config.Unimix);
        T[] parts = output.Split(-1, _config.Actions, _config.Actions);                                 // 2 x (B, A)
        switch (_config.Form)
        {
            case ActorForm.ClippedNormal:       // between 0.1 and 2.1, at first 1.1
                return new ClippedNormal<T>(parts[0].Tanh(), 2 * (parts[1] / 2).Sigmoid() + 0.1);
            case ActorForm.BoundedNormal:       // between 0.1 and 1, at first 0.89
                return new Normal<T>(parts[0].Tanh(), 0.9 * (parts[1] + 2).Sigmoid() + 0.1);
            default:
                return new TanhNormal<T>(
                    (parts[0] / MeanScale).Tanh() * MeanScale, (parts[1] + _stdShift).Softplus() + _config.MinimumStd);
        }
    }
}
