namespace WorldModels.MLNet;

/// <summary>The columns that a recording gets beside those of its episodes.</summary>
public static class RecordingColumn
{
    /// <summary>The number of the episode in the recording, Int64 from 0.</summary>
    public const string Episode = "episode";

    /// <summary>The number of the record in its episode, Int64 from 0: the reset.</summary>
    public const string Step = "step";
}
