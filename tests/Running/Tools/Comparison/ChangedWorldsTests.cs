using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>Novelty where the world is another, of a policy that calls a step as novel as it is fast.</summary>
public sealed class ChangedWorldsTests
{
    private string _bundle = "", _plain = "";

    [OneTimeSetUp]
    public void Write()
    {
        _bundle = PendulumBundle.Write(agent: true, world: false, novelty: true,
            change: manifest => manifest with { Environment = "pendulum-swingup", ActionRepeat = 4, NoveltyThreshold = 5 });
        _plain = PendulumBundle.Write(agent: true, world: false);
    }

    [OneTimeTearDown]
    public void Delete()
    {
        Directory.Delete(_bundle, recursive: true);
        Directory.Delete(_plain, recursive: true);
    }

    /// <summary>Every step of every episode is counted, on the observation that it was taken on.</summary>
    [Test]
    public void EveryStepIsCounted()
    {
        PlayedEpisodes played = PlayedEpisodes.Play(_bundle, new() { Episodes = 3, Recorded = 3, Seed = 7 });
        float[] speeds = [.. played.Recorded.SelectMany(episode => episode.Observations.SkipLast(1)).Select(seen => Math.Abs(seen[2]))];
        Assert.That(speeds, Has.Length.EqualTo(3 * 250));
        Assert.That(played.Novelty.Order(), Is.EqualTo(speeds.Order()));
        Assert.That(PlayedEpisodes.Play(_plain, new() { Episodes = 1 }).Novelty, Is.Empty);
    }

    /// <summary>The same games: what differs is the world.</summary>
    [Test]
    public void EachWorldIsPlayed()
    {
        IReadOnlyList<WorldNovelty> worlds = ChangedWorlds.Measure(_bundle, new() { Episodes = 2, Seed = 3, Delays = [8] });
        Assert.That(worlds.Select(world => world.World).ToArray(), Has.Length.EqualTo(10)
            .And.Member("as it is").And.Member("length x 0.5").And.Member("mass x 2").And.Member("actions 8 steps late"));
        Assert.That(worlds.Select(world => world.Mean), Is.Unique);
        PlayedEpisodes longer = PlayedEpisodes.Play(_bundle, new() { Episodes = 2, Seed = 3, Change = "length x 2" });
        WorldNovelty measured = worlds.Single(world => world.World == "length x 2");
        Assert.That(measured.Above, Is.EqualTo(longer.Novelty.Count(speed => speed > 5) / 500.0).Within(1e-9));
        Assert.That(measured.Mean, Is.EqualTo(longer.Novelty.Average()).Within(1e-5));
        Assert.That(measured.Return.Mean, Is.EqualTo(longer.Returns.Average()).Within(1e-9));
        Assert.That(() => PlayedEpisodes.Play(_bundle, new() { Episodes = 1, Change = "colour" }),
            Throws.TypeOf<BundleException>().With.Message.Contains("no change 'colour'").And.Message.Contains("length x 0.5, length"));
    }

    [Test]
    public void TheCommandShowsThem()
    {
        string output = Run(0, "novelty", _bundle, "--episodes", "1", "--delay", "2");
        Assert.That(output, Does.Contain("pendulum-by-formula in pendulum-swingup: 1 episode each, drawn actions, seed 0")
            .And.Contain("above 5").And.Contain("as it is").And.Contain("actions 2 steps late")
            .And.Contain("one step of a hundred").And.Contain("steps of the environment, 20 ms each; an action lasts 4."));
        Assert.That(Run(0, "inspect", _bundle), Does.Contain("familiar up to 5"));
        Assert.That(Run(1, "novelty", _plain), Does.Contain("does not say how novel a step is").And.Contain("train plan2explore"));
        Assert.That(Run(2, "novelty", _bundle, "--delay", "0"), Does.Contain("--delay takes whole numbers of at least 1"));
    }

    private static string Run(int code, params string[] args)
    {
        StringWriter output = new(), error = new();
        Assert.That(ToolsApp.Run(args, output, error), Is.EqualTo(code), error.ToString());
        return output.ToString() + error;
    }
}
