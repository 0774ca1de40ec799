using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed class SoakTests
{
    [Test]
    public void ADreamIsWatchedAtTenPoints()
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer");
        SoakReport soak = SoakTest.Run(bundle, new() { Batches = [4], Horizons = [5] }, steps: 2003);
        Assert.That(soak.Points, Has.Count.EqualTo(10));
        Assert.That(soak.Points.Select(point => point.Steps), Is.Ordered.Ascending.And.All.Matches<long>(steps => steps % 5 == 0));
        Assert.That(soak.Points[0].Steps, Is.EqualTo(205), "the first whole dream after a tenth");
        Assert.That(soak.Steps, Is.EqualTo(2005).And.EqualTo(soak.Points[^1].Steps));
        Assert.That(soak.Points.Select(point => point.Seconds), Is.Ordered.Ascending);
        Assert.That(soak.Points.Select(point => point.Resident), Is.All.GreaterThan(1 << 20));
        Assert.That(soak.Plan, Does.StartWith("level end-to-end"));
        Assert.That(() => SoakTest.Run(Path.Combine(Repository.Root, "models", "zoo", "minipacman-environment-model"),
            new() { Levels = [BenchmarkLevel.Pixels] }, 10), Throws.TypeOf<BundleException>().With.Message.Contains("a graph 'decode'"));
    }

    [TestCase(0, false)]
    [TestCase(8, false)]
    [TestCase(9, true)]
    public void MemoryGrewIfItExceedsWhatTheFirstTenthLeft(long mebibytes, bool grew)
    {
        SoakPoint[] points =
            [.. Enumerable.Range(1, 10).Select(i => new SoakPoint(i * 100, i, (100 + (i == 6 ? mebibytes : 0)) << 20, i * 1000))];
        SoakReport soak = new("x", 1, 1000, "plain", points);
        Assert.That((soak.Grew, soak.Growth), Is.EqualTo((grew, mebibytes << 20)));
        Assert.That(soak.Verdict, Does.Contain(grew ? "GREW" : "did not grow").And.Contain("10 bytes allocated a step"));
        Assert.That(soak.Rows, Has.Count.EqualTo(10));
    }
}
