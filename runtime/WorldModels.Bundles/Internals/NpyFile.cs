namespace WorldModels.Bundles.Internals;

/// <summary>Opens files such that what goes wrong names the file.</summary>
internal static class NpyFile
{
    /// <summary>Reads a file and closes it.</summary>
    public static T Read<T>(string path, Func<FileStream, T> read) => Open(path, stream =>
    {
        using (stream)
            return read(stream);
    });

    /// <summary>Opens a file; it stays open, but for an error.</summary>
    public static T Open<T>(string path, Func<FileStream, T> open)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"There is no file '{path}'.");
        FileStream? stream = null;
        try
        {
            stream = File.OpenRead(path);
            return open(stream);
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (NpyRefusal.Covers(e))
                throw NpyRefusal.ToCaller(e, path);
            throw;
        }
    }
}
