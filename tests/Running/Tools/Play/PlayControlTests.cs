using System.Text.RegularExpressions;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>Games of continuous actions.</summary>
public sealed partial class PlayControlTests
{
    private const ulong Seed = 4;

    private static string Zoo(string name) => Path.Combine(Repository.Root, "models", "zoo", name);

    [Test]
    public void TheAgentPlays()
    {
        using PlaySession session = Open(Zoo("pendulum-dreamer"));
        using Controller controller = Controller.Load(Zoo("pendulum-dreamer"), new() { Batch = 1, Seed = Seed });
        IEnvironment<float> game = EnvironmentRegistry.Make<float>("pendulum");
        float[] seen = new float[3], action = new float[1];
        float? last = null;
        game.Reset(Seed, seen);
        for (int step = 0; step < 8; step++)
        {
            controller.Act(seen, action);
            PlayStatus status = session.Status;
            Assert.That(status.Controls, Is.EqualTo(new[] { new PlayControl("torque", -2, 2, last, action[0]) }), $"step {step}");
            Assert.That((status.NextAction, status.Policy.Count), Is.EqualTo(($"torque {PlayStatus.Number(action[0])}", 0)));
            Assert.That(session.Tick());
            Assert.That(session.Status.Reward, Is.EqualTo(game.Step(action, seen).Reward));
            Assert.That(session.Frame.SequenceEqual(seen));
            last = action[0];
        }
        Assert.That($"{session.Status}", Does.Contain($"| action torque {PlayStatus.Number(last!.Value)} | next torque "));
    }

    /// <summary>A move is as long as the bundle's actions, and what a person did is what the agent remembers as done.</summary>
    [Test]
    public void APersonTakesOver()
    {
        string bundle = Zoo("cartpole-swingup-dreamer");
        using PlaySession session = Open(bundle, greedy: true);
        using Controller controller = Controller.Load(bundle, new() { Batch = 1, Deterministic = true });
        ActionRepeat<float> game = new(EnvironmentRegistry.Make<float>("cartpole-swingup"), 4);
        float[] seen = new float[5], action = new float[1];
        game.Reset(Seed, seen);
        foreach ((PlayKey key, float force) in ((PlayKey, float)[])
            [(PlayKey.Right, 1), (PlayKey.Left, -1), (PlayKey.Stay, 0), (PlayKey.Right, 1)])
        {
            controller.Act(seen, action);
            controller.Played([force]);
            session.Press(key);
            Assert.That(session.Status.Reward, Is.EqualTo(game.Step([force], seen).Reward));
            Assert.That((session.Status.LastAction, session.AgentPlays), Is.EqualTo(($"force {force}", false)));
        }
        controller.Act(seen, action);
        Assert.That(session.Status.Controls[0].Next, Is.EqualTo(action[0]));
        session.Press(PlayKey.Up);
        Assert.That((session.Status.Step, session.Status.Note), Is.EqualTo((4, "this key moves nothing here: left and right push force")));
        session.Move(1);
        Assert.That((session.Status.Step, session.Status.Note), Is.EqualTo((4, "this key moves nothing here: left and right push force")));
    }

    /// <summary>How novel a step is stands in the status, and where it is more than familiar ones, beside what those have.</summary>
    [Test]
    public void NoveltyIsShown()
    {
        string bundle = PendulumBundle.Write(agent: true, world: false, novelty: true,
            change: manifest => manifest with { NoveltyThreshold = 2 });
        try
        {
            using PlaySession session = Open(bundle);
            List<bool> above = [];
            for (int step = 0; step < 30; step++)
            {
                session.Tick();
                PlayStatus status = session.Status;
                float speed = Math.Abs(session.Frame[2]);
                Assert.That((status.Novelty, status.NoveltyThreshold), Is.EqualTo(((double?)speed, (double?)2)));
                Assert.That($"{status}", Does.Contain($"novelty {Figures.Number(speed)}{(speed > 2 ? " (above 2)" : " |")}"));
                Assert.That(new PlayScreen(trueColour: true).Compose(session, 120, 40), Does.Contain("novelty"));
                above.Add(speed > 2);
            }
            Assert.That(above, Does.Contain(true).And.Contain(false));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
        using PlaySession other = Open(Zoo("pendulum-dreamer"));
        Assert.That($"{other.Status}", Does.Not.Contain("novelty"));
    }

    [Test]
    public void APlannerPlays()
    {
        using PlaySession session = Open(Zoo("cartpole-swingup-planet"));
        using Planner planner = Planner.Load(Zoo("cartpole-swingup-planet"), new() { Batch = 1, Seed = Seed });
        ActionRepeat<float> game = new(EnvironmentRegistry.Make<float>("cartpole-swingup"), 8);
        float[] seen = new float[5], action = new float[1];
        game.Reset(Seed, seen);
        Assert.That((session.AgentPlays, session.Status.Agent), Is.EqualTo((true, "planner")));
        for (int step = 0; step < 2; step++)
        {
            planner.Act(seen, action);
            session.Tick();
            Assert.That(session.Status.Reward, Is.EqualTo(game.Step(action, seen).Reward).Within(1e-4));
        }
        session.Press(PlayKey.Dream);
        session.Tick();
        Assert.That((session.Status.Agent, session.Status.Dreaming, session.Status.Step), Is.EqualTo(("planner", true, 1)));
    }

    [Test]
    public void ACarIsDrivenByArrows()
    {
        string bundle = PictureBundle.Write("car-racing", new() { Shape = [3, 96, 96] }, actions: 3);
        try
        {
            using PlaySession session = Open(bundle);
            IEnvironment<float> game = EnvironmentRegistry.Make<float>("car-racing");
            float[] seen = new float[3 * 96 * 96];
            game.Reset(Seed, seen);
            foreach ((PlayKey key, float[] action) in ((PlayKey, float[])[])
                [(PlayKey.Up, [0, 1, 0]), (PlayKey.Left, [-1, 0, 0]), (PlayKey.Right, [1, 0, 0]), (PlayKey.Down, [0, 0, 1]),
                    (PlayKey.Stay, [0, 0, 0])])
            {
                session.Press(key);
                Assert.That(session.Status.Reward, Is.EqualTo(game.Step(action, seen).Reward), $"{key}");
                Assert.That(session.Frame.SequenceEqual(seen), $"{key}");
                Assert.That(session.Status.LastAction, Is.EqualTo($"steering {action[0]}, gas {action[1]}, brake {action[2]}"));
            }
            Assert.That((session.AgentPlays, session.Scene), Is.EqualTo((false, (Scene?)null)));
            session.Move(2);
            Assert.That(session.Status.Note,
                Is.EqualTo("this key moves nothing here: left and right push steering, up pushes gas, down pushes brake"));
            // Every second pixel of every fourth row.
            Assert.That(BoardText.Draw(session), Has.Length.EqualTo(24).And.All.Length.EqualTo(48));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    /// <summary>The same keys drive the car that a model imagines, and the real one stands where it was.</summary>
    [Test]
    public void ACarIsDrivenInTheDream()
    {
        string bundle = PictureBundle.Write("car-racing", new() { Shape = [3, 64, 64] }, actions: 3, agent: true);
        try
        {
            using PlaySession session = Open(bundle);
            session.Press(PlayKey.Up);
            float[] real = session.Frame.ToArray();
            session.Press(PlayKey.Dream);
            Assert.That(session.Dreaming);
            (double steered, float[] seen) = (0, real);
            foreach ((PlayKey key, float steering, string action) in ((PlayKey, float, string)[])
                [(PlayKey.Right, 1, "steering 1, gas 0, brake 0"), (PlayKey.Up, 0, "steering 0, gas 1, brake 0"),
                    (PlayKey.Right, 1, "steering 1, gas 0, brake 0"), (PlayKey.Down, 0, "steering 0, gas 0, brake 1"),
                    (PlayKey.Left, -1, "steering -1, gas 0, brake 0")])
            {
                session.Press(key);
                steered += steering;
                seen = [.. seen.Select(value => value / 2)];
                Assert.That(session.Status.LastAction, Is.EqualTo(action));
                Assert.That(session.Status.Reward, Is.EqualTo(steered), "the model sums up the steering");
                Assert.That(session.Frame.ToArray(), Is.EqualTo(seen));
                Assert.That(string.Concat(new PlayScreen(trueColour: true).Compose(session, 120, 40)), Does.Contain("DREAM"));
            }
            Assert.That(session.AgentPlays, Is.False);
            session.Press(PlayKey.Agent);
            session.Tick();
            Assert.That(session.Status.LastAction, Is.EqualTo("steering 0.25, gas 0.25, brake 0.25"));
            session.Press(PlayKey.Dream);
            Assert.That(session.Frame.ToArray(), Is.EqualTo(real));
            Assert.That((session.Dreaming, session.Status.Step), Is.EqualTo((false, 1)));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void ALanderHasItsEnginesOnTheArrows()
    {
        using PlaySession session = Open(Zoo("lunarlander-continuous-sacx"));
        session.Press(PlayKey.Up);
        Assert.That(session.Status.LastAction, Is.EqualTo("main throttle 1, side throttle 0"));
        session.Press(PlayKey.Left);
        Assert.That(session.Status.LastAction, Is.EqualTo("main throttle 0, side throttle -1"));
        session.Press(PlayKey.Task);
        Assert.That(session.Status.Task, Is.EqualTo("touch"));
    }

    /// <summary>A dream goes on with what the model remembers of the real game's actions, and leaves to chance what is asked.</summary>
    [Test]
    public void PicturesAreDreamtOf()
    {
        string bundle = PictureBundle.Write("pendulum", new() { Shape = [3, 8, 8] }, actions: 1, agent: true);
        try
        {
            foreach (float? temperature in (float?[])[null, 3])
            {
                using PlaySession session = PlaySession.Open(new() { Bundle = bundle, Seed = Seed, Temperature = temperature });
                session.Press(PlayKey.Right);
                session.Press(PlayKey.Right);
                session.Press(PlayKey.Left);
                float[] seen = session.Frame.ToArray();
                session.Press(PlayKey.Dream);
                session.Press(PlayKey.Right);
                Assert.That(session.Status.Reward, Is.EqualTo(2 * (temperature ?? 1)), "two to the right, one to the left, and one more");
                Assert.That(session.Frame.ToArray(), Is.EqualTo(seen.Select(value => value / 2)));
                session.Press(PlayKey.Agent);
                session.Tick();
                Assert.That((session.Status.Reward, session.Status.LastAction), Is.EqualTo((2.25 * (temperature ?? 1), "torque 0.25")));
                session.Press(PlayKey.NewGame);
                session.Press(PlayKey.Left);
                Assert.That(session.Status.Reward, Is.Zero, "anew from where the real game stands");
            }
            Assert.That(() => PlaySession.Open(new() { Bundle = Zoo("pendulum-dreamer"), Temperature = 2 }),
                Throws.TypeOf<BundleException>().With.Message.Contains("leave --temperature away"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void OfAPictureWithNumbersThePictureIsShown()
    {
        ObservationSpec observation = new() { Shape = [3 * 64 + 3], Picture = [3, 8, 8], Low = -8, High = 8 };
        string bundle = PictureBundle.Write("pendulum", observation, actions: 1);
        try
        {
            using PlaySession session = Open(bundle);
            Assert.That(session.Shape, Is.EqualTo(new[] { 3, 8, 8 }));
            Assert.That(session.Scene, Is.Null);
            Assert.That(session.Frame[..192].SequenceEqual(session.Picture));
            Assert.That(BoardText.Draw(session), Has.Length.EqualTo(8));
            session.Press(PlayKey.Dream);
            Assert.That(session.Dreaming);
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [TestCase(100, 30, 2)]
    [TestCase(100, 14, 1)]
    public void AScreenShowsTheNumbers(int width, int height, int shown)
    {
        using PlaySession session = Open(Zoo("lunarlander-continuous-sacx"));
        session.Tick();
        PlayControl[] controls = [.. session.Status.Controls];
        string[] lines = Sequence().Replace(new PlayScreen(trueColour: true).Compose(session, width, height), "").Split("\r\n");
        Assert.That(lines, Has.Length.LessThanOrEqualTo(height));
        Assert.That(lines.Select(line => line.Length), Is.All.LessThanOrEqualTo(width));
        Assert.That(lines.Count(line => line.Contains("> ") && line.Contains(" throttle ")), Is.EqualTo(shown));
        string main = lines.Single(line => line.Contains("> main throttle "));
        Assert.That(main, Does.EndWith(PlayStatus.Number(controls[0].Next!.Value)));
        Assert.That(lines.Count(line => line.Contains("and 1 more")), Is.EqualTo(2 - shown));
    }

    [Test]
    public void ActionsOfTheOtherKindAreRefused() => Assert.That(
        () => PlaySession.Open(new() { Bundle = Zoo("pendulum-dreamer"), Environment = "cartpole" }),
        Throws.TypeOf<BundleException>().With.Message.Contains(
            "has continuous actions, environment 'cartpole' numbered ones: give the environment it was trained on"));

    [Test]
    public void ActionsWithinOtherBoundsAreRefused() => Assert.That(
        () => PlaySession.Open(new() { Bundle = Zoo("pendulum-dreamer-pixels"), Environment = "cartpole-balance" }),
        Throws.TypeOf<BundleException>().With.Message.Contains(
            "An action of environment 'cartpole-balance' is in -1..1, of the bundle in -2..2: give the environment it was trained on"));

    private static PlaySession Open(string bundle, bool greedy = false) =>
        PlaySession.Open(new() { Bundle = bundle, Seed = Seed, Greedy = greedy });

    [GeneratedRegex(@"\e\[[?0-9;]*[a-zA-Z]")]
    private static partial Regex Sequence();
}
