using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Tests.Train;

namespace WorldModels.Tests.Data;

/// <summary>Learning from recorded episodes, with no environment at all.</summary>
public sealed class DatasetTrainingTests
{
    private TinyRuns _runs = null!;
    private string _dataset = "";

    [OneTimeSetUp]
    public void Record()
    {
        _runs = new();
        string run = _runs.Train("recorded", [.. TinyRuns.Dreamer, "prefill=700", "capacity=5000"]);
        _dataset = Path.Combine(run, "replay");
        Assert.That(EpisodeFile.Files(_dataset), Has.Count.GreaterThan(12));
    }

    [OneTimeTearDown]
    public void Delete() => _runs.Dispose();

    [TestCase("dataset.json")]
    [TestCase("nothing")]
    public void ABundleComesOfEpisodesAlone(string described)
    {
        string folder = _runs.Copy(_dataset, $"episodes-{described}");
        if (described == "nothing")
            File.Delete(Path.Combine(folder, DatasetSpec.FileName));
        string run = _runs[$"offline-{described}"];
        TrainTool.Succeed([.. Offline, "evaluationEpisodes=2", "--dataset", folder, "--run", run]);
        Manifest manifest = Manifest.Load(Path.Combine(run, "bundle"));
        Assert.Multiple(() =>
        {
            Assert.That(manifest.Action with { Names = null }, Is.EqualTo(ActionSpec.Discrete(2)));
            Assert.That(manifest.Action.Names, Is.EqualTo(described == "nothing" ? null : new[] { "left", "right" }));
            Assert.That(manifest.Observation.Names, Is.EqualTo(described == "nothing" ? null : new[] { "x", "ẋ", "θ", "θ̇" }));
            Assert.That(manifest.Environment, Is.EqualTo(described == "nothing" ? DatasetSpec.NoEnvironment : "cartpole"));
            Assert.That(manifest.Training!.Figures.Keys, Has.None.StartsWith("return").And.Some.StartsWith("open_loop_error"));
        });
    }

    [Test]
    public void ARunOnADatasetGoesOnAsIfItHadNotStopped()
    {
        string whole = _runs.Train("whole", [.. Offline, "--dataset", _dataset]);
        string halves = _runs[$"halves"];
        TrainTool.Succeed([.. Offline, "updates=4", "--dataset", _dataset, "--run", halves, "--no-export"]);
        TrainTool.Succeed("dreamer", "--resume", halves, "--set", "updates=8", "--no-export");
        RunComparison.AssertSame(halves, whole);
    }

    [Test]
    public void AnEnvironmentThatIsNamedIsEvaluatedIn()
    {
        string run = _runs["evaluated"];
        TrainTool.Succeed([.. Offline, "evaluationEpisodes=2", "--env", "cartpole", "--dataset", _dataset, "--run", run]);
        Assert.That(Manifest.Load(Path.Combine(run, "bundle")).Training!.Figures.Keys, Does.Contain("return_greedy_mean"));
    }

    [Test]
    public void AnotherEnvironmentsEpisodesAreRefused() =>
        TrainTool.Run([.. Offline, "--env", "pendulum", "--dataset", _dataset, "--run", _runs["other"]])
            .Refuses(_dataset, "was not recorded in pendulum: observations of 4 numbers");

    /// <summary>The options of a tiny run, without its environment.</summary>
    private static string[] Offline => [.. TinyRuns.Dreamer.Where(option => option is not ("--env" or "cartpole"))];
}
