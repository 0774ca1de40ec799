namespace WorldModels.Bundles;

/// <summary>Files that are whole or absent: a reader, or a crash, sees the old one or the new one.</summary>
public static class AtomicFile
{
    private const string Temporary = ".tmp";

    /// <summary>
    /// Writes beside <paramref name="path"/>, flushes to disk and renames. On any failure what stood there before still stands.
    /// </summary>
    /// <param name="path">The file; one writer at a time.</param>
    /// <param name="write">Writes the contents.</param>
    /// <exception cref="IOException">The file system refused.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = path + Temporary;
        try
        {
            using (FileStream stream = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>
    /// Makes the directory of a file that is going to be written, and tries to write there: a wrong path shall fail before the work, not
    /// after it.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Prepare(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new IOException("it is a directory");
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            new FileStream(path + Temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"'{path}' cannot be written: {exception.Message.TrimEnd('.')}. Name a file in a folder that you may write to.", exception);
        }
    }
}
