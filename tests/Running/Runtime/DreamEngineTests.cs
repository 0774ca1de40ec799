using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>How a dream is cut into tiles, shared by cores, and completed by heads: whatever the plan, the numbers are the same.</summary>
internal sealed class DreamEngineTests
{
    private const int Batch = 70, Horizon = 6;

    private string _bundle = "";

    /// <summary>A shipped bundle with a variant whose steps predict no reward: graph reward does, once over all steps.</summary>
    [OneTimeSetUp]
    public void SplitTheHeads()
    {
        _bundle = Path.Combine(Directory.CreateTempSubdirectory("engine-").FullName, "pendulum");
        ZooCopy.Plain("pendulum-dreamer", _bundle);
        Manifest manifest = Manifest.Load(_bundle);
        OnnxModel[] models = [.. ((string[])["dream", "imagine"]).Select(graph =>
        {
            OnnxModel model = BundleVariant.Load(_bundle, manifest, graph);
            model.Proto.Graph.Output.Remove(model.Proto.Graph.Output.Single(o => o.Name == "reward"));
            PrunePass.Apply(model.Proto.Graph);
            return model;
        })];
        VariantSpec facts = new() { Precision = Precision.Float32, Graphs = new Dictionary<string, GraphSpec>() };
        BundleVariant.Write(_bundle, "split", facts, models);
        BundleVariant.Write(_bundle, "unrolled", facts, models, unroll: 4);
    }

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(Path.GetDirectoryName(_bundle)!, recursive: true);

    [Test]
    public void EveryPlanImaginesTheSame(
        [Values(VariantSpec.Plain, "split", "unrolled")] string variant, [Values(1, 2, 3)] int threads, [Values(0, 16, 33)] int tile)
    {
        using WorldModel plain = WorldModel.Load(_bundle, new() { Variant = VariantSpec.Plain });
        using Dream expected = plain.Dream(Batch, Horizon, new() { Tile = 0, Threads = 1 });
        using WorldModel world = WorldModel.Load(_bundle, new() { Variant = variant });
        using Dream dream = world.Dream(Batch, Horizon, new() { Tile = tile, Threads = threads });
        int tiles = tile == 0 ? 1 : (Batch + tile - 1) / tile;
        Assert.That(dream.Plan, Is.EqualTo(new DreamPlan(
            variant, tile == 0 ? Batch : tile, Math.Min(threads, tiles), variant == "unrolled" ? 4 : 1)));
        foreach (ulong seed in (ulong[])[3, 4])
        {
            Same(expected.Run(seed), dream.Run(seed));
            float[] actions = [.. Enumerable.Range(0, Batch * Horizon).Select(i => MathF.Sin(i))];
            Same(expected.Run(seed, actions), dream.Run(seed, actions));
        }
    }

    [Test]
    public void ValuesAndObservationsComeOnceOverAllStates()
    {
        using WorldModel world = WorldModel.Load(_bundle, new() { Variant = "split" });
        using Dream lazy = world.Dream(Batch, Horizon, new() { Tile = 16, Threads = 2 });
        using Dream eager = world.Dream(Batch, Horizon, new()
        {
            Tile = 16, Threads = 2, Outputs = DreamOutputs.Arrivals | DreamOutputs.Values | DreamOutputs.Observations,
        });
        DreamBatch a = lazy.Run(1), b = eager.Run(1);
        GraphRunner value = world.Graph("value");
        for (int t = 0; t <= Horizon; t++)
        {
            Assert.That(b.Observations(t).ToArray(), Is.EqualTo(a.Observations(t).ToArray()).Within(1e-5));
            Dictionary<string, NpyArray> states = a.StateNames.ToDictionary(
                name => name, name => NpyArray.Of(a.State(name, t).ToArray(), [Batch, a.State(name, t).Length / Batch]));
            Assert.That(b.Values(t).ToArray(), Is.EqualTo(value.Run(states)["value"].ToFloats()).Within(2e-3));
        }
        Assert.That(() => a.Values(0), Throws.TypeOf<BundleException>().With.Message.Contains("set DreamOptions.Outputs"));
    }

    [Test]
    public void WhatWasNotAskedForIsNotThere()
    {
        using WorldModel split = WorldModel.Load(_bundle, new() { Variant = "split" });
        using Dream latent = split.Dream(2, 2, new() { Outputs = DreamOutputs.None });
        DreamBatch imagined = latent.Run(1);
        Assert.That(() => imagined.Rewards(0), Throws.TypeOf<BundleException>().With.Message.Contains("was not asked for rewards"));
        using WorldModel plain = WorldModel.Load(_bundle, new() { Variant = VariantSpec.Plain });
        using Dream stepped = plain.Dream(2, 2, new() { Outputs = DreamOutputs.None });
        imagined = stepped.Run(1);
        Assert.That(() => imagined.Rewards(0), Throws.TypeOf<BundleException>(), "though the step computes them");
    }

    [Test]
    public void ThePlanIsMeasuredOnceAndKeptBesideTheBundle()
    {
        string file = _bundle + ".tuning.json";
        File.Delete(file);
        using (WorldModel world = WorldModel.Load(_bundle))
        using (Dream dream = world.Dream(Batch, Horizon))
        {
            Assert.That(dream.Plan.Tile, Is.InRange(1, Batch));
            Assert.That(dream.Plan.Threads, Is.InRange(1, Environment.ProcessorCount));
            Assert.That(File.Exists(file), Is.True);
        }
        // What the file says is believed, as long as it is of this machine and bundle.
        string kept = File.ReadAllText(file);
        using JsonDocument json = JsonDocument.Parse(kept);
        int tile = json.RootElement.GetProperty("plans")[0].GetProperty("plan").GetProperty("tile").GetInt32();
        File.WriteAllText(file, kept.Replace($"\"tile\": {tile}", "\"tile\": 7", StringComparison.Ordinal));
        Assert.That(PlanOf(null).Tile, Is.EqualTo(7));
        foreach (string damaged in (string[])["{", "null", "{}", kept.Replace("cores", "kernels", StringComparison.Ordinal)])
        {
            File.WriteAllText(file, damaged);
            Assert.That(PlanOf(null).Tile, Is.Not.EqualTo(7));
        }
        Assert.That(PlanOf(9).Tile, Is.EqualTo(9), "options fix what they name");
    }

    [Test]
    public void StepsAreUnrolledUnlessToldOtherwise()
    {
        using WorldModel world = WorldModel.Load(_bundle, new() { Variant = "unrolled" });
        using Dream steps = world.Dream(2, Horizon, new() { Unroll = false });
        using Dream four = world.Dream(2, Horizon);
        using Dream few = world.Dream(2, 3);
        Assert.That(new[] { steps.Plan.Unrolled, four.Plan.Unrolled, few.Plan.Unrolled }, Is.EqualTo(new[] { 1, 4, 1 }));
        Assert.That($"{four.Plan}", Is.EqualTo("unrolled, tiles of 2 rows, 1 thread, 4 steps a run"));
    }

    [Test]
    public void ASmallBatchIsNotTried()
    {
        string file = _bundle + ".tuning.json";
        File.Delete(file);
        using WorldModel world = WorldModel.Load(_bundle);
        using Dream dream = world.Dream(3, 2);
        Assert.That(dream.Plan, Is.EqualTo(new DreamPlan(world.Manifest.Variants!.ContainsKey("latency") ? "latency" : "plain", 3, 1)));
        Assert.That(File.Exists(file), Is.False);
    }

    [Test]
    public void CoresAllocateNothing()
    {
        using WorldModel world = WorldModel.Load(_bundle, new() { Variant = "split" });
        using Dream dream = world.Dream(
            Batch, Horizon, new() { Tile = 16, Threads = 2, Outputs = DreamOutputs.Arrivals | DreamOutputs.Values });
        ulong seed = 0;
        Assert.That(Allocations.EachTime(() => dream.Run(seed++), allThreads: true), Is.Zero);
    }

    [Test]
    public void RefusesMoreMemoryThanThereIs()
    {
        using WorldModel world = WorldModel.Load(_bundle);
        Assert.That(() => world.Dream(5_000_000, 5000, new() { Tile = 0, Threads = 1 }),
            Throws.TypeOf<BundleException>().With.Message.Contains("use a smaller batch or horizon"));
    }

    private DreamPlan PlanOf(int? tile)
    {
        using WorldModel world = WorldModel.Load(_bundle);
        using Dream dream = world.Dream(Batch, Horizon, new() { Tile = tile });
        return dream.Plan;
    }

    private static void Same(DreamBatch a, DreamBatch b)
    {
        for (int t = 0; t < Horizon; t++)
        {
            Assert.That(b.ContinuousActions(t).ToArray(), Is.EqualTo(a.ContinuousActions(t).ToArray()).Within(1e-5));
            Assert.That(b.Rewards(t).ToArray(), Is.EqualTo(a.Rewards(t).ToArray()).Within(1e-4));
            Assert.That(b.State("stochastic", t + 1).ToArray(), Is.EqualTo(a.State("stochastic", t + 1).ToArray()).Within(1e-5));
        }
    }
}
