using WorldModels.Bundles;

namespace WorldModels.Train;

/// <summary>Writing to disk, with what a file system refuses told as a user can act on it.</summary>
public static class Disk
{
    /// <summary>Writes text as UTF-8, whole or not at all: on any failure what stood there before still stands.</summary>
    /// <exception cref="UserException">The file system refused.</exception>
    public static void Write(string path, string text)
    {
        try
        {
            AtomicFile.Write(path, stream =>
            {
                using StreamWriter writer = new StreamWriter(stream, leaveOpen: true);
                writer.Write(text);
            });
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            throw Refused(path, exception);
        }
    }

    /// <summary>
    /// Whether an exception is a file system's refusal: no space, no permission, no such folder. .NET tells of a file that outgrows what
    /// the system or the user's limit allows as an argument out of range.
    /// </summary>
    public static bool IsRefusal(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>What to tell the user.</summary>
    public static UserException Refused(string path, Exception exception) => new(
        $"Cannot write {path}: {exception.Message.TrimEnd('.')}. What was there before is untouched; free some space or choose another "
        + "folder, then resume.", exception);
}
