using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tests.Onnx;

/// <summary>Other forms of a shipped bundle's graphs: written, chosen, verified, refused.</summary>
internal sealed class BundleVariantTests
{
    private string _bundle = "";

    [SetUp]
    public void Copy()
    {
        _bundle = Path.Combine(Directory.CreateTempSubdirectory("variant-").FullName, "pendulum");
        ZooCopy.Plain("pendulum-dreamer", _bundle);
    }

    [TearDown]
    public void Delete() => Directory.Delete(Path.GetDirectoryName(_bundle)!, recursive: true);

    [Test]
    public void AVariantSharesTheWeightsThatItDoesNotChange()
    {
        Manifest manifest = Add(Precision.Float32, null, Changed("dream", 2));
        Assert.That(manifest.Variants!["other"].Graphs["dream"].File, Is.EqualTo("dream.other.onnx"));
        IReadOnlyDictionary<string, SafetensorsEntry> own = Safetensors.ReadHeader(Path.Combine(_bundle, "other.safetensors"));
        Assert.That(own, Has.Count.EqualTo(1), "one weight was changed");
        Assert.That(own.Keys.Single(), Does.Contain("weight"));
        VerificationReport report = BundleVerifier.Verify(_bundle, new() { Variant = "other" });
        Assert.That(report.Passed, Is.False, "its weights are doubled");
        Assert.That(report.Graphs.Select(g => g.Variant).Distinct(), Is.EqualTo(new[] { "other" }));
        Assert.That($"{report}", Does.Contain("dream (other), one step: FAILED"));
        Assert.That(BundleVerifier.Verify(_bundle, new() { Variant = VariantSpec.Plain }).Passed, Is.True);
    }

    [Test]
    public void AVariantWithTheSameNumbersIsVerifiedWithTheBundleAndReplacedByTheNext()
    {
        Add(Precision.Float32, 1, BundleVariant.Load(_bundle, Manifest.Load(_bundle), "dream"));
        Assert.That(File.Exists(Path.Combine(_bundle, "other.safetensors")), Is.False, "every weight is the bundle's");
        Manifest manifest = Add(Precision.Float32, 1, BundleVariant.Load(_bundle, Manifest.Load(_bundle), "act"));
        Assert.That(manifest.Variants!["other"].Graphs.Keys, Is.EqualTo(new[] { "act" }));
        Assert.That(File.Exists(Path.Combine(_bundle, "dream.other.onnx")), Is.False);
        VerificationReport report = BundleVerifier.Verify(_bundle);
        Assert.That(report.Passed, Is.True, $"{report}");
        Assert.That(report.Graphs.Any(g => g is { Graph: "act", Variant: "other" }), Is.True);
    }

    [Test]
    public void OutputsMayBeMissingWhereAGraphOnStatesHasThem()
    {
        OnnxModel dream = BundleVariant.Load(_bundle, Manifest.Load(_bundle), "dream");
        Without(dream, "reward");
        Assert.That(() => Add(Precision.Float32, 1, dream), Throws.Nothing);
        using WorldModel world = WorldModel.Load(_bundle);
        using Dream imagined = world.Dream(2, 3);
        Assert.That(imagined.Run(1).Rewards(2)[1], Is.Not.Zero);
        Without(dream, "action");
        Assert.That(() => Add(Precision.Float32, 1, dream),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("output 'action' is missing"));
        Assert.That(() => BundleVerifier.Verify(_bundle), Throws.Nothing, "a refused variant changes nothing");
    }

    [Test]
    public void SixteenBitsAreRefusedOnTheCpu()
    {
        Add(Precision.Float16, null, BundleVariant.Load(_bundle, Manifest.Load(_bundle), "dream"));
        Assert.That(() => WorldModel.Load(_bundle, new() { Variant = "other", Provider = "cpu" }),
            Throws.TypeOf<BundleException>().With.Message.Contains("tools quantize").And.Message.Contains("CUDA"));
        Assert.That(BundleVerifier.Verify(_bundle).Unverified, Has.Some.Contains("variant other (not for the cpu)"));
    }

    [Test]
    public void SaysWhichVariantsThereAre()
    {
        Assert.That(() => WorldModel.Load(_bundle, new() { Variant = "int4" }),
            Throws.TypeOf<BundleException>().With.Message.Contains("no variant 'int4'").And.Message.Contains("plain"));
        Assert.That(() => Add(Precision.Int8, 0, BundleVariant.Load(_bundle, Manifest.Load(_bundle), "dream")),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("leastBatch must be at least 1, found 0"));
    }

    [Test]
    public void APrecisionsNameMeansItsFormForTheBatch()
    {
        foreach ((string name, int least) in new[] { ("few", 1), ("many", 8) })
            BundleVariant.Write(_bundle, name, Int8(least), [BundleVariant.Load(_bundle, Manifest.Load(_bundle), "dream")]);
        BundleVariant.Write(_bundle, "int8", Int8(64), [BundleVariant.Load(_bundle, Manifest.Load(_bundle), "dream")]);
        using WorldModel world = WorldModel.Load(_bundle, new() { Variant = "int8" });
        Assert.That(new[] { 1, 8, 64 }.Select(batch =>
        {
            using Dream dream = world.Dream(batch, 2, new() { Tile = 0, Threads = 1 });
            return dream.Plan.Variant;
        }), Is.EqualTo(new[] { "few", "many", "int8" }));
        using WorldModel exact = WorldModel.Load(_bundle, new() { Variant = "many" });
        using Dream single = exact.Dream(1, 2);
        Assert.That(single.Plan.Variant, Is.EqualTo("many"));
    }

    private static VariantSpec Int8(int leastBatch) => new()
    {
        Precision = Precision.Int8, LeastBatch = leastBatch, Graphs = new Dictionary<string, GraphSpec>(),
    };

    private Manifest Add(Precision precision, int? leastBatch, OnnxModel model) => BundleVariant.Write(
        _bundle, "other", new() { Precision = precision, LeastBatch = leastBatch, Graphs = new Dictionary<string, GraphSpec>() }, [model]);

    /// <summary>A graph with its first matrix multiplied.</summary>
    private OnnxModel Changed(string graph, float factor)
    {
        OnnxModel model = BundleVariant.Load(_bundle, Manifest.Load(_bundle), graph);
        string name = model.Weights.Keys.Where(k => k.EndsWith("weight", StringComparison.Ordinal)).Order(StringComparer.Ordinal).First();
        WeightArray weight = model.Weights[name];
        Dictionary<string, WeightArray> weights = new(model.Weights)
        {
            [name] = new([.. weight.Values.Select(x => factor * x)], [.. weight.Shape]),
        };
        return model with { Weights = weights };
    }

    private static void Without(OnnxModel model, string output)
    {
        model.Proto.Graph.Output.Remove(model.Proto.Graph.Output.Single(o => o.Name == output));
        PrunePass.Apply(model.Proto.Graph);
    }
}
