namespace WorldModels.Recordings;

/// <summary>An open recording: parts that are read one by one, each with one episode or several. Thread-safe.</summary>
internal interface IRecordingReader : IDisposable
{
    /// <summary>What it is, in words for the user: format, and how it was understood.</summary>
    string Description { get; }

    /// <summary>What the recording says of its spaces; null: nothing, they are read off the episodes.</summary>
    DatasetSpec? Declared { get; }

    /// <summary>What was understood in a way that another might not expect, one sentence each.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>Every file that it reads.</summary>
    IReadOnlyList<string> Files { get; }

    /// <summary>Number of parts.</summary>
    int Parts { get; }

    /// <summary>Reads a part's episodes, in their order.</summary>
    /// <exception cref="RecordingException">It is damaged, or contradicts itself.</exception>
    IEnumerable<RecordedEpisode> Read(int part);
}
