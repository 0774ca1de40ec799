using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Onnx;
using WorldModels.Runtime;
using WorldModels.Tests.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed class BenchmarkTests
{
    // A step that allocates takes 24 bytes at least; what .NET allocates on its own account comes once.
    private const double LeastAllocation = 12;

    private string _bundle = "";

    [OneTimeSetUp]
    public void Write() => _bundle = FixtureBundle.World();

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_bundle, recursive: true);

    [Test]
    public void DreamsAndTheSimulatorAreMeasuredSideBySide()
    {
        BenchmarkReport report = BundleBenchmark.Run(_bundle, new()
        {
            Batches = [1, 8], Horizons = [4], Levels = [BenchmarkLevel.Latent, BenchmarkLevel.Heads], Seconds = 0.03, Simulator = true,
        });
        Assert.That(report.Measurements.Select(m => (m.What, m.Level, m.Batch)), Is.EqualTo(new[]
        {
            ("dream", "latent", 1), ("simulator with pictures", "latent", 1),
            ("dream", "latent", 8), ("simulator with pictures", "latent", 8),
            ("dream", "heads", 1), ("simulator with pictures", "heads", 1),
            ("dream", "heads", 8), ("simulator with pictures", "heads", 8),
        }));
        foreach (Measurement m in report.Measurements)
        {
            Assert.That(m.Calls, Is.GreaterThan(0));
            Assert.That(m.StepMedian, Is.GreaterThan(0).And.LessThanOrEqualTo(m.StepP99));
            Assert.That(m.FramesPerSecond, Is.EqualTo(m.Batch / m.StepMedian));
            Assert.That(m.FramesPerCpuSecond, Is.GreaterThan(0));
            Assert.That(m.BytesPerStep, Is.LessThan(LeastAllocation), $"{m.Group}, {m.Contestant} allocates");
            Assert.That(m.Ratios, Is.Null);
        }
        Measurement dream = report.Measurements[4];
        Assert.That((dream.Contestant, dream.Variant), Is.EqualTo(("ONNX Runtime, auto", "auto")));
        Assert.That(dream.Plan, Does.Contain("plain").And.Contain("1 thread"));
        Assert.That(dream.FlopsPerFrame, Is.EqualTo(FixtureBundle.FlopsPerFrame));
        // Without heads the frame alone is computed: fading 2 and clamping 2 a pixel.
        Assert.That(report.Measurements[0].FlopsPerFrame, Is.EqualTo(4 * 3 * 15 * 19));
        double share = (FixtureBundle.FlopsPerFrame * dream.FramesPerCpuSecond / report.PeakGflops / 1e9)!.Value;
        Assert.That(dream.PeakShare, Is.EqualTo(share).Within(1e-9).And.InRange(0, 1));
        Assert.That(report.Measurements[5].FlopsPerFrame, Is.Null);
    }

    /// <summary>A cache of which dreams keep only the last step; a peer cannot be told where such a dream starts.</summary>
    [Test]
    public void DreamsWithACacheAreMeasuredAlone()
    {
        string bundle = CacheBundle.Write(KeptSteps.Last, fused: true);
        try
        {
            BenchmarkReport report = BundleBenchmark.Run(bundle, new()
            {
                Batches = [3], Horizons = [4], Levels = [BenchmarkLevel.Heads], Seconds = 0.03,
            });
            Assert.That(report.Measurements[0].FramesPerSecond, Is.GreaterThan(0));
            using WorldModel world = WorldModel.Load(bundle, new() { Provider = "cpu" });
            RecordedDream recorded = new(world, BenchmarkLevel.Heads, batch: 3, horizon: 4);
            RolloutProgram program = ProgramBuilder.Dream(bundle, world.Manifest, BenchmarkLevel.Heads, horizon: 4);
            Assert.That(() => recorded.Data(program), Throws.InstanceOf<BundleException>().With.Message.Contains("last step of cache"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    /// <summary>
    /// Physics alone, and pictures as well where they can be drawn: once, beside the level that draws its own. The decoder by itself has
    /// neither tasks nor novelty.
    /// </summary>
    [TestCase("pendulum-dreamer")]
    [TestCase("pendulum-swingup-plan2explore")]
    public void SimulatorsArePicturedBesidePixels(string name)
    {
        BenchmarkReport report = BundleBenchmark.Run(Path.Combine(Repository.Root, "models", "zoo", name), new()
        {
            Batches = [2], Horizons = [2], Levels = [BenchmarkLevel.Heads, BenchmarkLevel.Pixels], Seconds = 0.01, Simulator = true,
        });
        Assert.That(report.Measurements.Select(m => (m.Group, m.What)), Is.EqualTo(new[]
        {
            ("heads", "dream"), ("heads", "simulator"), ("pixels", "dream"), ("pixels", "simulator"), ("pixels", "simulator with pictures"),
            ("decoder", "decoder"), ("controller", "controller"),
        }));
        Assert.That(report.Measurements[4].FramesPerCpuSecond, Is.LessThan(report.Measurements[3].FramesPerCpuSecond / 10));
        Assert.That(report.Measurements.Where(m => m.Runner is not null).Select(m => m.BytesPerStep), Is.All.LessThan(LeastAllocation));
    }

    /// <summary>A form of the graphs for batches from 4 on, without the reward, which the bundle has a graph for.</summary>
    [Test]
    public void VariantsAreMeasuredSideBySide()
    {
        string folder = Directory.CreateTempSubdirectory("worldmodels-variants-").FullName, bundle = Path.Combine(folder, "pendulum");
        try
        {
            ZooCopy.Plain("pendulum-dreamer", bundle);
            Manifest manifest = Manifest.Load(bundle);
            OnnxModel dream = BundleVariant.Load(bundle, manifest, "dream"), decode = BundleVariant.Load(bundle, manifest, "decode");
            PrunePass.Apply(dream.Proto.Graph, [.. dream.Outputs.Select(output => output.Name).Where(name => name != "reward")]);
            BundleVariant.Write(bundle, "lean",
                new() { Precision = Precision.Float32, LeastBatch = 4, Graphs = new Dictionary<string, GraphSpec>() }, [dream, decode]);
            BenchmarkReport report = BundleBenchmark.Run(bundle, new()
            {
                Batches = [2, 8], Horizons = [3], Variants = ["auto", "plain"], Levels = [BenchmarkLevel.Pixels], Seconds = 0.01,
            });
            IEnumerable<Measurement> planned = report.Measurements.Where(m => m.Plan is not null);
            Assert.That(planned.Select(m => (m.Group, m.Batch, m.Variant, m.Plan!.Split(',')[0])), Is.EqualTo(
                from part in new[] { "pixels", "decoder" }
                from batch in new[] { 2, 8 }
                from variant in new[] { "auto", "plain" }
                select (part, batch, variant, variant == "auto" && batch == 8 ? "lean" : "plain")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("pendulum-dreamer", "latent heads pixels end-to-end")]
    [TestCase("cartpole-swingup-planet", "latent heads pixels end-to-end")]
    [TestCase("minipacman-environment-model", "latent heads end-to-end")]
    [TestCase("minipacman-a2c", "")]
    public void LevelsAreThoseThatABundleHas(string name, string levels)
    {
        Manifest manifest = Manifest.Load(Path.Combine(Repository.Root, "models", "zoo", name), verifyHashes: false);
        Assert.That(string.Join(' ', BenchmarkLevels.Of(manifest).Select(BenchmarkLevels.Name)), Is.EqualTo(levels));
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
            Assert.That(report.Measurements.Select(m => (m.What, m.Level)), Is.EqualTo(new[] { ("dream", "end-to-end") }));
            Assert.That(output.ToString(), Does.Contain("did you mean 'minipacman'").And.Contain("frames/s"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void WhatCannotBeMeasuredIsSaid()
    {
        Assert.That(() => BundleBenchmark.Run(_bundle, new() { Batches = [0] }),
            Throws.TypeOf<BundleException>().With.Message.Contains("at least 1"));
        Assert.That(() => BundleBenchmark.Run(_bundle, new() { Levels = [BenchmarkLevel.Pixels] }), Throws.TypeOf<BundleException>()
            .With.Message.Contains("at level pixels: it has not a graph 'decode'. It can at latent, heads, end-to-end."));
        Assert.That(() => BundleBenchmark.Run(_bundle, new() { Variants = ["int5"] }),
            Throws.TypeOf<BundleException>().With.Message.Contains("int5"));
    }

    [Test]
    public void ControllersAreMeasured()
    {
        string bundle = FixtureBundle.Policy();
        try
        {
            BenchmarkReport report = ControllerBenchmark.Run(bundle, new() { Batches = [1, 16], Seconds = 0.05 });
            Assert.That(report.Measurements.Select(m => (m.What, m.Batch, m.Horizon)),
                Is.EqualTo(new[] { ("controller", 1, 1), ("controller", 16, 1) }));
            Assert.That(report.Measurements.Select(m => m.BytesPerStep), Is.All.LessThan(LeastAllocation));
            // Half of the past taken off, Gemm with bias, add the noise, ArgMax.
            Assert.That(report.Measurements[0].FlopsPerFrame, Is.EqualTo(2 * 855 + 6 * (2 * 855 + 1) + 5 + 5));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    /// <summary>An agent that has no dream of its own is measured beside the game that it plays.</summary>
    [Test]
    public void AnAgentIsMeasuredBesideItsGame()
    {
        string lander = Path.Combine(Repository.Root, "models", "zoo", "lunarlander-sacx");
        BenchmarkReport report = ControllerBenchmark.Run(lander, new() { Batches = [2], Seconds = 0.05, Simulator = true });
        Assert.That(report.Measurements.Select(m => (m.What, m.Batch)),
            Is.EqualTo(new[] { ("controller", 2), ("simulator", 2), ("simulator with pictures", 2) }));
    }

    /// <summary>Two contestants with slices made up: rates of CPU time round by round, times by call.</summary>
    [Test]
    public void RatiosAreMediansOfRounds()
    {
        Scripted own = new("ONNX Runtime", isPeer: false, [0.1, 0.4, 0.1]), peer = new("TorchSharp eager", isPeer: true, [0.2, 0.4, 0.4]);
        IReadOnlyList<Measurement> results = Contest.Run([own, peer], seconds: 0.1, peakGflops: 2);
        // 10 calls a slice of 3 steps of 4 rows.
        Assert.That(results[0].FramesPerCpuSecond, Is.EqualTo(120 / 0.1).Within(1e-9));
        Assert.That(results[1].FramesPerCpuSecond, Is.EqualTo(120 / 0.4).Within(1e-9));
        Assert.That(results[0].Ratios!["TorchSharp eager"], Is.EqualTo(2).Within(1e-12), "the rounds' ratios are 2, 1 and 4");
        Assert.That(results[1].Ratios, Is.Null);
        Assert.That((results[0].Calls, results[0].StepMedian, results[0].StepP99),
            Is.EqualTo((30, 0.005 / 3, 0.010 / 3)), "calls of 1 to 10 ms, thrice");
        Assert.That(results[0].PeakShare, Is.EqualTo(1e6 * 1200 / 2e9).Within(1e-12));
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

    private sealed class Scripted(string runner, bool isPeer, double[] cpu) : Contestant(
        new() { What = "dream", Runner = runner, Batch = 4, Horizon = 3, FlopsPerFrame = 1e6 })
    {
        private int _round;

        public override bool IsPeer => isPeer;

        public override void WarmUp(double seconds) { }

        public override Slice Run(double seconds) =>
            new(Enumerable.Range(1, 10).Select(ms => ms * 1e-3).ToArray(), cpu[_round++ % cpu.Length], Bytes: 0);
    }
}
