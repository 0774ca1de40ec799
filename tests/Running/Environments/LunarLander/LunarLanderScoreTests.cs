using MathNet.Numerics.Statistics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>What the fixed rule and random play get, against what they got in Gymnasium on the same seeds.</summary>
public sealed class LunarLanderScoreTests
{
    private const ulong ActionSeed = 123;

    // From Gymnasium: mean, standard deviation, and shares that came to rest and that got 200. Seeds are the first one and those after it.
    [TestCase("lunar-lander", 0, 100, 252.8, 78.5, 0.95, 0.91)]
    [TestCase("lunar-lander", 100, 400, 235.2, 103.7, 0.9075, 0.8825)]
    [TestCase("lunar-lander-continuous", 0, 100, 280.5, 47.3, 0.99, 0.99)]
    [TestCase("lunar-lander-wind", 0, 100, 94.3, 167.5, 0.47, 0.43)]
    public void TheRule(string name, int first, int episodes, double mean, double deviation, double landed, double good)
    {
        Score score = EnvironmentRegistry.Find(name) switch
        {
            EnvironmentSpec<long> discrete => Play(discrete, first, episodes, (seen, action) => action[0] = LunarLanderHeuristic.Act(seen)),
            EnvironmentSpec<float> continuous => Play(continuous, first, episodes, (seen, action) => LunarLanderHeuristic.Act(seen, action)),
            _ => throw new ArgumentException(name),
        };
        TestContext.Out.WriteLine($"{name}, {episodes} episodes: {score}");
        if (LunarLanderGoldenTests.IsExact)
        {
            // The same episodes: they differ by no more than the rounding.
            Assert.That(score.Mean, Is.EqualTo(mean).Within(0.051));
            Assert.That(score.Deviation, Is.EqualTo(deviation).Within(0.051));
            Assert.That((score.Landed, score.Good), Is.EqualTo((landed, good)));
        }
        // Four standard errors of the difference of two such means, where collisions go other ways.
        Assert.That(score.Mean, Is.EqualTo(mean).Within(Bound(deviation)));
        Assert.That(score.Landed, Is.EqualTo(landed).Within(Bound(Math.Sqrt(landed * (1 - landed)))));
        Assert.That(score.Good, Is.EqualTo(good).Within(Bound(Math.Sqrt(good * (1 - good)))));

        double Bound(double spread) => 4 * spread * Math.Sqrt(2.0 / episodes);
    }

    [TestCase("lunar-lander", -192.0, 115)]
    [TestCase("lunar-lander-continuous", -212.7, 112)]
    [TestCase("lunar-lander-wind", -259.7, 160)]
    public void RandomPlay(string name, double mean, double deviation)
    {
        const int Episodes = 300, ReferenceEpisodes = 100;
        Pcg64RandomSource random = new(ActionSeed);
        Score score = EnvironmentRegistry.Find(name) switch
        {
            EnvironmentSpec<long> discrete => Play(discrete, 1000, Episodes, (_, action) => action[0] = random.Int(4)),
            EnvironmentSpec<float> continuous => Play(
                continuous, 1000, Episodes, (_, action) => (action[0], action[1]) = (Throttle(), Throttle())),
            _ => throw new ArgumentException(name),
        };
        double bound = 4 * deviation * Math.Sqrt(1.0 / Episodes + 1.0 / ReferenceEpisodes);
        TestContext.Out.WriteLine($"{name}, {Episodes} episodes: {score}; expected {mean} within {bound:F1}");
        Assert.That(score.Mean, Is.EqualTo(mean).Within(bound));

        float Throttle() => (float)(2 * random.Uniform() - 1);
    }

    private static Score Play<TAction>(EnvironmentSpec<TAction> spec, int first, int episodes, Policy<TAction> policy)
        where TAction : unmanaged
    {
        IEnvironment<TAction> environment = spec.Make();
        float[] observation = new float[environment.ObservationSpace.Size];
        TAction[] action = new TAction[environment.ActionSpace.Size];
        double[] returns = new double[episodes];
        int landed = 0;
        for (int episode = 0; episode < episodes; episode++)
        {
            environment.Reset((ulong)(first + episode), observation);
            StepResult result;
            do
            {
                policy(observation, action);
                result = environment.Step(action, observation);
                returns[episode] += result.Reward;
            }
            while (!result.Done);
            landed += result is { Terminated: true, Reward: 100 } ? 1 : 0;
        }
        return new(
            returns.Mean(), returns.PopulationStandardDeviation(), (double)landed / episodes,
            (double)returns.Count(total => total >= 200) / episodes);
    }

    private delegate void Policy<TAction>(ReadOnlySpan<float> observation, Span<TAction> action);

    private sealed record Score(double Mean, double Deviation, double Landed, double Good)
    {
        public override string ToString() => $"{Mean:F1} +- {Deviation:F1}, landed {Landed:F3}, at least 200 {Good:F3}";
    }
}
