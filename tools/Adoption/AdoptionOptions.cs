using WorldModels.Bundles;

namespace WorldModels.Tools;

/// <summary>What <see cref="Adoption"/> is told. What is null, it finds out, or asks for by the name of the command's option.</summary>
public sealed record AdoptionOptions
{
    /// <summary>The folder of ONNX files, which becomes the bundle.</summary>
    public required string Folder { get; init; }

    /// <summary>The bundle's name; null: the folder's.</summary>
    public string? Name { get; init; }

    /// <summary>The environment that the networks were trained on, registered here or not.</summary>
    public string? Environment { get; init; }

    /// <summary>The algorithm that trained them.</summary>
    public string? Algorithm { get; init; }

    /// <summary>How many numbered actions there are; null: the environment's.</summary>
    public int? ActionCount { get; init; }

    /// <summary>The bounds of real actions; null: the environment's.</summary>
    public (double Low, double High)? ActionBounds { get; init; }

    /// <summary>The bounds of observations; null: the environment's.</summary>
    public (double Low, double High)? ObservationBounds { get; init; }

    /// <summary>What the numbers of an observation are called; empty: as in the environment.</summary>
    public IReadOnlyList<string> ObservationNames { get; init; } = [];

    /// <summary>What actions, or the numbers of one, are called; empty: as in the environment.</summary>
    public IReadOnlyList<string> ActionNames { get; init; } = [];

    /// <summary>Steps of the environment that an action lasts.</summary>
    public int ActionRepeat { get; init; } = 1;

    /// <summary>Which file is which graph, where its name does not tell: graph to file.</summary>
    public IReadOnlyDictionary<string, string> Graphs { get; init; } = new Dictionary<string, string>();

    /// <summary>Which tensor has which role, where its name does not tell.</summary>
    public IReadOnlyDictionary<string, TensorRole> Roles { get; init; } = new Dictionary<string, TensorRole>();

    /// <summary>The distribution of noise inputs, where their names do not tell.</summary>
    public IReadOnlyDictionary<string, NoiseKind> Noise { get; init; } = new Dictionary<string, NoiseKind>();

    /// <summary>What a policy's numbers for each action are; null: by their name.</summary>
    public ActionScores? Scores { get; init; }

    /// <summary>Recorded episodes, whose observations become the starts; empty: the environment is played by random actions.</summary>
    public IReadOnlyList<Measure.RealEpisode> Recordings { get; init; } = [];
}

/// <summary>What a policy gives for each numbered action, where it does not give the action.</summary>
public enum ActionScores
{
    /// <summary>Unnormalised log-probabilities: an action is drawn.</summary>
    Logits,

    /// <summary>Values, such as Q: the best action is taken.</summary>
    Values,
}
