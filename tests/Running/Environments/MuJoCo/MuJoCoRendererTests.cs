using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;

namespace WorldModels.Tests.Environments;

/// <summary>Our pictures of the control suite beside MuJoCo's own.</summary>
public sealed class MuJoCoRendererTests
{
    private const int Size = 64;

    [OneTimeSetUp]
    public void Register() => MuJoCoSuite.Register();

    /// <summary>A difference of two pictures is the mean over their bytes, of 255.</summary>
    [TestCase("cartpole-swingup")]
    [TestCase("walker-stand")]
    [TestCase("cheetah-run")]
    [TestCase("humanoid-stand")]
    [TestCase("reacher-easy")]
    [TestCase("cup-catch")]
    public void OursAreNearerToItsOwnThanToThoseOfAnotherMoment(string name)
    {
        MuJoCoLibraryTests.SkipWithoutMuJoCo();
        ControlSuiteEnvironment environment = (ControlSuiteEnvironment)EnvironmentRegistry.Make<float>(name);
        using MuJoCoRenderer renderer = RendererOf(environment);
        float[] observation = new float[environment.ObservationSpace.Size];
        float[] push = [.. Enumerable.Repeat(0.7f, environment.ActionSpace.Size)];
        byte[] theirs = new byte[3 * Size * Size];
        environment.Reset(1, observation);
        byte[] before = SceneBytes.Of(environment.Draw(), Size, Size);
        for (int step = 0; step < 40; step++)
            environment.Step(push, observation);
        renderer.Render(environment.Physics, theirs);
        double same = Difference(SceneBytes.Of(environment.Draw(), Size, Size), theirs), other = Difference(before, theirs);
        TestContext.Out.WriteLine($"{name}: {same:F1}, another moment {other:F1}");
        Assert.That(same, Is.LessThan(12).And.LessThan(other));
    }

    [Test]
    public void APictureOfAnotherSizeIsRefused()
    {
        MuJoCoLibraryTests.SkipWithoutMuJoCo();
        ControlSuiteEnvironment environment = (ControlSuiteEnvironment)EnvironmentRegistry.Make<float>("cartpole-balance");
        using MuJoCoRenderer renderer = RendererOf(environment);
        Assert.That(() => renderer.Render(environment.Physics, new byte[5]), Throws.ArgumentException.With.Message.Contains("12288 bytes"));
    }

    [Test]
    public void WhatIsNoModelOfTheSuiteIsNotDrawn()
    {
        ControlSuiteEnvironment environment = (ControlSuiteEnvironment)EnvironmentRegistry.Make<float>("two-pendulums-swingup");
        Assert.That(MuJoCoRenderer.Of(environment, Size), Is.Null);
    }

    private static MuJoCoRenderer RendererOf(ControlSuiteEnvironment environment)
    {
        try
        {
            return MuJoCoRenderer.Of(environment, Size)!;
        }
        catch (MuJoCoException e)
        {
            Assert.Ignore(e.Message);
            throw;
        }
    }

    private static double Difference(byte[] one, byte[] other) =>
        Enumerable.Range(0, one.Length).Average(i => Math.Abs(one[i] - other[i]));
}
