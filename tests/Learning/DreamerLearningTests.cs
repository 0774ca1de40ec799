using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Learning;

/// <summary>
/// Dreamer learns to balance a pole within 750 updates and 2,900 steps; with an actor that stays as it began it does not. Smaller networks
/// and greater learning rates than the presets', since early learning is all that seconds allow.
/// </summary>
/// <remarks>
/// Mean return of five episodes; uniformly random play has 23.
/// <code>
/// seed           0     1     2
/// learning    89.0  93.0 114.2
/// frozen      11.4  14.6   9.6
/// </code>
/// </remarks>
public sealed class DreamerLearningTests
{
    private const double Line = 60;

    [TestCase(false)]
    [TestCase(true)]
    public void PolesStayUpUnlessTheActorIsFrozen(bool freezeActor)
    {
        DreamerOptions options = Presets<DreamerOptions>.Embedded.Of("small", "cartpole") with
        {
            Updates = 750,
            Pretrain = 0,
            Deterministic = 32,
            Stochastic = 8,
            Hidden = 32,
            Embedding = 32,
            EncoderLayers = 1,
            EncoderUnits = 32,
            HeadUnits = 32,
            Batch = 8,
            Length = 20,
            Starts = 64,
            Horizon = 10,
            ModelLearningRate = 2e-3,
            ActorLearningRate = 1e-3,
            CriticLearningRate = 1e-3,
            EvaluateEvery = 750,
            FreezeActor = freezeActor,
        };
        using Dreamer trainer = new Dreamer(options, CPU);
        using TemporaryRun run = new TemporaryRun("dreamer", options);
        double mean = run.Train(trainer)["return_evaluation"];
        TestContext.Out.WriteLine($"mean return: {mean:F1}");
        Assert.That(mean, freezeActor ? Is.LessThan(Line) : Is.GreaterThan(Line));
    }
}
