using MathNet.Numerics.Statistics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class DodgeEgoTests
{
    private const int Size = 16;

    /// <summary>Against what an independent simulation of the same rules gave over 400 episodes.</summary>
    [TestCase("stay", 29.3, 12.9)]
    [TestCase("hold", 49.9, 30.3)]
    [TestCase("sweep", 60.3, 36.3)]
    public void WithoutLookingOneDoesNotLast(string policy, double mean, double deviation)
    {
        const int Episodes = 400;
        double[] survived = Play(Episodes, policy switch
        {
            "stay" => (_, _) => 0,
            "hold" => Hold(new(5)),
            _ => Sweep(),
        });
        TestContext.Out.WriteLine($"{policy}: {survived.Mean():F1} +- {survived.PopulationStandardDeviation():F1}");
        // Four standard errors of the difference of two such means.
        Assert.That(survived.Mean(), Is.EqualTo(mean).Within(4 * deviation * Math.Sqrt(2.0 / Episodes)));
        Assert.That(survived.PopulationStandardDeviation(), Is.EqualTo(deviation).Within(20).Percent);
    }

    [Test]
    public void LookingAheadWins()
    {
        double[] survived = Play(200, (_, observation) => DodgeEgoPlanner.Act(observation));
        TestContext.Out.WriteLine($"{survived.Mean():F1}, the least {survived.Min()}");
        Assert.That(survived.Mean(), Is.GreaterThan(295));
    }

    [Test]
    public void BallsFallAndTheViewMovesWithTheAgent()
    {
        // No ball but one, dropped in the first step two columns to the right of the agent, which starts in column 1 + 3.
        DodgeEgoGame game = new(new ScriptedSource([3, 6], [0.05, 0.9]));
        game.Start();
        float[] view = new float[Size * Size];
        game.Observe(view);
        Assert.That(game.Center, Is.EqualTo(4));
        for (int i = 0; i < view.Length; i++)
            Assert.That(view[i], Is.EqualTo(i % Size < 4 || i % Size >= Size + 4 ? 0.5f : 0), $"{i}: column 0 is the fifth of the view");
        Assert.That(game.Advance(1, 0), Is.False);
        for (int row = 0; row < Size - 1; row++)
        {
            Assert.That(game.BallIn(row), Is.EqualTo(6));
            game.Observe(view);
            Assert.That(view[row * Size + 8 + 6 - game.Center], Is.EqualTo(1));
            Assert.That(view.Count(value => value == 1), Is.EqualTo(1));
            Assert.That(game.Advance(row < 4 ? -1 : 0, 0), Is.False);
        }
        game.Observe(view);
        Assert.That(game.Center, Is.EqualTo(1), "the agent stops at the wall");
        Assert.That(view, Has.None.EqualTo(1), "the ball has vanished");
    }

    [TestCase(-2, false)]
    [TestCase(-1, true)]
    [TestCase(0, true)]
    [TestCase(1, true)]
    [TestCase(2, false)]
    public void ABallHitsThreeColumns(int offset, bool hits)
    {
        DodgeEgoGame game = new(new ScriptedSource([6, 7 + offset], [0.05, 0.9]));
        game.Start();
        for (int step = 0; step < Size - 1; step++)
            Assert.That(game.Advance(0, 0), Is.False, $"step {step}");
        Assert.That(game.Advance(0, 0), Is.EqualTo(hits));
        Assert.That(game.BallIn(Size - 1), hits ? Is.EqualTo(7 + offset) : Is.Null);
    }

    [Test]
    public void BallsBecomeMoreFrequentAndAreAimed()
    {
        const int Steps = 20_000;
        Assert.That(Share(step: 0), Is.EqualTo((0.1, 0.6 + 0.4 / Size)).Using<(double, double)>(Near));
        Assert.That(Share(step: 150), Is.EqualTo((0.2, 0.6 + 0.4 / Size)).Using<(double, double)>(Near));

        // Four standard errors of the rarest of both.
        static bool Near((double Dropped, double Aimed) a, (double Dropped, double Aimed) b) =>
            Math.Abs(a.Dropped - b.Dropped) < 0.012 && Math.Abs(a.Aimed - b.Aimed) < 0.045;

        static (double Dropped, double Aimed) Share(int step)
        {
            DodgeEgoGame game = new(new Pcg64RandomSource(4));
            game.Start();
            (double dropped, double aimed) = (0, 0);
            for (int i = 0; i < Steps; i++)
            {
                game.Advance(0, step);
                dropped += game.BallIn(0) is null ? 0 : 1;
                aimed += game.BallIn(0) == game.Center ? 1 : 0;
            }
            return (dropped / Steps, aimed / dropped);
        }
    }

    [TestCase(-1f, -1)]
    [TestCase(-0.34f, -1)]
    [TestCase(-0.33f, 0)]
    [TestCase(0.33f, 0)]
    [TestCase(0.34f, 1)]
    [TestCase(9f, 1)]
    public void AThirdDecidesAndTheDiscreteGameIsTheSame(float action, int move)
    {
        DodgeEgoEnvironment continuous = new();
        DiscreteDodgeEgoEnvironment discrete = new();
        float[] view = new float[Size * Size], other = new float[Size * Size];
        continuous.Reset(8, view);
        discrete.Reset(8, other);
        int before = continuous.Game.Center;
        Assert.That(before, Is.InRange(2, 13));
        StepResult result = continuous.Step([action], view);
        Assert.That(result, Is.EqualTo(new StepResult(1, false, false)));
        Assert.That(continuous.Game.Center - before, Is.EqualTo(move));
        Assert.That(discrete.Step([move + 1], other), Is.EqualTo(result));
        Assert.That(other, Is.EqualTo(view));
    }

    private static Func<int, float[], float> Hold(Pcg64RandomSource random)
    {
        (int left, float held) = (0, 0);
        return (_, _) =>
        {
            if (left-- == 0)
                (held, left) = ((float)(2 * random.Uniform() - 1), random.Int(10));
            return held;
        };
    }

    /// <summary>From wall to wall, which the view shows.</summary>
    private static Func<int, float[], float> Sweep()
    {
        int direction = 1;
        return (step, view) =>
        {
            bool atLeft = view[6] == 0.5f, atRight = view[10] == 0.5f;
            direction = step == 0 ? 1 : direction;
            return direction = atLeft ? 1 : atRight ? -1 : direction;
        };
    }

    private static double[] Play(int episodes, Func<int, float[], float> policy)
    {
        DodgeEgoEnvironment environment = new();
        float[] observation = new float[Size * Size];
        double[] survived = new double[episodes];
        for (int episode = 0; episode < episodes; episode++)
        {
            environment.Reset(episode == 0 ? 3ul : null, observation);
            StepResult result;
            do
            {
                result = environment.Step([policy((int)survived[episode], observation)], observation);
                survived[episode] += result.Reward;
            }
            while (!result.Done);
            Assert.That(result.Truncated, Is.EqualTo(survived[episode] == 300));
        }
        return survived;
    }

    /// <summary>Gives what is written down, then reals near 1, at which no ball is dropped.</summary>
    private sealed class ScriptedSource(int[] integers, double[] reals) : IRandomSource
    {
        private readonly Queue<int> _integers = new(integers);
        private readonly Queue<double> _reals = new(reals);

        public int Int(int n) => _integers.Dequeue();

        public double Uniform() => _reals.TryDequeue(out double real) ? real : 0.999;
    }
}
