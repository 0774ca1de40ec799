using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Onnx;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>The verb that adds int8 to a bundle, on copies of a shipped agent.</summary>
internal sealed class QuantizeTests
{
    private string _root = "", _bundle = "";

    [SetUp]
    public void Copy()
    {
        _root = Directory.CreateTempSubdirectory("quantize-").FullName;
        _bundle = Path.Combine(_root, "pendulum");
        ZooCopy.Plain("pendulum-dreamer", _bundle);
    }

    [TearDown]
    public void Delete() => Directory.Delete(_root, recursive: true);

    [Test]
    public void WritesAVariantItsCostAndItsCard()
    {
        string text = Succeeds("quantize", _bundle, "--episodes", "4");
        Assert.That(text, Does.Contain("playing in int8: 4 episodes of pendulum, likeliest actions").And.Contain("state_deterministic")
            .And.Contain("actions differ by").And.Contain("variant int8 written"));
        Manifest manifest = Manifest.Load(_bundle);
        VariantSpec variant = manifest.Variants!["int8"];
        IReadOnlyDictionary<string, double> figures = variant.Figures!;
        Assert.That(variant.Precision, Is.EqualTo(Precision.Int8));
        Assert.That(variant.Graphs["dream"].Output(TensorRole.Reward), Is.Null, "graph reward computes it after the dream");
        Assert.That(variant.Graphs["control"].Output(TensorRole.Value), Is.Null, "graph value has it");
        Assert.That(figures["one_step_state_deterministic"], Is.InRange(1e-4, 0.02));
        Assert.That(figures["drift_15_state_deterministic"], Is.InRange(figures["one_step_state_deterministic"], 0.1));
        Assert.That(figures["drift_15_reward"], Is.InRange(1e-4, 0.2));
        Assert.That(figures["drift_15_observation"], Is.InRange(1e-4, 0.2));
        double difference = figures["return_int8_mean"] - figures["return_float32_mean"];
        Assert.That(figures["return_difference_mean"], Is.EqualTo(difference).Within(1e-6));
        Assert.That(figures["decisions"], Is.EqualTo(4 * 200));
        Assert.That(variant.Tolerance, Is.InRange(1e-3, 2));
        string card = File.ReadAllText(Path.Combine(_bundle, "README.md"));
        Assert.That(card, Does.Contain("## Variant int8\n").And.Contain("| state_deterministic |").And.Contain("\n## Graphs\n"));
        long whole = Stored("weights.safetensors"), integers = Stored("int8.safetensors");
        Assert.That(integers, Is.LessThan(whole / 3), "each layer once, a byte a weight");

        Assert.That(Succeeds("verify", _bundle, "--variant", "int8"),
            Does.Contain("int8").And.Contain("verified").And.Not.Contain("plain"));
        string damaged = Path.Combine(_root, "damaged");
        BundleFolder.Copy(_bundle, damaged);
        (manifest with { Variants = new Dictionary<string, VariantSpec> { ["int8"] = variant with { Tolerance = 1e-4 } } }).Save(damaged);
        Assert.That(Run("verify", damaged, "--variant", "int8").Code, Is.EqualTo(1), "float32's tolerance is too tight");

        long Stored(string file) => new FileInfo(Path.Combine(_bundle, file)).Length;
    }

    [Test]
    public void ItsControllerPlaysAsWellAndItsDreamsAreNotFloat32s()
    {
        Succeeds("quantize", _bundle, "--episodes", "2");
        PlayedEpisodesOptions options = new() { Episodes = 8, Seed = 3, Greedy = true, Runtime = new() { Variant = "int8" } };
        double played = PlayedEpisodes.Play(_bundle, options).Returns.Average();
        double plain = PlayedEpisodes.Play(_bundle, options with { Runtime = new() { Variant = "plain" } }).Returns.Average();
        Assert.That(played, Is.EqualTo(plain).Within(5), "a random player gets -1200");
        Assert.That(played, Is.Not.EqualTo(plain), "it is another computation");
        float[] Rewards(string variant)
        {
            using WorldModel world = WorldModel.Load(_bundle, new() { Variant = variant });
            using Dream dream = world.Dream(8, 15);
            return dream.Run(seed: 1).Rewards(14).ToArray();
        }
        float[] expected = Rewards("plain"), found = Rewards("int8");
        Assert.That(found, Is.Not.EqualTo(expected));
        Assert.That(found.Zip(expected, (a, b) => Math.Abs(a - b)).Max(), Is.LessThan(1), "rewards are down to -16");
        Assert.That(Rewards("auto"), Is.EqualTo(expected), "int8 is never chosen by itself");
    }

    [Test]
    public void RepeatingItChangesNothing()
    {
        Succeeds("quantize", _bundle, "--episodes", "2");
        IReadOnlyDictionary<string, string> first = Manifest.HashFiles(_bundle);
        string manifest = File.ReadAllText(Path.Combine(_bundle, "manifest.json"));
        string again = Succeeds("quantize", _bundle, "--episodes", "2");
        Assert.That(again, Does.Contain("will be replaced").And.Contain("variant int8 replaced"));
        Assert.That(Manifest.HashFiles(_bundle), Is.EqualTo(first));
        Assert.That(File.ReadAllText(Path.Combine(_bundle, "manifest.json")), Is.EqualTo(manifest));
    }

    [Test]
    public void ARefusalLeavesTheBundleBitForBit()
    {
        string manifest = File.ReadAllText(Path.Combine(_bundle, "manifest.json"));
        IReadOnlyDictionary<string, string> files = Manifest.HashFiles(_bundle);
        (int code, string _, string error) = Run("quantize", _bundle, "--episodes", "2", "--threshold", "0.001");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error,
            Does.Contain("drift_15_state_deterministic is").And.Contain("0.1 % are allowed").And.Contain("nothing was written"));
        Assert.That(File.ReadAllText(Path.Combine(_bundle, "manifest.json")), Is.EqualTo(manifest));
        Assert.That(Manifest.HashFiles(_bundle), Is.EqualTo(files));
        Assert.That(Directory.EnumerateFileSystemEntries(_root), Is.EqualTo(new[] { _bundle }), "no leftovers beside it");
    }

    [Test]
    public void WritesACopyWhereTold()
    {
        IReadOnlyDictionary<string, string> files = Manifest.HashFiles(_bundle);
        string copy = Path.Combine(_root, "copy");
        Succeeds("quantize", _bundle, "--output", copy, "--episodes", "2");
        Assert.That(Manifest.HashFiles(_bundle), Is.EqualTo(files));
        Assert.That(Manifest.Load(copy).Variants, Does.ContainKey("int8"));
        string file = Path.Combine(_root, "file");
        File.WriteAllText(file, "");
        string under = Path.Combine(file, "under");
        Assert.That(Fails("quantize", _bundle, "--output", file, "--episodes", "2"), Does.Contain("is a file"));
        Assert.That(Fails("quantize", _bundle, "--output", under, "--episodes", "2"), Does.Contain($"'{under}' cannot be written"));
        Assert.That(Fails("quantize", _bundle, "--output", _root, "--episodes", "2"), Does.Contain("holds no bundle"));
    }

    [Test]
    public void AWorldWithoutPolicyOrEnvironmentIsMeasuredOnRecordings()
    {
        Change(manifest => manifest with
        {
            Parity = null,
            Graphs = manifest.Graphs.Where(graph => graph.Key is "observe" or "imagine" or "decode").ToDictionary(),
        });
        Assert.That(Succeeds("quantize", _bundle, "--output", Path.Combine(_root, "played")),
            Does.Contain("recording 8 episodes of pendulum, its scripted player or random actions").And.Contain("256 dreams"));
        Change(manifest => manifest with { Environment = "somewhere-else" });
        Assert.That(Fails("quantize", _bundle, "--episodes", "2"), Does.Contain("'somewhere-else'").And.Contain("--recordings"));
        RealEpisode real = RealEpisode.Play("pendulum", steps: 60, seed: 1);
        string recordings = Directory.CreateDirectory(Path.Combine(_root, "recordings")).FullName;
        Assert.That(Fails("quantize", _bundle, "--recordings", recordings), Does.Contain("There are no episodes"));
        Npz.Write(Path.Combine(recordings, "one.npz"), new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of([.. real.Observations.SelectMany(o => o)], real.Steps + 1, 3),
            ["action"] = NpyArray.Of((float[])real.Actions, real.Steps, 1),
        });
        string text = Succeeds("quantize", _bundle, "--recordings", recordings);
        Assert.That(text, Does.Contain("not measured: return: the bundle has no policy").And.Contain("dreaming along 1 real episode"));
        VariantSpec variant = Manifest.Load(_bundle).Variants!["int8"];
        Assert.That(variant.Figures!.Keys, Has.Some.EqualTo("drift_15_state_stochastic").And.None.StartsWith("return"));
        Assert.That(variant.Tolerance, Is.Null, "no reference travels");
    }

    [Test]
    public void SaysWhereNothingIsToBeGained()
    {
        string world = FixtureBundle.World();
        try
        {
            Assert.That(Fails("quantize", world), Does.Contain("no graph that int8 would speed up"));
        }
        finally
        {
            Directory.Delete(world, recursive: true);
        }
        Assert.That(Run("quantize", _bundle, "--episodes", "1").Code, Is.EqualTo(2));
        Assert.That(Run("quantize", _bundle, "--threshold", "0").Code, Is.EqualTo(2));
    }

    [Test]
    public void AWorseReturnIsRefused()
    {
        ReturnStatistics plain = ReturnStatistics.Of([10, 12, 14, 16]), worse = ReturnStatistics.Of([6, 9, 10, 12]);
        Assert.That(plain.HalfWidth, Is.EqualTo(1.96 * Math.Sqrt(20.0 / 3) / 2).Within(1e-12));
        ActionAgreement agreement = new(40, 39, null);
        QuantizationCost Cost(params double[] differences) =>
            new(null, new(4, plain, worse, ReturnStatistics.Of(differences), agreement), []);
        Assert.That(Cost(-4, -3, -4, -4).Exceeded(0.1), Has.One.Contain("return_int8_mean 9.25 is 3.75 below float32's 13"));
        Assert.That(Cost(-2, -3, -2, -2).Exceeded(0.1), Is.Empty, "within half the width of the interval, 2.53");
        Assert.That(Cost(4, 3, 4, 4).Exceeded(0.1), Is.Empty, "better is no cost");
        Assert.That(Cost(0, 0).Figures["decisions_agreeing"], Is.EqualTo(39));
    }

    /// <summary>Twice the same graphs neither drift apart nor act otherwise; an agent agrees with itself.</summary>
    [Test]
    public void WhatIsTheSameCostsNothing()
    {
        PlayedEpisodes played = PlayedEpisodes.Play(_bundle, new() { Episodes = 3, Recorded = 2, Seed = 4, Onlooker = new() });
        Assert.That(played.Agreement, Is.EqualTo(new ActionAgreement(600, null, 0)));
        Assert.That(played.Recorded, Has.Count.EqualTo(2));
        Assert.That(played.Recorded[1].Rewards.Sum(reward => (double)reward), Is.EqualTo(played.Returns[1]).Within(1e-3));
        using WorldModel world = WorldModel.Load(_bundle), other = WorldModel.Load(_bundle);
        VariantDrift drift = VariantDrift.Measure(world, other, played.Recorded, new() { Horizon = 4, Dreams = 10 });
        Assert.That((drift.Horizon, drift.Dreams), Is.EqualTo((4, 10)));
        Assert.That(drift.Predictions.Select(prediction => prediction.Name),
            Is.EqualTo(new[] { "state_deterministic", "state_stochastic", "reward", "observation" }));
        Assert.That(drift.Predictions, Has.All.Matches<PredictionDrift>(prediction => prediction is { OneStep: 0, AtHorizon: 0 }));
    }

    private void Change(Func<Manifest, Manifest> change) => change(Manifest.Load(_bundle)).Save(_bundle);

    private static string Succeeds(params string[] args)
    {
        (int code, string output, string error) = Run(args);
        Assert.That(code, Is.Zero, error);
        return output;
    }

    private static string Fails(params string[] args)
    {
        (int code, string _, string error) = Run(args);
        Assert.That(code, Is.EqualTo(1));
        return error;
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        StringWriter output = new(), error = new();
        return (ToolsApp.Run(args, output, error), output.ToString(), error.ToString());
    }
}
