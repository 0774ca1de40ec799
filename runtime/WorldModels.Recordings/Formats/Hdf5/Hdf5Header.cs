using System.Buffers.Binary;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>
/// The first bytes of an HDF5 file, which say how long it has to be: PureHDF reads on past the end of one that was cut short.
/// </summary>
internal static class Hdf5Header
{
    private const int OldPrefix = 24;
    private const int NewPrefix = 12;

    private static readonly byte[] Signature = [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n'];

    /// <summary>Whether a file begins as HDF5 files do; false, too, where it cannot be read.</summary>
    public static bool Recognises(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return Find(stream) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Refuses what is no HDF5 file, or one that is cut short.</summary>
    /// <exception cref="RecordingException">It is one of these.</exception>
    public static void Check(FileStream stream)
    {
        long start = Find(stream);
        if (start < 0)
        {
            throw new RecordingException($"'{stream.Name}' is no HDF5 file: it does not begin as one. If it came from Git LFS or a web "
                + "page, download the file itself");
        }
        long end = End(stream, start);
        if (end > stream.Length)
        {
            throw new RecordingException($"'{stream.Name}' is cut short: it has {stream.Length} bytes of {end}. Copy or download it again, "
                + "or let its writer close it");
        }
    }

    /// <summary>Where the header begins: at 0, or after a user's block of 512, 1024, ... bytes; -1: nowhere.</summary>
    private static long Find(FileStream stream)
    {
        Span<byte> bytes = stackalloc byte[8];
        for (long at = 0; at + bytes.Length <= stream.Length; at = at == 0 ? 512 : at * 2)
        {
            stream.Position = at;
            stream.ReadExactly(bytes);
            if (bytes.SequenceEqual(Signature))
                return at;
        }
        return -1;
    }

    /// <summary>The end of the file as its header has it; 0: it does not say.</summary>
    private static long End(FileStream stream, long start)
    {
        byte[] header = new byte[64];
        stream.Position = start;
        int read = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        int version = header[8];
        int offsets = version < 2 ? header[13] : header[9];
        // Versions 0 and 1 have ranks of trees before the addresses; all have two addresses before that of the end.
        int at = version < 2 ? OldPrefix + 4 * version + 2 * offsets : NewPrefix + 2 * offsets;
        if (offsets != 8 || at + offsets > read)
            return 0;
        return (long)BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(at));
    }
}
