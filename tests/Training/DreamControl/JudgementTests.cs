using System.Text.Json.Nodes;
using WorldModels.Tests.Imagination;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Tests.DreamControl;

/// <summary>What a controller is compared with, and what a generation is said to cost.</summary>
public sealed class JudgementTests
{
    private const ulong Seed = 8, SeedToChoose = 9;

    /// <summary>From wall to wall, against what an independent simulation of the game gave over 400 episodes: 60.3 +- 36.3.</summary>
    [Test]
    public void ASweepRunsFromWallToWall()
    {
        const int Episodes = 400;
        AgentEnvironment game = AgentEnvironment.Make("dodge-ego", count: 40, actionRepeat: 1, ownPictures: true);
        double error = 36.3 * Math.Sqrt(2.0 / Episodes);
        ReturnSample sweep = ControllerBaselines.Sweep(game, steps: 13, Episodes, Seed);
        Assert.That(sweep.Mean, Is.EqualTo(60.3).Within(4 * error));
        Assert.That(sweep.Returns, Has.Count.EqualTo(Episodes));
        (int steps, ReturnSample best) = ControllerBaselines.BestSweep(game, Episodes, Seed, SeedToChoose)!.Value;
        TestContext.Out.WriteLine($"13 steps: {sweep.Mean:F1} +- {sweep.Statistics.Deviation:F1}; {steps} steps: {best.Mean:F1}");
        Assert.That(best.Mean, Is.GreaterThan(sweep.Mean - 3 * error), "and the best one is about as good, or better");
        Assert.That(
            best.Mean, Is.GreaterThan(ControllerBaselines.BestConstant("dodge-ego", game, Episodes, Seed, SeedToChoose)!.Mean + 3 * error));
    }

    [Test]
    public void OnlyOneNumberIsSwept()
    {
        foreach (string name in new[] { "dodge-ego-discrete", "car-racing" })
        {
            AgentEnvironment game = AgentEnvironment.Make(name, 1, 1, ownPictures: true);
            Assert.That(ControllerBaselines.BestSweep(game, 1, Seed, SeedToChoose), Is.Null, name);
        }
    }

    /// <summary>What a pedal below 0 does is tried once.</summary>
    [TestCase("car-racing", 5 * 3 * 3)]
    [TestCase("dodge-ego", 5)]
    [TestCase("dodge-ego-discrete", 0)]
    public void ConstantActionsDiffer(string name, int count)
    {
        IReadOnlyList<float[]> grid = ControllerBaselines.Grid(name, AgentEnvironment.Make(name, 1, 1, ownPictures: true).Actions);
        Assert.That(grid, Has.Count.EqualTo(count));
        Assert.That(grid.Select(action => string.Join(' ', action)), Is.Unique);
    }

    /// <summary>It knows the track: in 3 s it has made good what the time costs, and more.</summary>
    [Test]
    public void TheDriverStandsBesideWhoLearnt()
    {
        WorldModelsOptions options = (WorldModelsOptions)Algorithm.Find("worldmodels").Preset("debug", "car-racing") with
        {
            EpisodeSteps = 150,
        };
        ReturnSample driver = ControllerBaselines.Driver(options, rows: 2, episodes: 3, Seed)!;
        Assert.That(driver.Lengths, Is.EqualTo(new[] { 150, 150, 150 }));
        Assert.That(driver.Returns.Min(), Is.GreaterThan(40));
        Assert.That(ControllerBaselines.Driver(options with { Env = "car-racing-discrete" }, 2, 3, Seed), Is.Null);
    }

    [Test]
    public void AnEvaluationSaysAllOfIt()
    {
        WorldModelsOptions options = (WorldModelsOptions)OptionText.With(
            Algorithm.Find("worldmodels").Preset("debug"), ["updates=2", "logEvery=1", "evaluateEvery=2"]);
        using TemporaryBundle run = new("worldmodels", options);
        JsonObject figures = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(run.Run, "evaluation.json")))!;
        foreach (string name in new[] { "sampled", "greedy", "without_memory", "untrained", "random", "constant", "sweep", "held" })
            Assert.That((double?)figures[$"return_{name}_mean"], Is.Not.Null, name);
        foreach (string where in new[] { "dream", "real" })
        {
            Assert.That((double)figures[$"seconds_per_generation_{where}"]!, Is.Positive);
            Assert.That((double)figures[$"frames_per_generation_{where}"]!, Is.InRange(
                options.Population * options.EpisodesEach, options.Population * options.EpisodesEach * options.EpisodeSteps));
        }
        JsonNode[] lines = [.. File.ReadLines(Path.Combine(run.Run, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0]["return_of_mean"], Is.Null, "no mean was judged yet");
        Assert.That((double?)lines[1]["return_of_mean"], Is.Not.Null);
        foreach (JsonNode line in lines)
        {
            string[] ascending = ["return_worst", "return_quartile1", "return_quartile3", "return_best"];
            Assert.That(ascending.Select(name => (double)line[name]!), Is.Ordered);
            Assert.That((double)line["return_mean"]!, Is.InRange((double)line["return_worst"]!, (double)line["return_best"]!));
            Assert.That(new[] { "spread_least", "spread_mean", "spread_most" }.Select(name => (double)line[name]!), Is.Ordered);
            Assert.That((double)line["condition"]!, Is.GreaterThanOrEqualTo(1));
            Assert.That((double)line["play_seconds"]!, Is.Positive);
        }
        Assert.That(lines.Sum(line => (long)line["play_frames"]!), Is.LessThan((long)lines[1]["frames"]!), "the mean played, too");
    }
}
