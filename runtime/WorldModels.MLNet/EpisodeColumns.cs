using WorldModels.Recordings;

namespace WorldModels.MLNet;

/// <summary>Which columns of ML.NET's data hold what of an episode.</summary>
public sealed record EpisodeColumns
{
    /// <summary>Equal values that follow each other are an episode: of any number type, text, a key or Boolean.</summary>
    public string Episode { get; init; } = RecordingColumn.Episode;

    /// <summary>A Single, or a vector of Single or Byte.</summary>
    public string Observation { get; init; } = EpisodeColumn.Observation;

    /// <summary>Int64, or a Single or a vector of Single.</summary>
    public string Action { get; init; } = EpisodeColumn.Action;

    /// <summary>
    /// Whether the action of a row was taken at its observation, as policies give it; otherwise it led there. What was taken at the last
    /// row led nowhere, and is left out.
    /// </summary>
    public ActionAlignment Actions { get; init; } = ActionAlignment.Led;

    /// <summary>A Single, received on arriving at the row's observation.</summary>
    public string Reward { get; init; } = EpisodeColumn.Reward;

    /// <summary>Boolean: whether nothing follows.</summary>
    public string Terminated { get; init; } = EpisodeColumn.Terminated;

    /// <summary>Boolean: whether the episode was cut off there.</summary>
    public string Truncated { get; init; } = EpisodeColumn.Truncated;

    /// <summary>Columns that are written beside those, under their own names.</summary>
    public IReadOnlyCollection<string> Extras { get; init; } = [];
}
