namespace WorldModels.Bundles;

/// <summary>Files that are whole or absent: a reader, or a crash, sees the old one or the new one.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes beside <paramref name="path"/>, flushes to disk and renames. On any failure what stood there before still stands.
    /// </summary>
    /// <param name="path">The file; one writer at a time.</param>
    /// <param name="write">Writes the contents.</param>
    /// <exception cref="IOException">The file system refused.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = path + ".tmp";
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
}
