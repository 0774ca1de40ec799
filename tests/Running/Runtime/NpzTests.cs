using System.IO.Compression;
using System.Text;
using WorldModels.Bundles;

namespace WorldModels.Tests.Runtime;

public sealed class NpzTests
{
    private string _path = "";

    [SetUp]
    public void MakePath() => _path = Path.Combine(Path.GetTempPath(), $"worldmodels-{Guid.NewGuid():N}.npz");

    [TearDown]
    public void Clean() => File.Delete(_path);

    [TestCase(true)]
    [TestCase(false)]
    public void ReadsWhatItWrote(bool compress)
    {
        Dictionary<string, NpyArray> arrays = new Dictionary<string, NpyArray>
        {
            ["rollout/imagine/inputs/z"] = NpyArray.Of([1.5f, float.NaN, float.NegativeInfinity, -0f, 5, 6], 2, 3),
            ["longs"] = NpyArray.Of([long.MinValue, long.MaxValue]),
            ["bytes"] = NpyArray.Of(Enumerable.Range(0, 24).Select(i => (byte)(i * 10)).ToArray(), 2, 3, 4),
            ["bools"] = NpyArray.Of([true, false, true]),
            ["empty"] = NpyArray.Zeros(NpyType.Float32, 0, 7),
        };
        Npz.Write(_path, arrays, compress);
        Dictionary<string, NpyArray> read = Npz.Read(_path);
        Assert.That(read.Keys, Is.EquivalentTo(arrays.Keys));
        foreach ((string name, NpyArray array) in arrays)
        {
            Assert.That(read[name].Describe(), Is.EqualTo(array.Describe()), name);
            Assert.That(read[name].Bytes.ToArray(), Is.EqualTo(array.Bytes.ToArray()), name);
        }
        using ZipArchive zip = ZipFile.OpenRead(_path);
        ZipArchiveEntry longs = zip.GetEntry("longs.npy")!;
        Assert.That(longs.CompressedLength, compress ? Is.LessThan(longs.Length) : Is.EqualTo(longs.Length));
    }

    [Test]
    public void ReadsWhatNumpyWrote()
    {
        // Deflated (savez_compressed) and stored (savez).
        string Starts(string bundle) => Npz.Read(Path.Combine(Fixtures.Golden, bundle, "starts.npz"))["observation"].Describe();
        Assert.That(Starts("grid"), Is.EqualTo("float32 [7, 2, 3]"));
        Assert.That(Starts("latent"), Is.EqualTo("float32 [9, 5]"));
        Dictionary<string, NpyArray> parity = Npz.Read(Path.Combine(Fixtures.Golden, "grid", "parity.npz"), n => n == "imagine/inputs/action");
        Assert.That(parity.Single().Value.As<long>().ToArray(), Has.All.InRange(0, 2));
    }

    [Test]
    public void TheHeaderIsNumpysToTheByte()
    {
        using MemoryStream stream = new MemoryStream();
        Npy.Write(stream, NpyArray.Of([1f, 2f]));
        byte[] bytes = stream.ToArray();
        Assert.That(bytes, Has.Length.EqualTo(128 + 8), "aligned to 64 bytes");
        string header = Encoding.ASCII.GetString(bytes, 10, 118);
        Assert.That(header, Is.EqualTo("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".PadRight(117) + "\n"));
        Assert.That(bytes[..8], Is.EqualTo(new byte[] { 0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0 }));
    }

    [Test]
    public void RefusesWhatIsCutShortAnywhere()
    {
        Dictionary<string, NpyArray> arrays = new Dictionary<string, NpyArray> { ["a"] = NpyArray.Of(new float[100]), ["b"] = NpyArray.Of([1L]) };
        Npz.Write(_path, arrays, compress: false);
        byte[] whole = File.ReadAllBytes(_path);
        for (int length = 0; length < whole.Length; length += 37)
        {
            File.WriteAllBytes(_path, whole[..length]);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => Npz.Read(_path))!;
            Assert.That(error.Message, Does.Contain(_path).And.Contain("Copy the file again"));
        }
    }

    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "8 bytes of data, there are 4")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 9), }", "cut short or damaged")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }", "399999999996 bytes of data, there are 4")]
    public void RefusesAHeaderOfOtherData(string header, string expected) =>
        Assert.That(NpyBytes.Refusal(NpyBytes.Of(header, new byte[4])), Does.Contain(expected));

    [Test]
    public void SaysWhichTypeAndShapeAnArrayHas()
    {
        NpyArray array = NpyArray.Of([1L, 2, 3, 4], 2, 2);
        Assert.That(array.Slice(1).As<long>().ToArray(), Is.EqualTo(new[] { 3L, 4 }));
        Assert.That(() => array.Slice(2), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => array.As<float>(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "Expected an array of float32, found int64 [2, 2]."));
        Assert.That(() => NpyArray.Of([1f], 2), Throws.ArgumentException.With.Message.Contains("[2] has 2 elements, the data 1"));
        Assert.That(NpyArray.Of([true, false]).ToFloats(), Is.EqualTo(new[] { 1f, 0f }));
        Assert.That(NpyArray.Of(new byte[6], 2, 3).Describe(), Is.EqualTo("uint8 [2, 3]"), "as numpy writes it");
    }
}
