using WorldModels.Recordings;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Learning;

/// <summary>
/// A world model that has seen a cart pushed at random foresees what other pushes lead to, better than the mean and than standing still;
/// one that learnt with other sequences' actions errs about twice as much.
/// </summary>
/// <remarks>
/// Mean squared error of standardised observations of episodes never seen, imagined with the actions that were taken.
/// <code>
/// steps ahead              5                     15
/// seed             0     1     2         0     1     2
/// own actions    .032  .052  .059      .100  .180  .191
/// shuffled       .080  .120  .108      .208  .454  .318
/// the mean       .787  .822  .757      .846  .880  .825
/// the last       .319  .310  .269     1.376 1.349 1.135
/// </code>
/// </remarks>
public sealed class LatentWorldLearningTests
{
    private static readonly DreamerOptions Options = Presets<DreamerOptions>.Embedded.Of("small", "cartpole-swingup") with
    {
        Prefill = 10_000,
        Updates = 600,
        Length = 24,
        FreezeActor = true,
        Starts = 2,
        Horizon = 2,
        ModelLearningRate = 2e-3,
    };

    private TemporaryRun _recorded = null!;

    /// <summary>Forty episodes, of which every tenth is kept back.</summary>
    [OneTimeSetUp]
    public void Record()
    {
        _recorded = new("dreamer", Options);
        using Dreamer trainer = new Dreamer(Options, CPU);
        trainer.Prepare(_recorded.Folder, TemporaryRun.Progress, CancellationToken.None);
    }

    [OneTimeTearDown]
    public void Delete() => _recorded.Dispose();

    [Test]
    public void ForeseesWhatActionsDoUnlessTheyAreShuffled()
    {
        IReadOnlyDictionary<string, double> own = Learn(shuffleActions: false), others = Learn(shuffleActions: true);
        foreach (int distance in new[] { 5, 15 })
        {
            double error = own[$"open_loop_error_{distance}"], shuffled = others[$"open_loop_error_{distance}"];
            (double mean, double repeat) = (own[$"open_loop_mean_{distance}"], own[$"open_loop_repeat_{distance}"]);
            TestContext.Out.WriteLine(
                $"{distance}: {error:F3}, actions shuffled {shuffled:F3}, saying the mean {mean:F3}, repeating the last {repeat:F3}");
            Assert.That(error, Is.LessThan(0.75 * shuffled).And.LessThan(0.5 * mean).And.LessThan(0.5 * repeat), $"{distance} steps ahead");
        }
    }

    private IReadOnlyDictionary<string, double> Learn(bool shuffleActions)
    {
        DreamerOptions options = Options with
        {
            Env = DatasetSpec.NoEnvironment,
            Dataset = _recorded.Folder.ReplayPath,
            ShuffleActions = shuffleActions,
        };
        using Dreamer trainer = new Dreamer(options, CPU);
        using TemporaryRun run = new TemporaryRun("dreamer", options);
        double divergence = run.Train(trainer)["kl"];
        // The divergence settles about the floor below which it is free.
        Assert.That(divergence, Is.GreaterThan(0.8 * options.FreeNats), "the posterior tells what the prior cannot know");
        return trainer.Evaluate(1, TemporaryRun.Progress);
    }
}
