using System.Text;
using System.Text.Json;

namespace WorldModels.Bundles;

/// <summary>What is wrong with a file of a bundle. Faults of one kind are said in one line, however many files have them.</summary>
/// <param name="File">The file's name.</param>
/// <param name="One">What it is or has, of one file.</param>
/// <param name="Many">The same of several.</param>
/// <param name="Detail">What is known of this file alone, or empty.</param>
/// <param name="Cure">What to do.</param>
internal sealed record FileFault(string File, string One, string Many, string Detail, string Cure)
{
    private const int MostNames = 3, LongestPointer = 1024, MostText = 1 << 26;

    private static readonly byte[] PointerStart = "version https://git-lfs.github.com/spec/"u8.ToArray();

    public static FileFault Missing(string file) =>
        new(file, "is missing", "are missing", "", "copy the bundle again, with all its files");

    public static FileFault Empty(string file) => new(file, "is empty, or a device or pipe in place of a file",
        "are empty, or devices or pipes in place of files", "", "copy the bundle again");

    public static FileFault Folder(string file) => new(file, "is a directory, or a link to one, in place of a file",
        "are directories, or links to some, in place of files", "", "copy the bundle again, with links followed (cp -rL)");

    public static FileFault Outside(string file) => new($"'{file}'", "leaves the bundle's directory", "leave the bundle's directory", "",
        "expected a plain relative path with '/'");

    public static FileFault Unlisted(string file) => new(file, "is in the directory but not in the manifest",
        "are in the directory but not in the manifest", "", "remove what is no part of the bundle, or export the bundle again");

    public static FileFault LeadsNowhere(string file, string target) => new(file, "is a link that leads nowhere",
        "are links that lead nowhere", $"to '{target}'", target.Replace('\\', '/').Contains("/annex/objects/")
            ? "fetch what it stands for, by 'git annex get'"
            : "fetch the bundle again, and copy it with its links followed (cp -rL)");

    /// <summary>A file whose content is not what was exported: what happened to it, as far as that can be seen.</summary>
    public static FileFault Of(string path, string name, string expected, string found)
    {
        long length = new FileInfo(path).Length;
        byte[]? content = length <= MostText ? System.IO.File.ReadAllBytes(path) : null;
        if (content is not null && Replacement(content, name) is { } replaced)
            return replaced;
        if (content is not null && HasOtherLineEnds(content, expected))
        {
            return new(name, "has other line ends than it was exported with", "have other line ends than they were exported with", "",
                "git's core.autocrlf or an editor changed them; run 'git config core.autocrlf false', delete the files and "
                + "'git checkout' them again, or state '* -text' in .gitattributes");
        }

        if (content is not null && IsCutShort(content, Path.GetExtension(name).ToLowerInvariant()))
        {
            return new(name, "is cut short", "are cut short", $"{length} bytes are here", "a copy or download ended early: fetch it again");
        }

        return new(name, "is damaged or was changed", "are damaged or were changed", $"expected sha256 {expected}, found {found}, {length} "
            + "bytes", "copy the bundle again, or export it again");
    }

    /// <summary>What came in place of a file, where its beginning tells; else null.</summary>
    public static FileFault? Replacement(ReadOnlySpan<byte> content, string name)
    {
        if (content.Length <= LongestPointer && content.StartsWith(PointerStart))
        {
            return new(name, "is a Git LFS pointer in place of the file", "are Git LFS pointers in place of the files", "",
                "run 'git lfs install' and 'git lfs pull' where the bundle was cloned");
        }

        string start = Encoding.ASCII.GetString(content[..Math.Min(content.Length, 64)]).TrimStart('?', ' ', '\r', '\n', '\t');
        return start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            ? new(name, "is a web page in place of the file", "are web pages in place of the files", "",
                "a download got a login or an error: fetch it again, from the address of the file itself")
            : null;
    }

    /// <summary>A line for each kind of fault.</summary>
    public static List<string> Lines(IReadOnlyCollection<FileFault> faults) =>
        [.. faults.GroupBy(fault => (fault.Many, fault.Cure)).Select(kind => Line([.. kind]))];

    private static string Line(FileFault[] faults)
    {
        FileFault first = faults[0];
        string detail = first.Detail.Length == 0 ? "" : $" ({first.Detail})";
        if (faults.Length == 1)
            return $"{first.File} {first.One}{detail}: {first.Cure}";
        string names = string.Join(", ", faults.Take(MostNames).Select((fault, i) => fault.File + (i == 0 ? detail : "")));
        string rest = faults.Length > MostNames ? $" and {faults.Length - MostNames} more" : "";
        return $"{faults.Length} files {first.Many}: {names}{rest}; {first.Cure}";
    }

    private static bool HasOtherLineEnds(byte[] content, string expected)
    {
        string text = Encoding.Latin1.GetString(content), plain = text.Replace("\r\n", "\n");
        return text.Contains('\n') && ((string[])[plain, plain.Replace("\n", "\r\n")])
            .Any(other => Manifest.Hash(Encoding.Latin1.GetBytes(other)).Equals(expected, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether a file's own statements of length go beyond its end.</summary>
    private static bool IsCutShort(ReadOnlySpan<byte> content, string extension) => extension switch
    {
        ".onnx" => OnnxExternalData.IsCutShort(content),
        ".npz" => content.StartsWith("PK\u0003\u0004"u8) && content.LastIndexOf("PK\u0005\u0006"u8) < 0,
        ".safetensors" => Safetensors.IsCutShort(content),
        ".json" => content.StartsWith("{"u8) && IsOpen(content),
        _ => false,
    };

    private static bool IsOpen(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
            }
            return reader.CurrentDepth > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
