using WorldModels.Bundles;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.ED2;

/// <summary>The algorithm whole: groups found, learnt with, shipped, and gone on with.</summary>
public sealed class ED2TrainingTests
{
    private static readonly string[] Tiny =
    [
        "ed2", "--env", "two-pendulums-swingup", "--preset", "debug", "--set", "batch=4", "length=8", "horizon=4", "starts=16",
        "prefill=250", "logEvery=1", "checkpointEvery=2", "deterministic=16", "stochastic=4", "hidden=16", "classes=3",
        "discoverySteps=500",
    ];

    /// <summary>Groups that were found and given ones, in all dynamics: runs stop and go on as if they had not, and ship.</summary>
    [TestCase("groups=discovered")]
    [TestCase("groups=complete", "dynamics=v2")]
    [TestCase("groups=vanilla", "parametersOf=discovered")]
    [TestCase("groups=1;0", "dynamics=v3", "parametersOf=vanilla")]
    public void ARunGoesOnAsIfItHadNotStopped(params string[] set)
    {
        using TinyRuns runs = new();
        (string whole, string halves) = RunComparison.AssertResumes(runs, [.. Tiny, .. set]);
        Manifest manifest = Manifest.Load(Path.Combine(whole, "bundle"));
        Assert.That(manifest.Algorithm, Is.EqualTo("ed2"));
        Assert.That(manifest.Training!.Config["groups"], Is.EqualTo(set[0] == "groups=discovered" ? "0;1" : set[0].Split('=')[1]));
        bool discovered = set.Any(option => option.EndsWith("=discovered", StringComparison.Ordinal));
        Assert.That(File.Exists(Path.Combine(halves, GroupDiscovery.FileName)), Is.EqualTo(discovered));
        if (set.Contains("parametersOf=discovered"))
            Assert.That(manifest.Training.Config["parametersOf"], Is.EqualTo("0;1"));
        Assert.That(Algorithm.Find("ed2").OptionsOf(manifest), Is.TypeOf<ED2Options>());
    }

    /// <summary>
    /// What was found is printed, drawn, and taken up by a run in the same folder, whatever it would draw itself; other questions are asked
    /// anew. Which it was is said.
    /// </summary>
    [Test]
    public void GroupsAreKept()
    {
        using TinyRuns runs = new();
        string run = runs["run"], kept = Path.Combine(run, GroupDiscovery.FileName);
        string[] discover = ["ed2", "--env", "two-pendulums-swingup", "--discover", "--preset", "debug", "--run", run, "--set"];
        string output = TrainTool.Succeed([.. discover, "discoverySteps=500"]).Output;
        Assert.That(output, Does.Contain("{torque 1} + {torque 2}").And.Contain("groups=0;1").And.Contain(GroupDiscovery.PictureName));
        Assert.That(File.ReadAllBytes(Path.Combine(run, GroupDiscovery.PictureName)).AsSpan(1, 3).SequenceEqual("PNG"u8));
        DateTime written = File.GetLastWriteTimeUtc(kept);
        TrainTool.Succeed([.. Tiny, "updates=1", "discoverySteps=700", "seed=3", "--run", run, "--no-export"]);
        Assert.That(File.GetLastWriteTimeUtc(kept), Is.EqualTo(written), "not found again");
        ED2Options options = new() { Env = "two-pendulums-swingup", DiscoverySteps = 300 };
        Assert.That(Said(options), Does.Contain($"groups from {kept}"));
        Assert.That(Said(options with { DiscoveryThreshold = -2 }), Does.Contain("another task, data set or threshold"));
        Assert.That(File.ReadAllText(kept), Does.Contain("\"threshold\": -2"));
        Assert.That(TrainTool.Succeed([.. discover[..^2], runs["other"], "--set", "discoverySteps=500", "discoveryThreshold=-2"]).Output,
            Does.Contain("groups=0,1"));
        File.WriteAllText(kept, "{");
        TrainTool.Run("ed2", "--resume", run).Refuses("groups.json does not hold groups", "Delete it");

        string Said(ED2Options asked)
        {
            using RunFolder folder = RunFolder.Resume(run);
            StringWriter said = new();
            _ = GroupDiscovery.Of(asked, folder, new PlainProgress(said));
            return said.ToString();
        }
    }

    /// <summary>A world alone learns from random play, is judged by its open loop, and ships nothing.</summary>
    [Test]
    public void AWorldAloneIsJudgedByItself()
    {
        using TinyRuns runs = new();
        string run = runs["run"];
        TrainTool.Succeed([.. Tiny, "groups=vanilla", "worldAlone=true", "updates=2", "prefill=500", "--run", run]);
        string figures = File.ReadAllText(Path.Combine(run, "evaluation.json"));
        Assert.That(figures, Does.Contain("open_loop_error_15").And.Not.Contain("return"));
        Assert.That(Directory.Exists(Path.Combine(run, "bundle")), Is.False);
        Assert.That(File.ReadAllText(RunFiles.Metrics(run)), Does.Not.Contain("actor_loss"));
    }

    /// <summary>Wrong groups are as large as the right ones, and others.</summary>
    [Test]
    public void WrongGroupsAreOfTheSameSizes()
    {
        string right = ActionGroups.Listed(ActionGroups.Published, "walker-walk", 0);
        string[] wrong = [.. Enumerable.Range(0, 20).Select(seed => ActionGroups.Listed(ActionGroups.Wrong, "walker-walk", seed))];
        int[] Sizes(string groups) => [.. ActionGroups.Of(groups, 6).Select(group => group.Count).Order()];
        Assert.That(wrong.Select(Sizes), Is.All.EqualTo(Sizes(right)));
        Assert.That(wrong, Has.No.Member(right));
        Assert.That(wrong.Distinct().Count(), Is.GreaterThan(5), "each seed draws its own");
        Assert.That(ActionGroups.Listed(ActionGroups.Wrong, "walker-walk", 3), Is.EqualTo(wrong[3]));
    }

    /// <summary>The published and the human groups divide the actions of the tasks that there are.</summary>
    [TestCase("cheetah-run", 6)]
    [TestCase("finger-spin", 2)]
    [TestCase("hopper-hop", 4)]
    [TestCase("humanoid-run", 21)]
    [TestCase("reacher-hard", 2)]
    [TestCase("walker-run", 6)]
    public void KnownGroupsDivideTheirActions(string environment, int actions)
    {
        foreach (string name in new[] { ActionGroups.Published, ActionGroups.Human, ActionGroups.Complete })
        {
            IReadOnlyList<IReadOnlyList<int>> groups = ActionGroups.Of(ActionGroups.Listed(name, environment, 0), actions);
            Assert.That(groups.Sum(group => group.Count), Is.EqualTo(actions));
        }
    }

    [TestCase("two-pendulums-swingup", "groups=published", "there are none for two-pendulums-swingup, but for cheetah, finger, hopper")]
    [TestCase("pendulum", "groups=human", "there are none for pendulum, but for cheetah, cup")]
    [TestCase("two-pendulums-swingup", "groups=0,1,2", "groups=0,1,2: there is no actuator 2; they are 0 to 1.")]
    [TestCase("two-pendulums-swingup", "groups=0;0,1", "actuator 0 is named twice; each belongs to one group")]
    [TestCase("two-pendulums-swingup", "groups=1", "actuator 0 is in no group")]
    [TestCase("two-pendulums-swingup", "groups=publshed", "'publshed' is no number of an actuator; did you mean 'published'?")]
    [TestCase("two-pendulums-swingup", "groups=0;x", "'x' is no number of an actuator")]
    [TestCase("reacher-easy", "groups=wrong", "can be divided into groups of these sizes in one way only")]
    [TestCase("cartpole", "groups=discovered", "of the 2 numbered actions of cartpole one is taken at a time")]
    [TestCase("two-pendulums-swingup", "groups=complete parametersOf=0;x", "parametersOf=0;x: 'x' is no number of an actuator")]
    [TestCase("two-pendulums-swingup", "groups=complete parametersOf=published", "Set parametersOf=discovered, or a list")]
    [TestCase("pendulum", "groups=discovered", "one actuator: there is nothing to divide. groups=vanilla is Dreamer's own dynamics.")]
    public void WhatCannotBeIsSaid(string environment, string set, string expected)
    {
        using TinyRuns runs = new();
        TrainTool.Run(["ed2", "--env", environment, "--preset", "debug", "--run", runs["bad"], "--set", .. set.Split(' ')])
            .Refuses(expected);
    }

    /// <summary>Before actions are played that would take days.</summary>
    [TestCase("dynamics=v3 deterministic=60", "deterministic=60 is no multiple of 8")]
    [TestCase("parametersOf=0,1,2", "parametersOf=0,1,2: there is no actuator 2; they are 0 to 1.")]
    [TestCase("groups=0,1,2 parametersOf=discovered", "groups=0,1,2: there is no actuator 2; they are 0 to 1.")]
    public void WhatCannotBeIsSaidBeforePlaying(string set, string expected) =>
        WhatCannotBeIsSaid("two-pendulums-swingup", $"groups=discovered discoverySteps=100000000 {set}", expected);

    [Test]
    public void WhatCannotBeIsNotAnnounced()
    {
        StringWriter said = new();
        ED2Options options = new() { Env = "two-pendulums-swingup", Groups = "publshed" };
        Assert.That(() => Algorithm.Find("ed2").Create(options, CPU, run: null, new PlainProgress(said)), Throws.TypeOf<UserException>());
        Assert.That(said.ToString(), Is.Empty);
    }

    [Test]
    public void DiscoveringIsNoResumption() =>
        TrainTool.Run("ed2", "--resume", "nowhere", "--discover").Refuses("--discover is for a new run");
}
