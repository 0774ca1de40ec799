using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.EndToEnd;

/// <summary>Planning in the small latent model, whose actions lie in [-2, 3] here.</summary>
public sealed class LatentPlannerTests
{
    private const int Batch = 3, Size = LatentModel.Actions;
    private const ulong Seed = 9;
    private static readonly PlannerSpec Small = new() { Horizon = 5, Candidates = 40, Elites = 6, Iterations = 3 };
    private string _folder = "";

    [OneTimeSetUp]
    public void Export()
    {
        _folder = Path.Combine(Path.GetTempPath(), $"planner-{Guid.NewGuid():N}");
        LatentModel.Export(_folder, Small);
        (Manifest.Load(_folder) with { Action = ActionSpec.Continuous([Size], -2, 3) }).Save(_folder);
    }

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void PlansAsAPlainLoopDoes([Values] bool deterministic)
    {
        using WorldModel world = WorldModel.Load(_folder);
        using Planner planner = Planner.Load(_folder, new() { Seed = Seed, Deterministic = deterministic, Tile = 16 });
        GraphRunner observe = world.Graph("observe");
        (NpyArray H, NpyArray Z) states = (H: NpyArray.Zeros(NpyType.Float32, Batch, 16), Z: NpyArray.Zeros(NpyType.Float32, Batch, 4));
        float[] executed = new float[Batch * Size], actions = new float[Batch * Size];
        for (uint step = 0; step < 5; step++)
        {
            if (step == 3)
            {
                // An episode ends in row 1 alone.
                planner.Reset([1]);
                states.H.As<float>()[16..32].Clear();
                states.Z.As<float>()[4..8].Clear();
                executed.AsSpan(Size, Size).Clear();
            }
            float[] seen = Observations(step);
            planner.Act(seen, actions);
            IReadOnlyDictionary<string, NpyArray> posterior = observe.Run(new Dictionary<string, NpyArray>
            {
                ["deterministic"] = states.H, ["stochastic"] = states.Z, ["action"] = NpyArray.Of(executed, Batch, Size),
                ["observation"] = NpyArray.Of(seen, Batch, LatentModel.Observation),
                ["noise"] = deterministic ? NpyArray.Zeros(NpyType.Float32, Batch, 4) : Noise("observe/noise", step, Batch),
            });
            states = (posterior["next_deterministic"], posterior["next_stochastic"]);
            float[] plan = Search(world.Graph("imagine"), states.H, states.Z, step);
            Assert.That(planner.Plan.ToArray(), Is.EqualTo(plan).Within(1e-4), $"step {step}");
            Assert.That(actions, Is.EqualTo(planner.Plan[..actions.Length].ToArray()));
            executed = [.. actions];
            if (step != 1)
                continue;
            for (int i = 0; i < executed.Length; i++)
                executed[i] = Math.Clamp(executed[i] + 0.3f * i - 0.5f, -2, 3);
            planner.Executed(executed);
        }
    }

    [Test]
    public void TheTileAndTheBatchDoNotChangeAPlan([Values(0, 7)] int tile)
    {
        using Planner one = Planner.Load(_folder, new() { Seed = Seed, Tile = tile });
        using Planner many = Planner.Load(_folder, new() { Seed = Seed });
        float[] alone = new float[Size], together = new float[Batch * Size];
        for (uint step = 0; step < 3; step++)
        {
            float[] seen = Observations(step);
            one.Act(seen.AsSpan(0, LatentModel.Observation), alone);
            many.Act(seen, together);
            Assert.That(together[..Size], Is.EqualTo(alone).Within(1e-4));
        }
        Assert.That(many.Batch, Is.EqualTo(Batch));
    }

    /// <summary>In this untrained model actions matter little beside the noise, so many dreams of the same noise are compared.</summary>
    [Test]
    public void APlanIsWorthMoreThanItsOppositeAndThanNone()
    {
        using WorldModel world = WorldModel.Load(_folder);
        using Planner planner = Planner.Load(_folder, new() { Horizon = 6, Candidates = 1000, Elites = 100, Iterations = 10 });
        using Dream dream = world.Dream(Batch, 6);
        float[] seen = Observations(0);
        planner.Act(seen, new float[Batch * Size]);
        float[] plan = planner.Plan.ToArray(), opposite = [.. plan.Select(x => 1 - x)], none = [.. plan.Select(_ => 0.5f)];
        dream.Start(seen);
        float planned = 0, reversed = 0, idle = 0;
        for (ulong seed = 0; seed < 100; seed++)
        {
            planned += Sum(dream.Run(seed, plan)) / 100;
            reversed += Sum(dream.Run(seed, opposite)) / 100;
            idle += Sum(dream.Run(seed, none)) / 100;
        }
        Assert.That(planned, Is.GreaterThan(idle + 0.1));
        Assert.That(idle, Is.GreaterThan(reversed + 0.03));

        static float Sum(DreamBatch imagined)
        {
            float sum = 0;
            for (int t = 0; t < imagined.Horizon; t++)
            {
                foreach (float reward in imagined.Rewards(t))
                    sum += reward;
            }

            return sum;
        }
    }

    [Test]
    public void OptionsOverrideTheManifest()
    {
        using Planner planner = Planner.Load(_folder);
        Assert.That(planner.Spec, Is.EqualTo(Small));
        using Planner longer = Planner.Load(_folder, new() { Horizon = 7 });
        Assert.That(longer.Spec, Is.EqualTo(Small with { Horizon = 7 }));
        string silent = _folder + "-silent";
        LatentModel.Export(silent);
        try
        {
            using Planner plain = Planner.Load(silent);
            Assert.That(plain.Spec, Is.EqualTo(new PlannerSpec { Horizon = 12, Candidates = 1000, Elites = 100, Iterations = 10 }));
        }
        finally
        {
            Directory.Delete(silent, recursive: true);
        }
        Refused(() => Planner.Load(_folder, new() { Elites = 41 }).Dispose(), "elites must be from 1 to the 40 candidates, found 41");
    }

    [Test]
    public void SaysWhatIsWrongWithACall()
    {
        using Planner planner = Planner.Load(_folder);
        float[] room = new float[Size];
        Assert.That(planner.Plan.IsEmpty, Is.True);
        Refused(() => planner.Act(new float[7], room), "Expected observations (B, 6), a multiple of 6 values; found 7");
        Refused(() => planner.Act(new float[6], new float[3]), "Expected room for 2 actions (B=1); found 3");
        Refused(() => planner.Reset([0]), "There is no row 0 yet: call Act first, whose rows start fresh, or set PlannerOptions.Batch");
        Refused(() => planner.Executed(room), "call it after Act and before Reset");
        planner.Act(new float[6], room);
        Refused(() => planner.Executed(new float[3]), "Expected 2 executed actions' values (B=1); found 3");
        planner.Reset();
        Refused(() => planner.Executed(room), "call it after Act and before Reset");
        Refused(() => planner.Reset([1]), "There is no row 1: expected 0 to 0, as bound now");
        float[] unknown = [.. Enumerable.Repeat(float.NaN, LatentModel.Observation)];
        Refused(() => planner.Act(unknown, room), "Row 0: the predicted return of every candidate is NaN");
        planner.Dispose();
        Assert.That(() => planner.Act(new float[6], room), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void AllocatesNothingOnceBound()
    {
        using Planner planner = Planner.Load(_folder, new() { Tile = 50 });
        float[] seen = Observations(0), actions = new float[Batch * Size];
        int[] rows = [1];
        void Step()
        {
            planner.Act(seen, actions);
            planner.Executed(actions);
            planner.Reset(rows);
        }

        for (int i = 0; i < 3; i++)
            Step();
        Assert.That(Allocations.EachTime(() =>
        {
            for (int i = 0; i < 10; i++)
                Step();
        }), Is.Zero);
    }

    /// <summary>Algorithm 2 of Hafner et al. 2019, candidate by candidate as it is written; (H, B, A) in the bundle's bounds.</summary>
    private static float[] Search(GraphRunner imagine, NpyArray h, NpyArray z, uint step)
    {
        (int horizon, int candidates) = (Small.Horizon, Small.Candidates);
        double[,,] mean = new double[horizon, Batch, Size];
        double[,,] deviation = new double[horizon, Batch, Size];
        foreach (ref double d in System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref deviation[0, 0, 0], deviation.Length))
            d = 1;
        for (int iteration = 0; iteration < Small.Iterations; iteration++)
        {
            uint noiseStep = (step * (uint)Small.Iterations + (uint)iteration) * (uint)horizon;
            float[,,] actions = new float[horizon, Batch * candidates, Size];
            double[] returns = new double[Batch * candidates];
            NpyArray deterministic = Tiled(h), stochastic = Tiled(z);
            for (int t = 0; t < horizon; t++)
            {
                float[] scaled = new float[Batch * candidates * Size];
                for (int b = 0; b < Batch; b++)
                {
                    float[] noise = new float[candidates * Size];
                    Philox.FillGaussian(new(Seed, (uint)b, noiseStep + (uint)t, Philox.Stream("plan")), noise);
                    for (int i = 0; i < noise.Length; i++)
                    {
                        (int row, int a) = (b * candidates + i / Size, i % Size);
                        double x = Math.Clamp(mean[t, b, a] + deviation[t, b, a] * noise[i], -1, 1);
                        actions[t, row, a] = (float)x;
                        scaled[row * Size + a] = (float)(-2 + (x + 1) / 2 * 5);
                    }
                }
                IReadOnlyDictionary<string, NpyArray> next = imagine.Run(new Dictionary<string, NpyArray>
                {
                    ["deterministic"] = deterministic, ["stochastic"] = stochastic,
                    ["action"] = NpyArray.Of(scaled, Batch * candidates, Size),
                    ["noise"] = Noise("plan/imagine/noise", noiseStep + (uint)t, Batch * candidates),
                });
                (deterministic, stochastic) = (next["next_deterministic"], next["next_stochastic"]);
                for (int row = 0; row < returns.Length; row++)
                    returns[row] += next["reward"].As<float>()[row];
            }
            for (int b = 0; b < Batch; b++)
            {
                int[] best = [.. Enumerable.Range(b * candidates, candidates).OrderByDescending(n => returns[n]).Take(Small.Elites)];
                for (int t = 0; t < horizon; t++)
                {
                    for (int a = 0; a < Size; a++)
                    {
                        double[] values = [.. best.Select(n => (double)actions[t, n, a])];
                        mean[t, b, a] = values.Average();
                        deviation[t, b, a] = Math.Sqrt(values.Average(v => v * v) - mean[t, b, a] * mean[t, b, a] + 1e-6);
                    }
                }
            }
        }
        return [.. mean.Cast<double>().Select(m => (float)(-2 + (m + 1) / 2 * 5))];

        NpyArray Tiled(NpyArray state)
        {
            float[][] rows = [.. state.ToFloats().Chunk(state.Shape[1])];
            return NpyArray.Of([.. rows.SelectMany(row => Enumerable.Repeat(row, candidates).SelectMany(r => r))],
                Batch * candidates, state.Shape[1]);
        }
    }

    private static float[] Observations(uint step)
    {
        float[] seen = new float[Batch * LatentModel.Observation];
        Philox.FillGaussian(new(99, 0, step, 0), seen);
        return seen;
    }

    private static NpyArray Noise(string stream, uint step, int rows)
    {
        float[] noise = new float[rows * 4];
        for (int row = 0; row < rows; row++)
            Philox.FillGaussian(new(Seed, (uint)row, step, Philox.Stream(stream)), noise.AsSpan(row * 4, 4));
        return NpyArray.Of(noise, rows, 4);
    }

    private static void Refused(Action action, string expected) =>
        Assert.That(() => action(), Throws.TypeOf<BundleException>().With.Message.Contains(expected));
}
