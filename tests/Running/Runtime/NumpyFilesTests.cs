using WorldModels.Bundles;

namespace WorldModels.Tests.Runtime;

/// <summary>Files that numpy wrote, by golden/numpy/write.py.</summary>
public sealed class NumpyFilesTests
{
    private static readonly int[] Shape = [2, 3, 4];

    [TestCase("row-major.npz", false)]
    [TestCase("fortran.npz", true)]
    public void EveryTypeByteOrderAndLayout(string file, bool isFortranOrder)
    {
        Dictionary<string, NpyArray> arrays = Npz.Read(PathOf(file));
        Dictionary<string, NpyHeader> headers = Npz.Headers(PathOf(file));
        Assert.That(arrays, Has.Count.EqualTo(21));
        Assert.That(headers.Keys, Is.EqualTo(arrays.Keys));
        foreach ((string name, NpyArray array) in arrays)
        {
            char kind = name[^2];
            NpyHeader header = headers[name];
            NpyType expected = kind == 'f' ? NpyType.Float32 : name == "u1" ? NpyType.UInt8 : kind == 'b' ? NpyType.Bool : NpyType.Int64;
            Assert.That(array.Type, Is.EqualTo(expected), name);
            Assert.That(array.Shape, Is.EqualTo(Shape), name);
            float[] counts = [.. Enumerable.Range(0, 24).Select(i => kind == 'b' ? Math.Min(i, 1f) : kind == 'u' ? i : i - 12f)];
            Assert.That(array.ToFloats(), Is.EqualTo(counts), name);
            Assert.That(header.Type, Is.EqualTo(expected), name);
            Assert.That(header.IsBigEndian, Is.EqualTo(name.StartsWith('>')), name);
            Assert.That(header.IsFortranOrder, Is.EqualTo(isFortranOrder), name);
        }
        Assert.That(headers["<f8"].Describe(), Is.EqualTo("float64 [2, 3, 4]" + (isFortranOrder ? " in Fortran order" : "")));
        Assert.That(headers[">u2"].Describe(), Does.StartWith("big-endian uint16 [2, 3, 4]"));
    }

    [Test]
    public void EveryVersionOfTheFormat()
    {
        Dictionary<string, NpyArray> arrays = Npz.Read(PathOf("versions.npz"));
        Assert.That(arrays.Keys, Is.EqualTo(new[] { "v1", "v2", "v3" }));
        foreach (NpyArray array in arrays.Values)
            Assert.That(array.As<long>().ToArray(), Is.EqualTo(Enumerable.Range(0, 24)));
    }

    [Test]
    public void SizesBehindTheData()
    {
        Dictionary<string, NpyArray> arrays = Npz.Read(PathOf("pipe.npz"));
        Assert.That(arrays["counts"].As<long>().ToArray(), Is.EqualTo(Enumerable.Range(0, 24)));
        Assert.That(arrays["scalar"].Describe(), Is.EqualTo("float32 []"));
        Assert.That(arrays["scalar"].As<float>()[0], Is.EqualTo(2.5f));
        Assert.That(arrays["none"].Describe(), Is.EqualTo("float32 [0, 3]"));
    }

    [TestCase("half")]
    [TestCase("double")]
    public void FloatsAreRoundedAsNumpyRoundsThem(string name)
    {
        Dictionary<string, NpyArray> arrays = Npz.Read(PathOf("floats.npz"));
        int[] bits = Array.ConvertAll(arrays[name].As<float>().ToArray(), BitConverter.SingleToInt32Bits);
        Assert.That(bits, Is.EqualTo(Array.ConvertAll(arrays[name + "_as_single"].As<float>().ToArray(), BitConverter.SingleToInt32Bits)));
    }

    [TestCase("objects", "object", "a pickle", "numpy.stack")]
    [TestCase("structure", "structured", "with the fields x, y", "its own array")]
    [TestCase("complex64", "complex64", "complex", "two arrays")]
    [TestCase("text", "U5", "text", "Save numbers")]
    [TestCase("ascii", "S4", "text", "Save numbers")]
    [TestCase("dates", "datetime64[ns]", "dates", "astype('int64')")]
    [TestCase("spans", "timedelta64[s]", "time spans", "astype('int64')")]
    [TestCase("void", "V2", "bfloat16", "astype('float32')")]
    [TestCase("longdouble", "longdouble", "16 bytes an element", "astype('float64')")]
    public void WhatIsNoArrayOfNumbersIsRefusedByName(string name, string type, string what, string advice)
    {
        string path = PathOf("refused.npz");
        NpyHeader header = Npz.Headers(path)[name];
        Assert.That(header.DType, Is.EqualTo(type));
        Assert.That(header.Type, Is.Null);
        Assert.That(header.Refusal, Does.Contain(what).And.Contain(advice));
        string refusal = Assert.Throws<InvalidDataException>(() => Npz.Read(path, n => n == name))!.Message;
        Assert.That(refusal, Is.EqualTo($"'{path}' cannot be read: array '{name}': {header.Refusal}."));
        using NpyReader reader = Npz.Open(path, name);
        Assert.That(Assert.Throws<InvalidDataException>(() => reader.Read(1))!.Message, Is.EqualTo(refusal));
        Assert.That(Npz.Read(path, n => n == "fine")["fine"].ToFloats(), Is.EqualTo(new[] { 1f, 1f }), "the others are read");
    }

    [TestCase("bzip2.npz", "BZip2")]
    [TestCase("lzma.npz", "LZMA")]
    public void AnotherCompressionIsRefusedByName(string file, string method)
    {
        string refusal = Assert.Throws<InvalidDataException>(() => Npz.Read(PathOf(file)))!.Message;
        Assert.That(refusal, Does.Contain(file).And.Contain("array 'counts'").And.Contain(method).And.Contain("numpy.savez_compressed"));
        Assert.That(Npz.Headers(PathOf(file))["counts"].Refusal, Does.Contain(method));
    }

    private static string PathOf(string file) => Path.Combine(Fixtures.Golden, "numpy", file);
}
