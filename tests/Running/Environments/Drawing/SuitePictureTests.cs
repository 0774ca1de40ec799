using System.Numerics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

/// <summary>The control suite's pictures: bodies are where the state says, seen by the suite's own cameras.</summary>
public sealed class SuitePictureTests
{
    private const int Size = 128;

    [Test]
    public void TheCartAndItsPoleAreWhereTheStateSays()
    {
        ControlSuiteEnvironment cartPole = Suite("cartpole-swingup", 0.6, 2.5);
        AssertBody(cartPole, new(0.6f, -0.15f, 1), "the cart");
        AssertAlong(cartPole, new(0.6f, 0, 1), 2.5, 1);
        AssertNoBody(cartPole, new(-0.6f, 0, 1.5f));
    }

    [Test]
    public void ThePendulumIsWhereTheStateSays()
    {
        AssertAlong(Suite("pendulum-swingup", -1), new(0, 0, 0.6f), -1, 0.55);
        AssertNoBody(Suite("pendulum-swingup", -1), new(0.3f, 0, 0.8f));
    }

    [Test]
    public void BothLinksOfTheAcrobotAreWhereTheStateSays()
    {
        ControlSuiteEnvironment acrobot = Suite("acrobot-swingup", 2, -0.7);
        AssertAlong(acrobot, new(0, 0, 2), 2, 1);
        AssertAlong(acrobot, new((float)Math.Sin(2), 0, 2 + (float)Math.Cos(2)), 1.3, 1);
        AssertNoBody(acrobot, new(0, 0, 3));
    }

    [Test]
    public void TheSameSceneIsDrawnAgain()
    {
        ControlSuiteEnvironment cartPole = Suite("cartpole-swingup", 0.6, 2.5);
        Scene scene = cartPole.Draw(), kept = scene.Copy();
        byte[] before = SceneBytes.Of(scene, 32, 32);
        cartPole.Physics.Positions[0] = -0.4;
        Assert.That(cartPole.Draw(), Is.SameAs(scene));
        Assert.That(SceneBytes.Of(scene, 32, 32), Is.Not.EqualTo(before));
        Assert.That(SceneBytes.Of(kept, 32, 32), Is.EqualTo(before));
    }

    private static ControlSuiteEnvironment Suite(string name, params double[] positions)
    {
        ControlSuiteEnvironment environment = (ControlSuiteEnvironment)EnvironmentRegistry.Make<float>(name);
        positions.CopyTo(environment.Physics.Positions);
        return environment;
    }

    private static void AssertAlong(ControlSuiteEnvironment environment, Vector3 from, double fromUpright, double length)
    {
        Vector3 along = new((float)Math.Sin(fromUpright), 0, (float)Math.Cos(fromUpright));
        foreach (float at in new[] { 0.4f, 0.7f, 0.95f })
            AssertBody(environment, from + at * (float)length * along, $"at {at}");
    }

    private static void AssertBody(ControlSuiteEnvironment environment, Vector3 point, string what) =>
        Assert.That(IsBody(environment, point), Is.True, what);

    private static void AssertNoBody(ControlSuiteEnvironment environment, Vector3 point) =>
        Assert.That(IsBody(environment, point), Is.False, $"nothing is at {point}");

    /// <summary>Whether the pixel in which a point is seen has a body's brown colour; sky and floor are blue.</summary>
    private static bool IsBody(ControlSuiteEnvironment environment, Vector3 point)
    {
        BodyScene scene = (BodyScene)environment.Draw();
        Vector3 seen = point - scene.Camera.Position;
        double depth = -Vector3.Dot(seen, scene.Camera.Z), scale = Size / 2 / (depth * Math.Tan(Math.PI / 8));
        int column = (int)(Size / 2 + Vector3.Dot(seen, scene.Camera.X) * scale);
        int row = (int)(Size / 2 - Vector3.Dot(seen, scene.Camera.Y) * scale);
        byte[] rgb = SceneBytes.Of(scene, Size, Size, PictureOptions.Fast);
        return rgb[3 * (row * Size + column)] > rgb[3 * (row * Size + column) + 2];
    }
}
