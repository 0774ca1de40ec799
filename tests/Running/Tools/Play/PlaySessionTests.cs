using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed class PlaySessionTests
{
    private const ulong Seed = 11;

    private string _world = "", _policy = "", _both = "", _ending = "";

    [OneTimeSetUp]
    public void Write() => (_world, _policy, _both, _ending) =
        (FixtureBundle.World(), FixtureBundle.Policy(), FixtureBundle.World(agent: true), FixtureBundle.World(ends: true));

    [OneTimeTearDown]
    public void Delete()
    {
        foreach (string folder in (string[])[_world, _policy, _both, _ending])
            Directory.Delete(folder, recursive: true);
    }

    [Test]
    public void TheAgentPlaysTheRealGame()
    {
        using PlaySession session = Open(_policy, environment: "minipacman-hunt");
        using Controller controller = Controller.Load(_policy, new() { Batch = 1, Seed = Seed });
        IEnvironment<long> game = EnvironmentRegistry.Make<long>("minipacman-hunt");
        float[] frame = new float[game.ObservationSpace.Size];
        long[] action = new long[1];
        double sum = 0;
        game.Reset(Seed, frame);
        for (int step = 0; step < 25; step++)
        {
            Assert.That(session.Frame.SequenceEqual(frame), $"step {step}");
            controller.Act(frame, action);
            PlayStatus before = session.Status;
            Assert.That(before.NextAction, Is.EqualTo(session.Actions[(int)action[0]]));
            Assert.That(before.Value, Is.EqualTo(controller.Values[0]));
            Assert.That(before.Policy.Sum(p => p.Probability), Is.EqualTo(1).Within(1e-6));
            Assert.That(before.Policy[2].Probability / before.Policy[1].Probability,
                Is.EqualTo(Math.Exp(controller.Logits[2] - controller.Logits[1])).Within(1e-5));
            StepResult result = game.Step(action, frame);
            sum += result.Reward;
            Assert.That(session.Tick());
            PlayStatus after = session.Status;
            Assert.That((after.Step, after.Reward, after.LastAction), Is.EqualTo((step + 1, result.Reward, before.NextAction)));
            Assert.That(after.Return, Is.EqualTo(sum).Within(1e-9));
            if (result.Done)
                break;
        }
    }

    [Test]
    public void ADreamLeavesTheRealGameAsItWas()
    {
        using PlaySession interrupted = Open(_both), straight = Open(_both);
        for (int step = 0; step < 5; step++)
        {
            interrupted.Tick();
            straight.Tick();
        }
        float[] left = interrupted.Frame.ToArray();
        interrupted.Press(PlayKey.Dream);
        Assert.That((interrupted.Dreaming, interrupted.Status.Step, interrupted.Status.Return), Is.EqualTo((true, 0, 0.0)));
        Assert.That(interrupted.Frame.SequenceEqual(left), "a dream starts from the real frame");
        for (int step = 0; step < 6; step++)
            interrupted.Tick();
        interrupted.Press(PlayKey.Left);
        interrupted.Press(PlayKey.NewGame);
        interrupted.Tick();
        Assert.That(interrupted.AgentPlays, Is.False, "the person took over in the dream");
        interrupted.Press(PlayKey.Dream);
        Assert.That(interrupted.Dreaming, Is.False);
        Assert.That(interrupted.Frame.SequenceEqual(left));
        for (int step = 0; step < 12; step++)
        {
            Assert.That($"{interrupted.Status}", Is.EqualTo($"{straight.Status}"), $"step {step} after the dream");
            Assert.That(interrupted.Frame.SequenceEqual(straight.Frame));
            Assert.That(interrupted.Tick() && straight.Tick());
        }
    }

    [Test]
    public void TheDreamIsTheModels()
    {
        using PlaySession session = Open(_policy, _world);
        for (int step = 0; step < 3; step++)
            session.Tick();
        float[] start = session.Frame.ToArray();
        PlayKey[] keys = [PlayKey.Right, PlayKey.Stay, PlayKey.Up, PlayKey.Left, PlayKey.Down, PlayKey.Down];
        using WorldModel world = WorldModel.Load(_world);
        using Dream dream = world.Dream(1, keys.Length);
        dream.Start(start);
        DreamBatch imagined = dream.Run(0, (ReadOnlySpan<long>)[1L, 0, 2, 3, 4, 4]);
        session.Press(PlayKey.Dream);
        double sum = 0;
        for (int t = 0; t < keys.Length; t++)
        {
            session.Press(keys[t]);
            PlayStatus status = session.Status;
            sum += imagined.Rewards(t)[0];
            Assert.That(session.Frame.SequenceEqual(imagined.Observations(t + 1)), $"step {t}");
            Assert.That((status.Reward, status.Continue), Is.EqualTo(((double)imagined.Rewards(t)[0], (double)imagined.Continues(t)[0])));
            Assert.That(status.Return, Is.EqualTo(sum).Within(1e-6));
        }
        // Anew from the same frame.
        session.Press(PlayKey.NewGame);
        Assert.That(session.Frame.SequenceEqual(start));
        session.Press(PlayKey.Right);
        Assert.That(session.Frame.SequenceEqual(imagined.Observations(1)));
    }

    [Test]
    public void APersonTakesOverForAMove()
    {
        using PlaySession session = Open(_policy);
        session.Tick();
        session.Press(PlayKey.Stay);
        Assert.That((session.Status.Step, session.Status.LastAction, session.AgentPlays), Is.EqualTo((2, "stay", false)));
        Assert.That(session.Tick(), Is.False, "the agent waits");
        session.Move(3);
        Assert.That((session.Status.Step, session.Status.LastAction), Is.EqualTo((3, "left")));
        session.Move(5);
        Assert.That((session.Status.Step, session.Status.Note), Is.EqualTo((3, "there is no action 5: 0 to 4")));
        session.Press(PlayKey.Agent);
        Assert.That(session.Tick());
        Assert.That(session.Status.Step, Is.EqualTo(4));
        session.Press(PlayKey.Agent);
        Assert.That(session.Tick(), Is.False);
    }

    [Test]
    public void ANewGameFollowsAnEndedOne()
    {
        using PlaySession session = Open(_policy);
        IEnvironment<long> game = EnvironmentRegistry.Make<long>("minipacman");
        float[] frame = new float[game.ObservationSpace.Size];
        game.Reset(Seed, frame);
        while (!game.Step([0], frame).Done)
        {
        } // a ghost finds who stays
        int steps = 0;
        for (; session.Status.Ending is null; steps++)
            session.Press(PlayKey.Stay);
        Assert.That(session.Frame.SequenceEqual(frame));
        session.Press(PlayKey.Stay);
        session.Press(PlayKey.Dream);
        Assert.That((session.Status.Step, session.Status.Ending, session.Dreaming), Is.EqualTo((steps, "terminated", false)));
        Assert.That(session.Status.NextAction, Is.Null);
        game.Reset(null, frame);
        session.Press(PlayKey.Agent);
        session.Tick();
        Assert.That(session.Frame.SequenceEqual(frame), "the agent goes on with the next game");
        Assert.That((session.Status.Step, session.Status.Return, session.Status.LastAction), Is.EqualTo((0, 0.0, (string?)null)));
        game.Reset(null, frame);
        session.Press(PlayKey.NewGame);
        Assert.That(session.Frame.SequenceEqual(frame));
    }

    [Test]
    public void ADreamEndsWhenItsModelSaysSo()
    {
        using PlaySession session = Open(_policy, _ending);
        session.Press(PlayKey.Dream);
        session.Press(PlayKey.Up);
        Assert.That((session.Status.Ending, session.Status.Step), Is.EqualTo(("the model says so", 1)));
        session.Press(PlayKey.Up);
        Assert.That((session.Status.Step, session.Status.Note), Is.EqualTo((1, "over: r starts again")));
        session.Press(PlayKey.Dream);
        Assert.That((session.Status.Ending, session.Dreaming), Is.EqualTo(((string?)null, false)));
    }

    [Test]
    public void AWorldModelAloneIsPlayedByAPerson()
    {
        using PlaySession session = Open(_world);
        Assert.That((session.AgentPlays, session.Tick()), Is.EqualTo((false, false)));
        session.Press(PlayKey.Agent);
        Assert.That(session.Tick());
        Assert.That(session.Status.Agent, Is.EqualTo("scripted player"));
        session.Press(PlayKey.Dream);
        Assert.That((session.Dreaming, session.AgentPlays, session.Tick()), Is.EqualTo((true, false, false)));
        session.Press(PlayKey.Agent);
        Assert.That(session.Status.Note, Does.Contain("sees no pictures"));
        session.Press(PlayKey.Dream);
        Assert.That(session.AgentPlays, "as it was before the dream");
    }

    [Test]
    public void WithoutAModelThereIsNoDream()
    {
        using PlaySession session = Open(_policy);
        session.Press(PlayKey.Dream);
        Assert.That(session.Dreaming, Is.False);
        Assert.That(session.Status.Note, Does.Contain("no model to dream with").And.Contain("--model"));
        using PlaySession elsewhere = Open(_policy, _world, "minipacman-rush");
        elsewhere.Press(PlayKey.Dream);
        Assert.That(elsewhere.Status.Note, Does.Contain("learnt minipacman").And.Contain("minipacman-rush"));
    }

    [Test]
    public void ThePaceHasBounds()
    {
        using PlaySession session = Open(_policy);
        int before = session.Delay;
        session.Press(PlayKey.Faster);
        Assert.That(session.Delay, Is.LessThan(before));
        for (int i = 0; i < 30; i++)
            session.Press(PlayKey.Faster);
        Assert.That(session.Delay, Is.EqualTo(10));
        for (int i = 0; i < 60; i++)
            session.Press(PlayKey.Slower);
        Assert.That(session.Delay, Is.EqualTo(3000));
        Assert.That(session.Quit, Is.False);
        session.Press(PlayKey.Quit);
        Assert.That(session.Quit);
    }

    [Test]
    public void BoardsAreReadable()
    {
        using PlaySession session = Open(_both);
        string[] board = BoardText.Draw(session);
        Assert.That(board, Has.Length.EqualTo(15).And.All.Length.EqualTo(19));
        Assert.That(board[0], Is.EqualTo(new string('#', 19)));
        string cells = string.Concat(board);
        Assert.That((cells.Count(c => c == 'P'), cells.Count(c => c == 'G')), Is.EqualTo((1, 1)));
        Assert.That(cells.Count(c => c is '.' or 'o' or 'P' or 'G'), Is.EqualTo(MiniPacmanMaze.WalkableCells));

        // Any mixture that a model may dream: magenta is nothing, a faint green over red an edible ghost.
        float[] frame = new float[3 * 285];
        (frame[0], frame[570]) = (0.9f, 0.8f);
        (frame[1], frame[286]) = (1, 0.05f);
        frame[2] = 1;
        frame[573] = 0.01f;
        Assert.That(BoardText.Classify(frame)[..4], Is.EqualTo(new MiniPacmanPixel?[]
            { null, MiniPacmanPixel.EdibleGhost, MiniPacmanPixel.DangerousGhost, MiniPacmanPixel.Empty }));
    }

    [Test]
    public void WhatDoesNotFitIsSaid()
    {
        string four = FixtureBundle.World(manifest => manifest with { Action = ActionSpec.Discrete(4) });
        string wide = FixtureBundle.Policy(manifest => manifest with
        {
            Observation = new() { Shape = [3, 15, 20] },
            Graphs = manifest.Graphs.ToDictionary(g => g.Key, g => g.Value with
            {
                Inputs = [.. g.Value.Inputs.Select(t => t.Role == TensorRole.Observation ? t with { Shape = ["batch", 3, 15, 20] } : t)],
            }),
        });
        try
        {
            Refused<BundleException>(() => Open(_policy, four), "World model", "has 4 actions", "minipacman-regular shows (3, 15, 19) and has 5");
            Refused<BundleException>(() => Open(wide), "Agent", "observes (3, 15, 20)", "(3, 15, 19)");
            Refused<BundleException>(() => Open(_policy, _policy), "no graph 'imagine'");
            Refused<BundleException>(() => Open(_policy, environment: "minipacmen"), "did you mean 'minipacman'");
            Refused<InvalidDataException>(() => Open("nowhere"), "There is no directory 'nowhere'");
            Refused<InvalidDataException>(() => Open(_policy, "nowhere"), "There is no directory 'nowhere'");
        }
        finally
        {
            Directory.Delete(four, recursive: true);
            Directory.Delete(wide, recursive: true);
        }

        static void Refused<TException>(Func<PlaySession> open, params string[] parts) where TException : Exception
        {
            TException problem = Assert.Throws<TException>(() => open().Dispose())!;
            foreach (string part in parts)
                Assert.That(problem.Message, Does.Contain(part));
        }
    }

    private static PlaySession Open(string bundle, string? model = null, string? environment = null, bool greedy = false) =>
        PlaySession.Open(new() { Bundle = bundle, Model = model, Environment = environment, Seed = Seed, Greedy = greedy });
}
