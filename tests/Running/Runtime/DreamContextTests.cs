using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>Dreams that start after a context of several observations.</summary>
public sealed class DreamContextTests : BundleFixture
{
    private const ulong Seed = 6;

    [Test]
    public void AContextIsFilteredAsAPlainLoopDoes([Values(0, 2)] int tile)
    {
        const int Batch = 3, Context = 4, Horizon = 2;
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream dream = world.Dream(Batch, Horizon, new() { Tile = tile });
        float[] seen = Observations(Context, Batch);
        long[] taken = Actions(Context - 1, Batch);
        dream.Start(seen, taken);
        DreamBatch imagined = dream.Run(Seed, new long[Horizon * Batch]);
        Assert.That(imagined.Context, Is.EqualTo(Context));

        (GraphRunner observe, GraphRunner imagine, GraphRunner decode) = (world.Graph("observe"), world.Graph("imagine"), world.Graph("decode"));
        NpyArray h = NpyArray.Zeros(NpyType.Float32, Batch, 6), z = h;
        for (int c = 0; c < Context; c++)
        {
            IReadOnlyDictionary<string, NpyArray> state = observe.Run(new Dictionary<string, NpyArray>
            {
                ["observation"] = NpyArray.Of(seen[(c * Batch * 5)..((c + 1) * Batch * 5)], Batch, 5), ["h"] = h,
                ["is_first"] = NpyArray.Of([.. Enumerable.Repeat(c == 0 ? 1f : 0, Batch)], Batch),
                ["action"] = NpyArray.Of(c == 0 ? new long[Batch] : taken[((c - 1) * Batch)..(c * Batch)], Batch),
                ["noise"] = Noise("observe/noise", c, Batch),
            });
            (h, z) = (state["next_h"], state["next_z"]);
            int t = c - Context + 1;
            Assert.That(imagined.State("h", t).ToArray(), Is.EqualTo(h.ToFloats()).Within(1e-6), $"observation {c}");
            Assert.That(imagined.State("z", t).ToArray(), Is.EqualTo(z.ToFloats()).Within(1e-6));
            IReadOnlyDictionary<string, NpyArray> decoded = decode.Run(new Dictionary<string, NpyArray> { ["h"] = h, ["z"] = z });
            Assert.That(imagined.Observations(t).ToArray(), Is.EqualTo(decoded["observation"].ToFloats()).Within(1e-6));
            if (t < 0)
                Assert.That(imagined.Actions(t).ToArray(), Is.EqualTo(taken[(c * Batch)..((c + 1) * Batch)]));
        }
        IReadOnlyDictionary<string, NpyArray> next = imagine.Run(new Dictionary<string, NpyArray>
        {
            ["h"] = h, ["z"] = z, ["action"] = NpyArray.Zeros(NpyType.Int64, Batch), ["noise"] = Noise("imagine/noise", 0, Batch),
        });
        Assert.That(imagined.State("h", 1).ToArray(), Is.EqualTo(next["next_h"].ToFloats()).Within(1e-6), "and it dreams on from there");
    }

    [Test]
    public void OneObservationIsAStart()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream plain = world.Dream(2, 3);
        using Dream dream = world.Dream(2, 3);
        float[] seen = Observations(1, 2);
        float[] recorded = All(plain.Run(Seed));
        plain.Start(seen);
        float[] expected = All(plain.Run(Seed));
        dream.Start(seen, Array.Empty<long>());
        Assert.That(All(dream.Run(Seed)), Is.EqualTo(expected));
        dream.Start(Observations(5, 2), Actions(4, 2));
        Assert.That(All(dream.Run(Seed)), Is.Not.EqualTo(expected));
        dream.Start(seen);
        DreamBatch imagined = dream.Run(Seed);
        Assert.That(All(imagined), Is.EqualTo(expected), "nothing is left of a longer context");
        Assert.That(imagined.Context, Is.EqualTo(1));
        Assert.That(() => imagined.State("h", -1), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("from 0 to 3"));
        dream.Start(default);
        Assert.That(All(dream.Run(Seed)), Is.EqualTo(recorded).And.Not.EqualTo(expected));
    }

    [Test]
    public void AShorterContextBeginsAnew()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream dream = world.Dream(2, 3);
        using Dream other = world.Dream(2, 3);
        dream.Start(Observations(6, 2), Actions(5, 2));
        dream.Run(Seed).Observations(-5);
        dream.Start(Observations(3, 2), Actions(2, 2));
        other.Start(Observations(3, 2), Actions(2, 2));
        (DreamBatch a, DreamBatch b) = (dream.Run(Seed), other.Run(Seed));
        Assert.That(All(a), Is.EqualTo(All(b)));
        Assert.That(a.Observations(-2).ToArray(), Is.EqualTo(b.Observations(-2).ToArray()));
    }

    [Test]
    public void ARowIsTheSameAloneAndInABatch()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream many = world.Dream(4, 3);
        using Dream one = world.Dream(1, 3);
        float[] seen = Observations(3, 4);
        long[] taken = Actions(2, 4);
        many.Start(seen, taken);
        one.Start([.. seen[..5], .. seen[20..25], .. seen[40..45]], [taken[0], taken[4]]);
        (DreamBatch a, DreamBatch b) = (many.Run(Seed), one.Run(Seed));
        for (int t = -2; t <= 3; t++)
            Assert.That(a.State("z", t)[..3].ToArray(), Is.EqualTo(b.State("z", t).ToArray()).Within(1e-6));
    }

    /// <summary>A graph that reads the previous action: imagine's file, in the place of the fused step.</summary>
    [Test]
    public void APolicyKnowsTheLastActionOfTheContext()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent(m => m.WithGraph("dream", _ => m.Graphs["imagine"]))));
        using Dream dream = world.Dream(2, 1);
        using Dream given = world.Dream(2, 1);
        float[] seen = Observations(2, 2);
        dream.Start(seen, [3L, 1]);
        given.Start(seen, [3L, 1]);
        float[] knows = dream.Run(Seed).State("h", 1).ToArray();
        Assert.That(knows, Is.EqualTo(given.Run(Seed, [3L, 1]).State("h", 1).ToArray()));
        Assert.That(knows, Is.Not.EqualTo(given.Run(Seed, [0L, 0]).State("h", 1).ToArray()), "the action matters");
        float[] middle = dream.Run(Seed, [2L, 3]).State("h", 1).ToArray(), deep = dream.Run(Seed, [2L, 3]).State("z", 1).ToArray();
        dream.Continue();
        given.Start("h", middle);
        given.Start("z", deep);
        Assert.That(dream.Run(9).State("h", 1).ToArray(), Is.EqualTo(given.Run(9, [2L, 3]).State("h", 1).ToArray()), "also going on");
    }

    [Test]
    public void AllocatesNothingOnceTheContextIsBound()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream dream = world.Dream(4, 3, new() { Tile = 3 });
        float[] seen = Observations(5, 4);
        long[] taken = Actions(4, 4);
        float sum = 0;
        void Run(ulong seed)
        {
            dream.Start(seen, taken);
            DreamBatch imagined = dream.Run(seed);
            for (int t = -4; t <= 3; t++)
                sum += imagined.Observations(t)[0];
            dream.Start(seen.AsSpan(0, 40), taken.AsSpan(0, 4));
            sum += dream.Run(seed).State("z", -1)[0];
        }

        for (ulong seed = 0; seed < 2; seed++)
            Run(seed);
        Assert.That(Allocations.EachTime(() =>
        {
            for (ulong seed = 2; seed < 12; seed++)
                Run(seed);
        }), Is.Zero);
        Assert.That(sum, Is.Not.NaN);
    }

    [Test]
    public void SaysWhatIsWrongWithAContext()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream dream = world.Dream(2, 1);
        Refused(() => dream.Start(new float[15], new long[2]), "Expected observations (C, B=2, 5), a multiple of 10 values; found 15");
        Refused(() => dream.Start(Array.Empty<float>(), Array.Empty<long>()), "a multiple of 10 values; found 0");
        Refused(() => dream.Start(new float[30], new long[2]), "the actions between 3 observations (C - 1, B=2, ...), 4 values; found 2");
        Refused(() => dream.Start(new float[20], [0L, 4]), "Action 4 is out of range: expected 0 to 3");
        Refused(() => dream.Start(new float[20], new float[2]), "actions are discrete: give longs (C - 1, B)");
        using WorldModel grid = WorldModel.Load(Keep(Fixtures.Grid()));
        using Dream frames = grid.Dream(2, 1);
        Refused(() => frames.Start(new float[24], new long[2]), "has no graph 'observe' to filter a context of 2 observations with");
    }

    private static float[] All(DreamBatch imagined) => [.. Enumerable.Range(0, 4).SelectMany(t => imagined.State("h", t).ToArray())];

    private static float[] Observations(int context, int batch)
    {
        float[] seen = new float[context * batch * 5];
        Philox.FillGaussian(new(31, 0, 0, 0), seen);
        return seen;
    }

    private static long[] Actions(int steps, int batch) =>
        [.. Enumerable.Range(0, steps * batch).Select(i => (long)Philox.NextInt(new(32, (uint)i, 0, 0), 4))];

    private static NpyArray Noise(string stream, int step, int batch)
    {
        float[] noise = new float[batch * 3];
        for (int row = 0; row < batch; row++)
            Philox.FillGaussian(new(Seed, (uint)row, (uint)step, Philox.Stream(stream)), noise.AsSpan(row * 3, 3));
        return NpyArray.Of(noise, batch, 3);
    }
}
