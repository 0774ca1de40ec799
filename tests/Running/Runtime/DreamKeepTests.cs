using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;
using WorldModels.Runtime.Internals;

namespace WorldModels.Tests.Runtime;

/// <summary>
/// A state of which only the last step is kept. The manifest that says so and the one that does not have the same graphs, so that whatever
/// a dream does with the former has to give the numbers of the latter.
/// </summary>
internal sealed class DreamKeepTests : BundleFixture
{
    private const DreamOutputs All = DreamOutputs.Arrivals | DreamOutputs.Values | DreamOutputs.Observations;

    /// <summary>How a dream may start.</summary>
    public enum From { Recorded, Observations, Context, States, TheEnd }

    [Test]
    public void ADreamIsTheSameAsWithEveryStepKept(
        [Values] From from, [Values] bool fused, [Values(0, 3)] int tile, [Values(1, 2, 5)] int horizon)
    {
        using WorldModel every = WorldModel.Load(Keep(CacheBundle.Write(null, fused)), new() { Provider = "cpu" });
        using WorldModel last = WorldModel.Load(Keep(CacheBundle.Write(KeptSteps.Last, fused)), new() { Provider = "cpu" });
        DreamOptions options = new() { Outputs = All, KeepLogits = !fused, Tile = tile, Threads = 2 };
        using Dream a = every.Dream(8, horizon, options);
        using Dream b = last.Dream(8, horizon, options);
        Same(a, b, from, All);
    }

    [Test]
    public void ADeviceKeepsOneCopyAsWell([Values] From from, [Values] DevicePieces pieces, [Values] bool fused)
    {
        using WorldModel every = WorldModel.Load(Keep(CacheBundle.Write(null, fused)), new() { Provider = "cpu" });
        RuntimeOptions device = new() { Provider = "cpu", HostAsDevice = pieces };
        using WorldModel last = WorldModel.Load(Keep(CacheBundle.Write(KeptSteps.Last, fused)), device);
        using Dream a = every.Dream(8, 5, new() { Outputs = All, Tile = 0 });
        using Dream b = last.Dream(8, 5, new() { Outputs = All });
        Same(a, b, from, All);
    }

    /// <summary>An even number of steps in one run ends in the other place all the same.</summary>
    [Test]
    public void SeveralStepsInOneRunAreTheSame(
        [Values] From from, [Values(2, 3)] int steps, [Values(2, 3, 7)] int horizon, [Values] bool onDevice)
    {
        RuntimeOptions runtime = new()
        {
            Provider = "cpu", Variant = "unrolled", HostAsDevice = onDevice ? DevicePieces.OneEachStep : null,
        };
        using WorldModel every = WorldModel.Load(Keep(CacheBundle.Write(null, fused: true)), new() { Provider = "cpu" });
        using WorldModel last = WorldModel.Load(Unrolled(steps), runtime);
        DreamOptions options = new() { Outputs = DreamOutputs.None, Tile = 3 };
        using Dream a = every.Dream(8, horizon, options);
        using Dream b = last.Dream(8, horizon, options with { Unroll = true });
        Assert.That(b.Plan.Unrolled, Is.EqualTo(steps > horizon ? 1 : steps));
        Same(a, b, from, DreamOutputs.None);
    }

    [Test]
    public void HeadsOfAStateThatIsNotKeptFollowEachStep()
    {
        using WorldModel every = WorldModel.Load(Keep(CacheBundle.Write(null, fused: true)), new() { Provider = "cpu" });
        using WorldModel last = WorldModel.Load(Unrolled(2), new() { Provider = "cpu", Variant = "unrolled" });
        using Dream a = every.Dream(8, 5, new() { Outputs = All });
        using Dream b = last.Dream(8, 5, new() { Outputs = All, Unroll = true });
        Assert.That(b.Plan.Unrolled, Is.EqualTo(1), "the heads want every step's states");
        Same(a, b, From.Recorded, All);
    }

    [Test]
    public void TheCacheTakesTwoCopiesWhateverTheHorizonAndTheContext()
    {
        const int Batch = 4, Copy = Batch * CacheBundle.Positions * CacheBundle.Size * sizeof(float);
        using Bundle every = new Bundle(Keep(CacheBundle.Write(null)), new() { Provider = "cpu" });
        using Bundle last = new Bundle(Keep(CacheBundle.Write(KeptSteps.Last)), new() { Provider = "cpu" });
        DreamBuffers Buffers(Bundle bundle, int horizon)
        {
            DreamBuffers buffers = new DreamBuffers(bundle, Batch, horizon, new(), new("plain", Batch, 1), null);
            buffers.Remember(context: 20);
            return buffers;
        }

        using DreamBuffers sixteen = Buffers(every, 15);
        using DreamBuffers two = Buffers(last, 15);
        using DreamBuffers long_ = Buffers(last, 1000);
        Assert.That(sixteen.States["cache"].Bytes, Is.EqualTo(16 * Copy));
        Assert.That(two.States["cache"].Bytes, Is.EqualTo(2 * Copy));
        Assert.That(long_.States["cache"].Bytes, Is.EqualTo(2 * Copy));
        foreach (string state in (string[])["position", "odd", "h"])
            Assert.That(two.States[state].Bytes, Is.EqualTo(sixteen.States[state].Bytes), $"{state} is kept at every step");
        // A context of 20 observations adds 20 steps before the dream to what keeps them all, and nothing to the cache.
        Assert.That(sixteen.Bytes - two.Bytes, Is.EqualTo((14 + 20) * Copy));
    }

    [Test]
    public void StepsThatAreNotThereAreRefused()
    {
        using WorldModel world = WorldModel.Load(Keep(CacheBundle.Write(KeptSteps.Last)), new() { Provider = "cpu" });
        using Dream dream = world.Dream(2, 3);
        dream.Start(CacheBundle.Draw(20, 5), [0L, 1]);
        DreamBatch imagined = dream.Run(1);
        Assert.That(imagined.State("cache", 3).Length, Is.EqualTo(2 * CacheBundle.Positions * CacheBundle.Size));
        Assert.That(imagined.State<long>("position", -1).ToArray(), Is.EqualTo(new long[] { 1, 1 }), "of the others, all are");
        foreach (int t in (int[])[-1, 0, 1, 2])
            Refused(() => imagined.State("cache", t), "keeps only the last step of state 'cache'", $"step 3, not {t}");
        Refused(() => imagined.Observations(1), "keeps only the last step of state 'cache'", "DreamOptions.Outputs asks for");
        Assert.That(imagined.Observations(3).Length, Is.EqualTo(10), "the last is decoded when looked at");
    }

    [Test]
    public void LooksAtTheLastStepFindItInEitherPlace()
    {
        using WorldModel every = WorldModel.Load(Keep(CacheBundle.Write(null, fused: true)), new() { Provider = "cpu" });
        using WorldModel last = WorldModel.Load(Unrolled(2), new() { Provider = "cpu", Variant = "unrolled" });
        using Dream a = every.Dream(2, 4, new() { Outputs = DreamOutputs.None });
        using Dream b = last.Dream(2, 4, new() { Outputs = DreamOutputs.None, Unroll = true });
        long[] actions = [0, 1, 2, 3, 3, 2, 1, 0];
        // The policy's dream makes two runs of two steps; given actions, graph imagine makes two as well, or four without its pairs.
        for (ulong seed = 1; seed < 4; seed++)
        {
            (DreamBatch x, DreamBatch y) = (a.Run(seed), b.Run(seed));
            Assert.That(y.Observations(4).ToArray(), Is.EqualTo(x.Observations(4).ToArray()).Within(1e-6));
            (x, y) = (a.Run(seed, actions), b.Run(seed, actions));
            Assert.That(y.Observations(4).ToArray(), Is.EqualTo(x.Observations(4).ToArray()).Within(1e-6));
        }
    }

    [Test]
    public void APlannerPlansTheSame([Values] bool onDevice)
    {
        float[] Plan(KeptSteps? keep, DevicePieces? pieces)
        {
            string directory = Keep(CacheBundle.Write(keep, continuous: true));
            using Planner planner = Planner.Load(directory, new()
            {
                Batch = 2, Horizon = 6, Candidates = 20, Elites = 4, Iterations = 2, Seed = 3, Tile = 7, Threads = 1,
                Runtime = new() { Provider = "cpu", HostAsDevice = pieces },
            });
            float[] action = new float[8];
            List<float> all = [];
            for (uint call = 0; call < 4; call++)
            {
                planner.Act(CacheBundle.Draw(10, 40 + call), action);
                if (call == 1)
                    planner.Reset([1]);
                all.AddRange(action);
            }
            return [.. all];
        }

        float[] expected = Plan(null, null);
        Assert.That(Plan(KeptSteps.Last, onDevice ? DevicePieces.OneForAllSteps : null), Is.EqualTo(expected).Within(1e-5));
        Assert.That(expected.Distinct().Count(), Is.GreaterThan(20));
    }

    [Test]
    public void AllocatesNothingAfterTheFirstRun([Values] From from)
    {
        using WorldModel world = WorldModel.Load(Keep(CacheBundle.Write(KeptSteps.Last)), new() { Provider = "cpu" });
        using Dream dream = world.Dream(8, 5, new() { Outputs = All, Tile = 3 });
        float[] context = CacheBundle.Draw(3 * 8 * CacheBundle.Seen, 5), cache = CacheBundle.Draw(8 * 40, 6);
        long[] taken = new long[16];
        float sum = 0;
        void Run(ulong seed)
        {
            if (from == From.Context)
                dream.Start(context, taken);
            if (from == From.States)
                dream.Start("cache", cache);
            if (from == From.TheEnd)
                dream.Continue();
            sum += dream.Run(seed).State("cache", 5)[0];
        }

        Run(0);
        Run(1);
        Assert.That(Allocations.EachTime(() =>
        {
            for (ulong seed = 2; seed < 12; seed++)
                Run(seed);
        }), Is.Zero);
        Assert.That(sum, Is.Not.NaN);
    }

    [Test]
    public void TheManifestIsChecked()
    {
        string directory = Keep(CacheBundle.Write(KeptSteps.Last));
        Manifest manifest = Manifest.Load(directory);
        Assert.That(manifest.ToJson(), Does.Contain("\"keep\": \"last\""));
        Assert.That(Manifest.Load(Keep(CacheBundle.Write(null))).ToJson(), Does.Not.Contain("keep"));
        TensorSpec[] Changed(IReadOnlyList<TensorSpec> tensors, string name, KeptSteps? keep) =>
            [.. tensors.Select(t => t.Name == name ? t with { Keep = keep } : t)];
        void Write(Func<GraphSpec, GraphSpec> change) => Fixtures.Write(directory, manifest.WithGraph("imagine", change));

        Write(g => g with { Inputs = Changed(g.Inputs, "cache", KeptSteps.EveryStep) });
        Refused(() => WorldModel.Load(directory),
            "state 'cache': graph observe keeps last, graph imagine keeps everyStep; expected the same");
        Write(g => g with { Inputs = Changed(g.Inputs, "action", KeptSteps.Last) });
        Refused(() => WorldModel.Load(directory), "input 'action' (action): expected no \"keep\"");
        Write(g => g with { Outputs = Changed(g.Outputs, "next_cache", KeptSteps.Last) });
        Refused(() => WorldModel.Load(directory), "output 'next_cache' (state): expected no \"keep\"");
    }

    private string Unrolled(int steps)
    {
        string directory = Path.Combine(Keep(Directory.CreateTempSubdirectory("worldmodels-keep").FullName), "cache");
        Directory.Move(CacheBundle.Write(KeptSteps.Last, fused: true), directory);
        OnnxModel step = BundleVariant.Load(directory, Manifest.Load(directory), "dream");
        VariantSpec facts = new() { Precision = Precision.Float32, Graphs = new Dictionary<string, GraphSpec>() };
        BundleVariant.Write(directory, "unrolled", facts, [step], unroll: steps);
        return directory;
    }

    /// <summary>Several runs of two dreams from the same start, the policy's and given actions in turn.</summary>
    private static void Same(Dream a, Dream b, From from, DreamOutputs outputs)
    {
        int batch = a.Batch, horizon = a.Horizon;
        long[] actions = [.. Enumerable.Range(0, batch * horizon).Select(i => i * 7L % 3)];
        foreach (Dream dream in (Dream[])[a, b])
            Start(dream, from);
        for (ulong seed = 1; seed < 4; seed++)
        {
            Same(a.Run(seed), b.Run(seed), outputs);
            if (from == From.TheEnd)
            {
                foreach (Dream dream in (Dream[])[a, b])
                    dream.Continue();
            }

            Same(a.Run(seed, actions), b.Run(seed, actions), outputs);
        }
    }

    private static void Start(Dream dream, From from)
    {
        int batch = dream.Batch;
        dream.Run(9); // Whatever a run before left behind does not matter.
        if (from == From.Observations)
            dream.Start(CacheBundle.Draw(batch * CacheBundle.Seen, 5));
        long[] taken = [.. Enumerable.Range(0, 3 * batch).Select(i => i % 4L)];
        if (from == From.Context)
            dream.Start(CacheBundle.Draw(4 * batch * CacheBundle.Seen, 5), taken);
        if (from != From.States)
            return;
        dream.Start("cache", CacheBundle.Draw(batch * CacheBundle.Positions * CacheBundle.Size, 6));
        dream.Start("position", (long[])[.. Enumerable.Range(0, batch).Select(i => i * 3L)]);
        dream.Start("odd", (bool[])[.. Enumerable.Range(0, batch).Select(i => i % 3 == 0)]);
        dream.Start("h", CacheBundle.Draw(batch * CacheBundle.Size, 7));
    }

    private static void Same(DreamBatch expected, DreamBatch found, DreamOutputs outputs)
    {
        int horizon = expected.Horizon, last = horizon;
        Assert.That(found.Context, Is.EqualTo(expected.Context));
        Assert.That(found.State("cache", last).ToArray(), Is.EqualTo(expected.State("cache", last).ToArray()).Within(1e-5));
        for (int t = 1 - expected.Context; t <= last; t++)
        {
            Assert.That(found.State("h", t).ToArray(), Is.EqualTo(expected.State("h", t).ToArray()).Within(1e-5), $"h at {t}");
            Assert.That(found.State<long>("position", t).ToArray(), Is.EqualTo(expected.State<long>("position", t).ToArray()));
            Assert.That(found.State<bool>("odd", t).ToArray(), Is.EqualTo(expected.State<bool>("odd", t).ToArray()));
            if (t < last)
                Assert.That(found.Actions(t).ToArray(), Is.EqualTo(expected.Actions(t).ToArray()));
            if (t < 0 || outputs == DreamOutputs.None)
                continue;
            Assert.That(found.Values(t).ToArray(), Is.EqualTo(expected.Values(t).ToArray()).Within(1e-5), $"value at {t}");
            Assert.That(found.Observations(t).ToArray(), Is.EqualTo(expected.Observations(t).ToArray()).Within(1e-5), $"seen at {t}");
            if (t == last)
                continue;
            Assert.That(found.Rewards(t).ToArray(), Is.EqualTo(expected.Rewards(t).ToArray()).Within(1e-5), $"reward at {t}");
        }
        Assert.That(expected.State("h", last).ToArray().Distinct().Count(), Is.GreaterThan(expected.Batch), "rows differ");
    }
}
