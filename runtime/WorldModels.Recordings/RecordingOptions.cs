namespace WorldModels.Recordings;

/// <summary>How a recording is to be understood where it does not say so itself.</summary>
public sealed record RecordingOptions
{
    /// <summary>What an episode's end means where no array says so.</summary>
    public UnmarkedEnds Ends { get; init; } = UnmarkedEnds.Refused;

    /// <summary>Which observation an action belongs to.</summary>
    public ActionAlignment Actions { get; init; } = ActionAlignment.ByFormat;

    /// <summary>Whether an episode without rewards is refused; otherwise they are zeros.</summary>
    public bool NeedsRewards { get; init; } = true;

    /// <summary>Columns that are read beside those of every episode.</summary>
    public IReadOnlyCollection<string> Extras { get; init; } = [];

    /// <summary>Bytes of observations that are kept in memory; what is beyond is read from a temporary file when it is looked at.</summary>
    public long Memory { get; init; } = ObservationStore.HalfOfTheMachine;

    /// <summary>Whether pictures beside vectors are kept; they are checked anyway.</summary>
    public bool KeepPictures { get; init; }

    /// <summary>Whether the picture is the observation, (N + 1, C, H, W) however it was recorded, and vectors beside it are left out.</summary>
    public bool SeePictures { get; init; }
}

/// <summary>What the end of an episode means where no array says so.</summary>
public enum UnmarkedEnds
{
    /// <summary>Refused: it has to be said.</summary>
    Refused,

    /// <summary>Every episode was cut off from outside, as by a time limit; the model learns that nothing ever ends.</summary>
    Truncated,

    /// <summary>The environment ended every episode.</summary>
    Terminated,
}

/// <summary>Which observation <c>action[t]</c> belongs to.</summary>
public enum ActionAlignment
{
    /// <summary>As the format has it.</summary>
    ByFormat,

    /// <summary>It led to <c>observation[t]</c>, as in PlaNet, Dreamer V1 and V2.</summary>
    Led,

    /// <summary>It was taken at <c>observation[t]</c>, as in Dreamer V3, Minari and D4RL.</summary>
    Taken,
}
