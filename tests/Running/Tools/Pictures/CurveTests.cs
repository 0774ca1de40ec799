using System.Globalization;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tests.Tools;

public sealed class CurveTests
{
    [Test]
    public void ValuesLieOnStraightLinesBetweenMeasurements()
    {
        MetricSeries series = new([10, 20, 40], [1, 3, -1]);
        Assert.That(new[] { 10.0, 12.5, 20, 25, 39, 40 }.Select(series.At), Is.EqualTo(new[] { 1, 1.5, 3, 2, -0.8, -1 }).Within(1e-12));
        Assert.That(() => series.At(9.9), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => series.At(40.1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(new MetricSeries([7], [5]).At(7), Is.EqualTo(5));
        Assert.That(() => new MetricSeries([1, 1], [2, 3]), Throws.ArgumentException);
    }

    [Test]
    public void ThinningAveragesNeighbours()
    {
        MetricSeries series = new([1, 2, 3, 4, 5], [10, 20, 30, 40, 90]), thin = series.Thin(3);
        Assert.That((thin.Steps, thin.Values), Is.EqualTo((new[] { 1.5, 3.5, 5 }, new[] { 15.0, 35, 90 })));
        Assert.That(series.Thin(5), Is.SameAs(series));
        Assert.That(series.Until(3.5)!.Values, Is.EqualTo(new[] { 10, 20, 30 }));
        Assert.That((series.Until(0.5), series.Until(5)), Is.EqualTo((null as MetricSeries, series)));
    }

    [Test]
    public void ABandTakesSeedsAtEachOthersSteps()
    {
        CurveBand band = CurveBand.Of([new([0, 10, 20], [0, 10, 0]), new([5, 15, 30], [20, 10, 40])])!;
        // Both have values from 5 to 20: there the second is 20, 15, 10, 20 * 1/3 + ... by hand.
        Assert.That(band.Steps, Is.EqualTo(new[] { 5, 10, 15, 20 }));
        Assert.That(band.Mean, Is.EqualTo(new[] { 12.5, 12.5, 7.5, 10 }).Within(1e-12));
        Assert.That(band.Low, Is.EqualTo(new[] { 5.0, 10, 5, 0 }).Within(1e-12));
        Assert.That(band.High, Is.EqualTo(new[] { 20.0, 15, 10, 20 }).Within(1e-12));
        Assert.That(band.Count, Is.EqualTo(2));
        Assert.That(CurveBand.Of([new([0, 1], [0, 1]), new([2, 3], [0, 1])]), Is.Null);
        Assert.That(CurveBand.Of([]), Is.Null);
    }

    /// <summary>A bundle's arms of another algorithm, or of another task, are named by that, not by every option that they have or lack.</summary>
    [Test]
    public void OtherAlgorithmsAndTasksAreNamedAsSuch()
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "cartpole-swingup-dreamerv3");
        string[] labels = [.. CurveGroup.Of(TrainingCurveReader.Read(bundle)).Select(group => group.Label)];
        Assert.That(labels, Is.Unique.And.Some.Contains("freezeActor=True")
            .And.Some.EqualTo("cartpole-swingup-dreamerv3 (algorithm=dreamerv2, env=cartpole-swingup)")
            .And.Some.EqualTo("cartpole-swingup-dreamerv3 (algorithm=dreamerv3, env=acrobot-swingup)"));
    }

    [Test]
    public void RunsThatDifferInTheirSeedAloneAreAGroup()
    {
        using RunFixture runs = new();
        string[] folders =
        [
            runs.Run("slow-s1", 1, [(1, 1)], rate: "1e-05"), runs.Run("slow-s0", 0, [(1, 2)], rate: "0.00001"),
            runs.Run("fast-s0", 0, [(1, 3)], rate: "0.01"), runs.Run("slow", 7, [(1, 3)], rate: "0.5"),
        ];
        IReadOnlyList<CurveGroup> groups = CurveGroup.Of(folders.SelectMany(TrainingCurveReader.Read));
        Assert.That(groups.Select(group => group.Label),
            Is.EqualTo(new[] { "slow (learningRate=0.00001)", "fast", "slow (learningRate=0.5)" }));
        Assert.That(groups.Select(group => group.Runs.Select(run => run.Seed)), Is.EqualTo(new long[][] { [0, 1], [0], [7] }));
        // The same run, read twice: from its folder and from a copy that was thinned.
        string copy = runs.Run("copy", 1, [(1, 1)], rate: "1E-5");
        Assert.That(CurveGroup.Of(folders.Append(copy).SelectMany(TrainingCurveReader.Read))[0].Runs, Has.Count.EqualTo(2));
        string again = runs.Run("again", 1, [(1, 1.5)], rate: "1E-5");
        Assert.That(CurveGroup.Of(folders.Append(again).SelectMany(TrainingCurveReader.Read))[0].Runs, Has.Count.EqualTo(3));
    }

    [Test]
    public void ABundleBringsItsOtherSeedsAndArms()
    {
        IReadOnlyList<CurveGroup> groups = CurveGroup.Of(TrainingCurveReader.Read(Path.Combine(Repository.Root, "models", "zoo", "minipacman-i2a")));
        Assert.That(groups[0].Label, Is.EqualTo("minipacman-i2a"));
        Assert.That(groups[0].Runs.Select(run => run.Seed), Is.EqualTo(new[] { 0, 1, 2 }));
        CurveGroup copy = groups.Single(group => group.Label == "copy");
        Assert.That((copy.Environment, copy.Runs.Count, copy.Runs[0].Algorithm), Is.EqualTo(("minipacman", 3, "i2a")));
        Assert.That(copy.Runs[0].Returns[0], Is.EqualTo(("return_sampled", 32.375, 3.282191)));
        Assert.That(groups.Single(group => group.Label == "hunt-copy").Environment, Is.EqualTo("minipacman-hunt"));
    }

    [TestCase(0, 1e6, "0 0.2M 0.4M 0.6M 0.8M 1M")]
    [TestCase(0, 640_000, "0 200k 400k 600k 800k")]
    [TestCase(-1600, -120, "−2000 −1500 −1000 −500 0")]
    [TestCase(3, 3, "2.6 2.8 3 3.2 3.4")]
    [TestCase(56.30231, 56.30239, "56.3023 56.30232 56.30234 56.30236 56.30238 56.3024")]
    [TestCase(0, 0, "0 0.2 0.4 0.6 0.8 1")]
    [TestCase(0.0003, 0.0017, "0 0.0005 0.001 0.0015 0.002")]
    [TestCase(1e-7, 9e-7, "0 2e−7 4e−7 6e−7 8e−7 1e−6")]
    [TestCase(-19.9, -18.4, "−20 −19.5 −19 −18.5 −18")]
    public void TicksAreNice(double low, double high, string labels)
    {
        Ticks ticks = Ticks.Cover(low, high);
        Assert.That(string.Join(' ', ticks.Values.Select(ticks.Label)), Is.EqualTo(labels));
    }

    [Test]
    public void TicksCoverAnyRange()
    {
        Random random = new(1);
        for (int i = 0; i < 2000; i++)
        {
            double low = (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-6, 7));
            double high = low + random.NextDouble() * Math.Pow(10, random.Next(-6, 7));
            int most = random.Next(2, 12);
            Ticks ticks = Ticks.Cover(low, high, most);
            string range = string.Create(CultureInfo.InvariantCulture, $"{low:R} to {high:R}");
            Assert.That(ticks.Values[0], Is.LessThanOrEqualTo(low + ticks.Step * 1e-6), range);
            Assert.That(ticks.Values[^1], Is.GreaterThanOrEqualTo(high - ticks.Step * 1e-6), range);
            Assert.That(ticks.Values, Has.Count.InRange(2, most + 2), range);
            Assert.That(ticks.Values.Select(ticks.Label).Distinct().Count(), Is.EqualTo(ticks.Values.Count), range);
        }
        Assert.That(() => Ticks.Cover(0, double.NaN), Throws.ArgumentException);
        Assert.That(() => Ticks.Cover(1, 0), Throws.ArgumentException);
    }

    [Test]
    public void EnvironmentStepsGoBeforeFramesAndACutLineIsLeftOut()
    {
        using RunFixture runs = new();
        string folder = runs.Run("a-s0", 0, [(100, 1), (100, 4), (200, 2)], steps: "environment_steps");
        string file = Path.Combine(folder, "metrics.jsonl");
        File.AppendAllText(file, """{"update": 3, "environment_steps": 300, "ret""");
        TrainingCurve curve = TrainingCurveReader.Read(folder).Single();
        Assert.That(curve.CountsEnvironmentSteps);
        Assert.That(curve.Metrics["return"].Steps, Is.EqualTo(new[] { 100, 200 }));
        Assert.That(curve.Metrics["return"].Values, Is.EqualTo(new[] { 4, 2 }), "of several lines at one step the last counts");
        Assert.That(curve.Metrics.Keys, Is.EqualTo(new[] { "loss", "return" }));
        Assert.That(curve.Figures, Is.Empty);
    }

    [TestCase("""{"update": 1, "frames": 5, "ret""", "Line 3 of '*metrics.jsonl' cannot be read: it is no JSON")]
    [TestCase("[1]", "Line 3 of '*' cannot be read: it is no JSON object")]
    [TestCase("""{"update": 1, "return": 5}""", "it has no number 'frames'")]
    [TestCase("""{"update": 1, "frames": 3, "return": 5}""", "its 'frames' goes back from 20 to 3")]
    [TestCase("""{"update": 1, "frames": 30, "return": "high"}""", "its 'return' is no number")]
    [TestCase("""{"update": 1, "frames": 30, "return": 1e999}""", "its 'return' is no number")]
    public void AnUnreadableLineIsNamed(string line, string message)
    {
        using RunFixture runs = new();
        string folder = runs.Run("a-s0", 0, [(10, 1), (20, 2)]);
        File.AppendAllText(Path.Combine(folder, "metrics.jsonl"), line + "\n");
        Assert.That(() => TrainingCurveReader.Read(folder), Throws.TypeOf<BundleException>()
            .With.Message.Matches(string.Join(".*", message.Split('*').Select(System.Text.RegularExpressions.Regex.Escape))));
    }

    [Test]
    public void FoldersThatAreNoRunsAreRefused()
    {
        using RunFixture runs = new();
        string folder = runs.Run("a-s0", 0, []);
        Refused("nowhere", "There is no directory 'nowhere'");
        Refused(runs.Root, "is no run: it has neither config.json");
        Refused(folder, "nothing to plot in");
        File.WriteAllText(Path.Combine(folder, "config.json"), "{\"seed\": 1.5}");
        Refused(folder, "no whole number 'seed'");
        File.WriteAllText(Path.Combine(folder, "config.json"), "{\"seed\":");
        Refused(folder, "config.json' is no valid JSON");
        File.Delete(Path.Combine(folder, "config.json"));
        File.WriteAllText(Path.Combine(folder, "x.curve.jsonl"), "{}");
        Refused(folder, "has no 'x.json' beside it");

        static void Refused(string folder, string message) =>
            Assert.That(() => TrainingCurveReader.Read(folder), Throws.TypeOf<BundleException>().With.Message.Contains(message));
    }
}
