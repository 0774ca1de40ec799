using System.Text.Json.Serialization;
using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>What the episodes of a folder are of.</summary>
public sealed record DatasetSpec
{
    /// <summary>The file in a folder of episodes that says so; without it, it is read off the episodes.</summary>
    public const string FileName = "dataset.json";

    /// <summary>The environment they were recorded in.</summary>
    public string Environment { get; init; } = NoEnvironment;

    /// <summary>The name of an environment that nobody knows.</summary>
    public const string NoEnvironment = "none";

    /// <summary>Numbers in an observation.</summary>
    public required int Observation { get; init; }

    /// <summary>The actions.</summary>
    public required ActionSpec Action { get; init; }

    /// <summary>Steps of the environment that one action lasted.</summary>
    public int ActionRepeat { get; init; } = 1;

    /// <summary>Whether nobody wrote this down: actions and their bounds are those that occur.</summary>
    [JsonIgnore]
    public bool IsInferred { get; init; }
}
