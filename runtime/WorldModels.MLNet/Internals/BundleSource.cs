using System.IO.Compression;
using System.Security.Cryptography;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.MLNet.Internals;

/// <summary>
/// The bundle of a transform: a directory that somebody named, or that a saved pipeline names together with the SHA-256 of its manifest
/// (which has those of all other files), or the files that a pipeline holds itself, in a temporary directory.
/// </summary>
internal sealed class BundleSource : IDisposable
{
    private readonly string? _expected;
    private readonly string? _unpacked;
    private readonly bool _verify;
    private Manifest? _manifest;

    private BundleSource(string path, string fullPath, bool packed, bool verify, string? expected, string? unpacked)
    {
        (Path, FullPath, IsPacked, _verify, _expected, _unpacked) = (path, fullPath, packed, verify, expected, unpacked);
        Sha256 = expected ?? "";
        if (unpacked is not null)
            AppDomain.CurrentDomain.ProcessExit += Delete;
    }

    /// <summary>The directory, as it was named.</summary>
    public string Path { get; }

    /// <summary>The directory to open, wherever the process goes.</summary>
    public string FullPath { get; }

    /// <summary>Whether a saved pipeline holds the files.</summary>
    public bool IsPacked { get; }

    /// <summary>What the bundle says of itself; read when first asked for.</summary>
    /// <exception cref="BundleException">It is missing, incomplete or damaged, or another one than the pipeline was saved with.</exception>
    public Manifest Manifest => _manifest ??= Read(FullPath);

    /// <summary>SHA-256 of the manifest's file.</summary>
    public string Sha256 { get; private set; }

    /// <summary>The bundle in a directory, checked now.</summary>
    /// <exception cref="BundleException">It is missing, incomplete or damaged.</exception>
    public static BundleSource Open(string path, bool packed, bool verify)
    {
        ArgumentNullException.ThrowIfNull(path);
        BundleSource source = new(path, System.IO.Path.GetFullPath(path), packed, verify, expected: null, unpacked: null);
        source._manifest = source.Read(path);
        return source;
    }

    /// <summary>The bundle that a saved pipeline names; checked when it is used, where a message reaches the user as it is.</summary>
    public static BundleSource Named(string path, string sha256, bool verify) =>
        new(path, System.IO.Path.GetFullPath(path), packed: false, verify, sha256, unpacked: null);

    /// <summary>The bundle that a saved pipeline holds.</summary>
    public static BundleSource Unpack(string path, string sha256, bool verify, Stream zip)
    {
        string folder = Directory.CreateTempSubdirectory("worldmodels-pipeline-").FullName;
        // What dreams note beside a bundle is in the folder as well.
        string bundle = System.IO.Path.Combine(folder, "bundle");
        using ZipArchive archive = new(zip, ZipArchiveMode.Read);
        archive.ExtractToDirectory(bundle);
        return new(path, bundle, packed: true, verify, sha256, folder);
    }

    /// <summary>Writes the bundle's files as a zip.</summary>
    public void Pack(Stream stream)
    {
        using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (string file in Manifest.Files.Keys.Append(Manifest.FileName))
            archive.CreateEntryFromFile(System.IO.Path.Combine(FullPath, file), file, CompressionLevel.Fastest);
    }

    public void Dispose()
    {
        if (_unpacked is null)
            return;
        AppDomain.CurrentDomain.ProcessExit -= Delete;
        Delete(null, EventArgs.Empty);
    }

    private Manifest Read(string directory)
    {
        try
        {
            Manifest manifest = Manifest.Load(directory, _verify);
            Sha256 = Hash();
            return _expected is null || Sha256 == _expected ? manifest : throw new BundleException($"The pipeline was saved with bundle "
                + $"'{Path}' when the SHA-256 of its {Manifest.FileName} was {_expected}; now it is {Sha256}: another bundle stands there. "
                + "Put the former one back, or build the pipeline with this one and save it again.");
        }
        catch (InvalidDataException exception)
        {
            throw new BundleException(exception.Message, exception);
        }
    }

    private string Hash()
    {
        using FileStream stream = File.OpenRead(System.IO.Path.Combine(FullPath, Manifest.FileName));
        return Convert.ToHexString(SHA256.HashData(stream)).ToLowerInvariant();
    }

    private void Delete(object? sender, EventArgs arguments)
    {
        if (Directory.Exists(_unpacked))
            Directory.Delete(_unpacked, recursive: true);
    }
}
