using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;

namespace WorldModels.Tests.Environments;

/// <summary>Our own reacher against MuJoCo's.</summary>
public sealed class ReacherTests
{
    [SetUp]
    public void Skip() => MuJoCoLibraryTests.SkipWithoutMuJoCo();

    [TestCase(0.4)]
    [TestCase(1)] // against the wrist's end, again and again
    public void MovesAsMuJoCosDoes(double strength)
    {
        ReacherPhysics own = new ReacherPhysics();
        using MuJoCoPhysics other = new MuJoCoPhysics("reacher");
        Pcg64RandomSource random = new Pcg64RandomSource(3);
        double worst = 0;
        int beyond = 0;
        for (int episode = 0; episode < 10; episode++)
        {
            foreach (IPhysics physics in new IPhysics[] { own, other })
                physics.Reset();
            Both(physics => physics.Positions, 3);
            Both(physics => physics.Velocities, 5);
            for (int step = 0; step < 1000; step++)
            {
                if (step % 10 == 0)
                    Both(physics => physics.Control, strength);
                own.Step();
                other.Step();
                beyond += Math.Abs(own.Positions[1]) > ReacherPhysics.WristEnd ? 1 : 0;
                for (int i = 0; i < 2; i++)
                {
                    worst = Math.Max(worst, Math.Abs(own.Positions[i] - other.Positions[i]));
                    worst = Math.Max(worst, Math.Abs(own.Velocities[i] - other.Velocities[i]));
                }
            }
        }
        TestContext.Out.WriteLine($"{worst:E1}, {beyond} steps beyond the wrist's end");
        Assert.That(worst, Is.LessThan(1e-8));
        Assert.That(beyond, Is.GreaterThan(100));

        void Both(Writing values, double size)
        {
            for (int i = 0; i < 2; i++)
            {
                double value = size * (2 * random.Uniform() - 1);
                (values(own)[i], values(other)[i]) = (value, value);
            }
        }
    }

    [Test]
    public void IsTheSameTaskOverEither()
    {
        ReacherTask task = new ReacherTask("easy", ReacherTask.EasyRadius);
        using MuJoCoPhysics physics = new MuJoCoPhysics("reacher");
        ControlSuiteEnvironment own = new ControlSuiteEnvironment(task, new ReacherPhysics());
        ControlSuiteEnvironment other = new ControlSuiteEnvironment(task, physics);
        float[] observation = new float[6], expected = new float[6];
        own.Reset(5, observation);
        other.Reset(5, expected);
        for (int step = 0; step < 500; step++)
        {
            Assert.That(observation, Is.EqualTo(expected).Within(1e-5));
            double[] finger = [physics.BodyPosition("finger")[0], physics.BodyPosition("finger")[1]];
            Assert.That(finger[0] + observation[2], Is.EqualTo(physics.Target[0]).Within(1e-6), "the finger is where the task has it");
            Assert.That(finger[1] + observation[3], Is.EqualTo(physics.Target[1]).Within(1e-6));
            float[] action = [MathF.Sin(0.1f * step), MathF.Cos(0.07f * step)];
            Assert.That(own.Step(action, observation), Is.EqualTo(other.Step(action, expected)));
        }
    }

    private delegate Span<double> Writing(IPhysics physics);
}
