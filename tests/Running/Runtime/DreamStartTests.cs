using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Runtime.Internals;

namespace WorldModels.Tests.Runtime;

/// <summary>States of every element type: recorded, given, and carried by dreams, controllers and planners.</summary>
internal sealed class DreamStartTests : BundleFixture
{
    private const int Row = CacheBundle.Positions * CacheBundle.Size;

    [Test]
    public void RecordedStatesOfEveryTypeStartADream([Values] DevicePieces? pieces, [Values(null, KeptSteps.Last)] KeptSteps? keep)
    {
        string directory = Keep(CacheBundle.Write(keep, starts: true));
        using WorldModel world = WorldModel.Load(directory, new() { Provider = "cpu", HostAsDevice = pieces });
        using Dream dream = world.Dream(5, 3, new() { Tile = pieces is null ? 2 : null });
        DreamBatch imagined = dream.Run(7);
        Dictionary<string, NpyArray> starts = Npz.Read(Path.Combine(directory, "starts.npz"));
        int[] picked = [.. Enumerable.Range(0, 5).Select(b => Philox.NextInt(new(7, (uint)b, 0, Philox.Stream("start")), 7))];
        Assert.That(picked.Distinct().Count(), Is.GreaterThan(2));
        Assert.That(imagined.State<long>("position", 0).ToArray(), Is.EqualTo(picked.Select(i => (1L << 40) + i)), "no float between");
        Assert.That(imagined.State<bool>("odd", 0).ToArray(), Is.EqualTo(picked.Select(i => i % 2 == 1)));
        float[] h = [.. picked.SelectMany(i => starts["h"].Slice(i).ToFloats())];
        Assert.That(imagined.State("h", 0).ToArray(), Is.EqualTo(h));
        float[] cache = [.. picked.SelectMany(i => starts["cache"].Slice(i).ToFloats())];
        if (keep is null)
            Assert.That(imagined.State("cache", 0).ToArray(), Is.EqualTo(cache));
        // Three of ten tokens are new after three steps, the others moved up.
        for (int b = 0; b < 5; b++)
            Assert.That(imagined.State("cache", 3).Slice(b * Row, Row - 12).ToArray(), Is.EqualTo(cache[(b * Row + 12)..((b + 1) * Row)]));
        Assert.That(imagined.State<long>("position", 3).ToArray(), Is.EqualTo(picked.Select(i => (1L << 40) + i + 3)));
        Assert.That(imagined.State<bool>("odd", 3).ToArray(), Is.EqualTo(picked.Select(i => i % 2 == 0)));
    }

    [Test]
    public void StatesWithoutARecordStartAtZero([Values] DevicePieces? pieces)
    {
        using WorldModel world = WorldModel.Load(Keep(CacheBundle.Write(null)), new() { Provider = "cpu", HostAsDevice = pieces });
        using Dream dream = world.Dream(2, 1);
        dream.Start("position", [5L, 9]);
        dream.Start("odd", [true, false]);
        Assert.That(dream.Run(1).State<long>("position", 1).ToArray(), Is.EqualTo(new long[] { 6, 10 }));
        dream.Start(default);
        DreamBatch imagined = dream.Run(1);
        Assert.That(imagined.State<long>("position", 0).ToArray(), Is.EqualTo(new long[] { 1, 1 }), "observe adds the first token to none");
        Assert.That(imagined.State<bool>("odd", 0).ToArray(), Is.EqualTo(new[] { true, true }));
    }

    [Test]
    public void GivenStatesAreOfTheirTypeAndSize()
    {
        using WorldModel world = WorldModel.Load(Keep(CacheBundle.Write(KeptSteps.Last)), new() { Provider = "cpu" });
        using Dream dream = world.Dream(2, 2);
        Refused(() => dream.Start("position", new float[2]), "There is no float32 state 'position'",
            "there are: cache (float32), position (int64), odd (bool), h (float32)");
        Refused(() => dream.Start("odd", new long[2]), "There is no int64 state 'odd'");
        Refused(() => dream.Start("h", new bool[8]), "There is no bool state 'h'");
        Refused(() => dream.Start("position", new long[3]), "Expected state 'position' (B=2, ...), 2 values; found 3");
        Refused(() => dream.Start("odd", new bool[1]), "Expected state 'odd' (B=2, ...), 2 values; found 1");
        Refused(() => dream.Start("cache", new float[7]), $"Expected state 'cache' (B=2, ...), {2 * Row} values; found 7");
    }

    [Test]
    public void RecordsOfAnotherTypeAreRefused()
    {
        void Wrong(string name, NpyArray array, string expected)
        {
            using WorldModel world = WorldModel.Load(Keep(CacheBundle.Write(null, starts: true, change: a => a[name] = array)));
            Refused(() => world.Dream(2, 2), expected);
        }

        Wrong("position", NpyArray.Of(new float[7], 7), "array 'position': expected int64, found float32 [7]");
        Wrong("odd", NpyArray.Of(new long[7], 7), "array 'odd': expected bool, found int64 [7]");
        Wrong("position", NpyArray.Of(new long[14], 7, 2), "array 'position': expected [7], found int64 [7, 2]");
        Wrong("number", NpyArray.Of(new long[7], 7), "array 'number' is neither 'observation' nor a state of a graph");
    }

    [Test]
    public void AControllerCarriesStatesOfEveryType([Values] DevicePieces? pieces, [Values(null, KeptSteps.Last)] KeptSteps? keep)
    {
        string directory = Keep(CacheBundle.Write(keep));
        using WorldModel world = WorldModel.Load(directory, new() { Provider = "cpu" });
        using Controller controller = Controller.Load(directory, new()
        {
            Batch = 2, Deterministic = true, Runtime = new() { Provider = "cpu", HostAsDevice = pieces },
        });
        (GraphRunner observe, GraphRunner act, GraphRunner value) = (world.Graph("observe"), world.Graph("act"), world.Graph("value"));
        string[] names = ["cache", "position", "odd", "h"];
        Dictionary<string, NpyArray> states = names.ToDictionary(s => s, s => Zeros(observe, s));
        NpyArray action = NpyArray.Zeros(NpyType.Int64, 2), first = NpyArray.Of([1f, 1], 2), noise = NpyArray.Zeros(NpyType.Float32, 2, 4);
        long[] chosen = new long[2];
        for (uint step = 0; step < 5; step++)
        {
            if (step == 3)
            {
                controller.Reset([1]);
                foreach (NpyArray state in states.Values)
                    state.Bytes[(state.Bytes.Length / 2)..].Clear();
                action.As<long>()[1] = 0;
                first.As<float>()[1] = 1;
            }
            float[] seen = CacheBundle.Draw(10, 60 + step);
            controller.Act(seen, chosen);
            IReadOnlyDictionary<string, NpyArray> next = observe.Run(new Dictionary<string, NpyArray>(states)
            {
                ["action"] = action, ["observation"] = NpyArray.Of(seen, 2, 5), ["is_first"] = first, ["noise"] = noise,
            });
            foreach (string name in names)
                states[name] = next["next_" + name];
            IReadOnlyDictionary<string, NpyArray> choice = act.Run(new Dictionary<string, NpyArray> { ["h"] = states["h"], ["noise"] = noise });
            Assert.That(chosen, Is.EqualTo(choice["action"].As<long>().ToArray()), $"step {step}");
            Assert.That(controller.Logits.ToArray(), Is.EqualTo(choice["logits"].ToFloats()).Within(1e-5));
            IReadOnlyDictionary<string, NpyArray> worth = value.Run(new Dictionary<string, NpyArray> { ["cache"] = states["cache"], ["position"] = states["position"] });
            Assert.That(controller.Values.ToArray(), Is.EqualTo(worth["value"].ToFloats()).Within(1e-5), "with the number of tokens in it");
            action = choice["action"];
            first.As<float>().Clear();
        }
        Assert.That(states["position"].As<long>().ToArray(), Is.EqualTo(new long[] { 5, 2 }), "row 1 began anew at step 3");
    }

    /// <summary>What a step copies between the two memories, counted.</summary>
    [Test]
    public void AControllersStateStaysOnTheDevice([Values] bool deterministic, [Values] DevicePieces pieces)
    {
        using Controller controller = Controller.Load(Keep(CacheBundle.Write(KeptSteps.Last)), new()
        {
            Batch = 3, Deterministic = deterministic, Runtime = new() { Provider = "cpu", HostAsDevice = pieces },
        });
        long[] action = new long[3];
        long Step(uint number)
        {
            long before = controller.Copies;
            controller.Act(CacheBundle.Draw(15, number), action);
            return controller.Copies - before;
        }

        for (uint i = 0; i < 3; i++)
            Step(i); // The first steps bring zeros, is-first and then its end.
        // In: observations, and the noise of observe and act where it is drawn. Out: actions.
        int each = deterministic ? 2 : 4;
        for (uint i = 3; i < 9; i++)
            Assert.That(Step(i), Is.EqualTo(each), $"step {i}");
        long all = controller.Copies;
        Assert.That(controller.Logits.Length, Is.EqualTo(12));
        Assert.That(controller.Copies - all, Is.EqualTo(1), "logits come when they are looked at");
        Assert.That(controller.Logits.Length, Is.EqualTo(12));
        Assert.That(controller.Copies - all, Is.EqualTo(1), "once");
        controller.Reset([1]);
        Assert.That(Step(9), Is.GreaterThan(each), "a row that is reset goes through the host");
        Step(10);
        for (uint i = 11; i < 14; i++)
            Assert.That(Step(i), Is.EqualTo(each), $"step {i}, after a reset");
    }

    private static NpyArray Zeros(GraphRunner graph, string state)
    {
        TensorSpec spec = graph.Spec.Inputs.Single(i => i.Name == state);
        return NpyArray.Zeros(Tensors.ArrayType(spec.Dtype), [2, .. spec.Shape.Skip(1).Select(d => d.Size)]);
    }
}
