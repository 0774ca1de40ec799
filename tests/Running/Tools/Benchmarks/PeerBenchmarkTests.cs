using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>Whole bundles in the PyTorch peer: each cell is compared with ours before it is measured.</summary>
public sealed class PeerBenchmarkTests
{
    private static readonly BenchmarkOptions Options = new() { Batches = [3], Horizons = [4], Seconds = 0.002, Peer = true };

    private GraphPeer _peer = null!;

    [OneTimeSetUp]
    public void Start() => _peer = TorchPeers.Start();

    [OneTimeTearDown]
    public void Stop() => _peer?.Dispose();

    /// <summary>A bundle of each algorithm and kind of actions.</summary>
    private static IEnumerable<string> Kinds => Repository.Zoo.DistinctBy(bundle =>
    {
        Manifest manifest = Manifest.Load(bundle, verifyHashes: false);
        return (manifest.Algorithm, manifest.Action.Kind);
    });

    [TestCaseSource(nameof(Kinds))]
    public void ABundleComesToTheSame(string bundle)
    {
        Manifest manifest = Manifest.Load(bundle, verifyHashes: false);
        List<Measurement> measurements = [];
        if (manifest.HasWorld())
        {
            using DreamBenchmark benchmark = new(bundle, Options, _peer);
            measurements.AddRange(benchmark.Run().Measurements);
        }
        if (ControllerBenchmark.Fits(manifest))
            measurements.AddRange(ControllerBenchmark.Run(bundle, Options, _peer).Measurements);
        string[] groups = [.. BenchmarkLevels.Of(manifest).Select(BenchmarkLevels.Name),
            .. BenchmarkLevels.HasDecoder(manifest) ? ["decoder"] : (string[])[],
            .. ControllerBenchmark.Fits(manifest) ? ["controller"] : (string[])[]];
        Assert.That(measurements.Select(m => (m.Group, m.Runner)), Is.EqualTo(
            from name in groups
            from runner in new[] { "ONNX Runtime", "PyTorch eager", "TorchScript" }
            select (name, runner)));
        foreach (Measurement own in measurements.Where(m => m.Runner == "ONNX Runtime"))
            Assert.That(own.Ratios!.Keys, Is.EqualTo(GraphPeer.Ways));
        // A form of the same operations: nothing is left out.
        foreach (IGrouping<string, Measurement> group in measurements.GroupBy(m => m.Group))
            Assert.That(group.Select(m => m.FlopsPerFrame).Distinct().Count(), Is.EqualTo(1));
    }

    /// <summary>A policy that reads frames and keeps a state, beside a world of frames.</summary>
    [Test]
    public void APolicyThatSeesTheStateComesToTheSame()
    {
        string bundle = FixtureBundle.World(agent: true);
        try
        {
            using DreamBenchmark benchmark = new(bundle, Options, _peer);
            Assert.That(benchmark.Run().Measurements.Select(m => m.Group).Distinct(),
                Is.EqualTo(new[] { "latent", "heads", "end-to-end" }));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void HeadsAfterTheRolloutAreTheSameHeads()
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "cartpole-dreamer");
        using WorldModel world = WorldModel.Load(bundle, new() { Variant = VariantSpec.Plain });
        RolloutProgram Program(bool headsAfter, bool framesAfter) =>
            ProgramBuilder.Dream(bundle, world.Manifest, BenchmarkLevel.Pixels, horizon: 3, headsAfter, framesAfter);
        RolloutProgram within = Program(false, false), after = Program(true, true), framesWithin = Program(true, false);
        Assert.That(within.Step.Select(call => call.Graph), Is.EqualTo(new[] { "dream", "value", "decode" }));
        Assert.That(within.Keep, Is.EqualTo(new[] { "action", "reward", "continue", "value", "observation" }));
        Assert.That(after.Step.Select(call => call.Graph), Is.EqualTo(new[] { "dream" }));
        Assert.That(after.After.Select(call => call.Graph), Is.EqualTo(new[] { "reward", "continue", "value", "decode" }));
        Assert.That(framesWithin.Step.Select(call => call.Graph), Is.EqualTo(new[] { "dream", "decode" }));
        Assert.That(framesWithin.After.Select(call => call.Graph), Is.EqualTo(new[] { "reward", "continue", "value" }));
        Assert.That(after.First.Select(call => call.Graph), Is.EqualTo(new[] { "value", "decode" }));
        RecordedDream recorded = new(world, BenchmarkLevel.Pixels, batch: 5, horizon: 3);
        IReadOnlyDictionary<(string Way, string Program, string Value), NpyArray> results = _peer.Open(new Dictionary<string, RolloutProgram> { ["within"] = within, ["after"] = after },
            recorded.Data(within), rows: 5, warmUp: 0).Results;
        foreach (string head in new[] { "reward", "continue", "value", "observation" })
        {
            Assert.That(results[(GraphPeer.Eager, "after", head)].ToFloats(),
                Is.EqualTo(results[(GraphPeer.Eager, "within", head)].ToFloats()).Within(1e-3).Percent, head);
        }
    }

    [TestCase("state/deterministic")]
    [TestCase("reward")]
    [TestCase("value")]
    public void ADisagreementIsAnError(string what)
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer");
        using WorldModel world = WorldModel.Load(bundle, new() { Variant = VariantSpec.Plain });
        RecordedDream recorded = new(world, BenchmarkLevel.Heads, batch: 2, horizon: 3);
        RolloutProgram program = ProgramBuilder.Dream(bundle, world.Manifest, BenchmarkLevel.Heads, horizon: 3);
        Measurement subject = new() { What = "dream", Level = "heads", Batch = 2, Horizon = 3 };
        Dictionary<string, RolloutProgram> programs = new() { ["within"] = program };
        Assert.That(() => PeerCell.Check(_peer, programs, recorded.Data(program), recorded.Results, subject), Throws.Nothing);
        float[] values = recorded.Results[what].ToFloats();
        int last = values.Length - 1;
        Span<float> changed = recorded.Results[what].As<float>();
        changed[last] += 3e-4f * (1 + Math.Abs(changed[last]));
        Assert.That(() => PeerCell.Check(_peer, programs, recorded.Data(program), recorded.Results, subject),
            Throws.TypeOf<BundleException>().With.Message.Contains(
                $"PyTorch eager and ONNX Runtime disagree on heads, batch 2 (within): {what} at step 2, row 1"));
    }
}
