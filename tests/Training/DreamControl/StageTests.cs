using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Tests.Imagination;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.DreamControl;

/// <summary>The stages of World Models: in rounds, each alone, and what they refuse.</summary>
public sealed class StageTests
{
    /// <summary>
    /// Two rounds (section 5): the first round's controller, which learnt in the environment itself, plays the second one's episodes, and V
    /// and M learn from both.
    /// </summary>
    [Test]
    public void ARoundPlaysWhatTheOneBeforeLearnt()
    {
        WorldModelsOptions options = Debug("rounds=2", "world=real", "restart=false", "hidden=3", "updates=4", "evaluateEvery=2");
        using TemporaryBundle run = new("worldmodels", options);
        string[] stages = ["round1/recording", "round1/vision", "round1/memory", "round1/controller", "recording", "vision", "memory"];
        foreach (string stage in stages)
            Assert.That(File.Exists(Path.Combine(run.Run, stage, "evaluation.json")), stage);
        WorldModelsOptions memory = Read("memory"), recording = Read("recording");
        Assert.That(memory.Recordings, Has.Count.EqualTo(2));
        Assert.That(recording.Player, Is.EqualTo(Path.Combine(run.Run, "round1/controller", "bundle")));
        Recording[] recorded = [.. memory.Recordings.Select(folder => Recording.Read(folder, new() { SeePictures = true }))];
        Assert.That(recorded.Select(one => one.Episodes.Count), Is.All.EqualTo(options.Episodes));
        Assert.That(recorded[1].Episodes[0].Actions.ToFloats(), Is.Not.EqualTo(recorded[0].Episodes[0].Actions.ToFloats()));
        Manifest manifest = Manifest.Load(run.Bundle);
        Assert.That(manifest.Graphs["imagine"].Output(TensorRole.Continue), Is.Null, "without a restart head nothing says that it ends");

        WorldModelsOptions Read(string stage) => (WorldModelsOptions)Session.ReadOptions(Path.Combine(run.Run, stage)).Options;
    }

    /// <summary>A stage that is run alone takes the ones before it from wherever they are, and their sizes with them.</summary>
    [Test]
    public void AStageTakesWhatIsThere()
    {
        using TemporaryBundle vision = new("worldmodels-vision", Debug("latent=3", "visionUnits=5").ForStage());
        string recordings = Path.Combine(vision.Run, "recording", "replay");
        using TemporaryBundle memory = new("worldmodels-memory", Debug($"recordings={recordings}", $"vision={vision.Bundle}").ForStage());
        Assert.That(Directory.Exists(Path.Combine(memory.Run, "recording")), Is.False);
        Assert.That(Directory.Exists(Path.Combine(memory.Run, "vision")), Is.False);
        Manifest shipped = Manifest.Load(memory.Bundle);
        Assert.That(shipped.Graphs["observe"].Outputs[0].RowSize, Is.EqualTo(3));
        using JsonDocument figures = JsonDocument.Parse(File.ReadAllText(Path.Combine(memory.Run, "evaluation.json")));
        Assert.That(figures.RootElement.TryGetProperty("terminal_recall", out _), Is.True);
        using TemporaryBundle controller = new("worldmodels", Debug($"memory={memory.Bundle}", "updates=2"));
        Assert.That(
            Directory.EnumerateDirectories(controller.Run).Select(Path.GetFileName), Has.None.AnyOf("memory", "vision", "recording"));
    }

    [Test]
    public void WhatDoesNotFitIsRefused()
    {
        Assert.That(
            () => Algorithm.Find("worldmodels").Create(Debug("restart=false"), CPU),
            Throws.TypeOf<UserException>().With.Message.Contains("restart=true"));
        Assert.That(
            () => Algorithm.Find("worldmodels-vision").Create(Debug("pixels=0"), CPU),
            Throws.TypeOf<UserException>().With.Message.Contains("pixels=64"));
    }

    /// <summary>A stage alone takes the length that it has among the others, and updates=, which is any algorithm's, above that.</summary>
    [TestCase("worldmodels-record", 40, "episodes=2000")]
    [TestCase("worldmodels-vision", 700, "visionUpdates=700")]
    [TestCase("worldmodels-memory", 800, "memoryUpdates=800")]
    [TestCase("worldmodels-vision", 5, "visionUpdates=700", "updates=5")]
    public void AStageAloneTakesItsOwnLength(string stage, long updates, params string[] set) =>
        Assert.That(Algorithm.Find(stage).Resolve("small", null, null, set).Updates, Is.EqualTo(updates));

    private static WorldModelsOptions Debug(params string[] set) =>
        (WorldModelsOptions)OptionText.With(Algorithm.Find("worldmodels").Preset("debug"), set);
}

internal static class StageOptions
{
    /// <summary>As few updates as a stage may have.</summary>
    public static WorldModelsOptions ForStage(this WorldModelsOptions options) =>
        options with { Updates = 4, LogEvery = 2, CheckpointEvery = 2 };
}
