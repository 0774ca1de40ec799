namespace WorldModels.Environments.MuJoCo;

/// <summary>MuJoCo is not there, is a version that is not known, or cannot go on; the message says what to do.</summary>
public sealed class MuJoCoException(string message) : Exception(message);
