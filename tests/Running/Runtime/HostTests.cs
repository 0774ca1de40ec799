using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>What an app does besides running: share weights, change directory, replace bundles, ask for too much.</summary>
public sealed class HostTests : BundleFixture
{
    private static readonly string Zoo = Path.Combine(Repository.Root, "models", "zoo");

    [Test]
    public void AControllerOfAWorldActsAsOneOfItsOwn()
    {
        string directory = Keep(Fixtures.Latent());
        using WorldModel world = WorldModel.Load(directory);
        using Controller shared = world.Controller(new() { Seed = 3 });
        using Controller own = Controller.Load(directory, new() { Seed = 3 });
        (long[] a, long[] b) = (new long[2], new long[2]);
        for (int step = 0; step < 5; step++)
        {
            float[] seen = [.. Enumerable.Range(0, 10).Select(i => MathF.Sin(i + step))];
            shared.Act(seen, a);
            own.Act(seen, b);
            Assert.That(a, Is.EqualTo(b));
            Assert.That(shared.Logits.ToArray(), Is.EqualTo(own.Logits.ToArray()));
        }
    }

    [Test]
    public void APlannerOfAWorldPlansAsOneOfItsOwn()
    {
        string directory = Path.Combine(Zoo, "cartpole-swingup-planet");
        PlannerOptions options = new() { Candidates = 32, Elites = 4, Iterations = 2, Seed = 3 };
        using WorldModel world = WorldModel.Load(directory);
        using Planner shared = world.Planner(options);
        using Planner own = Planner.Load(directory, options);
        (float[] a, float[] b) = (new float[1], new float[1]);
        for (int step = 0; step < 3; step++)
        {
            float[] seen = [0.1f * step, -1, 0, 0.2f, 0];
            shared.Act(seen, a);
            own.Act(seen, b);
            Assert.That(a[0], Is.EqualTo(b[0]).And.Not.Zero);
        }
    }

    [Test]
    public void WhatIsMadeOfAWorldOpensEachGraphOnce()
    {
        ListLogger log = new ListLogger();
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()), new() { Logger = log, Provider = "cpu" });
        using Controller first = world.Controller(new() { Batch = 1 });
        using Controller second = world.Controller(new() { Batch = 2 });
        using Dream dream = world.Dream(2, 2);
        using Dream other = world.Dream(3, 2);
        first.Act(new float[5], new long[1]);
        second.Act(new float[10], new long[2]);
        dream.Run(1).Observations(0);
        other.Run(1).Observations(0);
        Assert.That(log.Of(3).Select(line => Regex.Match(line, "graph (\\w+)").Groups[1].Value),
            Is.EquivalentTo(new[] { "observe", "dream", "control", "decode" }));
    }

    [Test]
    public void AWorldSaysWhatItCannotMake()
    {
        using WorldModel grid = WorldModel.Load(Keep(Fixtures.Grid()));
        Refused(() => grid.Controller().Dispose(), "has no policy: expected a graph 'control' or 'act', found imagine",
            "use WorldModel.Load and Dream.Run(seed, actions)");
        Refused(() => grid.Planner().Dispose(),
            "cannot plan, it lacks a graph 'observe'", "it has graphs: imagine", "has no policy either");
        using WorldModel planet = WorldModel.Load(Path.Combine(Zoo, "cartpole-swingup-planet"));
        Refused(() => planet.Controller().Dispose(), "found observe, imagine, decode, reward", "use Planner.Load, or WorldModel.Planner");
        using WorldModel latent = WorldModel.Load(Keep(Fixtures.Latent()));
        Refused(() => latent.Planner().Dispose(), "has discrete actions", "use Controller.Load, or WorldModel.Controller");
        Assert.That(() => latent.Controller(new() { Runtime = new() { Threads = 2 } }),
            Throws.ArgumentException.With.Message.Contains("Runtime options belong to WorldModel.Load"));
        Assert.That(() => latent.Controller(new() { Batch = -1 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        using Controller still = latent.Controller();
        still.Act(new float[5], new long[1]);
    }

    [Test]
    [NonParallelizable]
    public void ARelativePathSurvivesAnotherDirectory()
    {
        string directory = Keep(Fixtures.Latent()), before = Directory.GetCurrentDirectory();
        try
        {
            Directory.SetCurrentDirectory(Path.GetDirectoryName(directory)!);
            using WorldModel world = WorldModel.Load(Path.GetFileName(directory));
            using Controller own = Controller.Load(Path.GetFileName(directory));
            Directory.SetCurrentDirectory(Path.GetPathRoot(directory)!);
            Assert.That(world.Directory, Is.EqualTo(directory));
            using Dream dream = world.Dream(64, 3);
            Assert.That(dream.Run(1).Observations(1).Length, Is.EqualTo(320), "starts and decode are read now");
            using Controller controller = world.Controller();
            controller.Act(new float[5], new long[1]);
            own.Act(new float[5], new long[1]);
            Assert.That(File.Exists(directory + ".tuning.json"), "it stands beside the bundle");
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
            File.Delete(directory + ".tuning.json");
        }
    }

    [Test]
    public void ABundleThatWasReplacedIsNotMixedWithTheOld()
    {
        string directory = Keep(Fixtures.Latent());
        using WorldModel world = WorldModel.Load(directory);
        using Dream dream = world.Dream(2, 2);
        DreamBatch imagined = dream.Run(1);
        string weights = Path.Combine(directory, "weights.safetensors");
        File.SetLastWriteTimeUtc(weights, DateTime.UtcNow.AddHours(1));
        using Controller controller = world.Controller();
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Refused(() => imagined.Observations(0),
            "was changed since it was loaded: weights.safetensors is another file", "load the bundle again");
        controller.Act(new float[5], new long[1]);
        Assert.That(dream.Run(2).Rewards(0).Length, Is.EqualTo(2), "what is open runs on");
        File.Delete(weights);
        Refused(() => world.Graph("act"), "weights.safetensors is gone");
    }

    [Test]
    public void SizesThatCannotBeAreRefusedWithThoseThatCan()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()), new() { Provider = "cpu" });
        string most = $"expected a batch of at most {Array.MaxLength / 24} rows, found";
        Refused(() => world.Dream(int.MaxValue, 1000).Dispose(), most, $"{int.MaxValue}: 'h' float32 [batch, 6] would take 51.5 GB");
        Refused(() => world.Controller(new() { Batch = int.MaxValue }).Dispose(), most);
        Refused(() => world.Dream(1, int.MaxValue).Dispose(), "Expected a horizon of at most", $"found {int.MaxValue}");
        Refused(() => world.Dream(1_000_000, 1_000_000, new() { Tile = 1, Threads = 1 }).Dispose(), "in tiles of 1 rows, found 1000000");
        Assert.That(() => world.Dream(0, 1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => world.Dream(1, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => world.Dream(1, 1, new() { Threads = 100_000 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => WorldModel.Load(world.Directory, new() { Threads = 1_000_000 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => WorldModel.Load(world.Directory, new() { Provider = null! }), Throws.ArgumentNullException);
        using Controller wide = world.Controller(new() { Batch = 40_000_000 });
        Refused(() => wide.Act(new float[5], new long[1]), "Expected observations (40000000, 5), 200000000 values; found 5");
        Dictionary<string, NpyArray> none = new Dictionary<string, NpyArray>
        {
            ["h"] = NpyArray.Zeros(NpyType.Float32, 0, 6), ["z"] = NpyArray.Zeros(NpyType.Float32, 0, 3),
        };
        Refused(() => world.Graph("decode").Run(none), "input 'h': expected a batch of at least 1, found float32 [0, 6]");
    }

    /// <summary>More rows than any tool offers, in one dream.</summary>
    [Test]
    public void TwoHundredThousandRowsDreamAsOneDoes()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()), new() { Provider = "cpu" });
        using Dream many = world.Dream(200_000, 2, new() { Tile = 512, Threads = 2 });
        using Dream one = world.Dream(1, 2);
        float[] expected = one.Run(3).State("h", 2).ToArray();
        Assert.That(many.Run(3).State("h", 2)[..6].ToArray(), Is.EqualTo(expected).Within(1e-6));
        Assert.That(many.Run(3).Rewards(1)[^1], Is.Not.Zero);
    }

    /// <summary>What a row saw that was no number leaves no trace: it goes on as if that call had not been; no other row notices.</summary>
    [TestCase(1)]
    [TestCase(2)]
    public void NaNCostsARowOneStep(int good)
    {
        using Controller controller = Controller.Load(Path.Combine(Zoo, "pendulum-dreamer"), new() { Batch = 3, Deterministic = true });
        using Controller clean = Controller.Load(Path.Combine(Zoo, "pendulum-dreamer"), new() { Batch = 3, Deterministic = true });
        using Controller alone = Controller.Load(Path.Combine(Zoo, "pendulum-dreamer"), new() { Batch = 1, Deterministic = true });
        float[] seen = [1, 0, 0.1f, 0, 1, 0.2f, -1, 0, 0.3f], ill = [.. seen];
        ill[4] = float.NaN;
        (float[] action, float[] expected, float[] one) = (new float[3], new float[3], new float[1]);
        for (int call = 1; call < good; call++)
            controller.Act(seen, action);
        for (int time = 0; time < 2; time++)
        {
            GraphOutputException fed = Assert.Throws<GraphOutputException>(() => controller.Act(ill, action))!;
            Assert.That(fed.Message, Does.Contain($"of row 1 at step {good}, as its observation has NaN at 1"));
            Assert.That(action[1], Is.NaN);
        }
        controller.Act(seen, action);
        for (int call = 0; call < good + 2; call++)
            clean.Act(seen, expected);
        for (int call = 0; call < good; call++)
            alone.Act(seen.AsSpan(3, 3), one);
        Assert.That((action[0], action[2]), Is.EqualTo((expected[0], expected[2])), "no other row");
        Assert.That(action[1], Is.EqualTo(one[0]).Within(1e-6), "the row has seen what was finite");
        Assert.That(action[1], Is.Not.EqualTo(expected[1]).Within(1e-4), "which is less than the others saw");
    }

    [Test]
    public void ALoggerHearsWhatIsDecided()
    {
        ListLogger log = new ListLogger();
        string directory = Keep(Fixtures.Latent());
        using WorldModel world = WorldModel.Load(directory, new() { Logger = log });
        Assert.That(log.Of(1), Is.EqualTo(new[] { $"Bundle '{directory}' runs on {world.ProviderReport.Chosen} (asked for: auto)." }));
        Assert.That(log.Of(2).Count(), Is.EqualTo(world.ProviderReport.PassedOver.Count));
        foreach (string why in world.ProviderReport.PassedOver.Values)
            Assert.That(string.Join('\n', log.Of(2)), Does.Contain(why));
        using WorldModel cpu = WorldModel.Load(directory, new() { Logger = log, Provider = "cpu" });
        using Dream measured = cpu.Dream(64, 2);
        Assert.That(log.Of(5).Single(), Does.Contain($"batch 64, horizon 2 runs as {measured.Plan} (measured in "));
        using Dream known = cpu.Dream(64, 2);
        Assert.That(log.Of(6).Last(), Does.EndWith("(measured before)."));
        File.Delete(directory + ".tuning.json");
        int lines = log.Lines.Count;
        measured.Run(1);
        using Controller controller = cpu.Controller(new() { Batch = 1 });
        lines += log.Lines.Count(l => l.Text.Contains("graph control"));
        for (int step = 0; step < 10; step++)
            controller.Act(new float[5], new long[1]);
        Assert.That(log.Lines, Has.Count.EqualTo(lines), "no step is logged");
    }

    /// <summary>Keeps what is logged.</summary>
    private sealed class ListLogger : ILogger
    {
        public List<(int Id, string Text)> Lines { get; } = [];

        public IEnumerable<string> Of(int id) => Lines.Where(l => l.Id == id).Select(l => l.Text);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Lines.Add((eventId.Id, formatter(state, exception)));
    }
}
