using System.Text.Json;
using WorldModels.Diagnostics;
using WorldModels.Runtime;

namespace WorldModels.Tests.Tools;

public sealed class BenchmarkTests
{
    private string _bundle = "";

    [OneTimeSetUp]
    public void Write() => _bundle = FixtureBundle.World();

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_bundle, recursive: true);

    [Test]
    public void DreamsAndTheSimulatorAreMeasuredSideBySide()
    {
        using WorldModel world = WorldModel.Load(_bundle);
        BenchmarkReport report = DreamBenchmark.Run(world, new()
        {
            Batches = [1, 8], Horizon = 4, Seconds = 0.1, Simulator = true,
        });
        Assert.That(report.Measurements.Select(m => (m.What, m.Batch)),
            Is.EqualTo(new[] { ("dream", 1), ("simulator", 1), ("dream", 8), ("simulator", 8) }));
        foreach (Measurement m in report.Measurements)
        {
            Assert.That(m.Calls, Is.GreaterThan(0));
            Assert.That(m.StepMedian, Is.GreaterThan(0).And.LessThanOrEqualTo(m.StepP99));
            Assert.That(m.FramesPerSecond, Is.EqualTo(m.Batch / m.StepMedian));
            Assert.That(m.FramesPerCpuSecond, Is.GreaterThan(0));
            Assert.That(m.BytesPerStep, Is.Zero, $"{m.What} allocates");
        }
        Measurement dream = report.Measurements[0];
        Assert.That(dream.FlopsPerFrame, Is.EqualTo(FixtureBundle.FlopsPerFrame));
        double share = (FixtureBundle.FlopsPerFrame * dream.FramesPerCpuSecond / report.PeakGflops / 1e9)!.Value;
        Assert.That(dream.PeakShare, Is.EqualTo(share).Within(1e-9).And.InRange(0, 1));
        Assert.That(report.Measurements[1].FlopsPerFrame, Is.Null);
    }

    [Test]
    public void AnUnknownEnvironmentIsSaidAndTheDreamMeasured()
    {
        string bundle = FixtureBundle.World(manifest => manifest with { Environment = "minipackman" });
        try
        {
            using WorldModel world = WorldModel.Load(bundle);
            StringWriter output = new();
            BenchmarkReport report = DreamReport.WriteTable(world, [2], horizon: 2, seconds: 0.02, simulator: true, output);
            Assert.That(report.Measurements.Select(m => m.What), Is.EqualTo(new[] { "dream" }));
            Assert.That(output.ToString(), Does.Contain("Did you mean 'minipacman'").And.Contain("frames/s"));
            Assert.That(() => DreamBenchmark.Run(world, new() { Batches = [0] }),
                Throws.TypeOf<BundleException>().With.Message.Contains("at least 1"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void ControllersAreMeasured()
    {
        string bundle = FixtureBundle.Policy();
        try
        {
            BenchmarkReport report = ControllerBenchmark.Run(bundle, [1, 16], seconds: 0.05);
            Assert.That(report.Measurements.Select(m => (m.What, m.Batch, m.Horizon)),
                Is.EqualTo(new[] { ("controller", 1, 1), ("controller", 16, 1) }));
            Assert.That(report.Measurements.Select(m => m.BytesPerStep), Is.All.Zero);
            // Half of the past taken off, Gemm with bias, add the noise, ArgMax.
            Assert.That(report.Measurements[0].FlopsPerFrame, Is.EqualTo(2 * 855 + 6 * (2 * 855 + 1) + 5 + 5));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void ReportsAreWrittenAsJson()
    {
        using WorldModel world = WorldModel.Load(_bundle);
        BenchmarkReport report = DreamBenchmark.Run(world, new() { Batches = [1], Horizon = 2, Seconds = 0.02 });
        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        JsonElement first = json.RootElement.GetProperty("measurements")[0];
        Assert.That(first.GetProperty("framesPerSecond").GetDouble(), Is.EqualTo(report.Measurements[0].FramesPerSecond));
        Assert.That(json.RootElement.GetProperty("machine").GetProperty("cores").GetInt32(), Is.EqualTo(Environment.ProcessorCount));
        Assert.That(json.RootElement.GetProperty("peakGflops").GetDouble(), Is.EqualTo(report.PeakGflops));
    }

    [Test]
    public void ThePeakIsThatOfVectorInstructions()
    {
        double peak = MachinePeak.MeasureGflops();
        // At least one multiply-add of a whole vector every two cycles of a slow, shared core; at most four a cycle of a fast one.
        Assert.That(peak, Is.InRange(MachinePeak.VectorWidth * 0.5, MachinePeak.VectorWidth * 2 * 4 * 7));
        Assert.That(MachinePeak.MeasureGflops(), Is.InRange(peak / 3, peak * 3));
    }

    [TestCase(0, "0")]
    [TestCase(0.12345, "0.123")]
    [TestCase(12.345, "12.3")]
    [TestCase(1234567.8, "1,234,568")]
    [TestCase(0.00012, "1.2e-4")]
    public void NumbersAreReadable(double value, string text) => Assert.That(Figures.Number(value), Is.EqualTo(text));

    [Test]
    public void UnitsSuitTheSize()
    {
        Assert.That(new[] { 2.5, 2.5e-3, 2.5e-6, 2.5e-9, 0 }.Select(Figures.Time),
            Is.EqualTo(new[] { "2.5 s", "2.5 ms", "2.5 us", "2.5 ns", "0 s" }));
        Assert.That(new[] { 12.0, 2048, 3 << 20 }.Select(Figures.Bytes), Is.EqualTo(new[] { "12 B", "2 KiB", "3 MiB" }));
        Assert.That(new[] { 12, 6860, 2.257e6 }.Select(Figures.Flops), Is.EqualTo(new[] { "12 FLOP", "6.86 kFLOP", "2.26 MFLOP" }));
    }
}
