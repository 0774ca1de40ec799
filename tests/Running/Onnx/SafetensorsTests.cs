using System.Buffers.Binary;
using System.Text;
using WorldModels.Bundles;

namespace WorldModels.Tests.Onnx;

public sealed class SafetensorsTests
{
    private readonly TemporaryDirectory _directory = new();

    [OneTimeTearDown]
    public void Delete() => _directory.Dispose();

    [Test]
    public void ReadsBackWhatWasWritten()
    {
        string path = _directory["all.safetensors"];
        Dictionary<string, TensorData> tensors = new()
        {
            ["floats"] = TensorData.Of([1f, 2, 3, 4, 5, float.NaN], 2, 3),
            ["longs"] = TensorData.Of([long.MinValue, 7], 2),
            ["bytes"] = TensorData.Of<byte>([1, 2, 255], 3),
            ["bools"] = TensorData.Of([true, false, true], 1, 3),
            ["scalar"] = TensorData.Of([Math.PI]),
            ["empty"] = TensorData.Of<float>([], 0, 4),
            ["halves"] = TensorData.Of([(Half)0.5], 1),
            ["wide \"name\"/é"] = TensorData.Of(new float[64], 64),
        };
        IReadOnlyDictionary<string, SafetensorsEntry> written = Safetensors.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", ["step"] = "12" });
        SafetensorsContent read = Safetensors.Read(path);
        Assert.That(read.Metadata, Is.EquivalentTo(new Dictionary<string, string> { ["format"] = "pt", ["step"] = "12" }));
        Assert.That(read.Tensors.Keys, Is.EquivalentTo(tensors.Keys));
        foreach ((string name, TensorData tensor) in tensors)
        {
            Assert.That(read.Tensors[name].ElementType, Is.EqualTo(tensor.ElementType), name);
            Assert.That(read.Tensors[name].Shape, Is.EqualTo(tensor.Shape), name);
            Assert.That(read.Tensors[name].Bytes.SequenceEqual(tensor.Bytes), name);
        }
        Assert.That(read.Tensors["longs"].Values<long>(), Is.EqualTo(new[] { long.MinValue, 7 }));
        Assert.That(() => read.Tensors["longs"].Values<float>(), Throws.TypeOf<InvalidDataException>());
        Assert.That(read.Weights().Keys, Is.EquivalentTo(new[] { "floats", "empty", "wide \"name\"/é" }));

        byte[] file = File.ReadAllBytes(path);
        foreach ((string name, SafetensorsEntry entry) in Safetensors.ReadHeader(path))
        {
            Assert.That(entry.Offset, Is.EqualTo(written[name].Offset), name);
            Assert.That(file.AsSpan((int)entry.Offset, entry.Length).SequenceEqual(tensors[name].Bytes), name);
        }
        Assert.That(written["wide \"name\"/é"].Offset % 64, Is.Zero);
        Assert.That((BinaryPrimitives.ReadInt64LittleEndian(file) + 8) % 64, Is.Zero);
        Assert.That(written.Values.All(e => e.Offset % Math.Max(1, System.Runtime.InteropServices.Marshal.SizeOf(e.ElementType) % 16) == 0
            || e.ElementType == typeof(bool)), "each tensor is aligned to its elements");
    }

    [Test]
    public void TheSameTensorsGiveTheSameBytes()
    {
        Dictionary<string, TensorData> weights = Networks.Weights().ToDictionary(w => w.Key, w => TensorData.Of(w.Value.Values, [.. w.Value.Shape]));
        Safetensors.Write(_directory["a"], weights);
        Safetensors.Write(_directory["b"], weights.Reverse().ToDictionary(w => w.Key, w => w.Value));
        Assert.That(File.ReadAllBytes(_directory["a"]), Is.EqualTo(File.ReadAllBytes(_directory["b"])));
        Assert.That(File.Exists(_directory["a.tmp"]), Is.False);
    }

    private static IEnumerable<TestCaseData> Damage()
    {
        const string Good = """
            {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}
            """;
        yield return Header("Cut", Good, data: 10, "it is cut off");
        yield return Header("Long", Good, data: 12, "was added to");
        yield return Header("Overlap", Good.Replace("[8,11]", "[7,10]"), 11, "tensors overlap");
        yield return Header("Gap", Good.Replace("[8,11]", "[9,12]"), 12, "leave a gap");
        yield return Header("Size", Good.Replace("[3]", "[4]"), 11, "'b' of shape [4] and type U8 needs 4 bytes and has 3");
        yield return Header("Huge", Good.Replace("[3]", "[2000000000,2000000000,2000000000]"), 11,
            "needs 8000000000000000000000000000 bytes");
        yield return Header("Negative", Good.Replace("[0,8]", "[-8,0]"), 11, "'a' has the shape");
        yield return Header("Type", Good.Replace("U8", "Q8"), 11, "'b' has the unknown dtype \"Q8\"");
        yield return Header("Twice", Good.Replace("\"b\"", "\"a\""), 11, "'a' is in it twice");
        yield return Header("Json", Good[..^1], 11, "its header cannot be read");
        yield return Header("Array", "[1,2]", 0, "its header cannot be read");
        yield return Header("Missing", """{"a":{"dtype":"F32","shape":[0]}}""", 0, "'a' lacks dtype, shape or data_offsets");
        yield return new TestCaseData(new byte[] { 1, 2, 3 }, "it has 3 bytes").SetArgDisplayNames("Tiny");
        yield return new TestCaseData(Encoding.UTF8.GetBytes("version https://git-lfs.github.com/spec/v1"),
            "its header claims").SetArgDisplayNames("Text");
    }

    [TestCaseSource(nameof(Damage))]
    public void DamageIsNamed(byte[] file, string message)
    {
        string path = _directory["damaged.safetensors"];
        File.WriteAllBytes(path, file);
        Assert.That(() => Safetensors.Read(path), Throws.TypeOf<InvalidDataException>().With.Message.Contain(message).And.Message
            .Contain(path));
    }

    [Test]
    public void EveryCutIsNoticed()
    {
        string path = _directory["whole.safetensors"];
        Safetensors.Write(path, new Dictionary<string, TensorData> { ["a"] = TensorData.Of([1f, 2, 3], 3) });
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.That(() => Safetensors.Read(path), Throws.TypeOf<InvalidDataException>(), $"{length} of {whole.Length} bytes");
        }
    }

    [Test]
    public void AMissingFileIsNamed() =>
        Assert.That(() => Safetensors.Read(_directory["none"]), Throws.TypeOf<FileNotFoundException>().With.Message.Contain("none"));

    private static TestCaseData Header(string name, string json, int data, string message)
    {
        byte[] header = Encoding.UTF8.GetBytes(json), file = new byte[8 + header.Length + data];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        return new TestCaseData(file, message).SetArgDisplayNames(name);
    }
}
