using WorldModels.Bundles;

namespace WorldModels.Tests.Runtime;

public sealed class NpyReaderTests
{
    private string _path = "";

    [SetUp]
    public void MakePath() => _path = Path.Combine(Path.GetTempPath(), $"worldmodels-{Guid.NewGuid():N}.npz");

    [TearDown]
    public void Clean() => File.Delete(_path);

    [Test]
    public void RecordsInARow([Values] bool compress, [Values(1, 3, 10, 1000)] int records)
    {
        float[] values = [.. Enumerable.Range(0, 10 * 2 * 3).Select(i => (float)i)];
        Npz.Write(_path, new Dictionary<string, NpyArray> { ["a/b"] = NpyArray.Of(values, 10, 2, 3) }, compress);
        using NpyReader reader = Npz.Open(_path, "a/b");
        Assert.That(reader.Header.Describe(), Is.EqualTo("float32 [10, 2, 3]"));
        Assert.That(reader.Records, Is.EqualTo(10));
        AssertRecords(reader, records, values);
    }

    [Test]
    public void RecordsOfAnotherTypeAndOrder([Values] bool fortran)
    {
        short[] values = [.. Enumerable.Range(0, 60).Select(i => (short)(i - 30))];
        byte[] bytes = NpyBytes.Of(">i2", fortran ? "(10, 6)" : "(10, 2, 3)", NpyBytes.Elements(true, values), fortran);
        using NpyReader reader = new NpyReader(new MemoryStream(bytes), bytes.Length);
        long[] expected = fortran
            ? [.. Enumerable.Range(0, 60).Select(i => (long)values[(i / 6) + (i % 6 * 10)])]
            : [.. values.Select(x => (long)x)];
        long[] read = [.. reader.Read(4).As<long>(), .. reader.Read(4).As<long>(), .. reader.Read(4).As<long>()];
        Assert.That(read, Is.EqualTo(expected));
        Assert.That(reader.Position, Is.EqualTo(10));
    }

    [Test]
    public void ABareFileAndAScalar()
    {
        File.WriteAllBytes(_path, NpyBytes.Of("<f8", "()", NpyBytes.Elements(false, 2.5)));
        using NpyReader reader = Npy.Open(_path);
        Assert.That(reader.Records, Is.EqualTo(1));
        Assert.That(reader.Read(1).Describe(), Is.EqualTo("float32 []"));
    }

    [Test]
    public void ANumberThatDoesNotFitIsNamedByItsPlaceInTheWholeArray()
    {
        double[] values = new double[20];
        values[13] = 1e39;
        File.WriteAllBytes(_path, NpyBytes.Zip(("reward.npy", NpyBytes.Of("<f8", "(10, 2)", NpyBytes.Elements(false, values)))));
        using NpyReader reader = Npz.Open(_path, "reward");
        _ = reader.Read(5);
        Assert.That(() => reader.Read(5), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"'{_path}' cannot be read: array "
            + "'reward': its float64 element [6, 1] is 1E+39, which float32 cannot hold. Clip or scale the array before it is saved."));
    }

    [Test]
    public void SaysWhichArraysThereAre()
    {
        File.WriteAllBytes(_path, NpyBytes.Zip(("obs.npy", NpyBytes.Of("|u1", "(0,)", [])), ("act.npy", [])));
        Assert.That(() => Npz.Open(_path, "observation"), Throws.TypeOf<InvalidDataException>().With.Message.Contains(
            "it has no array 'observation', but obs, act"));
        File.Delete(_path);     // is closed
    }

    [Test]
    public void MoreElementsThanAnArrayHolds()
    {
        // 3,000 images of a million bytes; only the first are there to be read.
        const long Length = 3_000_000_000;
        byte[] start = NpyBytes.Of("|u1", "(3000, 1000, 1000)", [1, 2, 3]);
        using Stream stream = new Endless(start);
        Assert.That(() => Npy.Read(stream, start.Length - 3 + Length), Throws.TypeOf<InvalidDataException>().With.Message.Contains(
            "it has 3000000000 elements, one array holds 2147483591. Read it by records"));
        using NpyReader reader = new NpyReader(new Endless(start), start.Length - 3 + Length);
        Assert.That(reader.Records, Is.EqualTo(3000));
        Assert.That(reader.Read(2).As<byte>()[..4].ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 0 }));
        Assert.That(() => reader.Read(2500), Throws.TypeOf<ArgumentOutOfRangeException>());
        byte[] columns = NpyBytes.Of("|u1", "(3000, 1000, 1000)", [], fortran: true);
        using NpyReader transposed = new NpyReader(new Endless(columns), columns.Length + Length);
        Assert.That(() => transposed.Read(1), Throws.TypeOf<InvalidDataException>().With.Message.Contains("numpy.ascontiguousarray"));
    }

    [Test]
    [Explicit("Takes 5 GB of memory and of disk, and half a minute.")]
    public void MoreThanTwoGibibytes()
    {
        const int Records = 590_000_000;        // of one float32: 2.2 GiB
        NpyArray array = NpyArray.Zeros(NpyType.Float32, Records);
        Span<float> values = array.As<float>();
        for (int i = 0; i < Records; i += 1000)
            values[i] = i;
        Npz.Write(_path, new Dictionary<string, NpyArray> { ["a"] = array }, compress: false);
        Assert.That(new FileInfo(_path).Length, Is.GreaterThan(4L * Records));
        NpyArray read = Npz.Read(_path)["a"];
        Assert.That(read.As<float>().SequenceEqual(values), Is.True);
    }

    private static void AssertRecords(NpyReader reader, int records, float[] values)
    {
        List<float> read = [];
        while (reader.Position < reader.Records)
        {
            NpyArray some = reader.Read(records);
            Assert.That(some.Shape.Skip(1), Is.EqualTo(new[] { 2, 3 }));
            Assert.That(some.Shape[0], Is.InRange(1, records));
            read.AddRange(some.As<float>());
        }
        Assert.That(read, Is.EqualTo(values));
        Assert.That(reader.Read(1).Shape, Is.EqualTo(new[] { 0, 2, 3 }), "nothing is left");
    }

    /// <summary>Some bytes, then zeros.</summary>
    private sealed class Endless(byte[] start) : MemoryStream(start)
    {
        public override int Read(Span<byte> buffer)
        {
            int read = base.Read(buffer);
            buffer[read..].Clear();
            return buffer.Length;
        }
    }
}
