using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Tests.Tools;

namespace WorldModels.Tests.Runtime;

/// <summary>What graphs give that nobody can use is refused, or made to fit, before a host gets it.</summary>
public sealed class GraphOutputTests : BundleFixture
{
    [Test]
    public void ActionsBeyondTheBoundsAreClippedAndCounted()
    {
        using Controller controller = Controller.Load(Keep(ForeignModel.Linear(80).Bundle()));
        float[] actions = new float[17];
        controller.Act(Rows(17, 0), actions);
        Assert.That(controller.Clipped, Is.EqualTo(new ActionClipping()), "-0.02 is within");
        controller.Act(Rows(17, 1), actions);
        Assert.That(actions, Has.All.EqualTo(-2));
        Assert.That(controller.Clipped, Is.EqualTo(new ActionClipping(17, -80.02f, -80.02f)).Using<ActionClipping>((a, b) =>
            a.Count == b.Count && Math.Abs(a.Least - b.Least) < 1e-3 && Math.Abs(a.Most - b.Most) < 1e-3));
        controller.Act(Rows(17, -1), actions);
        Assert.That((actions[16], controller.Clipped.Count), Is.EqualTo((2f, 34L)));
        Assert.That(controller.Clipped.Most, Is.EqualTo(79.98f).Within(1e-3));
    }

    [Test]
    public void EachElementIsClippedToItsOwnBounds()
    {
        ForeignModel model = new ForeignModel().Input("observation", 3).Weight("w", [3, 2], 0, 0, 5, 5, 0, 0)
            .Node("MatMul", ["observation", "w"], "action").Output("action", 2);
        string directory = Keep(model.Bundle());
        Manifest one = Manifest.Load(directory, verifyHashes: false);
        GraphSpec act = one.Graphs["act"];
        GraphSpec two = act with { Outputs = [act.Outputs[0] with { Shape = ["batch", 2] }] };
        (one with
        {
            Action = ActionSpec.Continuous([-2, 0], [2, 10]),
            Graphs = new Dictionary<string, GraphSpec> { ["act"] = two },
        }).Save(directory);
        using Controller controller = Controller.Load(directory);
        float[] actions = new float[6];
        controller.Act([0, 1, 0, 0, -1, 0, 0, 0.25f, 0], actions);
        Assert.That(actions, Is.EqualTo(new float[] { 2, 5, -2, 0, 1.25f, 1.25f }));
        Assert.That(controller.Clipped, Is.EqualTo(new ActionClipping(3, -5, 5)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void LookingAllocatesNothing(bool clips)
    {
        using Controller controller = Controller.Load(Keep(ForeignModel.Linear(80).Bundle()));
        float[] observations = Rows(100, clips ? 1 : 0), actions = new float[100];
        Assert.That(Allocations.EachTime(() => controller.Act(observations, actions)), Is.Zero);
    }

    [Test]
    public void NaNAndInfinityNameTensorRowAndStep()
    {
        string directory = Keep(ForeignModel.Linear(float.MaxValue).Bundle());
        using Controller controller = Controller.Load(directory);
        float[] observations = Rows(20, 0), actions = new float[20];
        for (int i = 0; i < observations.Length; i++)
            observations[i] = 0;
        controller.Act(observations, actions);
        controller.Reset([18]);
        controller.Act(observations, actions);
        observations[18 * 3 + 1] = -8;
        GraphOutputException error = Assert.Throws<GraphOutputException>(() => controller.Act(observations, actions))!;
        Assert.That(error.Message, Is.EqualTo($"Bundle '{directory}': graph 'act' gave infinity as 'action' of row 18 at step 2, though "
            + "its observation is finite: export a policy whose weights are finite."));
        Assert.That((error.Graph, error.Tensor, error.Row, error.Step), Is.EqualTo(("act", "action", 18, 2)));
        Assert.That(actions[17], Is.Zero, "the others are there");
        observations[3 * 3] = float.NaN;
        Assert.That(() => controller.Act(observations, actions),
            Throws.TypeOf<GraphOutputException>()
                .With.Message.Contains("NaN as 'action' of row 3 at step 4, as its observation has NaN at 0"));
    }

    [Test]
    public void NumbersThatNoActionHasAreRefused()
    {
        string directory = Keep(Fixtures.Latent(m => m with { Action = ActionSpec.Discrete(1) }));
        using Controller controller = Controller.Load(directory, new() { Batch = 64 });
        Assert.That(() => controller.Act(new float[64 * 5], new long[64]),
            Throws.TypeOf<GraphOutputException>().With.Message.Contains("where actions are 0 to 0, as 'action' of row "));
    }

    [Test]
    public void LogitsThatAreNaNAreRefused()
    {
        using Controller controller = Controller.Load(Keep(Fixtures.Latent()));
        float[] observations = new float[3 * 5];
        long[] actions = new long[3];
        observations[7] = observations[11] = float.NaN;
        Assert.That(() => controller.Act(observations, actions),
            Throws.TypeOf<GraphOutputException>().With.Message.Contains("gave NaN as 'logits'[0] of row 1 at step 1, as its observation"));
        Assert.That((actions[0] >= 0, actions[1], actions[2]), Is.EqualTo((true, -1L, -1L)), "nothing that looks like a decision");
        controller.Act(new float[3 * 5], actions);
        Assert.That(actions, Is.All.GreaterThanOrEqualTo(0));
    }

    [TestCase("1", "input 'observation' is float32 [1, 3], output 'action' is float32 [1, 1], where any batch is expected")]
    [TestCase("batch_size", "it gives 'action' as float32 [1, 1] for 2 rows, though it runs with one row")]
    public void AFixedBatchIsExplained(string batch, string expected)
    {
        ForeignModel model = batch == "1" ? ForeignModel.Linear(1, batch: batch)
            : new ForeignModel().Input("observation", 3).Weight("w", [3, 1], 1, 2, 3).FirstRow("observation", "row")
                .Node("MatMul", ["row", "w"], "action").Output("action", 1);
        string directory = Keep(model.Bundle());
        Refused(() =>
        {
            using Controller controller = Controller.Load(directory);
            controller.Act(new float[3], new float[1]);
            controller.Act(new float[24], new float[8]);
        }, directory, expected, "dynamic_axes={'observation': {0: 'batch'}, 'action': {0: 'batch'}}");
    }

    [Test]
    public void ADreamTellsWhereItIsNoLongerFinite()
    {
        using WorldModel sound = WorldModel.Load(Keep(PendulumBundle.Write()));
        using Dream dream = sound.Dream(3, 4);
        dream.Start(new float[9]);
        Assert.That(() => dream.Run(1, new float[12]).ThrowIfNotFinite(), Throws.Nothing);
        float[] observations = new float[9];
        observations[4] = float.PositiveInfinity;
        dream.Start(observations);
        Assert.That(() => dream.Run(1, new float[12]).ThrowIfNotFinite(), Throws.TypeOf<GraphOutputException>().With.Message.Contains(
            "graph 'observe' gave infinity as state 'pose'[1] of row 1 at step 0 of the dream"));
        string broken = Keep(PendulumBundle.Write(gravity: double.NaN));
        using WorldModel world = WorldModel.Load(broken);
        using Dream other = world.Dream(3, 4);
        other.Start(new float[9]);
        GraphOutputException error = Assert.Throws<GraphOutputException>(() => other.Run(1, new float[12]).ThrowIfNotFinite())!;
        Assert.That((error.Graph, error.Tensor, error.Row, error.Step), Is.EqualTo(("imagine", "reward", 0, 0)), "on arrival from step 0");
        Assert.That(error.Message, Does.StartWith($"Bundle '{broken}': graph 'imagine' gave NaN as "));
    }

    /// <summary>Observations (rows, 3) of this sine, and a velocity that says which.</summary>
    private static float[] Rows(int rows, float sine) => [.. Enumerable.Range(0, rows).SelectMany(_ => (float[])[0, sine, 0.001f])];
}
