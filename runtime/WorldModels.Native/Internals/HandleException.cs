namespace WorldModels.Native.Internals;

/// <summary>A handle that cannot be used now, or ever again.</summary>
/// <param name="status"><see cref="Status.NoHandle"/> or <see cref="Status.Busy"/>.</param>
/// <param name="message">For the caller.</param>
internal sealed class HandleException(Status status, string message) : Exception(message)
{
    public Status Status => status;
}
