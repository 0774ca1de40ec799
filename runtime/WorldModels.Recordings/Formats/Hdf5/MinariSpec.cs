namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>What a Minari data set says of itself, beside its episodes.</summary>
public sealed record MinariSpec
{
    /// <summary>Its name, such as <c>pendulum/random-v0</c>; it is also the folder under the root.</summary>
    public required string Id { get; init; }

    /// <summary>What the episodes are of.</summary>
    public required DatasetSpec Dataset { get; init; }

    /// <summary>The lowest value of each number of an observation; null: that of its type.</summary>
    public IReadOnlyList<double>? ObservationLows { get; init; }

    /// <summary>The highest value of each number of an observation; null: that of its type.</summary>
    public IReadOnlyList<double>? ObservationHighs { get; init; }

    /// <summary>Gymnasium's JSON of the environment, by which Minari makes one; null: it cannot.</summary>
    public string? EnvSpec { get; init; }

    /// <summary>The version of Minari whose layout this is: Minari opens those of its own list alone.</summary>
    public string MinariVersion { get; init; } = "0.5.3";

    /// <summary>What played the episodes.</summary>
    public string? AlgorithmName { get; init; }

    /// <summary>Who made the data set.</summary>
    public IReadOnlyList<string>? Author { get; init; }

    /// <summary>How to reach them.</summary>
    public IReadOnlyList<string>? AuthorEmail { get; init; }

    /// <summary>Where the code is that made it.</summary>
    public string? CodePermalink { get; init; }

    /// <summary>What it is, in words.</summary>
    public string? Description { get; init; }

    /// <summary>What the environment needs, as pip has it.</summary>
    public IReadOnlyList<string>? Requirements { get; init; }
}
