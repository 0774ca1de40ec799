using System.Text.Json.Nodes;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Tests.Train;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Plan2Explore;

/// <summary>Plan2Explore from the command line to its controller.</summary>
public sealed class Plan2ExploreTests
{
    private static readonly string[] Sized = TinyRuns.Plan2Explore;

    private TinyRuns _runs = null!;

    [OneTimeSetUp]
    public void Make() => _runs = new();

    [OneTimeTearDown]
    public void Delete() => _runs.Dispose();

    /// <summary>Stops between the stages; with either target, either way of learning tasks, several tasks, baselines, the noisy screen.</summary>
    [TestCase("target=embedding", "explorationUpdates=3", "taskUpdates=2")]
    [TestCase("target=stochastic", "explorationUpdates=3", "taskUpdates=5", "taskLearning=afterwards", "tasks=swingup,balance,spin")]
    [TestCase("explorer=curiosity")]
    [TestCase("explorer=random", "noisyScreen=4", "environments=2")]
    [TestCase("env=cartpole", "predictContinue=true", "actionRepeat=1", "ensembleLayers=0")]
    public void ARunGoesOnAsIfItHadNotStopped(params string[] set)
    {
        using TinyRuns runs = new();
        bool ships = !set.Any(option => option.StartsWith("explorer=", StringComparison.Ordinal));
        (string whole, _) = RunComparison.AssertResumes(runs, [.. Sized.Where(option => ships || !IsOfTheEnsemble(option)), .. set]);
        Assert.That(Directory.Exists(Path.Combine(whole, "bundle")), Is.EqualTo(ships), "baselines are no product");
    }

    /// <summary>
    /// While it explores, the rewards that were met change nothing but what says rewards and acts for them: not the world's weights, not the
    /// ensemble's, not the explorer's, not what it meets. Once it adapts, they do.
    /// </summary>
    [TestCase("taskLearning=meanwhile")]
    [TestCase("tasks=swingup,balance")]
    public void RewardsNeverReachTheExplorer(string set)
    {
        IReadOnlyDictionary<string, WeightArray> asMet = Weights("met"), shuffled = Weights("shuffled", "shuffleRewards=true");
        string[] changed = [.. asMet.Keys.Where(name => !asMet[name].Values.AsSpan().SequenceEqual(shuffled[name].Values))];
        Assert.That(changed, Has.Some.StartsWith("world/reward/"), "they were others");
        Assert.That(changed.Where(name => !name.StartsWith("world/reward/", StringComparison.Ordinal)
            && (!name.StartsWith("policies/", StringComparison.Ordinal) || name.StartsWith("policies/explore/", StringComparison.Ordinal))),
            Is.Empty);
        Assert.That(asMet.Keys, Has.Some.StartsWith("ensemble/").And.Some.StartsWith("policies/explore/actor/"));

        IReadOnlyDictionary<string, WeightArray> adapted = Weights("adapted", "explorationUpdates=4", "tasks=[]"),
            adaptedToOthers = Weights("others", "explorationUpdates=4", "tasks=[]", "shuffleRewards=true");
        Assert.That(adapted.Keys.Where(name => !adapted[name].Values.AsSpan().SequenceEqual(adaptedToOthers[name].Values)),
            Has.Some.StartsWith("world/rssm/").And.Some.StartsWith("world/encoder/"));

        // Rewards have to be met for others to differ: Gymnasium's pendulum costs at every step.
        IReadOnlyDictionary<string, WeightArray> Weights(string name, params string[] more)
        {
            string run = _runs[$"{TestContext.CurrentContext.Test.ID}-{name}"];
            TrainTool.Succeed([.. Sized, "env=pendulum", "explorationUpdates=8", set, .. more, "--run", run, "--no-export"]);
            return Checkpoint.Read(RunFiles.Checkpoint(run)).Weights();
        }
    }

    /// <summary>
    /// What is explored for learns from the same episodes as the world, and however fast it learns, or if it is another thing, the world is
    /// the same. (Later it is not, since the explorer meets other states.)
    /// </summary>
    [Test]
    public void WhatIsExploredForNeverShapesTheWorld()
    {
        IReadOnlyDictionary<string, WeightArray> slow = Weights("slow", "ensembleLearningRate=1e-4"),
            fast = Weights("fast", "ensembleLearningRate=0.1"), curious = Weights("curious", "explorer=curiosity");
        string[] world = [.. slow.Keys.Where(name => name.StartsWith("world/", StringComparison.Ordinal))];
        foreach (IReadOnlyDictionary<string, WeightArray> other in new[] { fast, curious })
            Assert.That(world.Where(name => !slow[name].Values.AsSpan().SequenceEqual(other[name].Values)), Is.Empty);
        string[] changed = [.. slow.Keys.Except(world).Where(name => !slow[name].Values.AsSpan().SequenceEqual(fast[name].Values))];
        Assert.That(changed, Has.Some.StartsWith("ensemble/").And.Some.StartsWith("policies/explore/actor/"));
        Assert.That(curious.Keys, Has.Some.StartsWith("curiosity/").And.None.StartsWith("ensemble/"));

        IReadOnlyDictionary<string, WeightArray> Weights(string name, string set)
        {
            string run = _runs[$"shape-{name}"];
            TrainTool.Succeed([
                .. Sized.Where(option => !(name == "curious" && IsOfTheEnsemble(option))), "collectEvery=100", "updates=5", set,
                "--run", run, "--no-export"]);
            return Checkpoint.Read(RunFiles.Checkpoint(run)).Weights();
        }
    }

    /// <summary>In the frozen stage nothing learns but the tasks' policies, and nobody plays.</summary>
    [Test]
    public void TheModelIsFrozenWhileTasksLearn()
    {
        string[] tiny = [.. Sized, "explorationUpdates=2", "taskUpdates=6", "taskLearning=afterwards"];
        string begun = _runs["begun"];
        TrainTool.Succeed([.. tiny, "updates=3", "--run", begun, "--no-export"]);
        IReadOnlyDictionary<string, WeightArray> before = Checkpoint.Read(RunFiles.Checkpoint(begun)).Weights();
        TrainTool.Succeed("plan2explore", "--resume", begun, "--set", "updates=8", "--no-export");
        IReadOnlyDictionary<string, WeightArray> after = Checkpoint.Read(RunFiles.Checkpoint(begun)).Weights();
        string[] changed = [.. before.Keys.Where(name => !before[name].Values.AsSpan().SequenceEqual(after[name].Values))];
        Assert.That(changed, Is.Not.Empty.And.All.StartsWith("policies/task/"));
        long[] frames = [.. File.ReadLines(RunFiles.Metrics(begun)).Select(line => (long)JsonNode.Parse(line)!["frames"]!)];
        Assert.That(frames[2..], Is.All.EqualTo(frames[1]), "steps while tasks learn");
    }

    /// <summary>
    /// A run that explored and learnt its task goes on to adapt where it is given more updates; what it earned before is among its figures,
    /// the same as where it had ended there.
    /// </summary>
    [Test]
    public void ARunGoesOnToAdapt()
    {
        string run = _runs["adapts"], whole = _runs["whole"];
        string[] tiny = [.. Sized, "env=pendulum", "explorationUpdates=3", "taskUpdates=2", "logEvery=2", "evaluationEpisodes=2"];
        TrainTool.Succeed([.. tiny, "updates=5", "--run", run]);
        JsonNode before = Evaluation(run);
        Assert.That(before["return_zero_shot_mean"], Is.Null, "nothing has adapted yet");
        long explored = (long)Lines(run)[^1]["frames"]!;
        TrainTool.Succeed("plan2explore", "--resume", run, "--set", "updates=9");
        TrainTool.Succeed([.. tiny, "updates=9", "--run", whole]);
        foreach (string folder in new[] { run, whole })
        {
            JsonNode after = Evaluation(folder);
            foreach (string figure in new[] { "mean", "sd", "ci95" })
                Assert.That((double)after[$"return_zero_shot_{figure}"]!, Is.EqualTo((double)before[$"return_greedy_{figure}"]!));
            Assert.That((long)after["zero_shot_steps"]!, Is.EqualTo(explored));
            JsonNode[] lines = Lines(folder);
            Assert.That(lines.Count(line => line["return_zero_shot"] is not null), Is.EqualTo(1));
            Assert.That((long)lines[^1]["frames"]!, Is.GreaterThan(explored), "the task's policy played");
        }
        string card = File.ReadAllText(Path.Combine(run, "bundle", "README.md"));
        Assert.That(card, Does.Contain("| zero_shot_steps |").And.Not.Contain("## Tasks"));

        static JsonNode[] Lines(string folder) => [.. File.ReadLines(RunFiles.Metrics(folder)).Select(line => JsonNode.Parse(line)!)];

        static JsonNode Evaluation(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "evaluation.json")))!;
    }

    /// <summary>
    /// Each row acts for its task, the last of which is to explore, and says how novel its step is: the same in any batch, in the place that
    /// does not move.
    /// </summary>
    [Test]
    public void TheControllerSaysHowNovelEachRowIs()
    {
        const int Rows = 5, Steps = 6;
        string run = _runs["shipped"];
        TrainTool.Succeed([.. Sized, "taskUpdates=3", "tasks=swingup,balance,spin", "evaluationEpisodes=2", "--run", run]);
        string bundle = Path.Combine(run, "bundle");
        Manifest manifest = Manifest.Load(bundle);
        Assert.That(manifest.Tasks, Is.EqualTo(new[] { "swingup", "balance", "spin", "explore" }));
        Assert.That(manifest.NoveltyThreshold, Is.GreaterThan(0));
        Assert.That(manifest.Training!.Figures, Does.ContainKey("task_explore_spin").And.ContainKey("coverage_random"));
        double coverage = manifest.Training.Figures["coverage"];
        Assert.That(manifest.Training.Figures["coverage_of_reachable"], Is.GreaterThan(coverage).And.LessThan(1));
        Assert.That(File.ReadAllText(Path.Combine(bundle, "README.md")), Does.Contain("## Novelty"));

        using Controller all = Controller.Load(bundle, new() { Batch = Rows, Seed = 3, Deterministic = true });
        Assert.That(all.Novelty.ToArray(), Is.All.Zero.Or.Empty, "before the first step");
        for (int row = 0; row < Rows; row++)
            all.SetTask(row, manifest.Tasks![row % 4]);
        Controller[] each = [.. Enumerable.Range(0, Rows).Select(_ => Controller.Load(bundle, new() { Batch = 1, Deterministic = true }))];
        try
        {
            float[] actions = new float[Rows], one = new float[1];
            for (int step = 0; step < Steps; step++)
            {
                float[] seen = [.. Enumerable.Range(0, Rows).SelectMany(row => Observation(row, step))];
                all.Act(seen, actions);
                for (int row = 0; row < Rows; row++)
                {
                    each[row].SetTask(manifest.Tasks![row % 4]);
                    each[row].Act(Observation(row, step), one);
                    Assert.That(one[0], Is.EqualTo(actions[row]).Within(1e-5));
                    Assert.That(each[row].Novelty.ToArray(), Is.EqualTo(new[] { all.Novelty[row] }).Within(1e-4f * (1 + all.Novelty[row])));
                }
                Assert.That(all.Novelty.ToArray(), Is.All.GreaterThan(0));
            }
            float sum = 0;
            Assert.That(Allocations.EachTime(() => sum = all.Novelty[0] + all.Novelty[Rows - 1]), Is.Zero, $"bytes for {sum}");
        }
        finally
        {
            foreach (Controller controller in each)
                controller.Dispose();
        }
        // What is seen is the same, and each task does something else about it; to explore is one of them, for a row or for all.
        using Controller same = Controller.Load(bundle, new() { Batch = 4, Deterministic = true });
        float[] chosen = new float[4], alike = [.. Enumerable.Range(0, 4).SelectMany(_ => Observation(0, 0))];
        for (int row = 0; row < 4; row++)
            same.SetTask(row, manifest.Tasks![row]);
        same.Act(alike, chosen);
        Assert.That(chosen, Is.Unique);
        float exploring = chosen[3];
        same.Reset();
        same.SetTask(WorldModels.Train.Algorithms.Plan2Explore.Exploring);
        same.Act(alike, chosen);
        Assert.That(chosen, Is.All.EqualTo(exploring).Within(1e-6f));
        using WorldModel world = WorldModel.Load(bundle);
        using Dream dream = world.Dream(batch: 3, horizon: 4);
        Assert.That(dream.Run(seed: 1).Rewards(2).ToArray(), Has.Length.EqualTo(3), "dreams are of the first task");

        static float[] Observation(int row, int step) =>
            [MathF.Cos(row + 0.3f * step), MathF.Sin(row + 0.3f * step), MathF.Sin(row * step)];
    }

    /// <summary>A run without evaluation ships the threshold all the same: the percentile that an evaluation finds.</summary>
    [Test]
    public void TheThresholdShipsWithoutAnEvaluation()
    {
        string judged = _runs["judged"], unjudged = _runs["unjudged"];
        TrainTool.Succeed([.. Sized, "env=pendulum", "evaluationEpisodes=2", "--run", judged]);
        TrainTool.Succeed([.. Sized, "env=pendulum", "--run", unjudged]);
        Manifest manifest = Manifest.Load(Path.Combine(judged, "bundle"));
        Assert.That(manifest.NoveltyThreshold, Is.EqualTo(manifest.Training!.Figures["novelty_99"]).Within(1e-6));
        Assert.That(manifest.NoveltyThreshold, Is.GreaterThan(manifest.Training.Figures["novelty_mean"]));
        Assert.That(Manifest.Load(Path.Combine(unjudged, "bundle")).NoveltyThreshold, Is.EqualTo(manifest.NoveltyThreshold));
    }

    /// <summary>The published code's sizes for one action: 60 and 400 in the latent state, embeddings of 1,024, 5 members of 2 x 1,024.</summary>
    [TestCase("world/rssm", 1_812_640)]
    [TestCase("world/encoder", 690_144)]
    [TestCase("ensemble", 12_559_360)]
    [TestCase("policies/explore/actor", 666_402)]
    [TestCase("policies/task/critic", 505_601)]
    public void ThePaperPresetHasThePublishedSizes(string part, long parameters)
    {
        Algorithm algorithm = Algorithm.Find("plan2explore");
        using ITrainer trainer = algorithm.Create(algorithm.Preset("paper"), CPU);
        Assert.That(trainer.Parameters.Below(part).Sum(parameter => parameter.numel()), Is.EqualTo(parameters));
    }

    [TestCase("taskLearning=afterwards explorationUpdates=8", "updates=8 end with the exploration (explorationUpdates=8)")]
    [TestCase("tasks=swingup,spin", "From update 6 on (explorationUpdates and taskUpdates) the policy of one task plays", "updates=6")]
    [TestCase("tasks=swingup,balanc", "no task 'balanc'; did you mean 'balance'? Tasks: swingup, balance, spin")]
    [TestCase("taskLearning=afterwards taskUpdates=0", "taskUpdates=0 with taskLearning=afterwards leaves the task no time to learn")]
    [TestCase("tasks=spin,swingup", "tasks begins with 'spin'; the environment's own comes first", "swingup,spin")]
    [TestCase("tasks=swingup,spin,spin", "tasks names 'spin' twice")]
    [TestCase("explorer=random ensembleUnits=5", "would change nothing here: it is of explorer=plan2Explore")]
    [TestCase("explorer=curiosity disagreementScale=7", "would change nothing here: it is of explorer=plan2Explore")]
    [TestCase("curiosityScale=7", "curiosityScale would change nothing here: it is of explorer=curiosity")]
    [TestCase("tasks=swingup env=cartpole", "Tasks are known of pendulum and pendulum-swingup, by their numbers; of cartpole there is its own")]
    [TestCase("noisyScreen=4 pixels=32", "Random numbers follow vectors of numbers, not pictures")]
    [TestCase("members=1", "members must be between 2 and 1000; it is 1")]
    public void WhatContradictsItselfIsRefused(string set, params string[] expected) =>
        TrainTool.Run([.. Sized, .. set.Split(' '), "--run", _runs[TestContext.CurrentContext.Test.ID]]).Refuses(expected);

    private static bool IsOfTheEnsemble(string option) => option.StartsWith("members=") || option.StartsWith("ensembleUnits=");

    [Test]
    public void RecordingsAreNothingToExplore() =>
        Assert.That(() => new WorldModels.Train.Algorithms.Plan2Explore(new() { Env = "pendulum", Dataset = "recorded" }, CPU),
            Throws.TypeOf<UserException>().With.Message.Contains("it learns from no dataset"));

    [Test]
    public void TasksAreAnOptionOfTheCommand()
    {
        string run = _runs["named"];
        TrainTool.Succeed(["plan2explore", "--tasks", "swingup,spin", .. Sized[1..], "taskUpdates=3", "--run", run, "--no-export"]);
        Assert.That(Checkpoint.Read(RunFiles.Checkpoint(run)).Weights().Keys, Has.Some.StartsWith("policies/spin/reward/"));
        TrainTool.Run("plan2explore", "--tasks", "swingup,spin", "--run", _runs["twice"], "--set", "Tasks=swingup")
            .Refuses("tasks is given by --tasks and by --set Tasks=swingup: leave one of them away");
    }
}
