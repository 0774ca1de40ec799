using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Learning;

/// <summary>
/// A transformer that has seen Catch played at random foretells the next frame of games it never saw, their ends and the rewards there; one
/// that learnt with other games' actions does not know where the paddle goes, and one that learnt nothing knows nothing.
/// </summary>
/// <remarks>
/// Seed 0, of 222 games of random moves.
/// <code>
///                                     own actions   shuffled   untrained
/// the next frame is exact                    .999       .343        .001
/// ends that are foretold                    1.000      1.000        .000
/// the reward there has its sign              .955       .745        .190
/// </code>
/// </remarks>
public sealed class TransformerLearningTests
{
    private static readonly TransformerOptions Options = Presets<TransformerOptions>.Embedded.Of("small", "catch") with
    {
        Updates = 800,
        WorldAlone = 800,
        Pretrain = 800,
        Prefill = 2000,
    };

    [Test]
    public void ForetellsTheNextFrameUnlessActionsAreShuffled()
    {
        IReadOnlyDictionary<string, double> own = Learn(Options), others = Learn(Options with { ShuffleActions = true });
        IReadOnlyDictionary<string, double> none = Learn(Options with { Updates = 1, WorldAlone = 1 });
        foreach ((string name, double value) in own.Where(figure => figure.Key.StartsWith("next_", StringComparison.Ordinal)))
            TestContext.Out.WriteLine($"{name}: {value:F3}, actions shuffled {others[name]:F3}, untrained {none[name]:F3}");
        Assert.That(own["next_exact_random"], Is.GreaterThan(0.9));
        Assert.That(own["next_end_recall_random"], Is.GreaterThan(0.95));
        Assert.That(own["next_end_false_random"], Is.LessThan(0.05));
        Assert.That(own["next_end_reward_sign_random"], Is.GreaterThan(0.9));
        Assert.That(others["next_exact_random"], Is.LessThan(0.7));
        Assert.That(none["next_exact_random"], Is.LessThan(0.1));
    }

    private static IReadOnlyDictionary<string, double> Learn(TransformerOptions options)
    {
        using Dreamer trainer = new(options, CPU);
        using TemporaryRun run = new("transformer", options);
        run.Train(trainer);
        return trainer.Evaluate(1, TemporaryRun.Progress);
    }
}
