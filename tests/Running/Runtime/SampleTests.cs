using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>The samples of the documentation run: they stand here word for word.</summary>
[NonParallelizable]
public sealed class SampleTests
{
    private string _before = "";

    [SetUp]
    public void Enter()
    {
        _before = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(Repository.Root);
    }

    [TearDown]
    public void Leave() => Directory.SetCurrentDirectory(_before);

    [Test]
    public void WorldModelSample()
    {
        float[] observations = [1, 0, 0], actions = [float.NaN];

        // <WorldModel>
        using WorldModel world = WorldModel.Load("models/zoo/pendulum-dreamer");   // weights once
        using Dream dream = world.Dream(batch: 256, horizon: 15);             // buffers bound once, no allocation per step
        DreamBatch imagined = dream.Run(seed: 7);
        float reward = imagined.Rewards(0)[255];                            // of step 0 in the last row

        using Controller controller = world.Controller();                          // the same weights
        controller.Act(observations, actions);                              // spans in, spans out; the state is carried
        controller.Reset([0]);                                              // a new episode in row 0
        // </WorldModel>

        Assert.That(float.IsFinite(reward));
        Assert.That(float.IsFinite(actions[0]));
    }

    [Test]
    public void ControllerSample()
    {
        // <Controller>
        using Controller controller = Controller.Load("models/zoo/pendulum-dreamer", new() { Batch = 2, Deterministic = true });
        float[] observations = new float[2 * controller.Manifest.Observation.Size];   // (B, ...observation), row after row
        float[] actions = new float[2 * controller.Manifest.Action.Size];             // longs (B) where actions are discrete
        controller.Act(observations, actions);                                    // the states of both rows are carried
        controller.Act(observations, actions);
        controller.Reset([1]);                                                    // an episode ended in row 1: before its next observation
        // </Controller>

        controller.Act(observations, actions);
        Assert.That(actions[0], Is.Not.EqualTo(actions[1]), "one row has seen three observations, the other one");
    }

    [TestCase(nameof(WorldModel))]
    [TestCase(nameof(Controller))]
    public void TheDocumentationHasTheSample(string type) =>
        DocumentedSample.AssertSame(type, "tests/Running/Runtime/SampleTests.cs", $"runtime/WorldModels.Runtime/{type}.cs");
}
