using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>What explorers are tried on: more tasks of a pendulum, and a screen of random numbers.</summary>
public sealed class ExplorationTests
{
    private const int Noise = 4;

    [Test]
    public void RandomNumbersFollowAndLeaveTheRestAsItIs()
    {
        NoisyObservation<float> environment = new(new PendulumEnvironment(), Noise);
        PendulumEnvironment plain = new();
        Assert.That(environment.ObservationSpace, Is.EqualTo(new Box(-8, 8, [3 + Noise])));
        float[] seen = new float[3 + Noise], expected = new float[3];
        environment.Reset(7, seen);
        plain.Reset(7, expected);
        List<float> numbers = [.. seen[3..]];
        for (int step = 0; step < 199; step++)
        {
            Assert.That(environment.Step([0.3f], seen), Is.EqualTo(plain.Step([0.3f], expected)));
            Assert.That(seen[..3], Is.EqualTo(expected));
            numbers.AddRange(seen[3..]);
        }
        Assert.That(numbers, Is.All.InRange(-1, 1));
        Assert.That(numbers, Is.Unique);
        Assert.That(numbers.Average(), Is.EqualTo(0).Within(0.1));
        Assert.That(numbers.Average(number => number * number), Is.EqualTo(1 / 3.0).Within(0.05));
        float[] again = new float[3 + Noise];
        environment.Reset(7, again);
        Assert.That(again[3..], Is.EqualTo(numbers[..Noise]), "of the seed");
        environment.Reset(8, again);
        Assert.That(again[3..], Is.Not.EqualTo(numbers[..Noise]));
    }

    [Test]
    public void RandomNumbersGoOnAfterARestore()
    {
        NoisyObservation<float> original = new(new PendulumEnvironment(), Noise), restored = new(new PendulumEnvironment(), Noise);
        (float[] seen, float[] other) = (new float[3 + Noise], new float[3 + Noise]);
        original.Reset(3, seen);
        original.Step([1], seen);
        using MemoryStream stream = new();
        original.Save(new BinaryWriter(stream));
        restored.Restore(new BinaryReader(new MemoryStream(stream.ToArray())));
        for (int step = 0; step < 5; step++)
        {
            original.Step([0.5f], seen);
            restored.Step([0.5f], other);
            Assert.That(other, Is.EqualTo(seen));
        }
        Assert.That(() => restored.Restore(new BinaryReader(new MemoryStream([1, 2]))), Throws.InstanceOf<InvalidDataException>());
    }

    [Test]
    public void OnlyVectorsAreFollowed()
    {
        Assert.That(() => new NoisyObservation<float>(new PendulumEnvironment(), 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new NoisyObservation<long>(new MiniPacmanEnvironment(MiniPacmanMode.Regular), 2),
            Throws.ArgumentException.With.Message.Contains("can follow a vector only"));
    }

    /// <summary>Upright and still; upright at half the speed that counts as still; hanging; going round either way.</summary>
    [TestCase("balance", 1, 0, 1)]
    [TestCase("balance", 1, -0.5f, 0.5)]
    [TestCase("balance", 0.6f, 0, 0.6)]
    [TestCase("balance", 1, 2, 0)]
    [TestCase("balance", -1, 0, 0)]
    [TestCase("spin", -1, 4, 0.5)]
    [TestCase("spin", 1, 20, 1)]
    [TestCase("spin", 1, -8, 0)]
    public void APendulumsTasksAreToldFromWhatIsObserved(string task, float cosine, float speed, double reward) =>
        Assert.That(PendulumRewards.Of(task, [cosine, MathF.Sqrt(1 - cosine * cosine), speed]), Is.EqualTo(reward).Within(1e-6));

    [Test]
    public void OtherTasksAreRefused() => Assert.That(() => PendulumRewards.Of("jump", [1, 0, 0]),
        Throws.ArgumentException.With.Message.EqualTo("A pendulum has no task 'jump', but balance, spin."));
}
