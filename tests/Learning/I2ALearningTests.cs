using WorldModels.Tests.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Learning;

/// <summary>
/// An agent that imagines with the game's own rules learns from them what one of the same size, whose imagination says nothing, has not
/// learnt by then.
/// </summary>
/// <remarks>
/// Mean return of the last 100 training episodes after 1,500 updates (120,000 frames), regular mode; uniformly random play has 9.6.
/// <code>
/// seed                0     1
/// simulator        36.0  45.8
/// copy model       19.0  20.9
/// </code>
/// </remarks>
public sealed class I2ALearningTests
{
    private const double Line = 28;

    [TestCase(ImaginationWorld.Simulator)]
    [TestCase(ImaginationWorld.Copy)]
    public void ImaginationIsUsedWhereItSaysSomething(ImaginationWorld world)
    {
        I2AOptions options = new I2AOptions { Updates = 1500, World = world, Units = 32, ReadContinue = true };
        using I2A trainer = new I2A(options, CPU);
        using TemporaryRun run = new TemporaryRun("i2a", options);
        double mean = run.Train(trainer)["return"];
        TestContext.Out.WriteLine($"mean return: {mean:F1}");
        Assert.That(mean, world == ImaginationWorld.Simulator ? Is.GreaterThan(Line) : Is.LessThan(Line));
    }
}
