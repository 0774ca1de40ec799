using MathNet.Numerics.Statistics;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Runtime.Internals;

namespace WorldModels.Tests.Runtime;

public sealed class PhiloxTests
{
    // Random123's kat_vectors, philox4x32 with 10 rounds: counter, key, result.
    [TestCase(new uint[] { 0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 })]
    [TestCase(new uint[] { ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd })]
    [TestCase(new uint[]
    {
        0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    })]
    public void MeetsThePublishedVectors(uint[] v) =>
        Assert.That(Philox.Block(v[0], v[1], v[2], v[3], v[4], v[5]), Is.EqualTo((v[6], v[7], v[8], v[9])));

    [Test]
    public void TheCounterIsBlockStepRowStreamAndTheKeyIsTheSeed()
    {
        NoiseKey key = new NoiseKey(0x299f31d0a4093822, Row: 3, Step: 5, Stream: 7);
        float[] draws = new float[6];
        Philox.FillUniform(key, draws);
        (uint x0, uint x1, uint x2, uint x3) = Philox.Block(0, 5, 3, 7, 0xa4093822, 0x299f31d0);
        (uint y0, uint y1, uint _, uint _) = Philox.Block(1, 5, 3, 7, 0xa4093822, 0x299f31d0);
        Assert.That(draws, Is.EqualTo(new[] { x0, x1, x2, x3, y0, y1 }.Select(x => (x >> 8) / 16777216f)));
        Assert.That(Philox.NextInt(key, 10), Is.EqualTo((int)(x0 * 10ul >> 32)));
    }

    [Test]
    public void DistributionsHaveTheirMoments()
    {
        const int Count = 200_000;
        float[] draws = new float[Count];
        void Check(NoiseKind kind, double mean, double variance)
        {
            Philox.Fill(kind, new(11, 0, 0, 0), draws);
            (double m, double spread) = draws.Select(x => (double)x).MeanVariance();
            Assert.That(m, Is.EqualTo(mean).Within(4 * Math.Sqrt(variance / Count)), $"{kind} mean");
            Assert.That(spread, Is.EqualTo(variance).Within(0.03 * variance), $"{kind} variance");
        }

        Check(NoiseKind.Gaussian, 0, 1);
        Check(NoiseKind.Gumbel, 0.5772156649, Math.PI * Math.PI / 6);
        Check(NoiseKind.Uniform, 0.5, 1.0 / 12);
        Assert.That(draws, Has.All.InRange(0f, 0.99999994f));
    }

    // Bits: the documented float32 steps, one by one, in numpy. Values: the exact inverse distribution functions, in double precision.
    [TestCase(0x00000000u, 0xc0ad7080u, -5.41998317, 0xc033f049u, -2.81154091)]
    [TestCase(0x00000100u, 0xc0a70b2au, -5.22011306, 0xc033f049u, -2.81154091)]
    [TestCase(0x12345678u, 0xbfbbd933u, -1.46756572, 0xbf78dc13u, -0.972108047)]
    [TestCase(0x7fffffffu, 0xb3a06c98u, -7.47033439e-08, 0x3ebba78fu, 0.366512749)]
    [TestCase(0x80000000u, 0x33a06c98u, 7.47033439e-08, 0x3ebba79au, 0.366513093)]
    [TestCase(0xdeadbeefu, 0x3f901499u, 1.12562862, 0x3ffc2b26u, 1.97006682)]
    [TestCase(0xfffe0000u, 0x408049c2u, 4.00900335, 0x412662e9u, 10.3991475)]
    [TestCase(0xffffffffu, 0x40ad7080u, 5.41998317, 0x41851592u, 16.6355323)]
    public void DrawsAreTheSameBitsEverywhere(uint word, uint gaussianBits, double gaussian, uint gumbelBits, double gumbel)
    {
        void Check(NoiseKind kind, uint bits, double value)
        {
            // 17 copies: whole vectors of any width, and a rest.
            float[] draws = new float[17];
            Array.Fill(draws, BitConverter.UInt32BitsToSingle(word));
            Draws.FromWords(kind, draws);
            Assert.That(draws.Select(BitConverter.SingleToUInt32Bits), Has.All.EqualTo(bits), $"{kind}");
            Assert.That(draws[0], Is.EqualTo(value).Within(3e-7 * (1 + Math.Abs(value))), $"{kind}");
        }

        Check(NoiseKind.Gaussian, gaussianBits, gaussian);
        Check(NoiseKind.Gumbel, gumbelBits, gumbel);
        Check(NoiseKind.Uniform, BitConverter.SingleToUInt32Bits((word >> 8) / 16777216f), (word >> 8) / 16777216.0);
    }

    [Test]
    public void WordsAreThoseOfTheBlocksAtAnyLength([Values(1, 3, 4, 5, 15, 16, 17, 36, 100)] int length)
    {
        uint[] words = new uint[length];
        Philox.FillWords(new(0x299f31d0a4093822, Row: 0xfffffffe, Step: 5, Stream: 0x80000001), words);
        for (int i = 0; i < length; i++)
        {
            (uint x0, uint x1, uint x2, uint x3) = Philox.Block((uint)i / 4, 5, 0xfffffffe, 0x80000001, 0xa4093822, 0x299f31d0);
            Assert.That(words[i], Is.EqualTo((i % 4) switch { 0 => x0, 1 => x1, 2 => x2, _ => x3 }));
        }
    }

    [Test]
    public void RowsStepsStreamsAndSeedsDiffer()
    {
        NoiseKey[] keys = [new(1, 0, 0, 0), new(1, 1, 0, 0), new(1, 0, 1, 0), new(1, 0, 0, 1), new(2, 0, 0, 0), new(1ul << 32, 0, 0, 0)];
        IEnumerable<string> draws = keys.Select(k =>
        {
            float[] row = new float[8];
            Philox.FillGaussian(k, row);
            return string.Join(' ', row);
        });
        Assert.That(draws, Is.Unique);
    }

    [Test]
    public void StreamsAreFnv1a()
    {
        Assert.That(Philox.Stream(""), Is.EqualTo(0x811c9dc5));
        Assert.That(Philox.Stream("a"), Is.EqualTo(0xe40c292c));
        Assert.That(Philox.Stream("foobar"), Is.EqualTo(0xbf9cf968));
    }

    [Test]
    public void NextIntCoversItsRange()
    {
        int[] counts = new int[5];
        for (uint row = 0; row < 5000; row++)
            counts[Philox.NextInt(new(3, row, 0, 0), 5)]++;
        Assert.That(counts, Has.All.InRange(880, 1120));
        Assert.Throws<ArgumentOutOfRangeException>(() => Philox.NextInt(new(3, 0, 0, 0), 0));
    }
}
