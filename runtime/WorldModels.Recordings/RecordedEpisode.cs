using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>
/// What a format found of one episode, or of a stretch of one, in the order and under the names of <see cref="EpisodeColumn"/>: N + 1
/// records, where <c>action[t]</c> led to <c>observation[t]</c> and record 0 is the reset. Nothing is checked yet.
/// </summary>
public sealed record RecordedEpisode
{
    /// <summary>Where it stands, for messages: a file, or a file and the name of a group in it.</summary>
    public required string Source { get; init; }

    /// <summary>
    /// The arrays by name. An observation of several parts has one <c>observation/NAME</c> for each, in which NAME may hold more of '/'; an
    /// action likewise. What a format has beside the columns of every episode keeps its own name.
    /// </summary>
    public required IReadOnlyDictionary<string, NpyArray> Columns { get; init; }

    /// <summary>Number of its first record in <see cref="Source"/>, to name records by as the user counts them.</summary>
    public long FirstRecord { get; init; }

    /// <summary>Whether it goes on from a file before: record 0 is no reset then.</summary>
    public bool GoesOn { get; init; }

    /// <summary>Such as <c>float64</c>: how arrays stood in the file, where that is not how they are kept.</summary>
    public IReadOnlyDictionary<string, string> StoredAs { get; init; } = new Dictionary<string, string>();
}
