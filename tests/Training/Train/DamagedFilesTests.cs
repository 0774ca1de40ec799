using System.Text.Json;
using System.Text.Json.Nodes;
using WorldModels.Bundles;

namespace WorldModels.Tests.Train;

/// <summary>What the training tool answers to files that are cut, changed or somebody else's.</summary>
public sealed class DamagedFilesTests
{
    private TinyRuns _runs = null!;
    private string _a2c = null!, _wide = null!, _model = null!;

    [OneTimeSetUp]
    public void TrainOnce()
    {
        _runs = new();
        _a2c = _runs.Train("a2c", TinyRuns.A2C);
        _wide = _runs.Train("wide", [.. TinyRuns.A2C, "hidden=9"]);
        _model = _runs.Train("model", TinyRuns.EnvironmentModel);
        TrainTool.Succeed("export", _model);
    }

    [OneTimeTearDown]
    public void Delete() => _runs.Dispose();

    [TestCase(0.0, "is not a sound safetensors file: it has 0 bytes")]
    [TestCase(0.0001, "too few for a header")]
    [TestCase(0.01, "its header claims")]
    [TestCase(0.5, "it is cut off or was added to")]
    [TestCase(0.99999, "it is cut off or was added to")]
    public void ACutCheckpoint(double share, string expected)
    {
        string run = CopyOf(_a2c), file = RunFiles.Checkpoint(run);
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..(int)(share * bytes.Length)]);
        foreach (string[] line in new string[][] { ["a2c", "--resume", run], ["export", run] })
            TrainTool.Run(line).Refuses("The checkpoint is damaged", file, expected, "Put back a copy, or start a new run");
    }

    [Test]
    public void AFlippedBitAnywhereInACheckpoint([Values(0.3, 0.6, 0.9, 1.0)] double share)
    {
        string run = CopyOf(_a2c), file = RunFiles.Checkpoint(run);
        Flip(file, share);
        TrainTool.Run("a2c", "--resume", run).Refuses("The checkpoint is damaged", file);
    }

    [Test]
    public void ACheckpointThatIsNoFile()
    {
        string run = CopyOf(_a2c);
        File.Delete(RunFiles.Checkpoint(run));
        TrainTool.Run("export", run).Refuses("There is no checkpoint", RunFiles.Checkpoint(run));
    }

    [Test]
    public void AnotherRunsCheckpoint()
    {
        string run = CopyOf(_a2c);
        File.Copy(RunFiles.Checkpoint(_model), RunFiles.Checkpoint(run), overwrite: true);
        TrainTool.Run("a2c", "--resume", run).Refuses("does not fit this run", "agent/conv1/weight is missing there");
        File.Copy(RunFiles.Checkpoint(_wide), RunFiles.Checkpoint(run), overwrite: true);
        TrainTool.Run("a2c", "--resume", run).Refuses("does not fit this run", "there and (8, ", "Restore the run's own checkpoint");
        Safetensors.Write(RunFiles.Checkpoint(run), new Dictionary<string, TensorData> { ["x"] = TensorData.Of([1f], 1) });
        TrainTool.Run("a2c", "--resume", run).Refuses("does not fit this run", "updates is missing there");
    }

    [Test]
    public void ACutConfiguration([Values(0, 1, 30, 200)] int length)
    {
        string run = CopyOf(_a2c), file = Path.Combine(run, "config.json");
        File.WriteAllText(file, File.ReadAllText(file)[..length]);
        foreach (string[] line in new string[][] { ["a2c", "--resume", run], ["export", run] })
            TrainTool.Run(line).Refuses(file, "Restore it, or start a new run");
    }

    [TestCase("null", "an object with a text named algorithm was expected")]
    [TestCase("[]", "an object with a text named algorithm was expected")]
    [TestCase("""{"algorithm": 3}""", "an object with a text named algorithm was expected")]
    [TestCase("""{"algorithm": "a2c", "algorithm": "a2c"}""", "algorithm")]
    [TestCase("""{"algorithm": "a3c"}""", "Unknown algorithm 'a3c'; did you mean 'a2c'?")]
    [TestCase("""{"algorithm": "a2c", "sed": 1}""", "'sed'")]
    [TestCase("""{"algorithm": "a2c", "seed": "one"}""", "$.seed")]
    [TestCase("""{"algorithm": "a2c", "env": null}""", "env")]
    [TestCase("""{"algorithm": "a2c", "env": "doom"}""", "no environment 'doom'")]
    [TestCase("""{"algorithm": "a2c", "gamma": 7}""", "gamma must be between 0 and 1; it is 7")]
    public void AChangedConfiguration(string json, string expected)
    {
        string run = CopyOf(_a2c), file = Path.Combine(run, "config.json");
        File.WriteAllText(file, json);
        TrainTool.Run("a2c", "--resume", run).Refuses(file, expected, "Restore it, or start a new run");
    }

    [Test]
    public void AConfigurationThatDoesNotFitTheCheckpoint()
    {
        string run = CopyOf(_a2c), file = Path.Combine(run, "config.json");
        JsonObject config = (JsonObject)JsonNode.Parse(File.ReadAllText(file))!;
        config["environments"] = 3;
        File.WriteAllText(file, config.ToJsonString());
        TrainTool.Run("a2c", "--resume", run).Refuses("does not fit this run", "2 rows, this environment has 3");
    }

    [TestCase("cut")]
    [TestCase("flipped")]
    [TestCase("missing")]
    [TestCase("other")]
    [TestCase("added")]
    public void ADamagedEpisode(string damage)
    {
        string run = CopyOf(_model), replay = Path.Combine(run, "replay");
        string name = "episode-000001.npz", file = Path.Combine(replay, name);
        if (damage == "cut")
            File.WriteAllBytes(file, File.ReadAllBytes(file)[..^100]);
        else if (damage == "flipped")
            Flip(file, 0.5);
        else if (damage == "missing")
            File.Delete(file);
        else if (damage == "other")
            Npz.Write(file, new Dictionary<string, NpyArray> { ["observation"] = NpyArray.Of([1f]) });
        else
            File.Copy(file, Path.Combine(replay, name = "episode-999999.npz"));
        TrainTool.Run("environment-model", "--resume", run)
            .Refuses($"The games in {replay} are not as they were recorded", name, "Delete the folder");

        Directory.Delete(replay, recursive: true);
        TrainTool.Succeed("environment-model", "--resume", run, "--no-export");
        Assert.That(Manifest.HashFiles(replay), Is.EqualTo(Manifest.HashFiles(Path.Combine(_model, "replay"))), "the same games again");
    }

    [Test]
    public void AnEpisodeWithTheWrongArrays([Values("reward", "observation", "action")] string array)
    {
        string run = CopyOf(_model), replay = Path.Combine(run, "replay"), file = Path.Combine(replay, "episode-000000.npz");
        Dictionary<string, NpyArray> arrays = Npz.Read(file);
        arrays[array] = NpyArray.Of([1f, 2f]);
        Npz.Write(file, arrays);
        Sign(replay);
        TrainTool.Run("environment-model", "--resume", run).Refuses($"Cannot read the episode {file}", "Delete the folder");
        arrays.Remove(array);
        Npz.Write(file, arrays);
        Sign(replay);
        TrainTool.Run("environment-model", "--resume", run).Refuses($"Cannot read the episode {file}", array, "Delete the folder");
    }

    [Test]
    public void AListOfEpisodesThatIsCutOrMissing()
    {
        string run = CopyOf(_model), list = Path.Combine(run, "replay", "manifest.json");
        File.WriteAllText(list, File.ReadAllText(list)[..20]);
        TrainTool.Run("environment-model", "--resume", run).Refuses("The games in", "Delete the folder");
        File.Delete(list);
        TrainTool.Run("environment-model", "--resume", run).Refuses("The games in", "Delete the folder");
    }

    [TestCase("weights.safetensors")]
    [TestCase("imagine.onnx")]
    [TestCase("parity.npz")]
    [TestCase("starts.npz")]
    [TestCase("README.md")]
    public void AFlippedBitInABundle(string name)
    {
        string bundle = BundleCopy();
        Flip(Path.Combine(bundle, name), 0.5);
        TrainTool.Run("verify", bundle).Refuses(bundle, name, "expected sha256", "copy the bundle again, or export it again");
    }

    [Test]
    public void ACutManifest([Values(0.0, 0.1, 0.5, 0.99)] double share)
    {
        string bundle = BundleCopy(), manifest = Path.Combine(bundle, "manifest.json");
        string text = File.ReadAllText(manifest);
        File.WriteAllText(manifest, text[..(int)(share * text.Length)]);
        if (share == 0)
            TrainTool.Run("verify", bundle).Refuses(bundle, "manifest.json is empty");
        else
            TrainTool.Run("verify", bundle).Refuses(manifest, "not a valid manifest");
    }

    [Test]
    public void AGraphThatIsCutAndSignedAgain()
    {
        string bundle = BundleCopy(), graph = Path.Combine(bundle, "imagine.onnx");
        File.WriteAllBytes(graph, File.ReadAllBytes(graph)[..^500]);
        Resign(bundle);
        TrainTool.Run("verify", bundle).Refuses(bundle, "imagine.onnx cannot be opened by ONNX Runtime", "export it again");
    }

    [Test]
    public void AReferenceThatDiffers()
    {
        string bundle = BundleCopy(), parity = Path.Combine(bundle, "parity.npz");
        Dictionary<string, NpyArray> arrays = Npz.Read(parity);
        arrays["imagine/outputs/reward_logits"].As<float>()[0] += 0.01f;
        Npz.Write(parity, arrays);
        Resign(bundle);
        ToolResult result = TrainTool.Run("verify", bundle);
        result.Refuses(bundle, "does not answer as its reference does", "export it again");
        Assert.That(result.Output, Does.Contain("NOT verified").And.Contain("imagine, one step: FAILED")
            .And.Contain("output 'reward_logits', step 0, row 0"));
    }

    private string CopyOf(string run) => _runs.Copy(run, TestContext.CurrentContext.Test.ID);

    private string BundleCopy() => CopyOf(Path.Combine(_model, "bundle"));

    private static void Flip(string file, double share)
    {
        byte[] bytes = File.ReadAllBytes(file);
        bytes[(int)(share * (bytes.Length - 1))] ^= 4;
        File.WriteAllBytes(file, bytes);
    }

    private static void Sign(string replay) =>
        File.WriteAllText(Path.Combine(replay, "manifest.json"), JsonSerializer.Serialize(Manifest.HashFiles(replay)));

    private static void Resign(string bundle) =>
        (Manifest.Load(bundle, verifyHashes: false) with { Files = Manifest.HashFiles(bundle) }).Save(bundle);
}
