namespace WorldModels.Recordings;

/// <summary>A way in which people lay out recordings. Stateless.</summary>
internal interface IRecordingFormat
{
    /// <summary>What people call it.</summary>
    string Name { get; }

    /// <summary>Whether a file or a folder looks like it; opens as little as it can.</summary>
    bool Recognises(string path);

    /// <summary>Opens a recording.</summary>
    /// <exception cref="RecordingException">It cannot be read.</exception>
    IRecordingReader Open(string path, RecordingOptions options);
}
