using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class Mt19937Tests
{
    [Test]
    public void EqualsTheReferenceCode()
    {
        Mt19937RandomSource random = new Mt19937RandomSource(5489); // the default seed of mt19937ar.c and of C++'s std::mt19937
        uint[] outputs = [.. Enumerable.Range(0, 10_000).Select(_ => random.NextUInt32())];
        Assert.That(outputs[..3], Is.EqualTo(new uint[] { 3499211612, 581869302, 3890346734 }));
        Assert.That(outputs[^1], Is.EqualTo(4123659995)); // the value the C++ standard requires
    }

    [Test]
    public void UniformEqualsNumPy()
    {
        Mt19937RandomSource random = new Mt19937RandomSource(0);
        Assert.That(random.Uniform(), Is.EqualTo(0.5488135039273248));
        Assert.That(random.Uniform(), Is.EqualTo(0.7151893663724195));
    }

    [Test]
    public void WideSeedsAreArraysOfTheirHalves()
    {
        // CPython seeds its MT19937 the same way: random.seed((7 << 32) | 9), then getrandbits(32) four times and random().
        Mt19937RandomSource random = new Mt19937RandomSource(7ul << 32 | 9);
        uint[] outputs = [.. Enumerable.Range(0, 4).Select(_ => random.NextUInt32())];
        Assert.That(outputs, Is.EqualTo(new uint[] { 3666696616, 174776607, 1408883857, 811113122 }));
        Assert.That(random.Uniform(), Is.EqualTo(0.6616842782131694));
    }

    [Test]
    public void IntegersAreInRangeAndOneDrawsNothing()
    {
        Mt19937RandomSource random = new Mt19937RandomSource(3);
        Mt19937RandomSource untouched = new Mt19937RandomSource(3);
        Assert.That(random.Int(1), Is.Zero);
        Assert.That(random.NextUInt32(), Is.EqualTo(untouched.NextUInt32()));
        int[] counts = new int[15];
        for (int i = 0; i < 15_000; i++)
            counts[random.Int(15)]++;
        Assert.That(counts, Is.All.InRange(850, 1150)); // 1000 +- 31
    }

    [Test]
    public void GoesOnFromASavedState()
    {
        Mt19937RandomSource random = new Mt19937RandomSource(8);
        for (int i = 0; i < 1000; i++)
            random.NextUInt32();
        using MemoryStream stream = new MemoryStream();
        using BinaryWriter writer = new BinaryWriter(stream);
        random.Save(writer);
        stream.Position = 0;
        Mt19937RandomSource other = new Mt19937RandomSource(0);
        other.Restore(new BinaryReader(stream));
        for (int i = 0; i < 1000; i++)
            Assert.That(other.NextUInt32(), Is.EqualTo(random.NextUInt32()));
    }
}
