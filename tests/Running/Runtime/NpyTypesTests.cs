using WorldModels.Bundles;

namespace WorldModels.Tests.Runtime;

public sealed class NpyTypesTests
{
    [Test]
    public void IntegersKeepTheirValueToTheLastBit([Values] bool bigEndian)
    {
        char order = bigEndian ? '>' : '<';
        Assert.That(Longs<sbyte>("|i1", bigEndian, sbyte.MinValue, -1, sbyte.MaxValue), Is.EqualTo(new long[] { -128, -1, 127 }));
        Assert.That(Longs<short>($"{order}i2", bigEndian, short.MinValue, -2, 258), Is.EqualTo(new long[] { -32768, -2, 258 }));
        Assert.That(Longs<int>($"{order}i4", bigEndian, int.MinValue, -2, 16909060), Is.EqualTo(new long[] { int.MinValue, -2, 16909060 }));
        long[] ends = [long.MinValue, 1, long.MaxValue];
        Assert.That(Longs<long>($"{order}i8", bigEndian, ends), Is.EqualTo(ends));
        Assert.That(Longs<ushort>($"{order}u2", bigEndian, 0, 258, ushort.MaxValue), Is.EqualTo(new long[] { 0, 258, 65535 }));
        Assert.That(Longs<uint>($"{order}u4", bigEndian, 0, 258, uint.MaxValue), Is.EqualTo(new long[] { 0, 258, uint.MaxValue }));
        Assert.That(Longs<ulong>($"{order}u8", bigEndian, 0, 258, long.MaxValue), Is.EqualTo(new[] { 0, 258, long.MaxValue }));
    }

    [Test]
    public void ManyElementsOfEveryFloat([Values] bool bigEndian, [Values(1, 7, 8, 16383, 16384, 16385, 70001)] int count)
    {
        char order = bigEndian ? '>' : '<';
        float[] expected = [.. Enumerable.Range(0, count).Select(i => (i % 2048) - 1024.5f)];
        expected[^1] = float.NaN;
        expected[count / 2] = float.NegativeInfinity;
        Assert.That(Floats($"{order}f8", bigEndian, Array.ConvertAll(expected, x => (double)x)), Is.EqualTo(expected));
        Assert.That(Floats($"{order}f4", bigEndian, expected), Is.EqualTo(expected));
        Half[] halves = Array.ConvertAll(expected, x => (Half)x);
        Assert.That(Floats($"{order}f2", bigEndian, halves), Is.EqualTo(Array.ConvertAll(halves, x => (float)x)));
    }

    [Test]
    public void EveryHalf()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] read = NpyBytes.Read(NpyBytes.Of("<f2", "(65536,)", NpyBytes.Elements(false, halves))).As<float>().ToArray();
        Assert.That(read, Is.EqualTo(Array.ConvertAll(halves, bits => (float)BitConverter.UInt16BitsToHalf(bits))));
        Assert.That(float.IsNegative(read[0x8000]), Is.True, "-0");
    }

    [TestCase("=f4")]
    [TestCase("f4")]
    public void TheMachinesOrder(string descr) => Assert.That(Floats(descr, false, 1.5f, -2), Is.EqualTo(new[] { 1.5f, -2 }));

    [Test]
    public void AnyByteButZeroIsTrue() =>
        Assert.That(NpyBytes.Read(NpyBytes.Of("|b1", "(5,)", [0, 1, 2, 0, 255])).Bytes.ToArray(), Is.EqualTo(new byte[] { 0, 1, 1, 0, 1 }));

    [TestCase(3.5e38)]
    [TestCase(-1e300)]
    public void AFiniteDoubleBeyondFloatIsRefused(double value)
    {
        double[] values = new double[2 * 3 * 10001];
        values[3] = double.PositiveInfinity;
        values[40000] = value;      // in the second piece that is converted
        byte[] data = NpyBytes.Elements(true, values);
        Assert.That(NpyBytes.Refusal(NpyBytes.Of(">f8", "(2, 10001, 3)", data)),
            Does.Contain("float64 element [1, 3332, 1] is ").And.Contain("float32 cannot hold").And.Contain("Clip or scale"));
        Assert.That(NpyBytes.Refusal(NpyBytes.Of(">f8", "(2, 10001, 3)", data, fortran: true)), Does.Contain("element [0, 9999, 1] is "));
    }

    [Test]
    public void AnUnsignedIntegerBeyondLongIsRefused([Values] bool bigEndian) =>
        Assert.That(
            NpyBytes.Refusal(NpyBytes.Of(bigEndian ? ">u8" : "<u8", "(2,)", NpyBytes.Elements<ulong>(bigEndian, 5, ulong.MaxValue - 1))),
            Does.Contain("uint64 element [1] is 18446744073709551614, which int64 cannot hold"));

    [Test]
    public void FortranOrderOfAnyShape([Values("5", "40, 37", "1, 33", "33, 1", "3, 40, 2, 35", "2, 1, 3, 1, 70", "4, 0, 3")] string shape)
    {
        int[] sizes = Array.ConvertAll(shape.Split(", "), int.Parse);
        int count = sizes.Aggregate((a, b) => a * b);
        int[] file = new int[count];
        for (int i = 0; i < count; i++)
        {
            int rest = i, at = 0;       // element i of the array, in row-major order, lies at `at`
            for (int axis = sizes.Length - 1; axis >= 0; axis--)
            {
                at += rest % sizes[axis] * sizes[..axis].Aggregate(1, (a, b) => a * b);
                rest /= sizes[axis];
            }
            file[at] = i;
        }
        NpyArray array = NpyBytes.Read(NpyBytes.Of(">i4", $"({shape},)", NpyBytes.Elements(true, file), fortran: true));
        Assert.That(array.Shape, Is.EqualTo(sizes));
        Assert.That(array.As<long>().ToArray(), Is.EqualTo(Enumerable.Range(0, count)));
    }

    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }")]
    [TestCase("{'descr':'<f4','fortran_order':False,'shape':(2,)}")]
    [TestCase("{'shape': (2), 'descr': \"<f4\", 'fortran_order': False}")]
    [TestCase("{ \"fortran_order\" :True,\n\t'shape' : (2L , ) ,\r\n 'descr' : u'<f4' , }")]
    [TestCase("{'descr': '\\x3cf\\u0034', 'fortran_order': False, 'shape': [2]}   # a comment")]
    [TestCase("{'descr': '<' 'f4', 'fortran_order': (False), 'shape': ((2,)), }")]
    public void AnyPythonDictIsAHeader(string dict)
    {
        for (byte version = 1; version <= 3; version++)
        {
            NpyArray array = NpyBytes.Read(NpyBytes.Of(dict, NpyBytes.Elements(false, 1f, 2f), version));
            Assert.That(array.Describe(), Is.EqualTo("float32 [2]"));
        }
    }

    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}}")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2.5,)}")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': ('2',)}")]
    [TestCase("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}")]
    [TestCase("{'descr': '<f4', 'shape': (2,)}")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}")]
    [TestCase("{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}")]
    [TestCase("{'descr': 4, 'fortran_order': False, 'shape': (2,)}")]
    [TestCase("{'descr': '<f4\\")]
    [TestCase("{'descr': '<f4\\x")]
    [TestCase("{")]
    [TestCase("")]
    [TestCase("['descr']")]
    [TestCase("import os")]
    public void AnotherHeaderIsRefused(string dict) =>
        Assert.That(NpyBytes.Refusal(NpyBytes.Of(dict, new byte[8])), Does.Contain("its header cannot be read").And.Contain("Copy"));

    [Test]
    public void ANestOfBracketsIsRefused() =>
        Assert.That(NpyBytes.Refusal(NpyBytes.Of(new string('(', 1_000_000), [], version: 2)), Does.Contain("its header cannot be read"));

    [TestCase("<f3", "of the type '<f3', which is unknown here")]
    [TestCase("", "of the type ''")]
    [TestCase("<c16", "it is complex")]
    [TestCase("|T16", "of the type '|T16'")]
    public void AnUnknownTypeIsRefused(string descr, string expected) =>
        Assert.That(NpyBytes.Refusal(NpyBytes.Of(descr, "(1,)", new byte[16])), Does.Contain(expected).And.Contain("Save "));

    private static long[] Longs<T>(string descr, bool bigEndian, params T[] values) where T : unmanaged =>
        NpyBytes.Read(NpyBytes.Of(descr, $"({values.Length},)", NpyBytes.Elements(bigEndian, values))).As<long>().ToArray();

    private static float[] Floats<T>(string descr, bool bigEndian, params T[] values) where T : unmanaged =>
        NpyBytes.Read(NpyBytes.Of(descr, $"({values.Length},)", NpyBytes.Elements(bigEndian, values))).As<float>().ToArray();
}
