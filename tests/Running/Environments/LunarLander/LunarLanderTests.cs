using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>What a lander does beside what is recorded of it.</summary>
public sealed class LunarLanderTests
{
    private static readonly LunarLanderOptions[] Options =
    [
        new(),
        new() { Wind = true },
        new() { Wind = true, Version = LunarLanderVersion.V2 },
    ];

    [TestCaseSource(nameof(Options))]
    public void ASeedRepeatsItsEpisodesBitForBit(LunarLanderOptions options)
    {
        LunarLanderEnvironment one = new(options), other = new(options);
        List<float> first = Play(one, 11), second = Play(one, 12);
        Assert.That(Play(one, 11), Is.EqualTo(first));
        Assert.That(Play(other, 12), Is.EqualTo(second));
        Assert.That(Play(other, 11), Is.EqualTo(first));
        Assert.That(second, Is.Not.EqualTo(first));
    }

    [Test]
    public void WindIsDrawnForEachEpisodeOrByVersion2ForEachSeed()
    {
        Assert.That(Draws(new(), 3), Is.EqualTo(new[] { 0, 0, 0 }));
        Assert.That(Draws(new() { Wind = true }, 3), Is.EqualTo(new[] { 2, 2, 2 }));
        Assert.That(Draws(new() { Wind = true, Version = LunarLanderVersion.V2 }, 3), Is.EqualTo(new[] { 2, 0, 0 }));

        static int[] Draws(LunarLanderOptions options, int episodes)
        {
            CountingSource random = new();
            LunarLanderSimulation simulation = new(random, options);
            return [.. Enumerable.Range(0, episodes).Select(_ =>
            {
                int before = random.Integers;
                simulation.Start();
                return random.Integers - before;
            })];
        }
    }

    [Test]
    public void WindPushesUntilALegTouches()
    {
        LunarLanderOptions calm = new(), windy = new() { Wind = true, WindPower = 20, TurbulencePower = 0 };
        (double still, double blown) = (Drift(calm), Drift(windy));
        Assert.That(still, Is.Zero.Within(1e-3));
        Assert.That(Math.Abs(blown), Is.GreaterThan(0.3));
        Assert.That(new LunarLanderEnvironment(windy).Name, Is.EqualTo("lunar-lander-wind"));
        Assert.That(new ContinuousLunarLanderEnvironment(windy).Name, Is.EqualTo("lunar-lander-continuous-wind"));

        // Of a lander that falls without having been pushed.
        static double Drift(LunarLanderOptions options)
        {
            LunarLanderSimulation simulation = new(new CountingSource(), options);
            simulation.Start();
            for (int step = 0; step < 50; step++)
                simulation.Advance(default, out _);
            return simulation.Craft.Hull.Velocity.X;
        }
    }

    [Test]
    public void FlyingOffToASideIsACrash()
    {
        LunarLanderEnvironment environment = new();
        float[] observation = new float[8];
        environment.Reset(4, observation);
        LunarLanderCraft craft = environment.Simulation.Craft;
        craft.Hull.Velocity = craft.Legs[0].Velocity = craft.Legs[1].Velocity = new(-15, 5);
        StepResult result = default;
        int steps = 0;
        for (float before = 0; !result.Done; steps++)
        {
            Assert.That(Math.Abs(before), Is.LessThan(1));
            result = environment.Step([0], observation);
            before = observation[0];
        }
        Assert.That(result, Is.EqualTo(new StepResult(-100, true, false)));
        Assert.That(steps, Is.InRange(30, 40), "10 units at 0.3 a step");
        Assert.That(observation[0], Is.LessThanOrEqualTo(-1));
        Assert.That(environment.Simulation.Craft.HasCrashed, Is.False);
    }

    [Test]
    public void AHoveringLanderIsTruncated()
    {
        LunarLanderEnvironment environment = new();
        float[] observation = new float[8];
        environment.Reset(5, observation);
        for (int step = 1; step < 1000; step++)
            GoldenPosition.Same(environment.Step([Hover()], observation).Done, false, $"step {step}");
        StepResult last = environment.Step([Hover()], observation);
        Assert.That((last.Terminated, last.Truncated), Is.EqualTo((false, true)));

        // The rule for landing, of a lander whose pad is one unit of the observation higher.
        long Hover()
        {
            float[] raised = [.. observation];
            raised[1] -= 1;
            return LunarLanderHeuristic.Act(raised);
        }
    }

    [TestCase(-1, 0, 0, 0, 0)]
    [TestCase(0, 0.5, 0, 0, 0)]
    [TestCase(0.5, -0.75, 0.75, 0.75, -1)]
    [TestCase(1, 1, 1, 1, 1)]
    [TestCase(7, -3, 1, 1, -1)]
    public void Throttles(double main, double side, double mainPower, double sidePower, int direction) => Assert.That(
        ContinuousLunarLanderEnvironment.ThrustOf(main, side), Is.EqualTo(new LunarLanderThrust(mainPower, sidePower, direction)));

    [Test]
    public void FuelCosts()
    {
        // Two landers in the same place, of which one fires both engines: what is left of the difference is the way they go.
        LunarLanderThrust both = new(1, 1, 1);
        LunarLanderSimulation fires = Started(), falls = Started();
        double fired = fires.Advance(both, out _), fell = falls.Advance(default, out _);
        Assert.That(fired - fell, Is.EqualTo(Potential(fires) - Potential(falls) - 0.33).Within(1e-4));

        static LunarLanderSimulation Started()
        {
            LunarLanderSimulation simulation = new(new CountingSource(), new());
            simulation.Start();
            return simulation;
        }

        static double Potential(LunarLanderSimulation simulation)
        {
            float[] seen = new float[8];
            simulation.Observe(seen);
            return -100 * (double.Hypot(seen[0], seen[1]) + double.Hypot(seen[2], seen[3]) + Math.Abs(seen[4]));
        }
    }

    [Test]
    public void OptionsAreChecked()
    {
        foreach (double gravity in new[] { 0, -12, 3, double.NaN })
        {
            Assert.That(
                () => new LunarLanderEnvironment(new() { Gravity = gravity }),
                Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("between -12 and 0"));
        }
        Assert.That(
            () => new ContinuousLunarLanderEnvironment(new() { WindPower = double.NaN }),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("power of the wind"));
        Assert.That(
            () => LunarLanderHeuristic.Act(new float[7]), Throws.ArgumentException.With.Message.Contains("exactly 8"));
    }

    /// <summary>Everything seen and rewarded in two episodes of the rule.</summary>
    private static List<float> Play(LunarLanderEnvironment environment, ulong seed)
    {
        float[] observation = new float[8];
        List<float> played = [];
        environment.Reset(seed, observation);
        PlayOut();
        environment.Reset(null, observation);
        PlayOut();
        return played;

        void PlayOut()
        {
            StepResult result;
            do
            {
                result = environment.Step([LunarLanderHeuristic.Act(observation)], observation);
                played.AddRange(observation);
                played.Add((float)result.Reward);
            }
            while (!result.Done);
        }
    }

    /// <summary>Always the middle: no dispersion and no first push; and how many integers were asked for.</summary>
    private sealed class CountingSource : IRandomSource
    {
        public int Integers { get; private set; }

        public int Int(int n)
        {
            Integers++;
            return n / 2 + 40;
        }

        public double Uniform() => 0.5;
    }
}
