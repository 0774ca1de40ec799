using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class PixelObservationTests
{
    private const int Side = 32;

    [Test]
    public void TheObservationIsThePictureChannelsFirst()
    {
        PixelObservation<float> environment = new(EnvironmentRegistry.Make<float>("cartpole-swingup"), Side);
        Assert.That(environment.ObservationSpace, Is.EqualTo(new Box(0, 1, [3, Side, Side])));
        Assert.That(environment.Picture, Is.EqualTo(environment.ObservationSpace));
        float[] observation = new float[3 * Side * Side];
        environment.Reset(1, observation);
        AssertPicture(environment, observation);
        environment.Step([1], observation);
        AssertPicture(environment, observation);
        Assert.That(() => environment.Step([1], new float[5]), Throws.ArgumentException.With.Message.Contains("exactly 3072"));
    }

    [Test]
    public void NumbersFollowThePicture()
    {
        IEnvironment<float> plain = EnvironmentRegistry.Make<float>("cartpole-swingup");
        PixelObservation<float> environment = new(EnvironmentRegistry.Make<float>("cartpole-swingup"), Side, withNumbers: true);
        int pixels = 3 * Side * Side;
        Assert.That((environment.NumberCount, environment.ObservationSpace.Size), Is.EqualTo((5, pixels + 5)));
        Assert.That(environment.ObservationSpace, Is.EqualTo(new Box(float.NegativeInfinity, float.PositiveInfinity, [pixels + 5])));
        float[] both = new float[pixels + 5], numbers = new float[5];
        plain.Reset(1, numbers);
        environment.Reset(1, both);
        Assert.That(both[pixels..], Is.EqualTo(numbers));
        StepResult expected = plain.Step([-0.5f], numbers);
        Assert.That(environment.Step([-0.5f], both), Is.EqualTo(expected));
        Assert.That(both[pixels..], Is.EqualTo(numbers));
        AssertPicture(environment, both.AsSpan(0, pixels));
    }

    [Test]
    public void ARepeatedActionIsOnePictureAndATimeLimitStillCuts()
    {
        IEnvironment<float> plain = EnvironmentRegistry.Make<float>("pendulum-swingup");
        ActionRepeat<float> repeated = new(EnvironmentRegistry.Make<float>("pendulum-swingup"), 4);
        TimeLimit<float> environment = new(new PixelObservation<float>(repeated, Side), 3);
        float[] observation = new float[3 * Side * Side], numbers = new float[3];
        plain.Reset(5, numbers);
        environment.Reset(5, observation);
        for (int step = 1; step <= 3; step++)
        {
            double reward = 0;
            for (int i = 0; i < 4; i++)
                reward += plain.Step([1], numbers).Reward;
            Assert.That(environment.Step([1], observation), Is.EqualTo(new StepResult(reward, false, step == 3)));
            AssertPicture((IDrawable)plain, observation);
        }
        Assert.That(repeated.InnerSteps, Is.EqualTo(12));
    }

    [Test]
    public void ARestoredVectorGoesOnExactlyAndItsLastPicturesAreKept()
    {
        SyncVectorEnvironment<TimeLimit<long>, long> vector = Make(), other = Make();
        int size = vector.Count * vector.ObservationSpace.Size;
        float[] observations = new float[size], again = new float[size], rewards = new float[2];
        bool[] terminated = new bool[2], truncated = new bool[2];
        vector.Reset(3, observations);
        for (int step = 0; step < 4; step++)
            vector.Step([1, 2], observations, rewards, terminated, truncated);
        using MemoryStream saved = new();
        vector.Save(new BinaryWriter(saved));
        saved.Position = 0;
        other.Restore(new BinaryReader(saved));
        for (int step = 4; step < 12; step++)
        {
            vector.Step([1, 2], observations, rewards, terminated, truncated);
            other.Step([1, 2], again, rewards, terminated, truncated);
            Assert.That(again, Is.EqualTo(observations), $"step {step}");
            Assert.That(truncated[0], Is.EqualTo(step == 5 || step == 11));
        }
        Assert.That(vector.FinalObservation(0).SequenceEqual(observations.AsSpan(0, size / 2)), Is.False);
        Assert.That(vector.FinalObservation(0).ToArray().Distinct().Count(), Is.GreaterThan(5), "a picture");

        static SyncVectorEnvironment<TimeLimit<long>, long> Make() =>
            new(2, () => new(new PixelObservation<long>(EnvironmentRegistry.Make<long>("lunar-lander"), Side), 6));
    }

    [TestCase("cartpole-swingup")]
    [TestCase("pendulum-swingup")]
    [TestCase("acrobot-swingup")]
    [TestCase("pendulum")]
    [TestCase("mountain-car-continuous")]
    [TestCase("lunar-lander-continuous")]
    public void SteppingAllocatesNothing(string name)
    {
        ActionRepeat<float> repeated = new(EnvironmentRegistry.Make<float>(name), 2);
        PixelObservation<float> environment = new(repeated, Side, withNumbers: true);
        float[] observation = new float[environment.ObservationSpace.Size], action = new float[environment.ActionSpace.Size];
        Array.Fill(action, 0.8f);
        environment.Reset(1, observation);
        Assert.That(Allocations.EachTime(() =>
        {
            for (int step = 0; step < 10; step++)
                environment.Step(action, observation);
        }), Is.Zero);
    }

    [Test]
    public void WhatHasNoPictureIsRefused()
    {
        Assert.That(() => new PixelObservation<long>(new TimeLimit<long>(EnvironmentRegistry.Make<long>("minipacman"), 5), Side),
            Throws.ArgumentException.With.Message.Contains("'minipacman-regular' cannot be drawn"));
        Assert.That(() => new PixelObservation<long>(EnvironmentRegistry.Make<long>("cartpole"), 0),
            Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static void AssertPicture(IDrawable environment, ReadOnlySpan<float> observation)
    {
        byte[] rgb = SceneBytes.Of(environment.Draw(), Side, Side);
        for (int i = 0; i < rgb.Length; i++)
            GoldenPosition.Same(observation[i % 3 * Side * Side + i / 3], rgb[i] / 255f, $"byte {i}");
    }
}
