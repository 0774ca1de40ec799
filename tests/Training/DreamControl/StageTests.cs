using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Tests.Imagination;
using WorldModels.Tests.Train;
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
        bool ended = figures.RootElement.GetProperty("terminals").GetDouble() > 0;
        Assert.That(figures.RootElement.TryGetProperty("terminal_recall", out _), Is.EqualTo(ended));
        Assert.That(figures.RootElement.GetProperty("ends_learnt").GetDouble(), Is.Positive);
        using TemporaryBundle controller = new("worldmodels", Debug($"memory={memory.Bundle}", "updates=2"));
        Assert.That(
            Directory.EnumerateDirectories(controller.Run).Select(Path.GetFileName), Has.None.AnyOf("memory", "vision", "recording"));

        using JsonDocument judged = JsonDocument.Parse(File.ReadAllText(Path.Combine(vision.Run, "evaluation.json")));
        int heldOut = Recording.Read(recordings, new() { SeePictures = true }).Episodes
            .Where((_, i) => i % Recording.KeepBack == Recording.KeepBack - 1).Sum(episode => episode.Records);
        Assert.That(judged.RootElement.GetProperty("observations").GetInt32(), Is.EqualTo(heldOut));
        IReadOnlyDictionary<string, string> config = shipped.Training!.Config;
        Assert.That((config["vision"], config["recordings"]), Is.EqualTo(("bundle", "[\"replay\"]")), "nobody has the user's folders");
        Assert.That(config["latent"], Is.EqualTo("3"));
        BundlesDecideOnSizes(vision.Bundle, memory.Bundle, controller.Bundle);
    }

    /// <summary>
    /// A new run has a bundle's sizes in its options; set to others, they are refused, and so is a bundle of the wrong kind.
    /// </summary>
    private static void BundlesDecideOnSizes(string vision, string memory, string controller)
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, vision);
        WorldModelsOptions ofVision = Resolve("worldmodels-memory", $"vision={relative}");
        Assert.That((ofVision.Latent, ofVision.VisionUnits, ofVision.Vision), Is.EqualTo((3, 5, vision)));
        WorldModelsOptions ofMemory = Resolve("worldmodels-memory", $"vision={memory}", "memoryUnits=16", "latent=3");
        Assert.That((ofMemory.Latent, ofMemory.MemoryUnits), Is.EqualTo((3, 16)), "M is another than the one beside that V");
        Assert.That(Resolve("worldmodels", $"memory={memory}").Latent, Is.EqualTo(3));
        Assert.That(Resolve("worldmodels", $"vision={vision}").Latent, Is.EqualTo(3));
        Refuses("worldmodels", "latent=7: the bundle that memory names has latent=3", $"memory={memory}", "latent=7");
        Refuses("worldmodels", "name a bundle of worldmodels-memory or worldmodels.", $"memory={vision}");
        Refuses("worldmodels", "leave memory out, or rounds", $"memory={memory}", "rounds=2");
        Refuses("worldmodels", "leave vision out", $"memory={memory}", $"vision={vision}");
        Refuses("worldmodels-record", "plays nothing; name a bundle that plays dodge-ego from (1, 32, 32)", $"player={vision}");
        Refuses("worldmodels-record", "from (1, 32, 32) by actions of 1 numbers; name", $"player={controller}", "pixels=16");
        Refuses("worldmodels-record", "name a bundle that plays pendulum from", $"player={controller}", "env=pendulum");
        Assert.That(Resolve("worldmodels-record", $"player={controller}").Player, Is.EqualTo(controller));

        static WorldModelsOptions Resolve(string stage, params string[] set) =>
            (WorldModelsOptions)Algorithm.Find(stage).Resolve("debug", null, null, set);

        static void Refuses(string stage, string expected, params string[] set) =>
            Assert.That(() => Resolve(stage, set), Throws.TypeOf<UserException>().With.Message.Contains(expected));
    }

    /// <summary>
    /// What a message advises works in the run that it stopped: its stage goes on with another batch, wherever the run is now.
    /// </summary>
    [Test]
    public void AStageGoesOnWithOtherOptions()
    {
        using TinyRuns runs = new();
        string begun = runs["begun"], moved = runs["moved"], config = Path.Combine(moved, "memory", "config.json");
        string[] shorter = ["updates=2", "memoryUpdates=4", "visionUpdates=4", "evaluationEpisodes=0"];
        TrainTool.Run(["worldmodels", "--preset", "debug", "--run", begun, "--set", "memoryBatch=1000", .. shorter])
            .Refuses("too few for 1000 streams", "--set memoryBatch=");
        Directory.Move(begun, moved);
        string stored = File.ReadAllText(config);
        File.WriteAllText(config, stored.Replace("\"memoryUnits\": 8", "\"memoryUnits\": 9"));
        string[] resume = ["worldmodels", "--resume", moved, "--no-export", "--set", "memoryBatch=6"];
        TrainTool.Run(resume).Refuses("memory was begun with memoryUnits=9");
        File.WriteAllText(config, stored);
        TrainTool.Succeed(resume);
        Assert.That(File.ReadAllText(config), Does.Contain("\"memoryBatch\": 6"));
        TrainTool.Succeed(
            "worldmodels-memory", "--resume", Path.Combine(moved, "memory"), "--no-export", "--set", "memoryBatch=2", "updates=6");
    }

    /// <summary>Nothing is made of options that do not fit; a message says which, and what would.</summary>
    [TestCase("worldmodels-vision --set recordings=/nowhere", "recordings: there is no file or folder /nowhere; name a folder")]
    [TestCase("worldmodels-memory --set vision=/nowhere", "vision: there is no folder /nowhere; name a bundle of worldmodels-vision")]
    [TestCase("worldmodels --set memory=/nowhere", "memory: there is no folder /nowhere; name a bundle of worldmodels-memory or")]
    [TestCase("worldmodels-record --set player=/nowhere", "player: there is no folder /nowhere; name a bundle that plays dodge-ego")]
    [TestCase("worldmodels-record --set randomMean=0,1", "randomMean has 2 numbers; dodge-ego has 1 in an action")]
    [TestCase("worldmodels --env car-racing-discrete --set randomSpread=1", "randomSpread has 1 numbers", "leave it out")]
    [TestCase("worldmodels --set episodes=9", "episodes must be between 10 and")]
    [TestCase("worldmodels-vision --env car-racing --set pixels=0", "pictures of 3 x 96 x 96", "--set pixels=32 or 64")]
    [TestCase("worldmodels --env pendulum --set world=dream", "steps of pendulum are not all worth the same above 0", "world=real")]
    [TestCase("worldmodels --set episodeSteps=9", "none that is recorded of dodge-ego ends by itself within episodeSteps=9")]
    [TestCase("worldmodels --set restart=false", "--set restart=true, or world=real")]
    public void NothingIsMadeOfWhatDoesNotFit(string line, params string[] expected)
    {
        using TinyRuns runs = new();
        string[] words = line.Split(' ');
        TrainTool.Run([.. words, "--preset", "debug", "--run", runs["none"]]).Refuses(expected);
        Assert.That(Directory.Exists(runs["none"]), Is.False);
    }

    /// <summary>M that never saw an end dreams for ever.</summary>
    [Test]
    public void ADreamNeedsEnds()
    {
        using TinyRuns runs = new();
        using TemporaryBundle memory = new("worldmodels-memory", Debug("episodeSteps=9").ForStage());
        using JsonDocument figures = JsonDocument.Parse(File.ReadAllText(Path.Combine(memory.Run, "evaluation.json")));
        Assert.That(figures.RootElement.TryGetProperty("terminal_recall", out _), Is.False);
        TrainTool.Run("worldmodels", "--preset", "debug", "--run", runs["dream"], "--set", $"memory={memory.Bundle}")
            .Refuses("none that is recorded of dodge-ego ends by itself");
    }

    [Test]
    public void WhatDoesNotFitIsRefused()
    {
        Assert.That(
            () => Algorithm.Find("worldmodels").Create(Debug("restart=false"), CPU),
            Throws.TypeOf<UserException>().With.Message.Contains("restart=true"));
        Assert.That(
            () => Algorithm.Find("worldmodels-vision").Create(Debug("env=pendulum", "pixels=0"), CPU),
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
