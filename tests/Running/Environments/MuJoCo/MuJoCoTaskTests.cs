using System.Numerics;
using WorldModels.Environments;
using WorldModels.Environments.MuJoCo;
using WorldModels.Environments.MuJoCo.Internals;

namespace WorldModels.Tests.Environments;

/// <summary>What the tasks over MuJoCo are called, see, reward and start from, by hand.</summary>
public sealed class MuJoCoTaskTests
{
    private static IEnumerable<EnvironmentSpec<float>> Specs => MuJoCoSuite.Specs;

    [SetUp]
    public void Skip() => MuJoCoLibraryTests.SkipWithoutMuJoCo();

    /// <summary>Numbers of observations and actions as published (Tassa et al. 2018, table 1).</summary>
    [TestCase("cheetah", 17, 6, 0.01)]
    [TestCase("walker", 24, 6, 0.025)]
    [TestCase("hopper", 15, 4, 0.02)]
    [TestCase("finger-spin", 9, 2, 0.02)]
    [TestCase("finger-turn", 12, 2, 0.02)]
    [TestCase("cup", 8, 2, 0.02)]
    [TestCase("quadruped", 78, 12, 0.02)]
    [TestCase("humanoid", 67, 21, 0.025)]
    public void Sizes(string prefix, int observations, int actions, double timeStep)
    {
        EnvironmentSpec<float>[] specs = [.. Specs.Where(spec => spec.Name.StartsWith(prefix, StringComparison.Ordinal))];
        Assert.That(specs, Is.Not.Empty);
        foreach (EnvironmentSpec<float> spec in specs)
        {
            ControlSuiteEnvironment environment = Make(spec.Name);
            MuJoCoPhysics physics = (MuJoCoPhysics)environment.Physics;
            Assert.That((environment.ObservationSpace.Size, environment.ActionSpace.Size), Is.EqualTo((observations, actions)));
            Assert.That(spec.ObservationNames, Has.Count.EqualTo(observations).And.Unique, spec.Name);
            Assert.That(spec.ObservationUnits, Has.Count.EqualTo(observations));
            Assert.That(spec.ActionNames, Has.Count.EqualTo(actions).And.Unique);
            Assert.That(spec.TimeStep, Is.EqualTo(timeStep).Within(1e-12));
            Assert.That(physics.TimeStep * environment.Task.SubSteps, Is.EqualTo(timeStep).Within(1e-12));
        }
    }

    /// <summary>Positions and velocities are called what the model calls their joints, actions what it calls its actuators.</summary>
    [TestCaseSource(nameof(Specs))]
    public void NamesAreInTheOrderOfTheModel(EnvironmentSpec<float> spec)
    {
        MuJoCoPhysics physics = (MuJoCoPhysics)Make(spec.Name).Physics;
        Assert.That(spec.ActionNames.Select(Letters), Is.EqualTo(physics.Model.ActuatorNames.Select(Letters)));
        Joint[] joints = [.. physics.Joints.ToArray().Where(joint => joint.Kind == JointKind.Hinge && joint.Limits is not null)];
        string[] angles = [.. spec.ObservationNames.Zip(spec.ObservationUnits).Where(one => one.Second == "rad").Select(one => one.First)];
        string[] seen = [.. angles.Where(name => name != "pitch").Select(Letters)];
        if (seen.Length > 0)
            Assert.That(seen, Is.EqualTo(joints.Select(joint => Letters(joint.Name))));

        // "back thigh" is bthigh, "front left yaw" is yaw_front_left, "shoulder 1" is shoulder1.
        static string Letters(string name)
        {
            string plain = string.Concat(name.Where(char.IsLetterOrDigit)).Replace("back", "b").Replace("front", "f");
            return string.Concat(plain.Order());
        }
    }

    [Test]
    public void EveryNumberOfAnObservationIsWhatItsNameSays()
    {
        ControlSuiteEnvironment cheetah = Moved("cheetah-run");
        AssertSeen(cheetah, "z", cheetah.Physics.Positions[1]);
        AssertSeen(cheetah, "back foot", cheetah.Physics.Positions[5]);
        AssertSeen(cheetah, "x velocity", cheetah.Physics.Velocities[0]);
        AssertSeen(cheetah, "front foot velocity", cheetah.Physics.Velocities[8]);

        ControlSuiteEnvironment walker = Moved("walker-walk");
        double pitch = walker.Physics.Positions[2];
        AssertSeen(walker, "torso xx", Math.Cos(pitch));
        AssertSeen(walker, "torso xz", Math.Sin(pitch));
        double thigh = pitch - walker.Physics.Positions[3]; // hips turn the other way
        AssertSeen(walker, "right_thigh xx", Math.Cos(thigh));
        AssertSeen(walker, "height", 1.3 + walker.Physics.Positions[0]);
        AssertSeen(walker, "left ankle velocity", walker.Physics.Velocities[8]);

        ControlSuiteEnvironment cup = Moved("cup-catch");
        AssertSeen(cup, "ball z", cup.Physics.Positions[3]);
        AssertSeen(cup, "cup x velocity", cup.Physics.Velocities[0]);

        ControlSuiteEnvironment finger = Moved("finger-turn-easy");
        double angle = finger.Physics.Positions[2]; // about the axis that points to the viewer
        AssertSeen(finger, "tip x", -0.13 * Math.Sin(angle));
        AssertSeen(finger, "tip z", 0.13 * Math.Cos(angle));
        AssertSeen(finger, "target x", finger.Physics.Target[0] - 0.2);
        AssertSeen(finger, "spinner velocity", finger.Physics.Velocities[2]);

        ControlSuiteEnvironment quadruped = Moved("quadruped-run");
        AssertSeen(quadruped, "front left knee", quadruped.Physics.Positions[9]);
        AssertSeen(quadruped, "back left ankle velocity", quadruped.Physics.Velocities[21]);
        AssertSeen(quadruped, "back left extend activation", ((MuJoCoPhysics)quadruped.Physics).Activations[11]);

        ControlSuiteEnvironment humanoid = Moved("humanoid-run");
        AssertSeen(humanoid, "left elbow", humanoid.Physics.Positions[27]);
        AssertSeen(humanoid, "root z velocity", humanoid.Physics.Velocities[2]);
        double[] arm = [Seen(humanoid, "left hand x"), Seen(humanoid, "left hand y"), Seen(humanoid, "left hand z")];
        MuJoCoPhysics body = (MuJoCoPhysics)humanoid.Physics;
        double squares = 0;
        for (int axis = 0; axis < 3; axis++)
            squares += Math.Pow(body.BodyPosition("left_hand")[axis] - body.BodyPosition("torso")[axis], 2);
        Assert.That(arm.Sum(part => part * part), Is.EqualTo(squares).Within(1e-6), "turned into the torso's frame, not stretched");
    }

    [Test]
    public void VelocitiesOfTheCenterOfMassAreOfTheStateThatIsSeen()
    {
        ControlSuiteEnvironment cheetah = Moved("cheetah-run");
        MuJoCoPhysics physics = (MuJoCoPhysics)cheetah.Physics;
        double[] afterStep = physics.Sensor("center_of_mass_velocity").ToArray();
        physics.Forward();
        Assert.That(physics.Sensor("center_of_mass_velocity").ToArray(), Is.EqualTo(afterStep).Within(1e-12));
    }

    [TestCase("walker-stand", 1)]
    [TestCase("walker-walk", 1.0 / 6)]
    public void AWalkerThatStandsStill(string name, double expected)
    {
        MuJoCoPhysics physics = (MuJoCoPhysics)Make(name).Physics;
        physics.Reset(); // upright, the torso 1.3 m high
        Assert.That(Make(name).Task.Reward(physics), Is.EqualTo(expected).Within(1e-12));
    }

    [TestCase("walker-walk", 0.75, (5 * 0.75 + 1) / 6)] // half of the way from 0.5 m/s, worth 0.5, to 1 m/s, worth 1
    [TestCase("walker-walk", 3, 1)]
    [TestCase("walker-run", 6, (5 * 0.75 + 1) / 6)]
    [TestCase("cheetah-run", 4, 0.4)]
    [TestCase("cheetah-run", -1, 0)]
    [TestCase("cheetah-run", 12, 1)]
    public void SpeedsAreRewarded(string name, double speed, double expected)
    {
        ControlSuiteEnvironment environment = Make(name);
        environment.Physics.Reset();
        int x = name.StartsWith("walker", StringComparison.Ordinal) ? 1 : 0;
        environment.Physics.Velocities[x] = speed;
        environment.Physics.Forward();
        Assert.That(environment.Task.Reward(environment.Physics), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void AHopperThatStandsPaysForItsControl()
    {
        ControlSuiteEnvironment stand = Make("hopper-stand"), hop = Make("hopper-hop");
        stand.Physics.Reset(); // stretched, the torso a metre above the foot
        Assert.That(stand.Task.Reward(stand.Physics), Is.EqualTo(1).Within(1e-12));
        stand.Physics.Control.Fill(0.5);
        Assert.That(stand.Task.Reward(stand.Physics), Is.EqualTo((4 + 0.75) / 5).Within(1e-12));
        hop.Physics.Reset();
        hop.Physics.Velocities[0] = 1.5;
        hop.Physics.Forward();
        Assert.That(hop.Task.Reward(hop.Physics), Is.EqualTo(0.75).Within(1e-12));
        hop.Physics.Positions[2] = Math.PI / 2; // it lies: no higher than its foot
        hop.Physics.Forward();
        Assert.That(hop.Task.Reward(hop.Physics), Is.Zero);
    }

    [TestCase("humanoid-stand", 0, 0, 1)]
    [TestCase("humanoid-stand", 2, 0, (0.1 + 1) / 2)] // 0.1 at the margin of 2 m/s, along one of two axes
    [TestCase("humanoid-walk", 0, 0, 1.0 / 6)]
    [TestCase("humanoid-walk", 0.3, -0.4, (5 * 0.5 + 1) / 6)]
    [TestCase("humanoid-run", 0, 5, (5 * 0.5 + 1) / 6)]
    public void AHumanoidThatStands(string name, double x, double y, double expected)
    {
        ControlSuiteEnvironment environment = Make(name);
        environment.Physics.Reset(); // upright, the head 1.69 m high
        (environment.Physics.Velocities[0], environment.Physics.Velocities[1]) = (x, y);
        environment.Physics.Forward();
        Assert.That(environment.Task.Reward(environment.Physics), Is.EqualTo(expected).Within(1e-9));
        environment.Physics.Control.Fill(1);
        Assert.That(environment.Task.Reward(environment.Physics), Is.EqualTo(0.8 * expected).Within(1e-9));
    }

    [TestCase("quadruped-walk", 0.25, 0.75)]
    [TestCase("quadruped-run", 5, 1)]
    [TestCase("quadruped-run", 0, 0.5)]
    public void AQuadrupedMovesAlongItsNose(string name, double speed, double expected)
    {
        ControlSuiteEnvironment environment = Make(name);
        environment.Physics.Reset();
        environment.Physics.Velocities[0] = speed;
        environment.Physics.Forward();
        Assert.That(environment.Task.Reward(environment.Physics), Is.EqualTo(expected).Within(1e-9));
        double half = Math.Sqrt(0.5);
        double[] lying = [half, half, 0, 0]; // on its side, the nose as it was
        lying.CopyTo(environment.Physics.Positions[3..]);
        environment.Physics.Forward();
        Assert.That(environment.Task.Reward(environment.Physics), Is.EqualTo(0.5 * expected).Within(1e-9));
    }

    [TestCase(0, -0.05, 1)]
    [TestCase(0.024, -0.05, 1)]
    [TestCase(0.026, -0.05, 0)]
    [TestCase(0, -0.026, 1)]
    [TestCase(0, -0.024, 0)]
    public void ABallIsInTheCup(double x, double z, double expected)
    {
        ControlSuiteEnvironment cup = Make("cup-catch");
        (cup.Physics.Positions[2], cup.Physics.Positions[3]) = (x, 0.4 + z); // the cup hangs 0.4 m above the ball's own place
        cup.Physics.Forward();
        Assert.That(cup.Task.Reward(cup.Physics), Is.EqualTo(expected));
    }

    [TestCase(-15.1, 1)]
    [TestCase(-14.9, 0)]
    [TestCase(16, 0)]
    public void AFingerSpinsOneWay(double velocity, double expected)
    {
        ControlSuiteEnvironment finger = Make("finger-spin");
        finger.Physics.Velocities[2] = velocity;
        finger.Physics.Forward();
        Assert.That(finger.Task.Reward(finger.Physics), Is.EqualTo(expected));
    }

    [TestCase("finger-turn-easy", 0.0, 0.53, 1)] // 2 sin(0.265) 0.13 = 0.0681
    [TestCase("finger-turn-easy", 0.0, 0.56, 0)]
    [TestCase("finger-turn-hard", 1.0, 1.22, 1)] // 2 sin(0.11) 0.13 = 0.0285
    [TestCase("finger-turn-hard", 1.0, 1.25, 0)]
    public void AFingerTurnsTheTipIntoTheTarget(string name, double target, double angle, double expected)
    {
        ControlSuiteEnvironment finger = Make(name);
        (finger.Physics.Target[0], finger.Physics.Target[2]) = (0.2 - 0.13 * Math.Sin(target), 0.4 + 0.13 * Math.Cos(target));
        finger.Physics.Positions[2] = angle;
        finger.Physics.Forward();
        Assert.That(finger.Task.Reward(finger.Physics), Is.EqualTo(expected));
    }

    [Test]
    public void ASpinnerSlowsDownLessWhereItIsSpun()
    {
        Assert.That(Slowed("finger-spin"), Is.GreaterThan(1.2 * Slowed("finger-turn-easy")));

        static double Slowed(string name)
        {
            ControlSuiteEnvironment finger = Make(name);
            finger.Physics.Reset();
            finger.Physics.Velocities[2] = 10;
            finger.Physics.Step();
            return finger.Physics.Velocities[2];
        }
    }

    [TestCase("cup-catch")]
    [TestCase("finger-spin")]
    [TestCase("finger-turn-hard")]
    [TestCase("quadruped-walk")]
    [TestCase("humanoid-stand")]
    public void NothingTouchesAtTheStart(string name)
    {
        ControlSuiteEnvironment environment = Make(name);
        float[] observation = new float[environment.ObservationSpace.Size];
        for (ulong seed = 0; seed < 40; seed++)
        {
            environment.Reset(seed, observation);
            Assert.That(((MuJoCoPhysics)environment.Physics).ContactCount, Is.Zero);
        }
    }

    [TestCase("walker-run")]
    [TestCase("hopper-stand")]
    [TestCase("humanoid-walk")]
    [TestCase("finger-turn-easy")]
    public void PosesToStartFromFillTheirLimits(string name)
    {
        ControlSuiteEnvironment environment = Make(name);
        MuJoCoPhysics physics = (MuJoCoPhysics)environment.Physics;
        float[] observation = new float[environment.ObservationSpace.Size];
        double[][] starts = [.. Enumerable.Range(0, 300).Select(seed =>
        {
            environment.Reset((ulong)seed, observation);
            return physics.Positions.ToArray();
        })];
        foreach (Joint joint in physics.Joints)
        {
            if (joint.Kind != JointKind.Hinge)
                continue;
            (double low, double high) = joint.Limits ?? (-Math.PI, Math.PI);
            IEnumerable<double> drawn = starts.Select(start => start[joint.Position]);
            double edge = 0.1 * (high - low);
            Assert.That(drawn.Min(), Is.InRange(low, low + edge), joint.Name);
            Assert.That(drawn.Max(), Is.InRange(high - edge, high), joint.Name);
        }
    }

    [Test]
    public void ACheetahHasSettledWhenItStarts()
    {
        ControlSuiteEnvironment cheetah = Make("cheetah-run");
        float[] observation = new float[17];
        double[] speeds = new double[20];
        for (int seed = 0; seed < speeds.Length; seed++)
        {
            cheetah.Reset((ulong)seed, observation);
            speeds[seed] = observation[9..].Max(Math.Abs);
            Assert.That(((MuJoCoPhysics)cheetah.Physics).ContactCount, Is.Positive, "it lies or stands on the ground");
        }
        Assert.That(speeds.Order().ElementAt(10), Is.LessThan(1), "most are at rest after two seconds");
    }

    [Test]
    public void ADrawnBodyIsWhereItIs()
    {
        ControlSuiteEnvironment walker = Moved("walker-walk");
        MuJoCoPhysics physics = (MuJoCoPhysics)walker.Physics;
        BodyScene scene = (BodyScene)walker.Draw();
        Assert.That(scene.Geoms.Length, Is.EqualTo(8), "the floor, the torso, and three parts of each leg");
        Assert.That(scene.Geoms[0].Checkered);
        Assert.That(scene.Geoms[1], Is.EqualTo(new Geom(GeomType.Capsule, new(0.07f, 0.3f, 0), SuiteLook.Self)));
        float[] torso = [.. physics.BodyPosition("torso").ToArray().Select(value => (float)value)];
        Assert.That(scene.Placements[1].Position, Is.EqualTo(new Vector3(torso[0], torso[1], torso[2])));
        Vector3 camera = scene.Camera.Position, light = scene.Lights[0].Position;
        Assert.That(camera.Y, Is.EqualTo(-2).Within(0.1), "beside it");
        physics.Positions[1] += 5;
        physics.Forward();
        walker.Draw();
        Assert.That(scene.Camera.Position.X, Is.EqualTo(camera.X + 5).Within(1e-5), "the camera follows");
        Assert.That(scene.Lights[0].Position.X, Is.EqualTo(light.X + 5).Within(1e-5), "the light does");
    }

    [Test]
    public void TargetsAreDrawnWhereThereAreSome()
    {
        Assert.That(Targets("finger-spin"), Is.Zero);
        Assert.That(Targets("finger-turn-hard"), Is.EqualTo(2), "the target, and the tip that has to be there");

        static int Targets(string task) => ((BodyScene)Moved(task).Draw()).Geoms.ToArray().Count(geom => geom.Color == SuiteLook.Target);
    }

    [TestCaseSource(nameof(Names))]
    public void EveryTaskIsDrawnWithoutAllocation(string name)
    {
        PixelObservation<float> environment = new(Moved(name), size: 32);
        float[] observation = new float[environment.ObservationSpace.Size], action = new float[environment.ActionSpace.Size];
        environment.Reset(1, observation);
        for (int step = 0; step < 3; step++)
            environment.Step(action, observation);
        Assert.That(observation.Distinct().Count(), Is.GreaterThan(20), "a picture");
        Assert.That(Allocations.EachTime(() => environment.Step(action, observation)), Is.Zero);
    }

    private static IEnumerable<string> Names => MuJoCoSuite.Specs.Select(spec => spec.Name);

    private static ControlSuiteEnvironment Make(string name) =>
        (ControlSuiteEnvironment)MuJoCoSuite.Specs.Single(spec => spec.Name == name).Make();

    /// <summary>One that has been moved by random actions for a while.</summary>
    private static ControlSuiteEnvironment Moved(string name)
    {
        ControlSuiteEnvironment environment = Make(name);
        float[] observation = new float[environment.ObservationSpace.Size], action = new float[environment.ActionSpace.Size];
        Pcg64RandomSource random = new Pcg64RandomSource(4);
        environment.Reset(8, observation);
        for (int step = 0; step < 20; step++)
        {
            foreach (ref float part in action.AsSpan())
                part = (float)(2 * random.Uniform() - 1);
            environment.Step(action, observation);
        }
        return environment;
    }

    private static double Seen(ControlSuiteEnvironment environment, string name)
    {
        float[] observation = new float[environment.ObservationSpace.Size];
        environment.Task.Observe(environment.Physics, observation);
        return observation[environment.Task.ObservationNames.ToList().IndexOf(name)];
    }

    private static void AssertSeen(ControlSuiteEnvironment environment, string name, double expected) =>
        Assert.That(Seen(environment, name), Is.EqualTo(expected).Within(1e-6 * Math.Max(1, Math.Abs(expected))), name);
}
