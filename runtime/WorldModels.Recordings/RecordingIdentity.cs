using System.Security.Cryptography;
using System.Text.Json;

namespace WorldModels.Recordings;

/// <summary>A file of a recording, as far as it takes to tell it from another.</summary>
/// <param name="Name">Its name, without a folder: a recording may move.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Head">SHA-256 of its first 64 KiB, in hexadecimal.</param>
public sealed record FileIdentity(string Name, long Size, string Head);

/// <summary>Which files a run learnt from, so that it can tell when it goes on with others.</summary>
public sealed record RecordingIdentity(IReadOnlyList<FileIdentity> Files)
{
    /// <summary>The file in the folder of a run.</summary>
    public const string FileName = "dataset-files.json";

    private const int HeadLength = 64 * 1024;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Looks at the files of a recording.</summary>
    public static RecordingIdentity Of(Recording recording) => new([.. recording.Files.Select(Identify)]);

    /// <summary>What a file holds.</summary>
    /// <exception cref="RecordingException">It is damaged.</exception>
    public static RecordingIdentity Parse(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<RecordingIdentity>(File.ReadAllText(path), Json) ?? throw new JsonException("it is empty");
        }
        catch (JsonException exception)
        {
            throw new RecordingException($"{path} does not say which files the run learnt from: {exception.Message.TrimEnd('.')}. Restore it, or "
                + "delete it to go on without knowing.", exception);
        }
    }

    /// <summary>As the file holds it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>What another recording has otherwise, in words; null: they are the same.</summary>
    public string? DifferenceTo(RecordingIdentity other)
    {
        Dictionary<string, FileIdentity> here = Files.ToDictionary(file => file.Name), there = other.Files.ToDictionary(file => file.Name);
        string[] missing = [.. here.Keys.Except(there.Keys).Order(StringComparer.Ordinal)];
        string[] added = [.. there.Keys.Except(here.Keys).Order(StringComparer.Ordinal)];
        string[] changed = [.. here.Keys.Where(name => there.TryGetValue(name, out FileIdentity? file) && file != here[name])
            .Order(StringComparer.Ordinal)];
        string[] differences = [.. Told(missing, "missing"), .. Told(added, "new"), .. Told(changed, "changed")];
        return differences.Length == 0 ? null : string.Join(", ", differences);
    }

    private static IEnumerable<string> Told(string[] names, string how) =>
        names.Length == 0 ? [] : [$"{names.Length} file{(names.Length == 1 ? "" : "s")} {how} ({string.Join(", ", names.Take(3))}"
            + $"{(names.Length > 3 ? ", ..." : "")})"];

    private static FileIdentity Identify(string path)
    {
        using FileStream stream = File.OpenRead(path);
        byte[] head = new byte[Math.Min(HeadLength, stream.Length)];
        stream.ReadExactly(head);
        return new(Path.GetFileName(path), stream.Length, Convert.ToHexString(SHA256.HashData(head)).ToLowerInvariant());
    }
}
