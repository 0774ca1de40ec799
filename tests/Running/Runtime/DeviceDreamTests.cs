using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>
/// What a dream does with a device's memory, here the CPU's: every graph runs on memory of its own, which the host's values reach, and come
/// back from, by copies alone. With all steps of a tensor in one piece, and each in its own, as they are where one were too large.
/// </summary>
internal sealed class DeviceDreamTests : BundleFixture
{
    [Test]
    public void ADreamInDeviceMemoryIsTheSame([Values] DevicePieces pieces, [Values("pendulum-dreamer", "cartpole-dreamer",
        "cartpole-swingup-planet", "minipacman-environment-model")] string name)
    {
        string directory = Path.Combine(Repository.Root, "models", "zoo", name);
        using WorldModel host = WorldModel.Load(directory, new() { Provider = "cpu" });
        using WorldModel device = WorldModel.Load(directory, new() { Provider = "cpu", HostAsDevice = pieces });
        DreamOutputs outputs = DreamOutputs.Arrivals | DreamOutputs.Observations;
        if (host.Manifest.Graphs.ContainsKey("value"))
            outputs |= DreamOutputs.Values;
        using Dream expected = host.Dream(5, 4, new() { Outputs = outputs, Tile = 0 });
        using Dream found = device.Dream(5, 4, new() { Outputs = outputs });
        for (ulong seed = 1; seed < 4; seed++)
            Same(host.Manifest, expected.Run(seed), found.Run(seed), values: outputs.HasFlag(DreamOutputs.Values));
    }

    [Test]
    public void EveryWayToStartReachesTheDevice([Values] DevicePieces pieces, [Values] bool fused)
    {
        string directory = Keep(Fixtures.Latent(m => fused ? m : m.Without("dream")));
        using WorldModel host = WorldModel.Load(directory, new() { Provider = "cpu" });
        using WorldModel device = WorldModel.Load(directory, new() { Provider = "cpu", HostAsDevice = pieces });
        using Dream a = host.Dream(3, 4, new() { KeepLogits = true, Tile = 0 });
        using Dream b = device.Dream(3, 4, new() { KeepLogits = true });
        void Both(ulong seed, Action<Dream>? prepare = null)
        {
            prepare?.Invoke(a);
            prepare?.Invoke(b);
            Same(host.Manifest, a.Run(seed), b.Run(seed), "logits");
        }

        float[] Some(int count, int by) => [.. Enumerable.Range(0, count).Select(i => (i * by % 17 - 8) / 8f)];
        Both(1);
        Both(2, d => d.Start(Some(15, 3)));
        Both(3, d => d.Start(Some(45, 5), [0, 1, 2, 3, 2, 1]));
        Both(4, d => d.Start(Some(30, 7), [3, 0, 3]));
        Both(5, d => d.Continue());
        Both(6, d => d.Start("h", Some(18, 11)));
        Both(7, d => d.Start(default));
        long[] actions = [.. Enumerable.Range(0, 12).Select(i => i * 5L % 4)];
        Same(host.Manifest, a.Run(8, actions), b.Run(8, actions));
        Both(9, d => d.Continue());
        Both(10, d => d.Start(default));
    }

    [Test]
    public void ALargeBatchDrawsItsNoiseOnAllCores([Values] DevicePieces pieces)
    {
        using WorldModel host = WorldModel.Load(Keep(Fixtures.Grid()), new() { Provider = "cpu" });
        using WorldModel device = WorldModel.Load(host.Directory, new() { Provider = "cpu", HostAsDevice = pieces });
        using Dream expected = host.Dream(4096, 3, new() { Tile = 0, Threads = 1 });
        using Dream found = device.Dream(4096, 3);
        for (ulong seed = 1; seed < 3; seed++)
            Same(host.Manifest, expected.Run(seed), found.Run(seed));
    }

    /// <summary>Two steps in one graph, of which five steps leave one over, and rewards by a graph of their own.</summary>
    [Test]
    public void UnrolledStepsAndHeadsAreTheSame([Values] DevicePieces pieces)
    {
        string directory = Path.Combine(Keep(Directory.CreateTempSubdirectory("worldmodels-unrolled").FullName), "pendulum");
        ZooCopy.Plain("pendulum-dreamer", directory);
        Manifest manifest = Manifest.Load(directory);
        OnnxModel step = BundleVariant.Load(directory, manifest, "dream");
        step.Proto.Graph.Output.Remove(step.Proto.Graph.Output.Single(o => o.Name == "reward"));
        PrunePass.Apply(step.Proto.Graph);
        VariantSpec facts = new VariantSpec { Precision = Precision.Float32, Graphs = new Dictionary<string, GraphSpec>() };
        BundleVariant.Add(directory, manifest, "pairs", facts, [step], unroll: 2);

        using WorldModel host = WorldModel.Load(directory, new() { Provider = "cpu", Variant = VariantSpec.Plain });
        using WorldModel device = WorldModel.Load(directory, new() { Provider = "cpu", Variant = "pairs", HostAsDevice = pieces });
        using Dream expected = host.Dream(6, 5, new() { Outputs = DreamOutputs.Arrivals | DreamOutputs.Values, Tile = 0 });
        using Dream found = device.Dream(6, 5, new() { Outputs = DreamOutputs.Arrivals | DreamOutputs.Values });
        Assert.That(found.Plan, Is.EqualTo(new DreamPlan("pairs", 6, 1, 2)));
        for (ulong seed = 1; seed < 4; seed++)
            Same(host.Manifest, expected.Run(seed), found.Run(seed), values: true);
    }

    [Test]
    public void APlannerInDeviceMemoryPlansTheSame([Values] DevicePieces pieces)
    {
        string directory = Path.Combine(Repository.Root, "models", "zoo", "cartpole-swingup-planet");
        float[] Plan(RuntimeOptions runtime)
        {
            using Planner planner = Planner.Load(directory, new() { Candidates = 64, Iterations = 2, Runtime = runtime });
            float[] action = new float[planner.Manifest.Action.Size], all = [];
            float[] seen = [.. Enumerable.Range(0, planner.Manifest.Observation.Shape[0]).Select(i => MathF.Sin(i))];
            for (int call = 0; call < 3; call++)
            {
                planner.Act(seen, action);
                all = [.. all, .. action];
            }
            return all;
        }

        float[] expected = Plan(new() { Provider = "cpu" });
        Assert.That(Plan(new() { Provider = "cpu", HostAsDevice = pieces }), Is.EqualTo(expected).Within(1e-4));
        Assert.That(expected.Distinct().Count(), Is.EqualTo(3));
    }

    [Test]
    public void AControllerInDeviceMemoryActsTheSame([Values] DevicePieces pieces, [Values("pendulum-dreamer", "cartpole-dreamer",
        "minipacman-i2a", "minipacman-a2c")] string name)
    {
        string directory = Path.Combine(Repository.Root, "models", "zoo", name);
        float[] Act(RuntimeOptions runtime)
        {
            using Controller controller = Controller.Load(directory, new() { Batch = 3, Seed = 5, Runtime = runtime });
            int size = 3 * controller.Manifest.Observation.Size;
            float[] actions = new float[3 * controller.Manifest.Action.Size], all = [];
            long[] choices = new long[3];
            for (uint call = 0; call < 6; call++)
            {
                float[] seen = [.. CacheBundle.Draw(size, call).Select(x => MathF.Min(MathF.Abs(x) / 4, 1))];
                if (call == 2)
                    controller.Reset([1]);
                if (call == 4)
                    controller.Reset();
                if (controller.Manifest.Action.Kind == ActionKind.Discrete)
                {
                    controller.Act(seen, choices);
                    actions = [.. choices.Select(a => (float)a)];
                }
                else
                {
                    controller.Act(seen, actions);
                }

                all = [.. all, .. actions, .. controller.Values, .. controller.Logits];
            }
            return all;
        }

        float[] expected = Act(new() { Provider = "cpu" });
        Assert.That(Act(new() { Provider = "cpu", HostAsDevice = pieces }), Is.EqualTo(expected).Within(1e-5));
        Assert.That(expected.Distinct().Count(), Is.GreaterThan(10));
    }

    [Test]
    public void ALookAtOneStepFetchesNoOtherTensor([Values] DevicePieces pieces)
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()), new() { Provider = "cpu", HostAsDevice = pieces });
        using Dream dream = world.Dream(3, 4);
        DreamBatch imagined = dream.Run(1);
        float[] last = imagined.Rewards(3).ToArray();
        dream.Run(2);
        Assert.That(imagined.Rewards(3).ToArray(), Is.Not.EqualTo(last), "another run is fetched anew");
        dream.Run(1);
        Assert.That(imagined.Rewards(3).ToArray(), Is.EqualTo(last));
        Assert.That(dream.Plan, Is.EqualTo(new DreamPlan("plain", 3, 1)));
    }

    private static void Same(Manifest manifest, DreamBatch expected, DreamBatch found, string? logits = null, bool values = false)
    {
        Assert.That(found.Context, Is.EqualTo(expected.Context));
        int last = expected.Horizon, first = 1 - expected.Context, compared = 0;
        foreach (string state in expected.StateNames)
            Compare(state, first, last, (d, t) => d.State(state, t).ToArray());
        Compare("observation", first, last, (d, t) => d.Observations(t).ToArray());
        Compare("action", first, last - 1, (d, t) => manifest.Action.Kind == ActionKind.Continuous
            ? d.ContinuousActions(t).ToArray() : [.. d.Actions(t).ToArray().Select(a => (float)a)]);
        bool Predicts(TensorRole role) => manifest.Graphs.Values.Any(g => g.Output(role) is not null);
        if (Predicts(TensorRole.Reward))
            Compare("reward", 0, last - 1, (d, t) => d.Rewards(t).ToArray());
        if (Predicts(TensorRole.Continue))
            Compare("continue", 0, last - 1, (d, t) => d.Continues(t).ToArray());
        if (logits is not null)
            Compare(logits, 0, last - 1, (d, t) => d.Logits(logits, t).ToArray());
        if (values)
            Compare("value", 0, last, (d, t) => d.Values(t).ToArray());
        Assert.That(compared, Is.GreaterThan(4));

        void Compare(string what, int from, int to, Func<DreamBatch, int, float[]> read)
        {
            for (int t = from; t <= to; t++, compared++)
                Assert.That(read(found, t), Is.EqualTo(read(expected, t)).Within(1e-5), $"{what} at {t}");
        }
    }
}
