namespace WorldModels.Tests.Train;

/// <summary>From a run to its bundle and back: export and verify.</summary>
public sealed class ShippingTests
{
    [TestCase("a2c")]
    [TestCase("dreamer")]
    [TestCase("environment-model")]
    [TestCase("i2a")]
    [TestCase("planet")]
    public void ABundleIsHeldAgainstTheCheckpointItCameFrom(string algorithm)
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs.Train("run", TinyRuns.Of(algorithm));
        string bundle = runs["shipped/bundle"];
        TrainTool.Succeed("export", run, "--output", bundle);
        Assert.That(TrainTool.Succeed("verify", bundle).Output, Does.Contain("verified"));
        Assert.That(TrainTool.Succeed("verify", bundle, "--run", run).Output, Does.Match(@"All \d+ weights equal the checkpoint in "));

        TrainTool.Succeed(algorithm, "--resume", run, "--set", "updates=12", "--no-export");
        TrainTool.Run("verify", bundle, "--run", run)
            .Refuses(bundle, "was not exported from the checkpoint in", "differs", $"train export {run}");

        TrainTool.Succeed("export", run, "--output", bundle);
        TrainTool.Succeed("verify", bundle, "--run", run);
        Assert.That(Directory.EnumerateFileSystemEntries(runs["shipped"]), Is.EqualTo(new[] { bundle }), "nothing else is left");
    }

    [Test]
    public void ExportKeepsWhatIsNoBundle()
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs.Train("run", TinyRuns.A2C), file = runs["file"], folder = runs["folder"];
        File.WriteAllText(file, "mine");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "thesis.txt"), "mine");
        TrainTool.Run("export", run, "--output", folder).Refuses(folder, "is not empty and holds no bundle", "--output");
        TrainTool.Run("export", run, "--output", file).Refuses(file, "is a file", "--output");
        Assert.That(File.ReadAllText(file) + File.ReadAllText(Path.Combine(folder, "thesis.txt")), Is.EqualTo("minemine"));
    }

    [Test]
    public void VerifyNeedsARunWithACheckpoint()
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs.Train("run", TinyRuns.A2C);
        TrainTool.Succeed("export", run);
        TrainTool.Run("verify", Path.Combine(run, "bundle"), "--run", runs["nowhere"]).Refuses("There is no checkpoint", runs["nowhere"]);
    }

    [Test]
    public void AControlExperimentShipsNothing()
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs.Train("run", [.. TinyRuns.I2A, "world=simulator"]);
        TrainTool.Run("export", run, "--output", runs["shipped"]).Refuses(run, "is a control experiment, which ships nothing");
        Assert.That(TrainTool.Succeed("export", run).ExitCode, Is.Zero);
        Assert.That(Directory.Exists(Path.Combine(run, "bundle")), Is.False);
    }

    [TestCase("a2c")]
    [TestCase("dreamer")]
    [TestCase("environment-model")]
    [TestCase("i2a")]
    [TestCase("planet")]
    public void BenchSaysWhereTheTimeGoes(string algorithm)
    {
        string[] options = [.. TinyRuns.Of(algorithm)[1..], "--updates", "2", "--rounds", "2"];
        string output = TrainTool.Succeed(["bench", algorithm, .. options]).Output;
        Assert.That(output, Does.Match($@"{algorithm}: [1-9][\d,]* frames/s").And.Match(@"(learn|world model) +[\d.]+ +\d+ ?%"));
    }

    [Test]
    public void TrainingEndsWithAVerifiedBundle()
    {
        using TinyRuns runs = new TinyRuns();
        TrainTool.Succeed([.. TinyRuns.A2C, "evaluationEpisodes=2", "--run", runs["run"]]);
        TrainTool.Succeed("verify", Path.Combine(runs["run"], "bundle"), "--run", runs["run"]);
        Assert.That(File.ReadAllText(Path.Combine(runs["run"], "bundle", "README.md")), Does.Contain("return_random_mean"));
    }
}
