using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Train.Data;

namespace WorldModels.Tests.Data;

/// <summary>Single steps drawn from episodes.</summary>
public sealed class TransitionSamplerTests
{
    private static readonly ActionVectors Discrete = new(ActionSpec.Discrete(3));

    private IReadOnlyList<Episode> _episodes = [];
    private TransitionSampler _sampler = null!;

    /// <summary>Three episodes of 40 steps that terminate, of kind 0, but for one step of kind 1 and two of kind 2.</summary>
    [OneTimeSetUp]
    public void Make()
    {
        _episodes = [.. Enumerable.Range(0, 3).Select(i =>
        {
            NpyArray kinds = NpyArray.Zeros(NpyType.UInt8, 41);
            kinds.As<byte>()[5] = (byte)(i == 0 ? 1 : 2);
            return Played.Episode(100 * i, records: 41, Discrete).With("kind", kinds);
        })];
        _sampler = new(_episodes, balance: "kind");
    }

    [Test]
    public void StepsAreNumberedInTheOrderOfTheEpisodes()
    {
        Assert.That(_sampler.Count, Is.EqualTo(120));
        foreach (int step in new[] { 0, 39, 40, 119 })
            Assert.That(_sampler[step], Is.EqualTo((_episodes[step / 40], step % 40 + 1)));
        Assert.That(_sampler.Value<byte>(4, "kind"), Is.EqualTo(1), "the step that leads to record 5");
        Assert.That(_sampler.Value<bool>(79, "terminated"), Is.True);
    }

    /// <summary>Without balance every step alike; with it every kind, and the ends of episodes.</summary>
    [Test]
    public void RareStepsAreSeen()
    {
        const int Draws = 4000;
        int[] plain = [.. Enumerable.Range(0, Draws).Select(row => _sampler.Sample(seed: 1, update: 3, row, balanced: false))];
        Assert.That(plain.Distinct().Count(), Is.EqualTo(120));
        int[] balanced = [.. Enumerable.Range(0, Draws).Select(row => _sampler.Sample(seed: 1, update: 3, row, balanced: true))];
        double Share(Func<int, bool> wanted) => (double)balanced.Count(wanted) / Draws;
        Assert.Multiple(() =>
        {
            Assert.That(Share(step => _sampler.Value<byte>(step, "kind") == 1), Is.EqualTo(0.25).Within(0.03));
            Assert.That(Share(step => _sampler.Value<byte>(step, "kind") == 2), Is.EqualTo(0.25).Within(0.03));
            Assert.That(Share(step => _sampler.Value<bool>(step, "terminated")), Is.EqualTo(0.25 + 0.25 * 3 / 117).Within(0.03));
        });
    }

    /// <summary>The draws of every version so far: a run that is resumed by another one sees the batches it would have seen.</summary>
    [Test]
    public void DrawsAreThoseOfEveryVersion()
    {
        int[] Draw(bool balanced) => [.. Enumerable.Range(0, 8).Select(row => _sampler.Sample(seed: 7, update: 11, row, balanced))];
        Assert.That(Draw(balanced: false), Is.EqualTo(new[] { 33, 31, 37, 119, 80, 10, 14, 70 }));
        Assert.That(Draw(balanced: true), Is.EqualTo(new[] { 39, 4, 37, 119, 119, 11, 39, 79 }));
    }
}
