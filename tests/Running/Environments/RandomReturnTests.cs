using MathNet.Numerics.Statistics;
using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;

namespace WorldModels.Tests.Environments;

/// <summary>What a player who draws every action uniformly gets, against what was measured in other simulators.</summary>
public sealed class RandomReturnTests
{
    private const int Episodes = 200;
    private const int ReferenceEpisodes = 400; // at least

    // Means at the action repeats 1, 2, 4 and 8.
    private static readonly object[] Suite =
    [
        new object[] { "cartpole-swingup", new[] { 27.0, 46, 86, 124 }, 0.5 },
        new object[] { "cartpole-balance", new[] { 355.0, 327, 298, 269 }, 0.5 },
        new object[] { "cartpole-balance-sparse", new[] { 49.0, 42, 35, 28 }, 0.5 },
        new object[] { "cartpole-swingup-sparse", new[] { 0.0, 0.0, 0.2, 0.7 }, 0.05 },
        new object[] { "pendulum-swingup", new[] { 0.7, 0.8, 0.7, 0.8 }, 0.05 },
        new object[] { "reacher-easy", new[] { 58.0, 54, 56, 59 }, 0.5 },
        new object[] { "reacher-hard", new[] { 10.0, 9, 10, 9 }, 0.5 },
    ];

    [TestCaseSource(nameof(Suite))]
    public void OfTheControlSuite(string name, double[] expected, double rounding)
    {
        for (int i = 0; i < expected.Length; i++)
            Check(name, 1 << i, expected[i], rounding);
    }

    [TestCase("cartpole", 22.0, 0.05)]
    [TestCase("pendulum", -1227, 0.5)]
    public void OfClassicControl(string name, double expected, double rounding) => Check(name, 1, expected, rounding);

    /// <summary>The first points of DreamerV3's published curves: the scale of agents that hardly learnt, not the same policy.</summary>
    [TestCase("walker-stand", 132)]
    [TestCase("walker-walk", 43)]
    [TestCase("walker-run", 24)]
    public void OfBodiesAreNearThoseOfUntrainedAgents(string name, double published)
    {
        MuJoCoLibraryTests.SkipWithoutMuJoCo();
        double mean = Play(MuJoCoSuite.Specs.Single(spec => spec.Name == name), repeat: 2, episodes: 20, DrawContinuous).Average();
        TestContext.Out.WriteLine($"{name}: {mean:F1}, published {published}");
        Assert.That(mean, Is.EqualTo(published).Within(20).Percent);
    }

    private static void Check(string name, int repeat, double expected, double rounding)
    {
        double[] returns = EnvironmentRegistry.Find(name) switch
        {
            EnvironmentSpec<float> continuous => Play(continuous, repeat, Episodes, DrawContinuous),
            EnvironmentSpec<long> discrete => Play(discrete, repeat, Episodes, (random, space) => random.Int(((Discrete)space).N)),
            _ => throw new ArgumentException(name),
        };
        (double mean, double variance) = returns.MeanVariance();
        double bound = 4 * Math.Sqrt(variance / Episodes + variance / ReferenceEpisodes) + rounding;
        TestContext.Out.WriteLine($"{name}, repeat {repeat}: {mean:F2} +- {Math.Sqrt(variance):F1}, expected {expected} within {bound:F2}");
        Assert.That(mean, Is.EqualTo(expected).Within(bound), $"{name}, repeat {repeat}");
    }

    private static float DrawContinuous(IRandomSource random, Space space) => (float)(2 * random.Uniform() - 1) * ((Box)space).High;

    private static double[] Play<TAction>(
        EnvironmentSpec<TAction> spec, int repeat, int episodes, Func<IRandomSource, Space, TAction> draw)
        where TAction : unmanaged
    {
        ActionRepeat<TAction> environment = new ActionRepeat<TAction>(spec.Make(), repeat);
        float[] observation = new float[environment.ObservationSpace.Size];
        TAction[] action = new TAction[environment.ActionSpace.Size];
        double[] returns = new double[episodes];
        Pcg64RandomSource random = new Pcg64RandomSource(21);
        ulong? seed = 20;
        foreach (ref double total in returns.AsSpan())
        {
            environment.Reset(seed, observation);
            seed = null;
            StepResult result;
            do
            {
                foreach (ref TAction part in action.AsSpan())
                    part = draw(random, environment.ActionSpace);
                result = environment.Step(action, observation);
                total += result.Reward;
            }
            while (!result.Done);
        }
        return returns;
    }
}
