using System.Text;

namespace WorldModels.Bundles.Internals;

/// <summary>Says by its first bytes what a file is that is not what was expected, and what to do.</summary>
internal static class FileHead
{
    /// <summary>As many bytes as the answer needs.</summary>
    public const int Length = 64;

    /// <summary>What to do about a damaged file.</summary>
    public const string Again = "Copy the file again, or write it again";

    private const string Save = "Save its arrays with numpy.savez";

    /// <summary>What begins like this and does not open as npz.</summary>
    public static string NotNpz(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith(Npy.Magic))
            return "it is one bare array (npy), not an npz of named arrays. Save it with numpy.savez(file, name=array)";
        if (head.StartsWith("PK\x03\x04"u8))
            return $"the directory at its end is not found: it was cut short, or changed in transfer (text mode). {Again}";
        return Other(head) ?? $"it is no npz (zip) file. {Save}";
    }

    /// <summary>What begins like this and is no npy.</summary>
    public static string NotNpy(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("PK\x03\x04"u8))
            return "it is a zip or npz file, not one bare array (npy). Open it as npz";
        if (!head.IsEmpty && Npy.Magic.AsSpan().StartsWith(head))
            return $"it is cut short. {Again}";
        return Other(head) ?? "it is not a numpy array. Save it with numpy.save or numpy.savez";
    }

    private static string? Other(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
            return $"it is empty. {Again}";
        if (head.StartsWith("version https://git-lfs.github.com/spec/v1"u8))
            return "it is a Git LFS pointer, not the file itself. Run: git lfs pull";
        if (head[..Math.Min(head.Length, 9)].IndexOf("NUMPY"u8) > 0)
            return $"it was changed in transfer (as text). {Again}";
        if (head is [0x80, >= 2 and <= 5, ..])
            return $"it is a pickle of Python objects, which is not read. {Save}";
        if (Compressor(head) is string compressor)
            return $"it is compressed with {compressor}. Decompress it";
        if (head is [0x89, (byte)'H', (byte)'D', (byte)'F', ..])
            return $"it is an HDF5 file. {Save}";
        return IsText(head) ? $"it is text, which begins '{FirstLine(head)}'. {Save}" : null;
    }

    private static string? Compressor(ReadOnlySpan<byte> head) => head switch
    {
        [0x1f, 0x8b, ..] => "gzip",
        [(byte)'B', (byte)'Z', (byte)'h', ..] => "bzip2",
        [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => "xz",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd",
        _ => null,
    };

    private static bool IsText(ReadOnlySpan<byte> head) => !head.ContainsAnyInRange<byte>(0, 8) && !head.ContainsAnyInRange<byte>(14, 31)
        && !head.ContainsAnyInRange<byte>(127, 255);

    private static string FirstLine(ReadOnlySpan<byte> head)
    {
        string text = Encoding.ASCII.GetString(head).Trim();
        return text.Split('\r', '\n')[0];
    }
}
