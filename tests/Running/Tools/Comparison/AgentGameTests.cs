using SkiaSharp;
using WorldModels.Environments;
using WorldModels.Pictures;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed class AgentGameTests
{
    private string _world = "", _policy = "";

    [OneTimeSetUp]
    public void Write() => (_world, _policy) = (FixtureBundle.World(), FixtureBundle.Policy());

    [OneTimeTearDown]
    public void Delete()
    {
        Directory.Delete(_world, recursive: true);
        Directory.Delete(_policy, recursive: true);
    }

    [Test]
    public void FuturesFollowTheModelAndTheAgent()
    {
        AgentGame game = AgentGame.Play(Options, new() { Moments = 9, Every = 1, Skip = 0, Depth = 3 });
        Assert.That(game.Moments.Select(moment => moment.Step), Is.EqualTo(Enumerable.Range(0, 9)));
        using WorldModel world = WorldModel.Load(_world);
        using Controller controller = Controller.Load(_policy, new() { Batch = 1, Deterministic = true });
        using Dream dream = world.Dream(1, 3);
        long[] action = new long[1];
        foreach (ImaginedFutures moment in game.Moments)
        {
            for (int first = 0; first < 5; first++)
            {
                FutureMove[] path = [.. moment.Imagined.Select(step => step[first])];
                Assert.That(path[0].Action, Is.EqualTo(first));
                dream.Start(moment.Frame);
                DreamBatch imagined = dream.Run(0, [.. path.Select(move => (long)move.Action)]);
                controller.Reset();
                foreach (ImaginedFutures before in game.Moments.Take(moment.Step + 1))
                    controller.Act(before.Frame, action);
                for (int t = 0; t < 3; t++)
                {
                    if (t > 0)
                        Assert.That(path[t].Action, Is.EqualTo(action[0]), $"the agent's choice, first {first}, step {t}");
                    Assert.That(path[t].Frame, Is.EqualTo(imagined.Observations(t + 1).ToArray()).Within(1e-6));
                    Assert.That(path[t].Reward, Is.EqualTo(imagined.Rewards(t)[0]).Within(1e-5));
                    Assert.That(path[t].Over, Is.False);
                    controller.Act(path[t].Frame, action);
                }
            }
        }
    }

    [Test]
    public void BesideThemIsWhatReallyCame()
    {
        AgentGame game = AgentGame.Play(Options, new() { Moments = 3, Every = 1, Skip = 0, Depth = 2 });
        IEnvironment<long> real = EnvironmentRegistry.Make<long>("minipacman");
        float[] frame = new float[real.ObservationSpace.Size];
        real.Reset(3, frame);
        foreach (ImaginedFutures moment in game.Moments)
        {
            Assert.That(moment.Frame, Is.EqualTo(frame));
            StepResult result = real.Step([moment.Taken], frame);
            Assert.That(moment.Real[0].Frame, Is.EqualTo(frame));
            Assert.That((moment.Real[0].Action, moment.Real[0].Reward), Is.EqualTo((moment.Taken, result.Reward)));
            Assert.That(moment.Real, Has.Count.EqualTo(2));
            Assert.That(game.Differing(moment), Is.GreaterThan(0), "the model fades, the game does not");
        }
        Assert.That(game.Moments[1].Real[0].Action, Is.EqualTo(game.Moments[0].Real[1].Action));
    }

    [Test]
    public void AGameThatIsTooShortIsShownToItsEnd()
    {
        AgentGame game = AgentGame.Play(Options, new() { Moments = 2, Every = 1, Skip = 5000, Depth = 4 });
        ImaginedFutures last = game.Moments.Single();
        Assert.That(last.Real, Has.Count.EqualTo(1));
        Assert.That(last.Real[0].Over);
    }

    [Test]
    public void TheTakenColumnIsFramed()
    {
        AgentGame game = AgentGame.Play(Options, new() { Moments = 2, Every = 3, Skip = 2, Depth = 2 });
        FuturesPicture picture = new(game, "wavering");
        Drawing strip = picture.Strip();
        IReadOnlyList<Drawing> frames = picture.Animation();
        Assert.That(frames, Has.Count.EqualTo(2));
        Assert.That(frames.All(frame => frame.Width == strip.Width && frame.Height < strip.Height));
        // The frame's upper line, the widest stretch of its colour, lies over the taken action's column.
        SKColor framed = new(255, 175, 60);
        for (int moment = 0; moment < 2; moment++)
        {
            SKBitmap image = frames[moment].Render(SKColors.Black);
            (int start, int length) = Enumerable.Range(0, image.Height).Select(y => Longest(image, y, framed)).MaxBy(run => run.Length);
            Assert.That(length, Is.InRange(100, 150));
            int columns = 6, right = image.Width - start;
            int column = columns - (int)Math.Round(right / (double)length);
            Assert.That(column, Is.EqualTo(game.Moments[moment].Taken));
        }
    }

    [Test]
    public void WithoutAModelNothingIsImagined() => Assert.That(() => AgentGame.Play(Options with { Model = null }),
        Throws.TypeOf<BundleException>().With.Message.Contains("has no world model to imagine with").And.Message.Contains("--model"));

    private PlayOptions Options => new() { Bundle = _policy, Model = _world, Seed = 3, Greedy = true };

    private static (int Start, int Length) Longest(SKBitmap image, int y, SKColor colour)
    {
        (int Start, int Length) best = (0, 0);
        for (int x = 0, length = 0; x < image.Width; x++)
        {
            length = image.GetPixel(x, y) == colour ? length + 1 : 0;
            if (length > best.Length)
                best = (x - length + 1, length);
        }
        return best;
    }
}
