namespace WorldModels.Onnx;

internal static class Files
{
    /// <summary>Writes a file whole or not at all: a reader that has the old one open keeps it.</summary>
    public static void Replace(string path, Action<FileStream> write)
    {
        string temporary = path + ".tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public static FileStream Open(string path) =>
        File.Exists(path) ? File.OpenRead(path) : throw new FileNotFoundException($"There is no file '{path}'.", path);
}
