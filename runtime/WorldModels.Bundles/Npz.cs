using System.IO.Compression;

namespace WorldModels.Bundles;

/// <summary>
/// numpy's npz format: a zip of npy arrays by name, stored or deflated. Names may hold '/'. <c>numpy.load</c> opens what this writes.
/// Thread-safe.
/// </summary>
public static class Npz
{
    /// <summary>Reads every array of a file, or those whose name <paramref name="select"/> takes.</summary>
    /// <exception cref="InvalidDataException">The file is missing, cut short, damaged, or holds an array of another kind.</exception>
    public static Dictionary<string, NpyArray> Read(string path, Func<string, bool>? select = null)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"There is no file '{path}'.");
        try
        {
            using FileStream stream = File.OpenRead(path);
            return Read(stream, select);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"'{path}' cannot be read: {e.Message}. Copy the file again, or write it again.", e);
        }
    }

    /// <summary>Reads the arrays of a seekable stream.</summary>
    /// <exception cref="InvalidDataException">As for a file.</exception>
    public static Dictionary<string, NpyArray> Read(Stream stream, Func<string, bool>? select = null)
    {
        Dictionary<string, NpyArray> arrays = new Dictionary<string, NpyArray>();
        using ZipArchive zip = Open(stream);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            if (!entry.FullName.EndsWith(".npy", StringComparison.Ordinal))
                continue;
            string name = entry.FullName[..^4];
            if (select is not null && !select(name))
                continue;
            if (!arrays.TryAdd(name, ReadEntry(entry, name)))
                throw new InvalidDataException($"array '{name}' appears twice");
        }
        return arrays;
    }

    /// <summary>Writes arrays to a file; a reader sees the old file or the new one.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="arrays">The arrays by name.</param>
    /// <param name="compress">Deflate (numpy's <c>savez_compressed</c>), or store (<c>savez</c>).</param>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NpyArray>> arrays, bool compress = true) =>
        AtomicFile.Write(path, stream => Write(stream, arrays, compress));

    /// <summary>Writes arrays to a stream.</summary>
    /// <exception cref="ArgumentException">A name appears twice.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, NpyArray>> arrays, bool compress = true)
    {
        using ZipArchive zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        HashSet<string> names = new HashSet<string>();
        foreach ((string name, NpyArray array) in arrays)
        {
            if (!names.Add(name))
                throw new ArgumentException($"Array '{name}' appears twice.", nameof(arrays));
            ZipArchiveEntry entry = zip.CreateEntry(name + ".npy", compress ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
            entry.LastWriteTime = new DateTime(1980, 1, 1, 0, 0, 0, DateTimeKind.Unspecified); // The same arrays are the same bytes.
            using Stream data = entry.Open();
            Npy.Write(data, array);
        }
    }

    private static NpyArray ReadEntry(ZipArchiveEntry entry, string name)
    {
        try
        {
            using Stream data = entry.Open();
            return Npy.Read(data, entry.Length);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"array '{name}': {e.Message}", e);
        }
    }

    private static ZipArchive Open(Stream stream)
    {
        try
        {
            ZipArchive zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            _ = zip.Entries; // Reads the directory at the file's end.
            return zip;
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException("not a complete npz (zip) file", e);
        }
    }
}
