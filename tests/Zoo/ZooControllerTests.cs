using WorldModels.Environments;
using WorldModels.Runtime;
using WorldModels.Train;

namespace WorldModels.Tests.Zoo;

/// <summary>Every shipped controller plays in its environment as its card says.</summary>
public sealed class ZooControllerTests
{
    private const int Episodes = 20;
    private const ulong Seed = 20_260_501;
    private const double StandardErrors = 4;

    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.Controllers))]
    public void PlaysAsItsCardSays(string name)
    {
        Manifest manifest = ZooFolder.Read(name);
        (double mean, double deviation) = Card(manifest, "sampled");
        double tolerance = Tolerance(manifest, deviation);
        using var controller = Controller.Load(ZooFolder.Of(name), new() { Batch = Episodes, Seed = Seed });
        Evaluation.Policy<long> policy = (_, observations, _, actions) => controller.Act(observations, actions);
        // Each row's first episode counts, no other: states never need a reset.
        double played = Evaluation.Play(EnvironmentRegistry.MakeVector<long>(manifest.Environment, Episodes), Episodes, Seed, policy).Mean;
        TestContext.Out.WriteLine($"{played:F2} over {Episodes} episodes; the card says {mean:F2}, and {tolerance:F2} are allowed");
        Assert.That(played, Is.EqualTo(mean).Within(tolerance));
        if (ClaimsMoreThanRandom(manifest))
            Assert.That(played, Is.GreaterThan(MostOfRandomPlay(manifest)), "not told from random play");
    }

    /// <summary>The negative control: random play is not what a better controller's card describes.</summary>
    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.Controllers))]
    public void RandomPlayFailsTheSameLine(string name)
    {
        Manifest manifest = ZooFolder.Read(name);
        Assume.That(ClaimsMoreThanRandom(manifest), "the card claims no more than random play");
        Assert.That(Evaluation.PlayRandom(manifest.Environment, Episodes, Seed).Mean, Is.LessThan(MostOfRandomPlay(manifest)));
    }

    private static (double Mean, double Deviation) Card(Manifest manifest, string policy)
    {
        IReadOnlyDictionary<string, double> figures = ZooFolder.Figures(manifest);
        return (figures[$"return_{policy}_mean"], figures[$"return_{policy}_sd"]);
    }

    /// <summary>Four standard errors of the difference between a mean of 20 episodes and the card's.</summary>
    private static double Tolerance(Manifest manifest, double deviation) =>
        StandardErrors * deviation * Math.Sqrt(1.0 / Episodes + 1 / ZooFolder.Figures(manifest)["evaluation_episodes"]);

    /// <summary>What 20 episodes of random play hardly ever exceed.</summary>
    private static double MostOfRandomPlay(Manifest manifest)
    {
        (double mean, double deviation) = Card(manifest, "random");
        return mean + Tolerance(manifest, deviation);
    }

    private static bool ClaimsMoreThanRandom(Manifest manifest) => Card(manifest, "sampled").Mean > MostOfRandomPlay(manifest);
}
