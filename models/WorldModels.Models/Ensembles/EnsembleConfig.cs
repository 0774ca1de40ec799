namespace WorldModels.Models;

/// <summary>How far members of an ensemble are apart, as one number a row.</summary>
public enum DisagreementForm
{
    /// <summary>The mean over outputs of the variance over members (Plan2Explore's first code, with Dreamer V1).</summary>
    Variance,

    /// <summary>The mean over outputs of the standard deviation over members (its code with DreamerV2).</summary>
    Deviation,
}

/// <summary>Sizes of an <see cref="Ensemble{T}"/>.</summary>
public sealed record EnsembleConfig
{
    /// <summary>Members (K).</summary>
    public required int Members { get; init; }

    /// <summary>Size of a state's feature.</summary>
    public required int Feature { get; init; }

    /// <summary>What members read of a feature; null: all of it.</summary>
    public FeaturePart? Reads { get; init; }

    /// <summary>Size of the action vector (A).</summary>
    public required int Actions { get; init; }

    /// <summary>Hidden layers of each member.</summary>
    public required MlpConfig Layers { get; init; }

    /// <summary>Activation of the hidden layers.</summary>
    public Unary Activation { get; init; } = Unary.Relu;

    /// <summary>Whether the action is put beside the input of every hidden layer; if not, beside the first one's alone.</summary>
    public bool ActionAtEveryLayer { get; init; }

    /// <summary>Numbers that a member says of the next step (O).</summary>
    public required int Outputs { get; init; }

    /// <summary>How their distance is measured.</summary>
    public DisagreementForm Form { get; init; }

    /// <summary>Factor on it.</summary>
    public double Scale { get; init; } = 1;
}
