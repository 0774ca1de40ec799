using WorldModels.Bundles;

namespace WorldModels.Tests.Zoo;

/// <summary>Everything shipped that plays does so in its environment as its card says.</summary>
public sealed class ZooControllerTests
{
    private const int Episodes = 20;
    private const ulong Seed = 20_260_501;
    private const double StandardErrors = 4;

    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.Players))]
    public void PlaysAsItsCardSays(string name)
    {
        Manifest manifest = ZooFolder.Read(name);
        (double mean, double deviation) = Card(manifest, Way(manifest));
        double tolerance = Tolerance(manifest, deviation);
        double played = ZooGames.Play(name, Episodes, Seed, greedy: Way(manifest) == "greedy");
        TestContext.Out.WriteLine($"{played:F2} over {Episodes} episodes; the card says {mean:F2}, and {tolerance:F2} are allowed");
        Assert.That(played, Is.EqualTo(mean).Within(tolerance));
        if (ClaimsMoreThanRandom(manifest))
            Assert.That(played, Is.GreaterThan(MostOfRandomPlay(manifest)), "not told from random play");
    }

    /// <summary>The negative control: random play is not what a better player's card describes.</summary>
    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.Players))]
    public void RandomPlayFailsTheSameLine(string name)
    {
        Manifest manifest = ZooFolder.Read(name);
        Assume.That(ClaimsMoreThanRandom(manifest), "the card claims no more than random play");
        Assert.That(ZooGames.PlayRandom(name, Episodes, Seed), Is.LessThan(MostOfRandomPlay(manifest)));
    }

    /// <summary>
    /// How a bundle is judged: MiniPacman's agents and World Models (whose V draws) by their draws, others by their likeliest actions.
    /// </summary>
    private static string Way(Manifest manifest) =>
        manifest.Algorithm is "dreamer" or "dreamerv2" or "ed2" or "planet" or "distill" ? "greedy" : "sampled";

    private static (double Mean, double Deviation) Card(Manifest manifest, string policy)
    {
        IReadOnlyDictionary<string, double> figures = ZooFolder.Figures(manifest);
        return (figures[$"return_{policy}_mean"], figures[$"return_{policy}_sd"]);
    }

    /// <summary>
    /// Four standard errors of the difference between a mean of 20 episodes and the card's; a hundredth where the card knows no spread.
    /// </summary>
    private static double Tolerance(Manifest manifest, double deviation) => Math.Max(
        StandardErrors * deviation * Math.Sqrt(1.0 / Episodes + 1 / ZooFolder.Figures(manifest)["evaluation_episodes"]),
        0.01 * Math.Abs(Card(manifest, Way(manifest)).Mean));

    /// <summary>What 20 episodes of random play hardly ever exceed.</summary>
    private static double MostOfRandomPlay(Manifest manifest)
    {
        (double mean, double deviation) = Card(manifest, "random");
        return mean + Tolerance(manifest, deviation);
    }

    private static bool ClaimsMoreThanRandom(Manifest manifest) => Card(manifest, Way(manifest)).Mean > MostOfRandomPlay(manifest);
}
