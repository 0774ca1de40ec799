namespace WorldModels.Train;

/// <summary>A mistake of the user or of his machine: its message is all he needs, no stack trace.</summary>
public sealed class UserException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The command line was used wrongly; the message says how to use it.</summary>
public sealed class UsageException(string message) : Exception(message);
