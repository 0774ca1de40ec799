using System.Text.Json;
using System.Text.Json.Serialization;
using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>What recorded episodes are of.</summary>
public sealed record DatasetSpec
{
    /// <summary>The file in a folder of episodes that says so; without it, it is read off the episodes.</summary>
    public const string FileName = "dataset.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
    };

    /// <summary>The environment they were recorded in.</summary>
    public string Environment { get; init; } = NoEnvironment;

    /// <summary>The name of an environment that nobody knows.</summary>
    public const string NoEnvironment = "none";

    /// <summary>Numbers in an observation.</summary>
    public required int Observation { get; init; }

    /// <summary>What the numbers of an observation are called; null: nobody said.</summary>
    public IReadOnlyList<string>? ObservationNames { get; init; }

    /// <summary>The actions.</summary>
    public required ActionSpec Action { get; init; }

    /// <summary>Steps of the environment that one action lasted.</summary>
    public int ActionRepeat { get; init; } = 1;

    /// <summary>Whether nobody wrote this down: actions and their bounds are those that occur.</summary>
    [JsonIgnore]
    public bool IsInferred { get; init; }

    /// <summary>What a folder's file says; null: there is none.</summary>
    /// <exception cref="RecordingException">It does not describe a dataset.</exception>
    public static DatasetSpec? Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
            return null;
        try
        {
            DatasetSpec spec = JsonSerializer.Deserialize<DatasetSpec>(File.ReadAllText(file), Json) ?? throw new JsonException("it is empty.");
            if (spec.Observation < 1 || spec.ActionRepeat < 1)
                throw new JsonException("observation and actionRepeat are whole numbers of at least 1.");
            if (spec.ObservationNames is { } names && names.Count != spec.Observation)
                throw new JsonException($"there are {names.Count} observationNames for {spec.Observation} numbers.");
            ActionSpec action = spec.Action;
            bool whole = action.Kind == ActionKind.Discrete ? action.Count > 0 : action is { Shape: [> 0] } && action.HasBounds;
            return whole ? spec : throw new JsonException(
                "action needs a count (discrete), or a shape [A] and low < high, or lows and highs of A numbers each (continuous).");
        }
        catch (JsonException exception)
        {
            throw new RecordingException($"{file} does not describe a dataset: {exception.Message.TrimEnd('.')}. Restore it, or delete it to "
                + "have the actions read off the episodes.", exception);
        }
    }

    /// <summary>As the file holds it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";
}
