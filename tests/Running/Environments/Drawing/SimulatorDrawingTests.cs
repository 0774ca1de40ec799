using System.Numerics;
using WorldModels.Environments;

namespace WorldModels.Tests.Environments;

public sealed class SimulatorDrawingTests
{
    private const int Size = 256;

    private static IEnumerable<string> Names => ((IEnumerable<EnvironmentSpec>)
        [.. ClassicControl.Specs, .. ControlSuite.Specs, .. LunarLander.Specs, .. DodgeEgo.Specs, .. CarRacing.Specs])
        .Select(spec => spec.Name);

    [TestCaseSource(nameof(Names))]
    public void ThePictureMovesWithTheState(string name)
    {
        IDrawable environment = EnvironmentRegistry.Find(name) switch
        {
            EnvironmentSpec<long> discrete => Reset(discrete.Make()),
            EnvironmentSpec<float> continuous => Reset(continuous.Make()),
            _ => throw new ArgumentException(name),
        };
        byte[] first = Paint(environment.Draw());
        Assert.That(Paint(environment.Draw()), Is.EqualTo(first), "drawing changes nothing");
        Assert.That(Enumerable.Range(0, Size * Size).Select(pixel => Color(first, pixel)).Distinct().Count(), Is.GreaterThan(3));
        for (int step = 0; step < 8; step++)
        {
            _ = environment switch
            {
                IEnvironment<long> discrete => discrete.Step([0], new float[discrete.ObservationSpace.Size]),
                IEnvironment<float> continuous => continuous.Step(
                    [.. Enumerable.Repeat(1f, continuous.ActionSpace.Size)], new float[continuous.ObservationSpace.Size]),
                _ => throw new ArgumentException(name),
            };
        }
        Assert.That(Paint(environment.Draw()), Is.Not.EqualTo(first));

        static IDrawable Reset<TAction>(IEnvironment<TAction> environment) where TAction : unmanaged
        {
            environment.Reset(1, new float[environment.ObservationSpace.Size]);
            return (IDrawable)environment;
        }
    }

    [Test]
    public void PolesAreWhereTheStateSays()
    {
        CartPoleEnvironment cartPole = new CartPoleEnvironment();
        cartPole.Load([-0.8, 0, 0.2, 0]);
        AssertAlong(cartPole, Palette.Pole, -0.8, 0.15, 0.2, 1);
        PendulumEnvironment pendulum = new PendulumEnvironment();
        pendulum.Load([2, 0]);
        AssertAlong(pendulum, Palette.Pole, 0, 0, 2, 1);
        AcrobotEnvironment acrobot = new AcrobotEnvironment();
        acrobot.Load([0.6, 0.8, 0, 0]); // from hanging, so that the direction from upright is pi minus the angle
        AssertAlong(acrobot, Palette.Pole, 0, 0, Math.PI - 0.6, 1);
        AssertAlong(acrobot, Palette.SecondPole, Math.Sin(0.6), -Math.Cos(0.6), Math.PI - 1.4, 1);
    }

    [Test]
    public void CarsAreOnTheirHill()
    {
        MountainCarEnvironment discrete = new MountainCarEnvironment();
        ContinuousMountainCarEnvironment continuous = new ContinuousMountainCarEnvironment();
        discrete.Load([-0.9, 0]);
        continuous.Load([-0.9, 0]);
        double height = 0.45 * Math.Sin(3 * -0.9) + 0.55;
        foreach (FlatScene scene in new[] { (FlatScene)discrete.Draw(), (FlatScene)continuous.Draw() })
        {
            Assert.That(At(scene, -0.9, height + 0.06), Is.EqualTo(Palette.Cart));
            Assert.That(At(scene, 0.2, 0.45 * Math.Sin(0.6) + 0.55), Is.EqualTo(Palette.Fixed));
        }
    }

    [Test]
    public void LandersAreAboveTheirPadAndBurnWhatTheyFire()
    {
        LunarLanderEnvironment lander = new LunarLanderEnvironment();
        float[] observation = new float[8];
        lander.Reset(3, observation);
        for (int step = 0; step < 40; step++)
            lander.Step([0], observation); // it begins at the upper edge
        Vector2 hull = lander.Simulation.Craft.Hull.Motion.Center;
        Assert.That(At(lander.Draw(), hull.X, hull.Y), Is.EqualTo(Palette.Cart));
        foreach (PlanarBody leg in lander.Simulation.Craft.Legs)
            Assert.That(At(lander.Draw(), leg.Motion.Center.X, leg.Motion.Center.Y - 0.1), Is.EqualTo(Palette.SecondPole));
        Assert.That(At(lander.Draw(), 10, 3.2), Is.EqualTo(Palette.Fixed));
        Assert.That(At(lander.Draw(), 10, 3.4), Is.EqualTo(FlatScene.Background));
        Assert.That(At(lander.Draw(), 8.2, 4.8), Is.EqualTo(Palette.Target), "a flag at the pad's end");
        uint[] below = [Flame(0), Flame(2), Flame(0)];
        Assert.That(below, Is.EqualTo(new[] { FlatScene.Background, Palette.Flame, FlatScene.Background }));

        uint Flame(long action)
        {
            lander.Step([action], observation);
            Vector2 nozzle = lander.Simulation.Craft.Hull.Pose.ToWorld(new(0, -0.5f));
            return At(lander.Draw(), nozzle.X, nozzle.Y);
        }
    }

    [Test]
    public void AWrappersPictureIsTheInnerOne()
    {
        PendulumEnvironment pendulum = new PendulumEnvironment();
        pendulum.Load([1, 0]);
        ActionRepeat<float> wrapped = new ActionRepeat<float>(new TimeLimit<float>(new NormalizedActions(pendulum), 9), 2);
        Assert.That(Paint(wrapped.Draw()), Is.EqualTo(Paint(pendulum.Draw())));
    }

    /// <summary>Looks at the pole in its middle half, and beside it.</summary>
    private static void AssertAlong(IDrawable environment, uint color, double x, double y, double fromUpright, double length)
    {
        FlatScene scene = (FlatScene)environment.Draw();
        (double dx, double dy) = (Math.Sin(fromUpright), Math.Cos(fromUpright));
        foreach (double at in new[] { 0.3, 0.5, 0.75 })
        {
            Assert.That(At(scene, x + at * length * dx, y + at * length * dy), Is.EqualTo(color), $"at {at}");
            double beside = 0.25 * length;
            Assert.That(
                At(scene, x + at * length * dx + beside * dy, y + at * length * dy - beside * dx), Is.Not.EqualTo(color), $"beside {at}");
        }
    }

    private static uint At(Scene drawn, double x, double y)
    {
        FlatScene scene = (FlatScene)drawn;
        int column = (int)((x - scene.Left) / (scene.Right - scene.Left) * Size);
        int row = (int)((scene.Top - y) / (scene.Top - scene.Bottom) * Size);
        return Color(Paint(scene), row * Size + column);
    }

    private static byte[] Paint(Scene scene)
    {
        byte[] rgb = new byte[Size * Size * 3];
        scene.Render(rgb, Size, Size);
        return rgb;
    }

    private static uint Color(byte[] rgb, int pixel) => (uint)(rgb[3 * pixel] << 16 | rgb[3 * pixel + 1] << 8 | rgb[3 * pixel + 2]);
}
