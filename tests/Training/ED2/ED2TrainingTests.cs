using System.Text.Json.Nodes;
using WorldModels.Bundles;
using WorldModels.Recordings;
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
        "ed2", "--env", "two-pendulums-swingup", "--preset", "debug", "--set", "batch=4", "length=8", "prefill=250", "logEvery=1",
        "checkpointEvery=2", "deterministic=16", "stochastic=4", "hidden=16",
    ];

    private static readonly string[] Discover = ["ed2", "--env", "two-pendulums-swingup", "--preset", "debug", "--discover", "--run"];

    /// <summary>Groups that were found and given ones, in all dynamics: runs stop and go on as if they had not, and ship.</summary>
    [TestCase("groups=discovered", "discoverySteps=500")]
    [TestCase("groups=complete", "dynamics=v2", "classes=3")]
    [TestCase("groups=vanilla", "parametersOf=discovered", "discoverySteps=500")]
    [TestCase("groups=1;0", "dynamics=v3", "classes=3", "parametersOf=vanilla")]
    public void ARunGoesOnAsIfItHadNotStopped(params string[] set)
    {
        using TinyRuns runs = new();
        (string whole, string halves) = RunComparison.AssertResumes(runs, [.. Tiny, "horizon=4", "starts=16", .. set]);
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
    /// What was found is printed, drawn, and taken up by a run in the same folder, whatever it would draw itself where nobody says how
    /// much; other questions are asked anew. Which it was is said.
    /// </summary>
    [Test]
    public void GroupsAreKept()
    {
        using TinyRuns runs = new();
        string run = runs["run"], kept = Path.Combine(run, GroupDiscovery.FileName);
        string output = TrainTool.Succeed([.. Discover, run, "--set", "discoverySteps=500"]).Output;
        Assert.That(output, Does.Contain("{torque 1} + {torque 2}").And.Contain("groups=0;1").And.Contain(GroupDiscovery.PictureName));
        Assert.That(File.ReadAllBytes(Path.Combine(run, GroupDiscovery.PictureName)).AsSpan(1, 3).SequenceEqual("PNG"u8));
        ED2Options options = new() { Env = "two-pendulums-swingup", DiscoverySteps = 300 };
        Assert.That(Said(options), Does.Contain($"groups from {kept} (500 random actions, seed 0)"));
        Assert.That(Said(options with { DiscoveryThreshold = -1 }), Does.Contain("another task, data set, threshold or number of steps"));
        Assert.That(File.ReadAllText(kept), Does.Contain("\"threshold\": -1").And.Contain("\"steps\": 300"));
        Assert.That(TrainTool.Succeed([.. Discover, runs["other"], "--set", "discoverySteps=500", "discoveryThreshold=-1"]).Output,
            Does.Contain("groups=0,1"));

        string Said(ED2Options asked)
        {
            using RunFolder folder = RunFolder.Resume(run);
            StringWriter said = new();
            _ = GroupDiscovery.Of(asked, folder, new PlainProgress(said));
            return said.ToString();
        }
    }

    /// <summary>So many steps as the user says, if he does, draw what a run learns with.</summary>
    [TestCase("seed=3", 500)]
    [TestCase("discoverySteps=700", 700)]
    public void StepsThatAreSetCount(string set, int steps)
    {
        using TinyRuns runs = new();
        TrainTool.Succeed([.. Discover, runs["run"], "--set", "discoverySteps=500"]);
        TrainTool.Succeed([.. Tiny, "horizon=4", "starts=16", "updates=1", set, "--run", runs["run"], "--no-export"]);
        Assert.That((int)Found(runs["run"])["source"]!["steps"]!, Is.EqualTo(steps));
    }

    /// <summary>A run goes on with the groups that it has learnt with, whatever has become of the file that they were found in.</summary>
    [Test]
    public void ACheckpointKeepsItsGroups()
    {
        using TinyRuns runs = new();
        string whole = runs.Train("whole", TinyRuns.ED2), half = runs.Train("half", [.. TinyRuns.ED2, "updates=4"]);
        JsonNode others = Found(half);
        others["tree"]!["groups"] = JsonNode.Parse("[[1], [0]]");
        foreach (string content in new[] { others.ToJsonString(), "{}", "" })
        {
            string run = runs.Copy(half, $"half-{content.Length}");
            string kept = Path.Combine(run, GroupDiscovery.FileName);
            File.Delete(kept);
            if (content.Length > 0)
                File.WriteAllText(kept, content);
            TrainTool.Succeed("ed2", "--resume", run, "--set", "updates=8", "--no-export");
            RunComparison.AssertSame(run, whole);
            Assert.That(File.Exists(kept), Is.EqualTo(content.Length > 0), "not found anew");
        }
    }

    /// <summary>
    /// Checkpoints of when they did not say the groups: those in the run's folder are gone on with, whatever they are of; others are not
    /// found.
    /// </summary>
    [Test]
    public void ACheckpointWithoutGroupsGoesOnWithTheFolders()
    {
        using TinyRuns runs = new();
        string whole = runs.Train("whole", TinyRuns.ED2), half = runs.Train("half", [.. TinyRuns.ED2, "updates=4"]);
        SafetensorsContent content = Safetensors.Read(RunFiles.Checkpoint(half));
        Safetensors.Write(RunFiles.Checkpoint(half), content.Tensors, content.Metadata
            .Where(pair => pair.Key is not ("groups" or "parametersOf" or "sha256")).ToDictionary());
        string lost = runs.Copy(half, "lost"), damaged = runs.Copy(half, "damaged");
        JsonNode found = Found(half);
        found["source"]!["threshold"] = 0.5;
        File.WriteAllText(Path.Combine(half, GroupDiscovery.FileName), found.ToJsonString());
        TrainTool.Succeed("ed2", "--resume", half, "--set", "updates=8", "--no-export");
        RunComparison.AssertSame(half, whole);
        File.Delete(Path.Combine(lost, GroupDiscovery.FileName));
        TrainTool.Run("ed2", "--resume", lost).Refuses("has learnt with groups that were kept in", "which is gone. Bring the file back");
        Assert.That(File.Exists(Path.Combine(lost, GroupDiscovery.FileName)), Is.False);
        File.WriteAllText(Path.Combine(damaged, GroupDiscovery.FileName), "{}");
        TrainTool.Run("ed2", "--resume", damaged).Refuses("groups.json does not hold groups", "Bring the file back");
    }

    /// <summary>A file, or groups in an otherwise sound one.</summary>
    [TestCase("{")]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("[[0]]")]
    [TestCase("[[0], [0, 1]]")]
    [TestCase("[[0], [1, 2]]")]
    [TestCase("[[0], [1], []]")]
    [TestCase("[[0, 1], null]")]
    public void WhatHoldsNoGroupsIsSaid(string content)
    {
        using TinyRuns runs = new();
        string run = runs["run"];
        TrainTool.Succeed([.. Discover, run, "--set", "discoverySteps=100"]);
        JsonNode found = Found(run);
        if (content.StartsWith('['))
            found["tree"]!["groups"] = JsonNode.Parse(content);
        File.WriteAllText(Path.Combine(run, GroupDiscovery.FileName), content.StartsWith('[') ? found.ToJsonString() : content);
        TrainTool.Run("ed2", "--resume", run).Refuses("groups.json does not hold groups", "Delete it to have them found anew.");
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

    /// <summary>Wrong groups are as large as the right ones, and others, in whatever order they are written.</summary>
    [Test]
    public void WrongGroupsAreOfTheSameSizes()
    {
        string right = ActionGroups.Listed(ActionGroups.Published, "walker-walk", 0);
        string[] wrong = [.. Enumerable.Range(0, 200).Select(seed => ActionGroups.Listed(ActionGroups.Wrong, "walker-walk", seed))];
        int[] Sizes(string groups) => [.. ActionGroups.Of(groups, 6).Select(group => group.Count).Order()];
        Assert.That(wrong.Select(Sizes), Is.All.EqualTo(Sizes(right)));
        HashSet<string> Sets(string groups) => [.. ActionGroups.Of(groups, 6).Select(group => string.Join(',', group.Order()))];
        Assert.That(wrong.Where(groups => Sets(groups).SetEquals(Sets(right))), Is.Empty);
        Assert.That(wrong.Select(groups => string.Join(';', Sets(groups).Order())).Distinct().Count(), Is.GreaterThan(10),
            "each seed draws its own");
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
    [TestCase("lunar-lander-continuous", "groups=human", "there are none for lunar-lander-continuous, but for cheetah, cup")]
    [TestCase("two-pendulums-swingup", "groups=0,1,2", "groups=0,1,2: there is no actuator 2; they are 0 to 1.")]
    [TestCase("two-pendulums-swingup", "groups=0;0,1", "actuator 0 is named twice; each belongs to one group")]
    [TestCase("two-pendulums-swingup", "groups=1", "actuator 0 is in no group")]
    [TestCase("two-pendulums-swingup", "groups=publshed", "'publshed' is no number of an actuator; did you mean 'published'?")]
    [TestCase("two-pendulums-swingup", "groups=0;x", "'x' is no number of an actuator")]
    [TestCase("reacher-easy", "groups=wrong", "can be divided into groups of these sizes in one way only")]
    [TestCase("cartpole", "groups=discovered", "groups: groups are of actuators, which act together; of numbered actions one is")]
    [TestCase("cartpole", "groups=complete", "of numbered actions one is taken at a time. Set groups=vanilla")]
    [TestCase("cartpole", "groups=published", "of numbered actions one is taken at a time. Set groups=vanilla")]
    [TestCase("cartpole", "groups=vanilla parametersOf=discovered", "one is taken at a time. Leave parametersOf out, or take another")]
    [TestCase("two-pendulums-swingup", "groups=complete parametersOf=0;x", "parametersOf=0;x: 'x' is no number of an actuator")]
    [TestCase("two-pendulums-swingup", "groups=complete parametersOf=published", "Set parametersOf=discovered, or a list")]
    [TestCase("pendulum", "groups=discovered", "there is one actuator, and nothing to divide. Set groups=vanilla, which is Dreamer's own")]
    [TestCase("pendulum", "groups=complete", "there is one actuator, and nothing to divide")]
    [TestCase("pendulum-swingup", "groups=human", "there is one actuator, and nothing to divide")]
    [TestCase("pendulum", "groups=vanilla parametersOf=complete", "nothing to divide. Leave parametersOf out")]
    [TestCase("two-pendulums-swingup", "groups=vanilla linearCandidate=false", "linearCandidate would change nothing here")]
    [TestCase("two-pendulums-swingup", "classes=8", "classes would change nothing here: it is of dynamics=v2 and v3")]
    [TestCase("two-pendulums-swingup", "groups=complete discoverySteps=500", "discoverySteps would change nothing here")]
    [TestCase("two-pendulums-swingup", "groups=complete discoveryThreshold=0.5", "discoveryThreshold would change nothing here")]
    [TestCase("two-pendulums-swingup", "worldAlone=true horizon=4", "horizon would change nothing here: it is of acting")]
    [TestCase("two-pendulums-swingup", "discoveryThreshold=-1.5", "discoveryThreshold must be between -1 and 1")]
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

    /// <summary>The algorithm's own sizes are of published groups, which numbered actions have not.</summary>
    [TestCase("published")]
    [TestCase("complete")]
    public void AWorldThatIsNotTrainedIsNotDividedEither(string groups)
    {
        using TinyRuns runs = new();
        TrainTool.Run("untrained", "--algorithm", "ed2", "--env", "cartpole", "--output", runs["bundle"], "--set", $"groups={groups}")
            .Refuses("of numbered actions one is taken at a time. Set groups=vanilla");
    }

    /// <summary>Recorded actions are known when they are read.</summary>
    [TestCase("published", true)]
    [TestCase("complete", true)]
    [TestCase("complete", false)]
    [TestCase("discovered", false)]
    public void RecordedActionsThatAreNumberedAreNotDivided(string groups, bool saidOf)
    {
        using TinyRuns runs = new();
        string replay = Path.Combine(runs.Train("played", [.. TinyRuns.Dreamer, "updates=1"]), "replay");
        if (!saidOf)
            File.Delete(Path.Combine(replay, DatasetSpec.FileName));
        TrainTool.Run("ed2", "--dataset", replay, "--preset", "debug", "--run", runs["run"], "--set", $"groups={groups}")
            .Refuses("of numbered actions one is taken at a time. Set groups=vanilla");
    }

    [TestCase("--resume nowhere", "--discover is for a new run")]
    [TestCase("--no-export", "--discover trains nothing: leave --no-export out.")]
    [TestCase("--device cpu", "--discover trains nothing: leave --device out.")]
    [TestCase("--set groups=bogus,", "--discover finds groups, and groups=bogus, says them")]
    [TestCase("--set parametersOf=bogus,", "parametersOf=bogus,: 'bogus' is no number of an actuator")]
    [TestCase("--set classes=8", "classes would change nothing here")]
    [TestCase("--env pendulum", "there is one actuator, and nothing to divide")]
    public void WhatDiscoveringCannotTakeIsSaid(string arguments, string expected)
    {
        using TinyRuns runs = new();
        string[] env = arguments.StartsWith("--env", StringComparison.Ordinal) ? [] : ["--env", "two-pendulums-swingup"];
        string[] run = arguments.StartsWith("--resume", StringComparison.Ordinal) ? [] : [.. env, "--run", runs["run"]];
        TrainTool.Run(["ed2", "--discover", .. run, .. arguments.Split(' ')]).Refuses(expected);
        Assert.That(Directory.Exists(runs["run"]), Is.False);
    }

    private static JsonNode Found(string run) => JsonNode.Parse(File.ReadAllText(Path.Combine(run, GroupDiscovery.FileName)))!;
}
