using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>
/// Replays every episode recorded from Gymnasium's LunarLander. On the platform that they were recorded on, each number must come out
/// bit for bit, collisions included. Elsewhere sines may differ in the last bit, and what follows a contact is chaotic: there, what
/// comes before the first contact must agree within a tolerance.
/// </summary>
public sealed class LunarLanderGoldenTests
{
    private const double ObservationTolerance = 1e-4;
    private const double RewardTolerance = 1e-2;

    /// <summary>The recordings' platform.</summary>
    internal static bool IsExact { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static IEnumerable<string> Traces => LunarLanderTrace.Files;

    private static IEnumerable<string> SeededTraces => Traces.Where(file => LunarLanderTrace.Read(file).Seed is not null);

    [Test]
    public void EveryRecordingIsThere() => Assert.That((Traces.Count(), SeededTraces.Count()), Is.EqualTo((14, 10)));

    [TestCaseSource(nameof(Traces))]
    public void TheCraftAndItsTerrain(string file)
    {
        LunarLanderTrace trace = LunarLanderTrace.Read(file);
        LunarLanderSimulation simulation = new(trace.Draws(), trace.Options);
        simulation.Start();
        LunarLanderCraft craft = simulation.Craft;
        JsonElement mass = trace.Root.GetProperty("mass");
        float[] center = LunarLanderTrace.Reals(mass.GetProperty("lander_localCenter"));
        Assert.That(craft.Hull.Mass, Is.EqualTo(mass.GetProperty("lander").GetSingle()));
        Assert.That(craft.Hull.Inertia, Is.EqualTo(mass.GetProperty("lander_I").GetSingle()));
        Assert.That(craft.Hull.Motion.LocalCenter, Is.EqualTo(new Vector2(center[0], center[1])));
        foreach (PlanarBody leg in craft.Legs)
        {
            Assert.That(leg.Mass, Is.EqualTo(mass.GetProperty("leg").GetSingle()));
            Assert.That(leg.Inertia, Is.EqualTo(mass.GetProperty("leg_I").GetSingle()));
        }
        Assert.That(trace.Root.GetProperty("helipad_y").GetDouble(), Is.EqualTo(LunarLanderCraft.PadHeight));
        Vector2[] corners = [.. trace.Root.GetProperty("terrain_edges").EnumerateArray().SelectMany(edge => edge.EnumerateArray())
            .Select(corner => new Vector2(corner[0].GetSingle(), corner[1].GetSingle()))];
        Assert.That(craft.Edges.SelectMany(edge => new[] { edge.Start, edge.End }), Is.EqualTo(corners));
    }

    [TestCaseSource(nameof(SeededTraces))]
    public void ASeedDrawsWhatWasRecorded(string file)
    {
        LunarLanderTrace trace = LunarLanderTrace.Read(file);
        trace.Draws().AssertDrawnBy(new Pcg64RandomSource(trace.Seed!.Value));
    }

    [TestCaseSource(nameof(Traces))]
    public void EveryStep(string file)
    {
        LunarLanderTrace trace = LunarLanderTrace.Read(file);
        RecordedLanderDraws draws = trace.Draws();
        LunarLanderSimulation simulation = new(draws, trace.Options);
        float[] observation = new float[LunarLanderSimulation.Observations];
        Agreement agreement = new();
        simulation.Start();
        simulation.Observe(observation);
        Compare(trace.Root.GetProperty("reset"), 0);
        bool terminated = false;
        foreach (JsonElement step in trace.Steps)
        {
            double reward = simulation.Advance(trace.Thrust(step.GetProperty("action")), out terminated);
            simulation.Observe(observation);
            Compare(step, reward - step.GetProperty("reward").GetDouble());
            if (terminated != step.GetProperty("terminated").GetBoolean())
                break;
        }
        TestContext.Out.WriteLine($"{file}: {agreement}");
        if (IsExact)
        {
            Assert.That(agreement.Exact, Is.EqualTo(agreement.Steps), "steps that are equal bit for bit");
            Assert.That(agreement.Steps, Is.EqualTo(trace.Root.GetProperty("n_steps").GetInt32() + 1), "with the reset");
            Assert.That(terminated, Is.EqualTo(trace.Steps.Last().GetProperty("terminated").GetBoolean()));
            Assert.That(draws.Left, Is.Zero, "all draws are made");
        }
        Assert.That(agreement.FreeSteps, Is.GreaterThan(50));
        Assert.That(agreement.FreeObservation, Is.LessThanOrEqualTo(ObservationTolerance));
        Assert.That(agreement.FreeReward, Is.LessThanOrEqualTo(RewardTolerance));

        void Compare(JsonElement expected, double rewardError)
        {
            float[] seen = LunarLanderTrace.Reals(expected.GetProperty("obs"));
            bool isSame = seen.AsSpan().SequenceEqual(observation)
                && simulation.Craft.Hull.IsAwake == expected.GetProperty("awake").GetBoolean()
                && IsSame(simulation.Craft.Hull, expected.GetProperty("lander"))
                && IsSame(simulation.Craft.Legs[0], expected.GetProperty("leg0"))
                && IsSame(simulation.Craft.Legs[1], expected.GetProperty("leg1"));
            double apart = seen.Zip(observation, (a, b) => Math.Abs((double)a - b)).Max();
            agreement.Add(apart, Math.Abs(rewardError), isSame, isFree: seen[6] == 0 && seen[7] == 0);
        }
    }

    [TestCaseSource(nameof(SeededTraces))]
    public void ASeedPlaysTheEpisode(string file)
    {
        LunarLanderTrace trace = LunarLanderTrace.Read(file);
        if (trace.IsContinuous)
            Play(trace, new ContinuousLunarLanderEnvironment(trace.Options), LunarLanderTrace.Reals);
        else
            Play(trace, new LunarLanderEnvironment(trace.Options), action => [action.GetInt64()]);
    }

    private static void Play<TAction>(LunarLanderTrace trace, IEnvironment<TAction> environment, Func<JsonElement, TAction[]> parse)
        where TAction : unmanaged
    {
        float[] observation = new float[environment.ObservationSpace.Size];
        environment.Reset(trace.Seed, observation);
        Near(trace.Root.GetProperty("reset"), "reset");
        int step = 0;
        foreach (JsonElement expected in trace.Steps)
        {
            environment.Step(parse(expected.GetProperty("action")), observation);
            float[] seen = LunarLanderTrace.Reals(expected.GetProperty("obs"));
            if (!IsExact && (seen[6] > 0 || seen[7] > 0))
                return;
            Near(expected, $"step {++step}");
        }

        void Near(JsonElement expected, string where)
        {
            float[] seen = LunarLanderTrace.Reals(expected.GetProperty("obs"));
            for (int i = 0; i < seen.Length; i++)
            {
                if (Math.Abs(seen[i] - observation[i]) > (IsExact ? 0 : ObservationTolerance))
                    Assert.Fail($"{where}: observation {i} is {observation[i]}, recorded was {seen[i]}");
            }
        }
    }

    private static bool IsSame(PlanarBody body, JsonElement expected)
    {
        (Vector2 position, Vector2 velocity) = (body.Pose.Position, body.Velocity);
        ReadOnlySpan<float> actual = [position.X, position.Y, body.Motion.Angle, velocity.X, velocity.Y, body.Spin];
        return actual.SequenceEqual(LunarLanderTrace.Reals(expected));
    }

    /// <summary>How far a replay agrees, before the first contact of a leg and after it.</summary>
    private sealed class Agreement
    {
        private bool _differs;
        private bool _touched;
        private double _observation;
        private double _reward;

        public int Steps { get; private set; }

        /// <summary>Steps before the first that differs in any bit.</summary>
        public int Exact { get; private set; }

        public int FreeSteps { get; private set; }

        public double FreeObservation { get; private set; }

        public double FreeReward { get; private set; }

        public void Add(double observation, double reward, bool isSame, bool isFree)
        {
            Steps++;
            _touched |= !isFree;
            _differs |= !isSame || reward != 0;
            Exact += _differs ? 0 : 1;
            if (_touched)
            {
                (_observation, _reward) = (Math.Max(_observation, observation), Math.Max(_reward, reward));
                return;
            }
            FreeSteps++;
            (FreeObservation, FreeReward) = (Math.Max(FreeObservation, observation), Math.Max(FreeReward, reward));
        }

        public override string ToString() =>
            $"{Exact} of {Steps} steps bit for bit; greatest difference of an observation and of a reward: {FreeObservation:E1} and "
            + $"{FreeReward:E1} in the {FreeSteps} steps before the first contact of a leg, {_observation:E1} and {_reward:E1} after it";
    }
}
