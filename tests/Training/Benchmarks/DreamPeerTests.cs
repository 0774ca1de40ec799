using System.Text.Json.Nodes;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Tests.Train;

namespace WorldModels.Tests.Benchmarks;

/// <summary>Dreams beside a bundle's own networks in TorchSharp: every cell is compared with the runtime before it is measured.</summary>
public sealed class DreamPeerTests
{
    private string _folder = "";

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("worldmodels-tests-").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    private static string[] Worlds =>
        ["pendulum-dreamer", "cartpole-dreamer", "cartpole-swingup-planet", "minipacman-environment-model"];

    [TestCaseSource(nameof(Worlds))]
    public void ABundleComesToTheSameAtEveryLevel(string name)
    {
        string bundle = Path.Combine(Repository.Root, "models", "zoo", name), file = Path.Combine(_folder, "figures.json");
        TrainTool.Succeed("bench", "dream", bundle, "--peer", "torchsharp", "--batch", "3", "--horizon", "4", "--seconds", "0.01",
            "--json", file);
        BenchmarkReport report = BenchmarkReport.FromJson(File.ReadAllText(file));
        string[] levels = [.. BenchmarkLevels.Of(Manifest.Load(bundle)).Select(BenchmarkLevels.Name)];
        Assert.That(report.Measurements.Where(m => m.Level is not null).Select(m => (m.Level, m.Runner)), Is.EqualTo(
            from level in levels
            from runner in new[] { "ONNX Runtime", "TorchSharp eager" }
            select (level, runner)));
        Assert.That(report.Peer, Does.Contain("TorchSharp 0.107.0").And.Contain("libtorch 2.10"));
        foreach (Measurement own in report.Measurements.Where(m => m.Runner == "ONNX Runtime"))
            Assert.That(own.Ratios!["TorchSharp eager"], Is.Positive);
    }

    [Test]
    public void OtherResultsAreNotTimed()
    {
        string bundle = Copy("pendulum-dreamer", config => config["rewardScale"] = "0.2");
        TrainTool.Run("bench", "dream", bundle, "--peer", "torchsharp", "--batch", "3", "--level", "heads", "--seconds", "0.01")
            .Refuses("TorchSharp eager and ONNX Runtime disagree on heads, batch 3: reward at step 0", "would mean nothing");
    }

    [Test]
    public void ABundleWithoutItsOptionsIsRefused()
    {
        string bundle = Copy("pendulum-dreamer", config => config.Clear());
        TrainTool.Run("bench", "dream", bundle, "--peer", "torchsharp").Refuses("pendulum-dreamer", "training.config");
    }

    [Test]
    public void AnAgentWithoutAWorldIsRefused() =>
        TrainTool.Run("bench", "dream", Path.Combine(Repository.Root, "models", "zoo", "minipacman-a2c"), "--peer", "torchsharp")
            .Refuses("bundle of a2c, which has no world to dream in");

    private string Copy(string name, Action<JsonObject> change)
    {
        string copy = Path.Combine(_folder, name);
        ZooCopy.Plain(name, copy);
        string path = Path.Combine(copy, Manifest.FileName);
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(manifest["training"]!["config"]!.AsObject());
        File.WriteAllText(path, manifest.ToJsonString());
        return copy;
    }
}
