using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;

namespace WorldModels.Tests.Environments;

public sealed class EnvironmentRegistryTests
{
    [TestCase("minipacman", "minipacman-regular")]
    [TestCase("minipacman-regular", "minipacman-regular")]
    [TestCase("minipacman-avoid", "minipacman-avoid")]
    [TestCase("minipacman-hunt", "minipacman-hunt")]
    [TestCase("minipacman-ambush", "minipacman-ambush")]
    [TestCase("minipacman-rush", "minipacman-rush")]
    public void MakesByName(string name, string made)
    {
        Assert.That(EnvironmentRegistry.Make<long>(name).Name, Is.EqualTo(made));
        IVectorEnvironment<long> vector = EnvironmentRegistry.MakeVector<long>(name, 3);
        Assert.That(vector.Name, Is.EqualTo(made));
        Assert.That(vector.Count, Is.EqualTo(3));
    }

    [Test]
    public void AnUnknownNameGetsTheListAndTheNearest()
    {
        Assert.That(
            () => EnvironmentRegistry.Make<long>("MiniPackman-Hunt"),
            Throws.ArgumentException.With.Message.Contains("did you mean 'minipacman-hunt'?")
                .And.Message.Contains("minipacman, minipacman-regular, minipacman-avoid"));
    }

    [TestCase("CartPole-v1", "cartpole")]
    [TestCase("Pendulum-v1", "pendulum")]
    [TestCase("Acrobot-v1", "acrobot")]
    [TestCase("MountainCar-v0", "mountain-car")]
    [TestCase("MountainCarContinuous-v0", "mountain-car-continuous")]
    [TestCase("LunarLander-v3", "lunar-lander")]
    [TestCase("LunarLanderContinuous-v3", "lunar-lander-continuous")]
    [TestCase("CarRacing-v3", "car-racing")]
    [TestCase("dm_control/cartpole-swingup-v0", "cartpole-swingup")]
    [TestCase("dm_control/cartpole-swingup_sparse-v0", "cartpole-swingup-sparse")]
    [TestCase("cartpole/swingup", "cartpole-swingup")]
    [TestCase("cartpole_swingup", "cartpole-swingup")]
    [TestCase("dmc_walker_walk", "walker-walk")]
    [TestCase("dm_control/ball_in_cup-catch-v0", "cup-catch")]
    [TestCase("cup_catch", "cup-catch")]
    [TestCase("dm_control/finger-turn_easy-v0", "finger-turn-easy")]
    public void OthersNamesAreTakenForOurs(string alias, string name)
    {
        MuJoCoSuite.Register();
        Assert.That(EnvironmentRegistry.Find(alias), Is.SameAs(EnvironmentRegistry.Find(name)));
        Assert.That(EnvironmentRegistry.OwnName(alias), Is.EqualTo(name));
    }

    [Test]
    public void NoNameMeansTwoEnvironments()
    {
        MuJoCoSuite.Register();
        string[] names = [.. EnvironmentRegistry.All.SelectMany(spec => (string[])[spec.Name, .. spec.Aliases])];
        Assert.That(names, Is.Unique);
        EnvironmentSpec<float> taken = MuJoCoSuite.Specs[0] with { Name = "new", Aliases = ["CartPole-v1"] };
        Assert.That(() => EnvironmentRegistry.Add([taken]), Throws.ArgumentException.With.Message.Contains("'CartPole-v1' already"));
    }

    [TestCase("CartPole-v0", "CartPole-v1")]
    [TestCase("cartpole-v1", "CartPole-v1")]
    [TestCase("lunarlander-v2", "LunarLander-v3")]
    [TestCase("walker_wlak", "walker_walk")]
    public void AnAliasIsSuggestedWhereOneIsNear(string name, string near)
    {
        MuJoCoSuite.Register();
        Assert.That(() => EnvironmentRegistry.Find(name), Throws.ArgumentException.With.Message.Contains($"did you mean '{near}'?"));
    }

    [Test]
    public void TheActionTypeMustFit() => Assert.That(
        () => EnvironmentRegistry.MakeVector<float>("minipacman", 1),
        Throws.ArgumentException.With.Message.Contains("discrete (long), not System.Single"));

    [Test]
    public void OtherAssembliesAddTheirsOnce()
    {
        MuJoCoSuite.Register();
        MuJoCoSuite.Register();
        Assert.That(EnvironmentRegistry.All.Select(spec => spec.Name), Is.Unique);
        Assert.That(EnvironmentRegistry.All.TakeLast(MuJoCoSuite.Specs.Count), Is.EqualTo(MuJoCoSuite.Specs));
        Assert.That(EnvironmentRegistry.Find("walker-walk"), Is.SameAs(MuJoCoSuite.Specs[2]));
        EnvironmentSpec<float> taken = MuJoCoSuite.Specs[0] with { Name = "pendulum" };
        Assert.That(
            () => EnvironmentRegistry.Add([taken]),
            Throws.ArgumentException.With.Message.Contains("'pendulum' already; register this one under another name"));
    }

    private static IEnumerable<EnvironmentSpec> Specs =>
        EnvironmentRegistry.All.Where(spec => spec is not EnvironmentSpec<float> continuous || !MuJoCoSuite.Specs.Contains(continuous));

    [TestCase("lunar-lander-continuous", 2, 3)]
    [TestCase("cartpole-swingup", 3, null)]
    [TestCase("mountain-car-continuous", 1, null)]
    public void ArrowKeysPushTheWayTheyPoint(string name, int across, int? upright)
    {
        EnvironmentSpec<float> spec = (EnvironmentSpec<float>)EnvironmentRegistry.Find(name);
        ArrowKeys arrows = spec.Arrows ?? ArrowKeys.Default(spec.ActionNames.Count);
        Assert.That(Velocity(arrows.Right!.Value, across), Is.GreaterThan(Velocity(arrows.Left!.Value, across)));
        Assert.That((arrows.Up is null, arrows.Down is null), Is.EqualTo((upright is null, upright is null)));
        if (upright is { } height)
            Assert.That(Velocity(arrows.Up!.Value, height), Is.GreaterThan(Velocity(arrows.Down!.Value, height)));

        float Velocity(ArrowPush push, int seen)
        {
            IEnvironment<float> environment = spec.Make();
            float[] observation = new float[environment.ObservationSpace.Size], action = new float[environment.ActionSpace.Size];
            environment.Reset(1, observation);
            Box bounds = (Box)environment.ActionSpace;
            action[push.Number] = push.ToHigh ? bounds.High : bounds.Low;
            environment.Step(action, observation);
            return observation[seen];
        }
    }

    [Test]
    public void ArrowKeysPushDifferentNumbersWhereThereAreTwo()
    {
        Assert.That(ArrowKeys.Default(1), Is.EqualTo(new ArrowKeys(new(0, false), new(0, true), null, null)));
        Assert.That(ArrowKeys.Default(6), Is.EqualTo(new ArrowKeys(new(0, false), new(0, true), new(1, false), new(1, true))));
        foreach (EnvironmentSpec spec in Specs.Where(spec => spec.Arrows is not null))
        {
            ArrowPush?[] pushes = [spec.Arrows!.Left, spec.Arrows.Right, spec.Arrows.Down, spec.Arrows.Up];
            foreach (ArrowPush push in pushes.OfType<ArrowPush>())
                Assert.That(push.Number, Is.InRange(0, spec.ActionNames.Count - 1), spec.Name);
        }
    }

    [TestCaseSource(nameof(Specs))]
    public void NumbersAndActionsAreNamedInTheirOrder(EnvironmentSpec spec)
    {
        (Space observations, Space actions, float[] seen) = spec is EnvironmentSpec<long> discrete
            ? Play(discrete.Make(), 1) : Play(((EnvironmentSpec<float>)spec).Make(), 0.5f);
        Assert.That(spec.ActionNames, Has.Count.EqualTo(actions is Discrete numbered ? numbered.N : actions.Size));
        Assert.That(spec.ActionNames, Is.Unique);
        if (observations is Box { Shape.Length: 3 })
        {
            Assert.That(spec.ObservationNames, Is.Empty);
            return;
        }
        Assert.That(spec.ObservationNames, Has.Count.EqualTo(observations.Size));
        Assert.That(spec.ObservationNames, Is.Unique);
        // A cosine and a sine of one angle belong together, and what is left of them is no such pair by chance.
        string[] names = [.. spec.ObservationNames];
        // The mountain car's numbers have no units.
        Assert.That(spec.ObservationUnits.Count > 0, Is.EqualTo(spec.TimeStep is not null));
        // The lander's are of lengths relative to its picture; only its angle is as it is.
        if (LunarLander.Specs.Contains(spec))
            Assert.That(spec.ObservationUnits, Is.EqualTo(names.Select(name => name == "θ" ? "rad" : "")));
        else if (spec.ObservationUnits.Count > 0)
            Assert.That(spec.ObservationUnits, Is.EqualTo(names.Select(UnitOf)));
        foreach (string cosine in names.Where(name => name.StartsWith("cos ", StringComparison.Ordinal)))
        {
            int sine = Array.IndexOf(names, "sin " + cosine[4..]);
            Assert.That(double.Hypot(seen[Array.IndexOf(names, cosine)], seen[sine]), Is.EqualTo(1).Within(1e-6), cosine);
        }

        static string UnitOf(string name) => name.Contains(' ', StringComparison.Ordinal) // a cosine or a sine
            ? "" : (name[0] == 'θ' ? "rad" : "m") + (name.Contains('\u0307') || name.Contains('ẋ') ? "/s" : "");

        static (Space, Space, float[]) Play<TAction>(IEnvironment<TAction> environment, TAction value) where TAction : unmanaged
        {
            TAction[] action = [.. Enumerable.Repeat(value, environment.ActionSpace.Size)];
            float[] observation = new float[environment.ObservationSpace.Size];
            environment.Reset(3, observation);
            for (int step = 0; step < 5; step++)
                environment.Step(action, observation);
            return (environment.ObservationSpace, environment.ActionSpace, observation);
        }
    }

    /// <summary>A velocity is the change of the number that has the same letter, over a short step.</summary>
    [TestCase("cartpole-swingup")]
    [TestCase("pendulum-swingup")]
    [TestCase("acrobot-swingup")]
    [TestCase("pendulum")]
    public void VelocitiesAreThoseOfTheirNames(string name)
    {
        EnvironmentSpec<float> spec = (EnvironmentSpec<float>)EnvironmentRegistry.Find(name);
        IEnvironment<float> environment = spec.Make();
        float[] before = new float[environment.ObservationSpace.Size], after = new float[before.Length];
        environment.Reset(5, before);
        for (int step = 0; step < 20; step++)
        {
            after.CopyTo(before, 0);
            environment.Step([0.5f], after);
        }
        string[] names = [.. spec.ObservationNames];
        foreach (string velocity in names.Where(velocity => velocity.Contains('\u0307')))
        {
            string angle = velocity.Replace("\u0307", "", StringComparison.Ordinal);
            double change = Angle(after, angle) - Angle(before, angle);
            if (name == "acrobot-swingup" && angle == "θ₂")
                change -= Angle(after, "θ₁") - Angle(before, "θ₁"); // seen against upright, while the velocity is against the upper link
            double expected = Math.IEEERemainder(change, 2 * Math.PI) / spec.TimeStep!.Value;
            Assert.That(after[Array.IndexOf(names, velocity)], Is.EqualTo(expected).Within(0.15 + 0.05 * Math.Abs(expected)), velocity);
        }

        double Angle(float[] seen, string angle) =>
            Math.Atan2(seen[Array.IndexOf(names, "sin " + angle)], seen[Array.IndexOf(names, "cos " + angle)]);
    }

    [Test]
    public void BoxesCompareByValue()
    {
        Box box = new Box(0, 1, [3, 15, 19]);
        Assert.That(box, Is.EqualTo(new Box(0, 1, [3, 15, 19])));
        Assert.That(box, Is.Not.EqualTo(new Box(0, 1, [15, 19, 3])));
        Assert.That(box.Size, Is.EqualTo(855));
        Assert.That(box.ToString(), Is.EqualTo("Box(0, 1, (3, 15, 19))"));
    }
}
