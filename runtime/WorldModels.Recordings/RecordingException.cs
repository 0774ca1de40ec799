namespace WorldModels.Recordings;

/// <summary>A recording cannot be read, or contradicts itself: the message names the file, the array and the record, and says what to do.</summary>
public sealed class RecordingException(string message, Exception? inner = null) : Exception(message, inner);
