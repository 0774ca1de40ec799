using System.IO.Compression;
using System.Text;
using WorldModels.Bundles;

namespace WorldModels.Tests.Runtime;

/// <summary>What people hand over in place of an npz file.</summary>
public sealed class NpzRefusalTests
{
    private static readonly byte[] Sample = NpyBytes.Of("<f4", "(3,)", NpyBytes.Elements(false, 1f, 2f, 3f));
    private static readonly byte[] Pickle = [0x80, 4, 0x95, 1, 0];

    private string _path = "";

    public static IEnumerable<TestCaseData> Files()
    {
        byte[] sound = NpyBytes.Zip(("observation.npy", Sample), ("reward.npy", Sample));
        byte[] pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5\n"u8
            .ToArray();
        TestCaseData Case(string name, byte[] bytes, params string[] expected) =>
            new TestCaseData(bytes, expected).SetArgDisplayNames(name);
        yield return Case("empty", [], "it is empty", "Copy the file again");
        yield return Case("pointer", pointer, "Git LFS pointer", "git lfs pull");
        yield return Case("bare npy", Sample, "one bare array", "numpy.savez");
        yield return Case("pickle", Pickle, "a pickle of Python objects", "numpy.savez");
        yield return Case("gzip", Gzip(sound), "compressed with gzip", "Decompress it");
        yield return Case("text", "t,x,y\r\n0,1,2\r\n"u8.ToArray(), "it is text, which begins 't,x,y'", "numpy.savez");
        yield return Case("web page", "<!DOCTYPE html><html>"u8.ToArray(), "begins '<!DOCTYPE html>");
        yield return Case("hdf5", [0x89, .. "HDF\r\n\x1a\n"u8, 0, 0], "an HDF5 file", "numpy.savez");
        yield return Case("noise", [1, 2, 3, 250, 0, 7], "it is no npz (zip) file", "numpy.savez");
        yield return Case("cut short", sound[..^30], "cut short, or changed in transfer (text mode)", "Copy the file again");
        yield return Case("zip by text mode", TextMode(NpyBytes.Zip(("a.npy", [.. Sample, 10, 10, 10, 10]))),
            "cut short, or changed in transfer (text mode)", "Copy the file again");
        yield return Case("npy by utf-8", Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(Sample)), "changed in transfer (as text)");
        yield return Case("empty entry", NpyBytes.Zip(("a.npy", [])), "array 'a': it is empty");
        yield return Case("pickle entry", NpyBytes.Zip(("a.npy", Pickle)), "array 'a': it is a pickle", "numpy.savez");
        yield return Case("json entry", NpyBytes.Zip(("meta.json", "{\"x\": 1}"u8.ToArray())), "array 'meta.json': it is text");
        yield return Case("entry by text mode", NpyBytes.Zip(("a.npy", TextMode(Sample))), "'a': it was changed in transfer (text mode)");
        yield return Case("later version", NpyBytes.Zip(("a.npy", NpyBytes.Of("{}", [], version: 4))), "array 'a'", "version 4");
        yield return Case("twice", NpyBytes.Zip(("a.npy", Sample), ("a", Sample)), "array 'a' appears twice");
        yield return Case("zstd", Patched(sound, headerAt: 8, directoryAt: 10, value: 93), "array 'observation'", "unsupported compression",
            "numpy.savez_compressed");
        yield return Case("encrypted", Patched(sound, headerAt: 6, directoryAt: 8, value: 1), "array 'observation': it is encrypted");
    }

    [SetUp]
    public void MakePath() => _path = Path.Combine(Path.GetTempPath(), $"worldmodels-{Guid.NewGuid():N}.npz");

    [TearDown]
    public void Clean() => File.Delete(_path);

    [TestCaseSource(nameof(Files))]
    public void SaysWhatItIsAndWhatToDo(byte[] bytes, string[] expected)
    {
        File.WriteAllBytes(_path, bytes);
        string message = Assert.Throws<InvalidDataException>(() => Npz.Read(_path))!.Message;
        Assert.That(message, Does.StartWith($"'{_path}' cannot be read: ").And.EndsWith(".").And.Not.Contain(".."));
        Assert.That(message, Does.Not.Contain('\n'));
        foreach (string part in expected)
            Assert.That(message, Does.Contain(part));
    }

    [Test]
    public void ReadsOnPastWhatIsNotSelected()
    {
        File.WriteAllBytes(_path, NpyBytes.Zip(("folder/", []), ("readme.txt", [.. "hello"u8]), ("folder/a.npy", Sample), ("b", Sample)));
        Assert.That(Npz.Read(_path, name => name is "folder/a" or "b").Keys, Is.EqualTo(new[] { "folder/a", "b" }));
        Dictionary<string, NpyHeader> headers = Npz.Headers(_path);
        Assert.That(headers.Keys, Is.EqualTo(new[] { "readme.txt", "folder/a", "b" }));
        Assert.That(headers["readme.txt"].Refusal, Does.Contain("it is text, which begins 'hello'"));
    }

    [Test]
    public void ANpzIsNoBareArray()
    {
        File.WriteAllBytes(_path, NpyBytes.Zip(("a.npy", Sample)));
        Assert.That(() => Npy.Open(_path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("it is a zip or npz file"));
        File.WriteAllBytes(_path, Sample[..4]);
        Assert.That(() => Npy.Open(_path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("it is cut short"));
    }

    [Test]
    public void DamageAnywhereIsReadOrRefusedButNeverAnotherException()
    {
        byte[] sound = File.ReadAllBytes(Path.Combine(Fixtures.Golden, "numpy", "fortran.npz"));
        Random random = new Random(7);
        int refused = 0;
        for (int trial = 0; trial < 1000; trial++)
        {
            byte[] bytes = trial % 2 == 0 ? [.. sound] : sound[..random.Next(sound.Length)];
            for (int i = random.Next(1, 20); i > 0 && bytes.Length > 0; i--)
                bytes[random.Next(trial % 4 == 0 ? Math.Min(bytes.Length, 400) : bytes.Length)] = (byte)random.Next(256);
            try
            {
                _ = Npz.Read(new MemoryStream(bytes));
            }
            catch (InvalidDataException e)
            {
                refused++;
                Assert.That(e.Message, Is.Not.Empty);
            }
        }
        Assert.That(refused, Is.GreaterThan(500));
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream stream = new MemoryStream();
        using (GZipStream gzip = new GZipStream(stream, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return stream.ToArray();
    }

    private static byte[] TextMode(byte[] bytes) => [.. bytes.SelectMany(b => b == '\n' ? new byte[] { 13, 10 } : [b])];

    /// <summary>A value in every local header and every entry of the directory.</summary>
    private static byte[] Patched(byte[] zip, int headerAt, int directoryAt, byte value)
    {
        byte[] patched = [.. zip];
        for (int i = 0; i < zip.Length - 4; i++)
        {
            if (zip.AsSpan(i).StartsWith("PK\x03\x04"u8))
                patched[i + headerAt] = value;
            if (zip.AsSpan(i).StartsWith("PK\x01\x02"u8))
                patched[i + directoryAt] = value;
        }
        return patched;
    }
}
