using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;
using WorldModels.Runtime.Internals;

namespace WorldModels.Tests.Runtime;

/// <summary>
/// Files of bundles as other programs leave them: stores of links, git and its extensions, file managers, broken downloads.
/// </summary>
[Platform(Exclude = "Win", Reason = "links need a privilege there")]
public sealed class BundleFileTests : BundleFixture
{
    private string _store = "";

    [SetUp]
    public void MakeStore() => _store = Keep(Directory.CreateTempSubdirectory("worldmodels-store").FullName);

    [Test]
    public void ABundleOfLinksIntoAStoreRuns()
    {
        string snapshot = Snapshot();
        Assert.That(BundleVerifier.Verify(snapshot).Passed);
        using WorldModel world = WorldModel.Load(snapshot);
        using Dream dream = world.Dream(2, 3);
        Assert.That(float.IsFinite(dream.Run(1).Rewards(2)[1]));
        // Devices open a graph by its path, external data included.
        Assert.That(() => new InferenceSession(Path.Combine(snapshot, "imagine.onnx")).Dispose(), Throws.Nothing);
    }

    [Test]
    public void WhatIsMeasuredIsKeptOutsideOfTheStore()
    {
        using Bundle bundle = new(Snapshot(), null);
        string path = TuningFile.PathOf(bundle)!;
        Assert.That(path, Does.Not.StartWith(_store).And.EndsWith(".tuning.json"));
    }

    [TestCase("")]
    [TestCase("/")]
    public void ALinkToABundleIsTheBundle(string slash)
    {
        string directory = Keep(Fixtures.Grid()), link = Path.Combine(_store, "current");
        Directory.CreateSymbolicLink(link, directory);
        Assert.That(BundleVerifier.Verify(link + slash).Passed);
        using Bundle bundle = new(link + slash, null);
        Assert.That(TuningFile.PathOf(bundle), Is.EqualTo(directory + ".tuning.json"), "one place, whatever the way");
        BundleFolder.Replace(link + slash, copy => BundleFolder.Copy(directory, copy));
        Assert.That(new DirectoryInfo(link).LinkTarget, Is.EqualTo(directory));
    }

    [Test]
    public void LinksWithinAndLinkedFoldersAreFilesLikeAnyOther()
    {
        string directory = Keep(Fixtures.Grid()), real = Path.Combine(directory, "real.onnx"), outside = Path.Combine(_store, "more");
        File.Move(Path.Combine(directory, "imagine.onnx"), real);
        File.CreateSymbolicLink(Path.Combine(directory, "imagine.onnx"), "real.onnx");
        Directory.CreateDirectory(outside);
        File.WriteAllText(Path.Combine(outside, "curve.jsonl"), "{}\n");
        Directory.CreateSymbolicLink(Path.Combine(outside, "round"), outside);
        Directory.CreateSymbolicLink(Path.Combine(directory, "more"), outside);
        Manifest manifest = Manifest.Load(directory);
        (manifest with { Files = new Dictionary<string, string>(manifest.Files) { ["more/curve.jsonl"] = Hash("{}\n") } }).Save(directory);
        Assert.That(BundleVerifier.Verify(directory).Passed);
        string copy = Path.Combine(_store, "copy");
        BundleFolder.Copy(directory, copy);
        Assert.That(new FileInfo(Path.Combine(copy, "imagine.onnx")).LinkTarget, Is.Null);
        File.Delete(Path.Combine(copy, "real.onnx"));
        Assert.That(() => Manifest.Load(copy), Throws.Nothing);
    }

    [Test]
    public void LinksThatLeadNowhereAreOneLine()
    {
        string snapshot = Snapshot();
        Directory.Delete(Path.Combine(_store, "blobs"), recursive: true);
        Refusal(snapshot, "manifest.json is a link that leads nowhere");
        File.Delete(Path.Combine(snapshot, "manifest.json"));
        File.Copy(Path.Combine(Keep(Fixtures.Latent()), "manifest.json"), Path.Combine(snapshot, "manifest.json"));
        string message = Refusal(snapshot, "files are links that lead nowhere: act.onnx (to '../../blobs/",
            " more; fetch the bundle again");
        Assert.That(message, Does.Not.Contain("\n"));
    }

    [TestCase("/dev/zero", "is empty, or a device or pipe")]
    [TestCase("/dev", "is a directory, or a link to one")]
    [TestCase("imagine.onnx", "is a link that leads nowhere (to 'imagine.onnx')")]
    [TestCase(".git/annex/objects/x", "git annex get")]
    public void ALinkToNoFileIsRefused(string target, string expected)
    {
        string directory = Keep(Fixtures.Grid()), file = Path.Combine(directory, "imagine.onnx");
        File.Delete(file);
        File.CreateSymbolicLink(file, target);
        Refusal(directory, $"imagine.onnx {(expected.StartsWith("is") ? expected : "")}", expected);
    }

    [Test]
    public void APointerOfGitLfsIsSaid()
    {
        string directory = Keep(Fixtures.Latent());
        string pointer = $"version https://git-lfs.github.com/spec/v1\noid sha256:{new string('0', 64)}\nsize 4242\n";
        File.WriteAllText(Path.Combine(directory, "weights.safetensors"), pointer);
        Refusal(directory, "weights.safetensors is a Git LFS pointer", "git lfs pull");
        foreach (string file in Directory.EnumerateFiles(directory, "*.onnx"))
            File.WriteAllText(file, pointer);
        Assert.That(Refusal(directory, "7 files are Git LFS pointers", "act.onnx, control.onnx, decode.onnx and 4 more"),
            Does.Not.Contain("\n"));
        File.WriteAllText(Path.Combine(directory, "manifest.json"), pointer);
        Refusal(directory, "manifest.json is a Git LFS pointer", "git lfs pull");
    }

    [TestCase("\n", "\r\n")]
    [TestCase("\r\n", "\n")]
    public void ChangedLineEndsAreSaid(string was, string becomes)
    {
        string directory = Keep(Fixtures.Grid()), card = Path.Combine(directory, "README.md");
        File.WriteAllText(card, $"# grid{was}{was}ünîcode{was}");
        Manifest manifest = Manifest.Load(directory, verifyHashes: false);
        (manifest with { Files = Manifest.HashFiles(directory) }).Save(directory);
        File.WriteAllText(card, File.ReadAllText(card).Replace(was, becomes));
        Refusal(directory, "README.md has other line ends", "core.autocrlf");
        string path = Path.Combine(directory, "manifest.json");
        File.Delete(card);
        (manifest with { Files = Manifest.HashFiles(directory) }).Save(directory);
        File.WriteAllText(path, "\uFEFF" + File.ReadAllText(path).ReplaceLineEndings(becomes));
        Assert.That(() => Manifest.Load(directory), Throws.Nothing, "a manifest's own line ends matter to nobody");
    }

    [TestCase("weights.safetensors", 300)]
    [TestCase("weights.safetensors", 20)]
    [TestCase("parity.npz", 300)]
    [TestCase("observe.onnx", 200)]
    public void ADownloadCutShortIsSaid(string file, int length)
    {
        string directory = Keep(Fixtures.Latent()), path = Path.Combine(directory, file);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..length]);
        Refusal(directory, $"{file} is cut short ({length} bytes are here)", "fetch it again");
    }

    [Test]
    public void AWebPageAndAnEmptyFileAreSaid()
    {
        string directory = Keep(Fixtures.Latent());
        File.WriteAllText(Path.Combine(directory, "act.onnx"), "\n<!DOCTYPE html><html>");
        File.WriteAllText(Path.Combine(directory, "observe.onnx"), "");
        Refusal(directory, "act.onnx is a web page", "observe.onnx is empty");
    }

    [Test]
    public void OfManyDamagedFilesTheFirstAreNamed()
    {
        string directory = Keep(Fixtures.Latent());
        foreach (string file in Directory.EnumerateFiles(directory, "*.onnx"))
        {
            byte[] bytes = File.ReadAllBytes(file);
            bytes[^1] ^= 1;
            File.WriteAllBytes(file, bytes);
        }
        string message = Refusal(directory, "6 files are damaged or were changed: act.onnx (expected sha256 ", "decode.onnx and 3 more");
        Assert.That(message, Does.Not.Contain("\n"));
    }

    [TestCase("._weights.safetensors")]
    [TestCase(".nfs000001.onnx")]
    [TestCase(".DS_Store")]
    [TestCase("Thumbs.db")]
    [TestCase("desktop.ini")]
    [TestCase("__MACOSX/imagine.onnx")]
    [TestCase(".cache/huggingface/x.npz")]
    public void WhatOtherSystemsLeaveBehindIsNoPartOfABundle(string file)
    {
        string directory = Keep(Fixtures.Grid()), path = Path.Combine(directory, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "?");
        Assert.That(() => Manifest.Load(directory), Throws.Nothing);
        Assert.That(Manifest.HashFiles(directory), Does.Not.ContainKey(file));
        // Listed by an export of before, and gone since.
        Manifest manifest = Manifest.Load(directory);
        Fixtures.Write(directory, manifest with { Files = new Dictionary<string, string>(manifest.Files) { [file] = Hash("!") } });
        Assert.That(() => Manifest.Load(directory), Throws.Nothing);
    }

    [Test]
    public void NoGraphHidesAmongThem()
    {
        string directory = Keep(Fixtures.Grid());
        Manifest manifest = Manifest.Load(directory).WithGraph("imagine", g => g with { File = "._imagine.onnx" });
        Fixtures.Write(directory, manifest with { Files = new Dictionary<string, string>(manifest.Files) { ["._imagine.onnx"] = "0" } });
        Refusal(directory, "graph imagine: '._imagine.onnx' is not listed in files");
    }

    /// <summary>A bundle as huggingface_hub lays it down: each file a link to one that its hash names.</summary>
    private string Snapshot()
    {
        string directory = Keep(Fixtures.Latent()), blobs = Path.Combine(_store, "blobs"),
            snapshot = Path.Combine(_store, "snapshots", "abc");
        Directory.CreateDirectory(blobs);
        Directory.CreateDirectory(snapshot);
        foreach (string path in Directory.EnumerateFiles(directory))
        {
            string hash = Manifest.Hash(path);
            File.Copy(path, Path.Combine(blobs, hash));
            File.CreateSymbolicLink(Path.Combine(snapshot, Path.GetFileName(path)), Path.Combine("..", "..", "blobs", hash));
        }
        return snapshot;
    }

    private static string Hash(string text) => Manifest.Hash(System.Text.Encoding.UTF8.GetBytes(text));

    private static string Refusal(string directory, params string[] expected)
    {
        BundleException error = Assert.Throws<BundleException>(() => BundleVerifier.Verify(directory))!;
        foreach (string part in expected)
            Assert.That(error.Message, Does.Contain(part));
        return error.Message;
    }
}
