using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>What a host disposes, in whatever order and from whatever thread: exceptions that say so, and a process that lives.</summary>
public sealed class LifetimeTests : BundleFixture
{
    private static readonly string Planet = Path.Combine(Repository.Root, "models", "zoo", "cartpole-swingup-planet");

    [Test]
    public void NothingRunsAfterItsWorldWasDisposed()
    {
        WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        Dream dream = world.Dream(2, 3);
        Controller controller = world.Controller();
        GraphRunner runner = world.Graph("decode");
        DreamBatch imagined = dream.Run(1);
        long[] action = new long[2];
        controller.Act(new float[10], action);
        Dictionary<string, NpyArray> inputs = new Dictionary<string, NpyArray>
        {
            ["h"] = NpyArray.Zeros(NpyType.Float32, 2, 6), ["z"] = NpyArray.Zeros(NpyType.Float32, 2, 3),
        };
        runner.Run(inputs);
        world.Dispose();
        world.Dispose();

        Disposed<WorldModel>(() => world.Dream(2, 3), () => world.Controller(), () => world.Planner(), () => world.Graph("decode"));
        Disposed<Dream>(() => dream.Run(2), () => dream.Run(2, new long[6]), () => dream.Start(new float[10]), () => dream.Continue(),
            () => dream.Start(new float[20], new long[2]), () => dream.Start("h", new float[12]), () => imagined.Rewards(0),
            () => imagined.Continues(0), () => imagined.Actions(0), () => imagined.State("h", 0), () => imagined.Observations(0));
        Disposed<Controller>(() => controller.Act(new float[10], action), () => controller.Reset(), () => controller.Reset([0]),
            () => _ = controller.Values.Length, () => _ = controller.Logits.Length);
        Disposed<GraphRunner>(() => runner.Run(inputs));
        Assert.That(() => dream.Run(2),
            Throws.TypeOf<ObjectDisposedException>().With.Message.Contains("The WorldModel that this Dream runs was disposed"));

        Assert.That(world.Manifest.Name, Is.EqualTo("latent"));
        Assert.That((controller.Manifest.Name, runner.Name), Is.EqualTo(("latent", "decode")));
        Assert.That(world.ProviderReport.Chosen, Is.EqualTo(controller.ProviderReport.Chosen));
        controller.Dispose();
        dream.Dispose();
        dream.Dispose();
        Disposed<Dream>(() => dream.Run(2), () => imagined.Rewards(0));
    }

    [Test]
    public void NothingPlansAfterItsWorldWasDisposed()
    {
        WorldModel world = WorldModel.Load(Planet);
        Planner planner = world.Planner(new() { Candidates = 16, Elites = 4, Iterations = 1 });
        float[] action = new float[1];
        planner.Act(new float[5], action);
        world.Dispose();
        Disposed<Planner>(() => planner.Act(new float[5], action), () => planner.Executed(action), () => planner.Reset(),
            () => planner.Reset([0]), () => _ = planner.Plan.Length);
        planner.Dispose();
        planner.Dispose();
        Disposed<Planner>(() => planner.Act(new float[5], action));
    }

    [Test]
    public void WhatIsDisposedLeavesTheWorldOpen()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        Dream dream = world.Dream(2, 3);
        Controller controller = world.Controller();
        long[] action = new long[1];
        controller.Act(new float[5], action);
        dream.Dispose();
        controller.Dispose();
        controller.Dispose();
        Disposed<Controller>(() => controller.Act(new float[5], action), () => controller.Reset(), () => _ = controller.Values.Length);
        using Controller another = world.Controller();
        another.Act(new float[5], action);
        using Dream next = world.Dream(2, 3);
        Assert.That(next.Run(1).Rewards(0).Length, Is.EqualTo(2));
        Controller own = Controller.Load(world.Directory);
        own.Dispose();
        own.Dispose();
        Disposed<Controller>(() => own.Act(new float[5], action));
    }

    /// <summary>Sessions are closed, memory is freed, while two threads of a dream, a controller and new dreams are at it.</summary>
    [Test]
    public void ARunInFlightFinishesOrThrows([Values("world", "what runs", "both")] string disposed)
    {
        string directory = Keep(Fixtures.Latent());
        for (int round = 0; round < 15; round++)
        {
            WorldModel world = WorldModel.Load(directory);
            Dream dream = world.Dream(64, 8, new() { Tile = 16, Threads = 2 });
            Controller controller = world.Controller(new() { Batch = 64 });
            GraphRunner runner = world.Graph("decode");
            (float[] seen, long[] action) = (new float[320], new long[64]);
            Dictionary<string, NpyArray> inputs = new Dictionary<string, NpyArray>
            {
                ["h"] = NpyArray.Zeros(NpyType.Float32, 8, 6), ["z"] = NpyArray.Zeros(NpyType.Float32, 8, 3),
            };
            using CountdownEvent started = new CountdownEvent(4);
            Task<string> Until(Action act) => Task.Factory.StartNew(() =>
            {
                try
                {
                    act();
                    started.Signal();
                    while (true)
                        act();
                }
                catch (ObjectDisposedException e)
                {
                    return e.ObjectName;
                }
            }, TaskCreationOptions.LongRunning);
            Task<string>[] all =
            [
                Until(() => dream.Run(1)), Until(() => controller.Act(seen, action)), Until(() => runner.Run(inputs)),
                Until(() =>
                {
                    using Dream own = world.Dream(2, 2);
                    own.Run(3);
                }),
            ];
            started.Wait();
            Thread.Sleep(round % 4);
            if (disposed != "world")
                dream.Dispose();
            if (disposed != "world")
                controller.Dispose();
            if (disposed == "what runs")
                Assert.That(Task.WhenAll(all[..2]).Wait(TimeSpan.FromMinutes(1)));
            world.Dispose();
            Assert.That(Task.WhenAll(all).Wait(TimeSpan.FromMinutes(1)));
            string[] names = [.. all.Select(t => t.Result[(t.Result.LastIndexOf('.') + 1)..])];
            Assert.That(names[..3], Is.EqualTo(new[] { "Dream", "Controller", "GraphRunner" }));
            Assert.That(names[3], Is.EqualTo("WorldModel").Or.EqualTo("Dream"));
            dream.Dispose();
            controller.Dispose();
        }
    }

    [Test]
    public void ASecondThreadIsRefused()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream dream = world.Dream(64, 20, new() { Tile = 16, Threads = 2 });
        using Controller controller = world.Controller(new() { Batch = 512 });
        (float[] seen, long[] action) = (new float[2560], new long[512]);
        float expected = dream.Run(5).Rewards(19)[63];
        Meets("this Dream: one thread at a time", () => dream.Run(5), () => dream.Continue());
        Meets("this Dream: one thread at a time", () => dream.Run(5), () => _ = dream.Run(5).Rewards(0)[0]);
        Meets("this Controller: one thread at a time", () => controller.Act(seen, action), () => controller.Reset());
        dream.Start(default);
        Assert.That(dream.Run(5).Rewards(19)[63], Is.EqualTo(expected), "and none spoilt the other's");
    }

    /// <summary>Its sessions, bindings and memory go to the finaliser in any order.</summary>
    [Test]
    public void WhatIsForgottenDoesNoHarm()
    {
        string directory = Keep(Fixtures.Latent());
        for (int i = 0; i < 20; i++)
        {
            Forget();
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        void Forget()
        {
            WorldModel world = WorldModel.Load(directory);
            world.Dream(4, 3).Run(1);
            world.Controller().Act(new float[5], new long[1]);
        }
    }

    /// <summary>Two threads that use one object until they meet: then one is refused, and nothing else is thrown.</summary>
    private static void Meets(string expected, params Action[] uses)
    {
        TaskCompletionSource<InvalidOperationException> met = new TaskCompletionSource<InvalidOperationException>();
        Task[] all = [.. uses.Select(use => Task.Factory.StartNew(() =>
        {
            for (int i = 0; i < 200_000 && !met.Task.IsCompleted; i++)
            {
                try
                {
                    use();
                }
                catch (InvalidOperationException e)
                {
                    met.TrySetResult(e);
                }
            }
        }, TaskCreationOptions.LongRunning))];
        Task.WaitAll(all);
        Assert.That(met.Task.IsCompleted, "no two calls met");
        Assert.That(met.Task.Result, Is.TypeOf<InvalidOperationException>().With.Message.Contains(expected));
    }

    private static void Disposed<T>(params Action[] uses)
    {
        foreach (Action use in uses)
            Assert.That(Assert.Throws<ObjectDisposedException>(() => use())!.ObjectName, Is.EqualTo(typeof(T).FullName));
    }
}
