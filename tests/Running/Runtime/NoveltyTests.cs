using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>How novel a controller's steps are, where its bundle says so; here the number that is elsewhere called a value.</summary>
public sealed class NoveltyTests : BundleFixture
{
    [Test]
    public void IsOneNumberARowThatFollowsTheStep()
    {
        string directory = Keep(Fixtures.Reach(WithNovelty));
        using Controller controller = Controller.Load(directory, new() { Batch = 3 });
        using Controller values = Controller.Load(Keep(Fixtures.Reach()), new() { Batch = 3 });
        Assert.That(controller.Manifest.NoveltyThreshold, Is.EqualTo(0.5));
        float[] actions = new float[6];
        for (int step = 0; step < 3; step++)
        {
            float[] seen = [.. Enumerable.Range(0, 9).Select(i => MathF.Sin(i + step))];
            controller.Act(seen, actions);
            values.Act(seen, actions);
            Assert.That(controller.Novelty.ToArray(), Is.EqualTo(values.Values.ToArray()).And.Length.EqualTo(3));
        }
        Assert.That(controller.Values.IsEmpty);
        float sum = 0;
        Assert.That(Allocations.EachTime(() => sum = controller.Novelty[0] + controller.Novelty[2]), Is.Zero, $"bytes for {sum}");
    }

    [Test]
    public void ABundleThatDoesNotSayItIsNamed()
    {
        string directory = Keep(Fixtures.Reach());
        using Controller controller = Controller.Load(directory);
        Refused(() => _ = controller.Novelty.Length,
            directory, "does not say how novel a step is", "act has an output of role novelty", "train plan2explore");
    }

    [TestCase(double.NaN, "noveltyThreshold must be a finite number of at least 0")]
    [TestCase(-1, "noveltyThreshold must be a finite number of at least 0, found -1")]
    [TestCase(0.5, "no graph has an output of role novelty to compare with it")]
    public void AThresholdThatMeansNothingIsRefused(double threshold, string expected) =>
        Assert.That(() => Saved(threshold), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));

    private void Saved(double threshold)
    {
        string directory = Keep(Fixtures.Reach());
        (Manifest.Load(directory) with { NoveltyThreshold = threshold }).Save(directory);
    }

    private static Manifest WithNovelty(Manifest manifest) => manifest.WithGraph("act", graph => graph with
    {
        Outputs = [.. graph.Outputs.Select(output => output.Role == TensorRole.Value ? output with { Role = TensorRole.Novelty } : output)],
    }) with
    { NoveltyThreshold = 0.5 };
}
