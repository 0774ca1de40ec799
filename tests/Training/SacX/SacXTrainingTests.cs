using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using Learner = WorldModels.Train.Algorithms.SacX;

namespace WorldModels.Tests.SacX;

/// <summary>SAC-X from the command line to its controller.</summary>
public sealed class SacXTrainingTests
{
    private static readonly string[] Tiny =
    [
        "sacx", "--preset", "debug", "--set", "batch=8", "length=6", "prefill=300", "episodeSteps=60", "period=20", "logEvery=1",
        "checkpointEvery=2",
    ];

    /// <summary>
    /// The public pySACQ's actor (816 + 6 x 172; its critic reads a numbered action, ours says a value of each), and the sizes of the paper's
    /// figure 1 with the lander's observations.
    /// </summary>
    [TestCase("original", 1_848, 18_008)]
    [TestCase("paper", 165_424, 648_006)]
    public void PresetsHaveTheirSizes(string preset, long actor, long critic)
    {
        using Learner learner = new((SacXOptions)Algorithm.Find("sacx").Preset(preset), TorchSharp.torch.CPU);
        Assert.That(Count(Learner.ActorPath), Is.EqualTo(actor));
        Assert.That(Count(Learner.CriticPath), Is.EqualTo(critic));

        long Count(string path) => learner.Parameters.Below(path).Sum(parameter => parameter.numel());
    }

    /// <summary>
    /// Numbered and continuous actions: each run stops and goes on as if it had not, and every layer of every head learns.
    /// </summary>
    [TestCase("lunar-lander", "scheduler=q", "temperature=0.1")]
    [TestCase("lunar-lander-continuous", "layerNorm=true", "mainReward=sparse")]
    public void ARunGoesOnAsIfItHadNotStopped(string environment, params string[] set)
    {
        using TinyRuns runs = new();
        string[] tiny = ["sacx", "--env", environment, .. Tiny.Skip(1), "decay=0", "entropyAtEnd=0.02", .. set];
        (_, string halves) = RunComparison.AssertResumes(runs, tiny);
        string begun = runs["begun"];
        TrainTool.Succeed([.. tiny, "updates=4", "--run", begun, "--no-export"]);
        IReadOnlyDictionary<string, WeightArray> before = Checkpoint.Read(RunFiles.Checkpoint(begun)).Weights();
        IReadOnlyDictionary<string, WeightArray> after = Checkpoint.Read(RunFiles.Checkpoint(halves)).Weights();
        foreach (string head in new[] { "actor/head0/weight", "actor/head1/weight", "critic/head0/weight", "critic/head1/weight" })
        {
            foreach ((float[] then, float[] now) in before[head].Values.Chunk(before[head].Values.Length / 6)
                .Zip(after[head].Values.Chunk(before[head].Values.Length / 6)))
            {
                Assert.That(now, Is.Not.EqualTo(then), $"a task's share of {head}");
            }
        }
    }

    /// <summary>Six rows that each act for another task do what each does alone; a task may change within an episode.</summary>
    [TestCase("lunar-lander")]
    [TestCase("lunar-lander-continuous")]
    public void EachRowActsForItsTask(string environment)
    {
        using TinyRuns runs = new();
        TrainTool.Succeed([.. Tiny, "updates=10", "--env", environment, "--run", runs["run"]]);
        string bundle = Path.Combine(runs["run"], "bundle");
        IReadOnlyList<string> tasks = Manifest.Load(bundle).Tasks!;
        Assert.That(tasks, Has.Count.EqualTo(6).And.ItemAt(0).EqualTo("land"));
        using Controller all = Controller.Load(bundle, new() { Batch = 6, Deterministic = true });
        for (int row = 0; row < 6; row++)
            all.SetTask(row, tasks[row]);
        float[] seen = [.. Enumerable.Range(0, 48).Select(i => MathF.Sin(i))];
        float[] together = Act(all, seen);
        using Controller alone = Controller.Load(bundle, new() { Batch = 1, Deterministic = true });
        List<float> each = [];
        for (int row = 0; row < 6; row++)
        {
            alone.SetTask(tasks[row]);
            each.AddRange(Act(alone, seen[(8 * row)..(8 * row + 8)]));
        }
        Assert.That(together, Is.EqualTo(each).Within(1e-5));
        float[] same = [.. Enumerable.Range(0, 6).SelectMany(_ => seen[..8])];
        Act(all, same);
        Assert.That(all.Values.ToArray().Distinct().Count(), Is.EqualTo(6), "one observation, six tasks, six values");
        all.SetTask("hover");
        Act(all, same);
        Assert.That(all.Values.ToArray(), Is.All.EqualTo(all.Values[0]).Within(1e-5));
        Assert.That(() => all.SetTask(6, "hover"), Throws.TypeOf<BundleException>());
        Assert.That(() => all.SetTask("fly"), Throws.TypeOf<BundleException>().With.Message.EndsWith(
            "has no task 'fly', but land, touch, hover, hold-still, upright, approach."));
    }

    [Test]
    public void OtherEnvironmentsHaveNoTasks()
    {
        using TinyRuns runs = new();
        TrainTool.Run("sacx", "--env", "pendulum", "--run", runs["run"]).Refuses("sacx knows auxiliary tasks of the lander alone");
    }

    private static float[] Act(Controller controller, float[] seen)
    {
        int rows = seen.Length / 8;
        if (controller.Manifest.Action.Kind == ActionKind.Continuous)
        {
            float[] actions = new float[2 * rows];
            controller.Act(seen, actions);
            return actions;
        }
        long[] numbers = new long[rows];
        controller.Act(seen, numbers);
        return controller.Logits.ToArray();
    }
}
