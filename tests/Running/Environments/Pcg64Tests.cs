using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>Against numbers printed in NumPy's documentation; the seeds of the classic control recordings test further ones.</summary>
public sealed class Pcg64Tests
{
    [Test]
    public void UniformEqualsNumPy()
    {
        Assert.That(new Pcg64RandomSource(12345).Uniform(), Is.EqualTo(0.22733602246716966));
        Pcg64RandomSource random = new Pcg64RandomSource(42);
        Assert.That(random.Uniform(), Is.EqualTo(0.77395605).Within(5e-9));
        Assert.That(random.Uniform(), Is.EqualTo(0.43887844).Within(5e-9));
        Assert.That(random.Uniform(), Is.EqualTo(0.85859792).Within(5e-9));
    }

    [Test]
    public void IntegersEqualNumPy()
    {
        Pcg64RandomSource random = new Pcg64RandomSource(12345);
        int[] drawn = [random.Int(10), random.Int(10), random.Int(10)];
        Assert.That(drawn, Is.EqualTo(new[] { 6, 2, 7 }));
    }

    [Test]
    public void IntegersAreEvenlySpreadAndOneDrawsNothing()
    {
        Pcg64RandomSource random = new Pcg64RandomSource(3);
        Pcg64RandomSource untouched = new Pcg64RandomSource(3);
        Assert.That(random.Int(1), Is.Zero);
        Assert.That(random.NextUInt64(), Is.EqualTo(untouched.NextUInt64()));
        int[] counts = new int[15];
        for (int i = 0; i < 15_000; i++)
            counts[random.Int(15)]++;
        Assert.That(counts, Is.All.InRange(850, 1150)); // 1000 +- 31
    }

    [Test]
    public void GoesOnFromASavedState()
    {
        Pcg64RandomSource random = new Pcg64RandomSource(1ul << 40 | 5);
        for (int i = 0; i < 101; i++)
            random.Int(7); // an odd number: half a word is left over
        using MemoryStream stream = new MemoryStream();
        using BinaryWriter writer = new BinaryWriter(stream);
        random.Save(writer);
        stream.Position = 0;
        Pcg64RandomSource other = new Pcg64RandomSource(0);
        other.Restore(new BinaryReader(stream));
        for (int i = 0; i < 1000; i++)
        {
            Assert.That(other.Int(1000), Is.EqualTo(random.Int(1000)));
            Assert.That(other.Uniform(), Is.EqualTo(random.Uniform()));
        }
    }

    [Test]
    public void ADamagedStateIsRefused() => Assert.That(
        () => new Pcg64RandomSource(0).Restore(new BinaryReader(new MemoryStream(new byte[37]))),
        Throws.InstanceOf<InvalidDataException>().With.Message.Contains("increment is even"));
}
