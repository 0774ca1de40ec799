using System.Numerics;
using MathNet.Numerics.Statistics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class CarRacingTests
{
    private static readonly CarRacingOptions Numbers = new() { Observation = CarRacingObservation.Indicators };

    [Test]
    public void ASeedRepeatsItsEpisodesBitForBit()
    {
        CarRacingEnvironment one = new(Numbers), other = new(Numbers);
        List<float> first = Play(one, 11), second = Play(one, 12);
        Assert.That(Play(one, 11), Is.EqualTo(first));
        Assert.That(Play(other, 12), Is.EqualTo(second));
        Assert.That(Play(other, 11), Is.EqualTo(first));
        Assert.That(second, Is.Not.EqualTo(first));

        static List<float> Play(CarRacingEnvironment environment, ulong seed)
        {
            List<float> seen = [];
            float[] observation = new float[CarRacingSimulation.Indicators], action = new float[3];
            environment.Reset(seed, observation);
            for (int step = 0; step < 400; step++)
            {
                CarRacingDriver.Act(environment, action);
                action[0] += step % 50 > 45 ? 0.5f : 0; // over the grass, too
                StepResult result = environment.Step(action, observation);
                Vector2 position = environment.Simulation.Car.Hull.Pose.Position;
                seen.AddRange([.. observation, (float)result.Reward, position.X, position.Y]);
            }
            return seen;
        }
    }

    [Test]
    public void TheDriverFinishesLaps()
    {
        const int Episodes = 20;
        CarRacingEnvironment environment = new(Numbers);
        float[] observation = new float[CarRacingSimulation.Indicators], action = new float[3];
        double[] returns = new double[Episodes];
        int finished = 0;
        for (int episode = 0; episode < Episodes; episode++)
        {
            environment.Reset((ulong)episode, observation);
            int steps = 0;
            StepResult result;
            do
            {
                CarRacingDriver.Act(environment, action);
                result = environment.Step(action, observation);
                returns[episode] += result.Reward;
                steps++;
            }
            while (!result.Done);
            double share = (double)environment.Simulation.Visited / environment.Simulation.Track.Points.Length;
            Assert.That(returns[episode], Is.EqualTo(1000 * share - 0.1 * steps).Within(1e-6));
            Assert.That(result.Terminated, Is.EqualTo(share == 1));
            finished += result.Terminated ? 1 : 0;
        }
        TestContext.Out.WriteLine($"{returns.Mean():F1} +- {returns.StandardDeviation():F1}, the least {returns.Min():F1}; "
            + $"all tiles in {finished} of {Episodes}");
        Assert.That(returns.Mean(), Is.GreaterThan(900));
        Assert.That(finished, Is.GreaterThanOrEqualTo(Episodes / 2));
    }

    [Test]
    public void TheDriverNeedsATrack() => Assert.That(
        () => CarRacingDriver.Act(new(Numbers), new float[3]), Throws.InvalidOperationException.With.Message.Contains("call Reset"));

    [Test]
    public void TheFirstStepPaysTheTilesThatTheCarStandsOn()
    {
        CarRacingEnvironment environment = new(Numbers);
        float[] observation = new float[CarRacingSimulation.Indicators];
        double[] rewards = new double[40];
        for (int episode = 0; episode < rewards.Length; episode++)
        {
            environment.Reset(episode == 0 ? 1ul : null, observation);
            int standing = environment.Simulation.Visited;
            Assert.That(standing, Is.InRange(1, 3));
            rewards[episode] = environment.Step([0, 0, 0], observation).Reward;
            int visited = environment.Simulation.Visited, count = environment.Simulation.Track.Points.Length;
            Assert.That(rewards[episode], Is.EqualTo(1000.0 * visited / count - 0.1).Within(1e-9));
            Assert.That(environment.Step([0, 0, 0], observation).Reward,
                Is.EqualTo(1000.0 * (environment.Simulation.Visited - visited) / count - 0.1).Within(1e-9));
        }
        Assert.That(rewards.Median(), Is.EqualTo(6.7).Within(0.7), "two of 292 tiles");
    }

    [Test]
    public void LeavingThePlayfieldCostsAHundredAndEndsIt()
    {
        CarRacingEnvironment environment = new(Numbers);
        float[] observation = new float[CarRacingSimulation.Indicators];
        environment.Reset(4, observation);
        environment.Step([0, 0, 0], observation);
        environment.Simulation.Car.Place(0, 325, 0);
        StepResult result = new(-0.1, false, false);
        for (int step = 0; step < 200 && !result.Done; step++)
        {
            Assert.That(result.Reward, Is.EqualTo(-0.1).Within(1e-9));
            result = environment.Step([0, 1, 0], observation);
        }
        Assert.That(result, Is.EqualTo(new StepResult(-100, true, false)));
        Vector2 position = environment.Simulation.Car.Hull.Pose.Position;
        Assert.That(Math.Max(Math.Abs(position.X), Math.Abs(position.Y)), Is.InRange(2000 / 6.0, 2000 / 6.0 + 2.1));
    }

    /// <summary>A tile is left out: by the original's rule the lap does not end where it began, by the mended one it does.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void ALapWithoutATile(bool endsWithLap)
    {
        CarRacingEnvironment environment = new(Numbers with { EndsWithLap = endsWithLap });
        float[] observation = new float[CarRacingSimulation.Indicators], action = new float[3];
        environment.Reset(0, observation);
        CarRacingSimulation simulation = environment.Simulation;
        int count = simulation.Track.Points.Length, missing = count / 2;
        ISensorListener rules = simulation;
        PlanarBody wheel = simulation.Car.Wheels[0].Body;
        for (int tile = 0; tile < count; tile++)
        {
            if (tile == missing)
                continue;
            rules.Entered(new(tile), wheel);
            rules.Left(new(tile), wheel);
        }
        StepResult result = environment.Step(action, observation);
        Assert.That((result.Done, simulation.Visited), Is.EqualTo((false, count - 1)));
        rules.Entered(new(0), simulation.Car.Hull); // a part of the car that is no wheel
        Assert.That(environment.Step(action, observation).Done, Is.False);
        rules.Entered(new(0), wheel);
        rules.Left(new(0), wheel);
        Assert.That(environment.Step(action, observation).Terminated, Is.EqualTo(endsWithLap));
    }

    [TestCase(0, 0f, 0f, 0f)]
    [TestCase(1, 0.6f, 0f, 0f)]
    [TestCase(2, -0.6f, 0f, 0f)]
    [TestCase(3, 0f, 0.2f, 0f)]
    [TestCase(4, 0f, 0f, 0.8f)]
    public void ADiscreteActionIsAContinuousOne(long action, float steering, float gas, float brake)
    {
        CarRacingEnvironment continuous = new(Numbers);
        DiscreteCarRacingEnvironment discrete = new(Numbers);
        float[] expected = new float[CarRacingSimulation.Indicators], observation = new float[CarRacingSimulation.Indicators];
        continuous.Reset(6, expected);
        discrete.Reset(6, observation);
        for (int step = 0; step < 50; step++)
        {
            bool drives = step < 30;
            continuous.Step(drives ? [0, 0.2f, 0] : [steering, gas, brake], expected);
            discrete.Step([drives ? 3 : action], observation);
        }
        Assert.That(observation, Is.EqualTo(expected).Within(1e-4));
    }

    [Test]
    public void PedalsAndWheelAreClipped()
    {
        CarRacingEnvironment one = new(Numbers), other = new(Numbers);
        float[] expected = new float[CarRacingSimulation.Indicators], observation = new float[CarRacingSimulation.Indicators];
        one.Reset(6, expected);
        other.Reset(6, observation);
        for (int step = 0; step < 20; step++)
        {
            one.Step([1, 1, 0], expected);
            other.Step([7, 3, -2], observation);
        }
        Assert.That(observation, Is.EqualTo(expected));
        one.Step([0, -1, 1], expected);
        other.Step([0, 0, 5], observation);
        Assert.That(observation, Is.EqualTo(expected));
    }
}
