using System.IO.Compression;
using WorldModels.Bundles.Internals;

namespace WorldModels.Bundles;

/// <summary>
/// numpy's npz format: a zip of npy arrays by name, stored or deflated. Names may hold '/'. <c>numpy.load</c> opens what this writes;
/// what arrays it reads, <see cref="Npy"/> says. Thread-safe.
/// </summary>
public static class Npz
{
    private const string Suffix = ".npy";

    /// <summary>Reads every array of a file, or those whose name <paramref name="select"/> takes.</summary>
    /// <exception cref="InvalidDataException">The file is missing, cut short, damaged, or holds an array of another kind.</exception>
    public static Dictionary<string, NpyArray> Read(string path, Func<string, bool>? select = null) =>
        NpyFile.Read(path, stream => ReadArrays(stream, select));

    /// <summary>Reads the arrays of a seekable stream.</summary>
    /// <exception cref="InvalidDataException">As for a file.</exception>
    public static Dictionary<string, NpyArray> Read(Stream stream, Func<string, bool>? select = null)
    {
        try
        {
            return ReadArrays(stream, select);
        }
        catch (Exception e) when (NpyRefusal.Covers(e))
        {
            throw NpyRefusal.ToCaller(e, path: null);
        }
    }

    /// <summary>What a file's arrays are, by name, without reading them. What is no array has a header too, which says so.</summary>
    /// <exception cref="InvalidDataException">The file is missing, or no npz file.</exception>
    public static Dictionary<string, NpyHeader> Headers(string path) => NpyFile.Read(path, stream =>
    {
        using ZipArchive zip = OpenZip(stream);
        return EachArray(zip, select: null, HeaderOf);
    });

    /// <summary>Opens an array of a file, to be read by records.</summary>
    /// <exception cref="InvalidDataException">The file is missing, cut short, or has no such array.</exception>
    public static NpyReader Open(string path, string name) => NpyFile.Open(path, stream =>
    {
        ZipArchive zip = OpenZip(stream, leaveOpen: false);
        ZipArchiveEntry entry = zip.GetEntry(name + Suffix) ?? zip.GetEntry(name) ?? throw new NpyRefusal(
            $"it has no array '{name}', but {string.Join(", ", zip.Entries.Select(NameOf))}. Name one of these");
        return ReadEntry(entry, data => new NpyReader(data, entry.Length, path, $"array '{name}': ", zip));
    });

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
            ZipArchiveEntry entry = zip.CreateEntry(name + Suffix, compress ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
            entry.LastWriteTime = new DateTime(1980, 1, 1, 0, 0, 0, DateTimeKind.Unspecified); // The same arrays are the same bytes.
            using Stream data = entry.Open();
            Npy.Write(data, array);
        }
    }

    private static Dictionary<string, NpyArray> ReadArrays(Stream stream, Func<string, bool>? select)
    {
        using ZipArchive zip = OpenZip(stream);
        return EachArray(zip, select, entry => ReadEntry(entry, data =>
        {
            using (data)
                return NpyReader.ReadWhole(data, NpyReader.ReadHeader(data, entry.Length));
        }));
    }

    private static Dictionary<string, T> EachArray<T>(ZipArchive zip, Func<string, bool>? select, Func<ZipArchiveEntry, T> read)
    {
        Dictionary<string, T> arrays = new Dictionary<string, T>();
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            string name = NameOf(entry);
            if (name.EndsWith('/') || (select is not null && !select(name)))        // a folder is an entry too
                continue;
            if (!arrays.TryAdd(name, read(entry)))
                throw new NpyRefusal($"array '{name}' appears twice. Write the file again");
        }
        return arrays;
    }

    private static NpyHeader HeaderOf(ZipArchiveEntry entry)
    {
        try
        {
            using Stream data = OpenEntry(entry);
            return NpyReader.ReadHeader(data, entry.Length);
        }
        catch (Exception e) when (NpyRefusal.Covers(e))
        {
            return NpyHeader.Unreadable(NpyRefusal.TextOf(e));
        }
    }

    private static T ReadEntry<T>(ZipArchiveEntry entry, Func<Stream, T> read)
    {
        try
        {
            return read(OpenEntry(entry));
        }
        catch (Exception e) when (NpyRefusal.Covers(e))
        {
            throw new NpyRefusal($"array '{NameOf(entry)}': {NpyRefusal.TextOf(e)}", e);
        }
    }

    private static Stream OpenEntry(ZipArchiveEntry entry)
    {
        if (entry.IsEncrypted)
            throw new NpyRefusal("it is encrypted. Write the file again without a password");
        try
        {
            return entry.Open();
        }
        catch (InvalidDataException e)
        {
            // Damaged, or compressed by other than deflate, which the message says.
            throw new NpyRefusal($"{e.Message.TrimEnd('.')}. Write the file again with numpy.savez or numpy.savez_compressed", e);
        }
    }

    /// <summary>As numpy names an entry: without the suffix, if it has one.</summary>
    private static string NameOf(ZipArchiveEntry entry) =>
        entry.FullName.EndsWith(Suffix, StringComparison.Ordinal) ? entry.FullName[..^Suffix.Length] : entry.FullName;

    private static ZipArchive OpenZip(Stream stream, bool leaveOpen = true)
    {
        try
        {
            ZipArchive zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen);
            _ = zip.Entries; // Reads the directory at the file's end.
            return zip;
        }
        catch (InvalidDataException e)
        {
            byte[] head = new byte[FileHead.Length];
            stream.Position = 0;
            int length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            throw new NpyRefusal(FileHead.NotNpz(head.AsSpan(0, length)), e);
        }
    }
}
