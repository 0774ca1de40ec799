using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>What agent and model know of the real game when a dream begins.</summary>
public sealed class PlayMemoryTests
{
    private static readonly string Zoo = Path.Combine(Repository.Root, "models", "zoo", "minipacman-environment-model");

    [Test]
    public void TheAgentInTheDreamRemembersTheLastFrames()
    {
        string world = FixtureBundle.World(), policy = FixtureBundle.Policy();
        try
        {
            using PlaySession session = PlaySession.Open(new() { Bundle = policy, Model = world, Greedy = true });
            using Controller fresh = Controller.Load(policy, new() { Batch = 1, Deterministic = true });
            List<float[]> frames = [session.Frame.ToArray()];
            long[] action = new long[1];
            foreach (int moves in (int[])[4, PlaySession.Recall + 3])
            {
                for (int move = 0; move < moves; move++)
                {
                    session.Tick();
                    frames.Add(session.Frame.ToArray());
                }
                Assert.That(session.Status.Ending, Is.Null);
                session.Press(PlayKey.Dream);
                fresh.Reset();
                foreach (float[] frame in frames.TakeLast(PlaySession.Recall))
                    fresh.Act(frame, action);
                for (int step = 0; step < 5; step++)
                {
                    Assert.That(session.Status.Value, Is.EqualTo(fresh.Values[0]), $"{moves} moves, step {step}");
                    session.Tick();
                    Assert.That(session.Status.LastAction, Is.EqualTo(session.Actions[(int)action[0]]));
                    fresh.Act(session.Frame, action);
                }
                session.Press(PlayKey.Dream);
            }
        }
        finally
        {
            Directory.Delete(world, recursive: true);
            Directory.Delete(policy, recursive: true);
        }
    }

    [Test]
    public void TheModelRemembersTheRealGame()
    {
        using PlaySession session = PlaySession.Open(new() { Bundle = Zoo, Seed = 5 });
        session.LetAgentPlay(true);
        List<float[]> frames = [session.Frame.ToArray()];
        for (int move = 0; move < 7; move++)
        {
            session.Tick();
            frames.Add(session.Frame.ToArray());
        }
        foreach (int again in (int[])[0, 1])
        {
            session.Press(PlayKey.Dream);
            session.Press(PlayKey.Up);
            Assert.That(session.Frame.SequenceEqual(Imagine(frames, action: 2)), $"dream {again}");
            session.Press(PlayKey.Dream);
        }
        // A new game has no past but its first frame.
        session.Press(PlayKey.NewGame);
        frames = [session.Frame.ToArray()];
        session.Press(PlayKey.Dream);
        session.Press(PlayKey.Left);
        Assert.That(session.Frame.SequenceEqual(Imagine(frames, action: 3)));
    }

    [Test]
    public void FuturesStartFromWhatTheModelRemembers()
    {
        string agent = Path.Combine(Repository.Root, "models", "zoo", "minipacman-a2c");
        AgentGame game = AgentGame.Play(
            new() { Bundle = agent, Model = Zoo, Seed = 2 }, new() { Moments = 6, Every = 1, Skip = 0, Depth = 1 });
        float[][] frames = [.. game.Moments.Select(moment => moment.Frame)];
        for (int t = 0; t < 6; t++)
        {
            for (int action = 0; action < 5; action++)
            {
                float[] imagined = game.Moments[t].Imagined[0][action].Frame;
                Assert.That(imagined, Is.EqualTo(Imagine(frames[..(t + 1)], action)), $"step {t}, action {action}");
            }
        }
    }

    /// <summary>States of whole numbers, such as the position in a cache, are remembered as others are.</summary>
    [Test]
    public void WholeNumbersAreRememberedToo()
    {
        string bundle = CellsBundle.Write();
        try
        {
            using WorldModel world = WorldModel.Load(bundle);
            ModelMemory memory = new(world);
            float[] frame = new float[50];
            memory.Observe(frame, move: null);
            memory.Observe(frame, PlayMove.Of(1));
            Assert.That(memory.State("count").As<long>().ToArray(), Is.EqualTo(new long[] { 2 }));
            using Dream dream = world.Dream(batch: 3, horizon: 1);
            memory.Start(dream);
            Assert.That(dream.Run(1, new long[3]).State<long>("count", 1).ToArray(), Is.EqualTo(new long[] { 3, 3, 3 }));
            memory.Observe(frame, move: null);
            Assert.That(memory.State("count").As<long>().ToArray(), Is.EqualTo(new long[] { 1 }), "a game begins");
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    /// <summary>The next frame by graph <c>imagine</c> on inputs put together here: the newest frame, and those before it.</summary>
    private static float[] Imagine(IReadOnlyList<float[]> frames, long action)
    {
        using WorldModel world = WorldModel.Load(Zoo);
        GraphRunner imagine = world.Graph("imagine");
        Dictionary<string, NpyArray> inputs = new()
        {
            ["frame"] = NpyArray.Of(frames[^1], 1, 3, 15, 19),
            ["action"] = NpyArray.Of(new long[] { action }, 1),
        };
        if (imagine.Spec.Inputs.FirstOrDefault(input => input.Name == "past") is { } past)
        {
            int count = past.Shape[1].Size / 3;
            IEnumerable<float[]> before = Enumerable.Repeat(frames[0], count).Concat(frames).SkipLast(1).TakeLast(count);
            inputs["past"] = NpyArray.Of(before.SelectMany(frame => frame).ToArray(), 1, 3 * count, 15, 19);
        }
        return imagine.Run(inputs)["next_frame"].ToFloats();
    }
}
