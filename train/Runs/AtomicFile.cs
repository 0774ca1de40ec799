namespace WorldModels.Train;

/// <summary>Files that are whole or absent: written beside their place, flushed to disk, then renamed.</summary>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/>; on any failure (a full disk, a killed process) what stood there before still stands.</summary>
    /// <exception cref="UserException">The file system refused.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = path + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (IsRefusal(exception))
        {
            try
            {
                File.Delete(temporary);
            }
            catch (IOException)
            {
                // The first failure is the one to report.
            }
            throw Refused(path, exception);
        }
    }

    /// <summary>
    /// Whether an exception is a file system's refusal: no space, no permission, no such folder. .NET tells of a file that outgrows what
    /// the system or the user's limit allows as an argument out of range.
    /// </summary>
    public static bool IsRefusal(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>What to tell the user when a file system refuses.</summary>
    public static UserException Refused(string path, Exception exception) => new(
        $"Cannot write {path}: {exception.Message.TrimEnd('.')}. What was there before is untouched; free some space or choose another folder, "
        + "then resume.", exception);

    /// <summary>Writes text as UTF-8.</summary>
    public static void Write(string path, string text) => Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(text);
    });
}
