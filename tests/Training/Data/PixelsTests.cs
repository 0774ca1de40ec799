using WorldModels.Bundles;

namespace WorldModels.Tests.Data;

/// <summary>Images between bytes and numbers.</summary>
public sealed class PixelsTests
{
    /// <summary>Bit for bit, at every place of a vector and after the last whole one.</summary>
    [Test]
    public void EveryByteIsItsTwoHundredAndFiftyFifth([Values(0, 1, 31, 32, 255, 256, 1000)] int count)
    {
        for (int shift = 0; shift < 40; shift++)
        {
            byte[] bytes = [.. Enumerable.Range(shift, count).Select(i => (byte)i)];
            float[] values = new float[count];
            Pixels.ToFloats(bytes, values);
            Assert.That(values, Is.EqualTo(Array.ConvertAll(bytes, value => value / 255f)));
            byte[] back = new byte[count];
            Pixels.ToBytes(values, back);
            Assert.That(back, Is.EqualTo(bytes));
        }
    }

    [Test]
    public void LengthsThatDifferAreSaid() =>
        Assert.That(() => Pixels.ToFloats(new byte[3], new float[2]),
            Throws.ArgumentException.With.Message.Contains("3 bytes and room for 2"));
}
