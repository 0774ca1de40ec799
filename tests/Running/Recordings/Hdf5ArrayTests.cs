using System.Text;
using PureHDF.VOL.Native;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Recordings.Formats.Hdf5;
using WorldModels.Tests.Onnx;

namespace WorldModels.Tests.Recordings;

/// <summary>Arrays of every type that h5py writes become one of four, and what cannot is refused by name.</summary>
public sealed class Hdf5ArrayTests
{
    private static readonly string[] Integers = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"];

    [Test]
    public void EveryTypeInBothByteOrdersKeepsItsValues([Values("little", "big")] string order, [ValueSource(nameof(Integers))] string type)
    {
        double sign = type[0] == 'u' ? 1 : -1;
        NpyType expected = type == "u1" ? NpyType.UInt8 : NpyType.Int64;
        NpyArray array = Read($"{order}_{type}", stored => stored.Read());
        RecordingFiles.Check(array, expected, [3, 2], Enumerable.Range(0, 6).Select(i => i * sign));
    }

    [Test]
    public void RealNumbersInBothByteOrdersBecomeFloat32([Values("little", "big")] string order, [Values("f2", "f4", "f8")] string type)
    {
        NpyArray array = Read($"{order}_{type}", stored => stored.Read());
        RecordingFiles.Check(array, NpyType.Float32, [3, 2], Enumerable.Range(0, 6).Select(i => -0.5 * i));
        Assert.That(Read($"{order}_{type}", stored => stored.StoredType), Is.EqualTo($"float{8 * (type[1] - '0')}"));
    }

    [Test]
    public void SomeRowsAreThoseOfTheWhole([Values("little_f4", "big_i2", "bool", "checked", "never_written")] string name)
    {
        double[] all = RecordingFiles.Numbers(Read(name, stored => stored.Read()));
        NpyArray some = Read(name, stored => stored.Read(1, 2));
        int size = some.Length / 2;
        Assert.That(RecordingFiles.Numbers(some), Is.EqualTo(all[size..(3 * size)]));
        Assert.That(some.Shape[0], Is.EqualTo(2));
    }

    [Test]
    public void RowsOfTilesAreReadFromEveryTileTheyCross([Values("little_tiles", "big_tiles")] string name)
    {
        for (int first = 0; first < 7; first++)
        {
            for (int rows = 0; rows <= 7 - first; rows++)
            {
                NpyArray some = Read(name, stored => stored.Read(first, rows));
                RecordingFiles.Check(some, NpyType.Int64, [rows, 3, 5], Enumerable.Range(15 * first, 15 * rows).Select(i => (double)i));
            }
        }
    }

    [Test]
    public void BoolOfH5pyIsBoolAlsoThroughALink([Values("bool", "soft")] string name)
    {
        RecordingFiles.Check(Read(name, stored => stored.Read()), NpyType.Bool, [3, 2], [0, 1, 0, 1, 0, 1]);
    }

    [Test]
    public void CompressedAndCheckedChunksAndFillValuesAreRead()
    {
        IEnumerable<double> count = Enumerable.Range(0, 64).Select(i => (double)i);
        RecordingFiles.Check(Read("checked", stored => stored.Read()), NpyType.Float32, [64], count);
        RecordingFiles.Check(Read("never_written", stored => stored.Read()), NpyType.Float32, [4, 2], Enumerable.Repeat(7.0, 8));
    }

    [TestCase("beyond_float32", "beyond_float32[1, 1] is 1E+300, more than float32 holds. Scale the numbers")]
    [TestCase("beyond_int64", "beyond_int64[1] is 9223372036854775808, more than int64 holds. Store it as float32")]
    [TestCase("complex", "complex holds Compound of 8 bytes. Save it as float32, int64, uint8 or bool")]
    [TestCase("text", "text is text. Leave it out: models read numbers")]
    [TestCase("words", "words is text, or has records of different lengths. Leave text out: models read numbers. Record images again with "
        + "minari's jpeg_encoding=False")]
    [TestCase("scalar", "scalar is a single value. Expected one for each record")]
    [TestCase("lzf", "lzf cannot be read: it is compressed with lzf. Write it again with gzip: h5repack -f GZIP=4 IN OUT")]
    [TestCase("elsewhere", "elsewhere is a link that leads nowhere. Copy into this file what it led to")]
    [TestCase("lost", "lost is a link that leads nowhere. Copy into this file what it led to")]
    [TestCase("raw_elsewhere", "raw_elsewhere keeps its numbers in other files. Copy them into this one: h5repack IN OUT")]
    [TestCase("virtual", "virtual keeps its numbers in other files. Copy them into this one: h5repack IN OUT")]
    public void WhatIsNoArrayOfNumbersIsRefusedByName(string name, string expected)
    {
        RecordingException refused = Assert.Throws<RecordingException>(() => Read(name, stored => stored.Read()));
        Assert.That(refused.Message, Is.EqualTo($"'{RecordingFiles.PathOf("types.hdf5")}': {expected}"));
    }

    [Test]
    public void RowsBeforeTheOneThatIsBeyondAreRead()
    {
        RecordingFiles.Check(Read("beyond_float32", stored => stored.Read(0, 1)), NpyType.Float32, [1, 2], [0, 1]);
        RecordingFiles.Check(
            Read("beyond_float32", stored => stored.Read(2, 1)), NpyType.Float32, [1, 2], [double.PositiveInfinity, double.NaN]);
    }

    [Test]
    public void ALinkIntoAnotherFileThatIsThereIsRefused()
    {
        using TemporaryDirectory folder = new();
        string other = RecordingFiles.PathOf("d4rl-next.hdf5");
        string linked = "/" + string.Concat(Enumerable.Repeat("./", 100)) + "elsewhere.hdf5";
        int spare = linked.Length - other.Length;
        string path = "/" + string.Concat(Enumerable.Repeat("./", spare / 2)) + (spare % 2 == 0 ? "" : "/") + other[1..];
        string bytes = Encoding.Latin1.GetString(File.ReadAllBytes(RecordingFiles.PathOf("types.hdf5")));
        Assert.That(bytes, Does.Contain(linked));
        File.WriteAllBytes(folder["linked.hdf5"], Encoding.Latin1.GetBytes(bytes.Replace(linked, path)));
        using Hdf5File file = new Hdf5File(folder["linked.hdf5"]);
        RecordingException refused = Assert.Throws<RecordingException>(() => file.Read("root", handle => file.Children(handle.File)));
        Assert.That(refused.Message, Does.EndWith("observations is linked in from another file. Copy it into this one"));
    }

    [Test]
    public void WhatIsNoHdf5FileOrIsCutShortIsRefused()
    {
        using TemporaryDirectory folder = new();
        File.WriteAllText(folder["pointer.hdf5"], "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n");
        byte[] whole = File.ReadAllBytes(RecordingFiles.PathOf("types.hdf5"));
        File.WriteAllBytes(folder["cut.hdf5"], whole[..^1000]);
        Assert.That(() => new Hdf5File(folder["pointer.hdf5"]), Throws.TypeOf<RecordingException>()
            .With.Message.Contains("is no HDF5 file"));
        Assert.That(() => new Hdf5File(folder["cut.hdf5"]), Throws.TypeOf<RecordingException>()
            .With.Message.Contains($"is cut short: it has {whole.Length - 1000} bytes of {whole.Length}"));
        Assert.That(() => new Hdf5File(folder["none.hdf5"]), Throws.TypeOf<RecordingException>()
            .With.Message.Contains("Could not find file"));
    }

    [Test]
    public void DamageIsRefusedOrFoundNowhere()
    {
        using TemporaryDirectory folder = new();
        byte[] whole = File.ReadAllBytes(RecordingFiles.PathOf("pendulum/random-v0/data/main_data.hdf5"));
        Random random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            byte[] damaged = [.. whole];
            for (int n = 0; n < 8; n++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            string path = folder[$"{i}.hdf5"];
            File.WriteAllBytes(path, damaged);
            try
            {
                using IRecordingReader reader = new MinariFormat().Open(path, new());
                _ = Enumerable.Range(0, reader.Parts).SelectMany(reader.Read).Count();
            }
            catch (RecordingException refused)
            {
                Assert.That(refused.Message, Does.Contain(path));
            }
        }
    }

    private static T Read<T>(string name, Func<Hdf5Array, T> read)
    {
        using Hdf5File file = new Hdf5File(RecordingFiles.PathOf("types.hdf5"));
        return file.Read("types", handle =>
        {
            NativeObject found = handle.File.Children().OfType<NativeObject>().First(child => child.Name == name);
            return read(new Hdf5Array(file, name, found));
        });
    }
}
