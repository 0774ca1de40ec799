using WorldModels.Bundles;

namespace WorldModels.Tests.Train;

/// <summary>A run whose numbers overflow stops, says when, and leaves a checkpoint to continue from.</summary>
public sealed class DivergenceTests
{
    // RMSprop divides by the root of a squared gradient that is 0 where a gradient is 0; without an epsilon that is 0 / 0.
    private static readonly string[] Diverging = ["--set", "updates=20", "logEvery=5", "checkpointEvery=10", "epsilon=0"];
    private static readonly string[] Cured = ["--set", "updates=20", "epsilon=1e-5"];

    [Test]
    public void KeepsTheCheckpointFromBefore()
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs.Train("run", TinyRuns.A2C);
        byte[] before = File.ReadAllBytes(RunFiles.Checkpoint(run));

        TrainTool.Run(["a2c", "--resume", run, .. Diverging]).Refuses(
            "Training stopped at update 10", "no longer finite", "The checkpoint of update 8 is kept",
            $"--resume {run} --set learningRate=");
        Assert.That(File.ReadAllBytes(RunFiles.Checkpoint(run)), Is.EqualTo(before));

        TrainTool.Succeed(["a2c", "--resume", run, .. Cured]);
        Assert.That(RunFiles.UpdatesOf(run), Is.EqualTo(20));
    }

    /// <summary>The loss is that of the weights before the step, so it can be finite when the weights are not any more.</summary>
    [Test]
    public void NeverSavesWeightsThatAreNotFinite()
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs.Train("run", TinyRuns.A2C);
        ToolResult result = TrainTool.Run(["a2c", "--resume", run, .. Diverging, "checkpointEvery=1"]);
        result.Refuses("Training stopped at update 9: parameters/agent/", "no longer finite", "The checkpoint of update 8 is kept");
        Assert.That(RunFiles.UpdatesOf(run), Is.EqualTo(8));
        foreach ((string name, WeightArray weight) in Safetensors.Read(RunFiles.Checkpoint(run)).Weights())
            Assert.That(weight.Values, Has.All.Matches<float>(float.IsFinite), name);
    }

    [Test]
    public void SaysThatThereIsNoCheckpointYetAndBeginsAgain()
    {
        using TinyRuns runs = new TinyRuns();
        TrainTool.Run([.. TinyRuns.A2C, "epsilon=0", "--run", runs["run"]])
            .Refuses("Training stopped at update", "There is no checkpoint yet; begin again", $"--resume {runs["run"]}");
        TrainTool.Succeed(["a2c", "--resume", runs["run"], .. Cured, "--no-export"]);
        Assert.That(RunFiles.UpdatesOf(runs["run"]), Is.EqualTo(20));
    }
}
