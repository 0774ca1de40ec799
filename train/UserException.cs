namespace WorldModels.Train;

/// <summary>A mistake of the user or of his machine: its message is all he needs, no stack trace.</summary>
public sealed class UserException(string message, Exception? inner = null) : Exception(message, inner);
