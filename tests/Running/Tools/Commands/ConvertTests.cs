using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>The command that adds other forms of a shipped bundle's graphs.</summary>
public sealed class ConvertTests
{
    private string _bundle = "";

    [SetUp]
    public void Copy()
    {
        _bundle = Path.Combine(Directory.CreateTempSubdirectory("convert-").FullName, "cartpole");
        ZooCopy.Plain("cartpole-dreamer", _bundle);
    }

    [TearDown]
    public void Delete() => Directory.Delete(Path.GetDirectoryName(_bundle)!, recursive: true);

    [Test]
    public void ThroughputRewritesAndLeavesHeadsToTheirGraphs()
    {
        (int code, string output, string error) = Convert("throughput");
        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain("variant throughput added").And.Contain("dream.throughput.onnx")
            .And.Contain("reward, continue").And.Contain("from batch 16 on").And.Contain("Verified on cpu"));
        VariantSpec variant = Manifest.Load(_bundle).Variants!["throughput"];
        Assert.That((variant.Precision, variant.LeastBatch), Is.EqualTo((Precision.Float32, (int?)16)));
        Assert.That(variant.Graphs.Keys, Is.SupersetOf(new[] { "dream", "imagine", "act", "control", "observe", "decode", "reward" }));
        foreach (string step in (string[])["dream", "imagine"])
        {
            Assert.That(variant.Graphs[step].Outputs.Select(o => o.Role),
                Has.None.EqualTo(TensorRole.Reward).And.None.EqualTo(TensorRole.Continue));
        }

        OnnxModel dream = ModelReader.LoadWithWeights(Path.Combine(_bundle, "dream.throughput.onnx"));
        Assert.That(dream.Proto.Graph.Node.Select(n => n.OpType),
            Has.None.EqualTo("Elu").And.None.EqualTo("Softplus").And.Some.EqualTo("Exp"));
        Assert.That(Safetensors.ReadHeader(Path.Combine(_bundle, "throughput.safetensors")).Keys, Has.All.Contains("sum("),
            "folded biases are its own, all other weights the bundle's");
    }

    [Test]
    public void FormsAreChosenByTheBatchAndDreamTheSame()
    {
        Assert.That(Convert("throughput").Code, Is.Zero);
        (int code, string output, _) = Convert("latency");
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("from batch 1 on"));
        Assert.That(File.Exists(Path.Combine(_bundle, "latency.safetensors")), Is.False, "no weight changes");
        Assert.That(Convert("latency").Output, Does.Contain("variant latency replaced"));
        Assert.That(BundleVerifier.Verify(_bundle).Passed, Is.True);
        foreach (int batch in new[] { 2, 20 })
        {
            float[] plain = Rewards(batch, VariantSpec.Plain), chosen = Rewards(batch, VariantSpec.Auto);
            Assert.That(plain.Distinct().Count(), Is.GreaterThan(1));
            for (int i = 0; i < plain.Length; i++)
                Assert.That(chosen[i], Is.EqualTo(plain[i]).Within(1e-3), $"batch {batch}, row {i}");
        }
    }

    [TestCase("float16", Precision.Float16)]
    [TestCase("bfloat16", Precision.BFloat16)]
    public void SixteenBitsAreWrittenAndNotVerifiedByACpu(string name, Precision precision)
    {
        (int code, string output, string error) = Convert(name, "--provider", "cpu");
        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain("by name alone").And.Contain("Not verified here")
            .And.Contain($"tools verify {_bundle} --provider cuda"));
        VariantSpec variant = Manifest.Load(_bundle).Variants![name];
        Assert.That((variant.Precision, variant.LeastBatch), Is.EqualTo((precision, (int?)null)));
        Assert.That(variant.Graphs.Keys, Is.EquivalentTo(Manifest.Load(_bundle).Graphs.Keys));
        Assert.That(variant.Graphs["dream"].Outputs.Select(o => o.Name), Does.Contain("reward"));
        IReadOnlyDictionary<string, SafetensorsEntry> own = Safetensors.ReadHeader(Path.Combine(_bundle, $"{name}.safetensors"));
        Assert.That(own.Values.Select(e => e.ElementType).Distinct(),
            Is.EqualTo(new[] { precision == Precision.Float16 ? typeof(Half) : typeof(ushort) }));
    }

    [Test]
    public void StepsCanBeUnrolledBesides()
    {
        (int code, string output, string error) = Convert("latency", "--unroll", "3");
        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain("dream-3.latency.onnx: 3 steps of dream"));
        Assert.That(Manifest.Load(_bundle).Variants!["latency"].Unrolled!["dream"].Steps, Is.EqualTo(3));
        Assert.That(Convert("latency", "--unroll", "0").Error, Does.Contain("--unroll takes a whole number of at least 1"));
    }

    [Test]
    public void MistakesAreExplained()
    {
        Assert.That(Convert("int4"), Is.EqualTo((2, "",
            $"--to takes throughput, latency, float16, bfloat16; found 'int4'. For int8: tools quantize {_bundle}.{Environment.NewLine}")));
        string environmentModel = Path.Combine(Repository.Root, "models", "zoo", "minipacman-a2c");
        (int code, _, string error) = Run("convert", environmentModel, "--to", "throughput");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("nothing that throughput would make faster").And.Contain("no ELU").And.Contain("stays as it is"));
        Assert.That(Run("convert", _bundle).Error, Does.Contain("to"));
    }

    [Test]
    public void ABundleStaysAsItIsWhereTheConvertedGraphsDiffer()
    {
        Manifest manifest = Manifest.Load(_bundle);
        (manifest with { Parity = manifest.Parity! with { Tolerance = 0 } }).Save(_bundle);
        string[] before = [.. Files()];
        (int code, string output, string error) = Convert("throughput");
        Assert.That((code, output), Is.EqualTo((1, "")));
        Assert.That(error, Does.Contain("differ from their reference").And.Contain("dream (throughput)").And.Contain("FAILED"));
        Assert.That(Files(), Is.EqualTo(before));
        Assert.That(Manifest.Load(_bundle).Variants, Is.Null);

        IEnumerable<string> Files() => Directory.EnumerateFiles(_bundle, "*", SearchOption.AllDirectories).Order();
    }

    [Test]
    public void AWeightBeyondFloat16IsNamed()
    {
        OnnxModel[] models = [.. Manifest.Load(_bundle).Graphs.Keys.Select(g => BundleVariant.Load(_bundle, Manifest.Load(_bundle), g))];
        foreach (WeightArray weight in models.SelectMany(m => m.Weights).Where(w => w.Key == "actor/hidden0/weight").Select(w => w.Value))
            weight.Values[0] = 1e5f;
        ModelWriter.WriteBundle(_bundle, models);
        (Manifest.Load(_bundle, verifyHashes: false) with { Files = Manifest.HashFiles(_bundle) }).Save(_bundle);
        (int code, _, string error) = Convert("float16");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("'actor/hidden0/weight' holds 1e+05").And.Contain("bfloat16").And.Contain("act.onnx"));
    }

    private float[] Rewards(int batch, string variant)
    {
        using WorldModel world = WorldModel.Load(_bundle, new() { Variant = variant, Provider = "cpu" });
        using Dream dream = world.Dream(batch, 2);
        return dream.Run(1).Rewards(0).ToArray();
    }

    private (int Code, string Output, string Error) Convert(string form, params string[] more) =>
        Run(["convert", _bundle, "--to", form, .. more]);

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        return (ToolsApp.Run(args, output, error), output.ToString(), error.ToString());
    }
}
