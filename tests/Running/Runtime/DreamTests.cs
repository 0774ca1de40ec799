using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

public sealed class DreamTests : BundleFixture
{
    [Test]
    public void GridDreamEqualsAPlainLoop()
    {
        string directory = Keep(Fixtures.Grid());
        using WorldModel world = WorldModel.Load(directory);
        using Dream dream = world.Dream(batch: 5, horizon: 4, new() { KeepLogits = true });
        DreamBatch imagined = dream.Run(seed: 7);

        NpyArray starts = Npz.Read(Path.Combine(directory, "starts.npz"))["observation"];
        using InferenceSession session = new InferenceSession(Path.Combine(directory, "imagine.onnx"));
        float[] frame = Rows(5, (b, row) =>
        {
            int index = Philox.NextInt(new(7, b, 0, Philox.Stream("start")), starts.Shape[0]);
            starts.As<float>().Slice(index * 6, 6).CopyTo(row);
        }, 6);
        for (uint t = 0; t < 4; t++)
        {
            long[] action = [.. Enumerable.Range(0, 5).Select(b => (long)Philox.NextInt(new(7, (uint)b, t, Philox.Stream("action")), 3))];
            float[] noise = Rows(5, (b, row) => Philox.FillGumbel(new(7, b, t, Philox.Stream("imagine/noise")), row), 6);
            Assert.That(imagined.State("frame", (int)t).ToArray(), Is.EqualTo(frame));
            Assert.That(imagined.Observations((int)t).ToArray(), Is.EqualTo(frame), "the state is the observation");
            Assert.That(imagined.Actions((int)t).ToArray(), Is.EqualTo(action));
            Dictionary<string, Array> outputs = Plain(session, ("frame", frame, [5, 2, 3]), ("action", action, [5]), ("noise", noise, [5, 2, 3]));
            Assert.That(imagined.Rewards((int)t).ToArray(), Is.EqualTo(outputs["reward"]));
            // Where a tensor lies decides which of its elements a kernel takes by vectors, and so how they are rounded.
            Assert.That(imagined.Continues((int)t).ToArray(), Is.EqualTo(outputs["continue"]).Within(1e-6));
            Assert.That(imagined.Logits("logits", (int)t).ToArray(), Is.EqualTo(outputs["logits"]));
            frame = (float[])outputs["next_frame"];
        }
        Assert.That(imagined.State("frame", 4).ToArray(), Is.EqualTo(frame));
    }

    [Test]
    public void ADreamInTwoPartsGoesOnWhereItStopped()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Grid()));
        using Dream whole = world.Dream(batch: 3, horizon: 1);
        using Dream given = world.Dream(batch: 3, horizon: 1);
        long[] first = [0, 1, 2], second = [2, 2, 0];
        float[] middle = whole.Run(1, first).State("frame", 1).ToArray();
        whole.Continue();
        DreamBatch went = whole.Run(2, second);
        Assert.That(went.State("frame", 0).ToArray(), Is.EqualTo(middle), "it starts where it ended");
        given.Start("frame", middle);
        Assert.That(given.Run(2, second).State("frame", 1).ToArray(), Is.EqualTo(went.State("frame", 1).ToArray()), "as from that state");
        given.Start(default);
        Assert.That(given.Run(1, first).State("frame", 1).ToArray(), Is.EqualTo(middle), "and from the recorded starts again");
    }

    [Test]
    public void ALatentStateThatIsGivenIsNotObserved()
    {
        using WorldModel world = WorldModel.Load(Unfused(Keep(Fixtures.Latent())));
        using Dream dream = world.Dream(batch: 2, horizon: 2);
        float[] state = [.. Enumerable.Range(0, 12).Select(i => i / 12f)];
        dream.Start("h", state);
        DreamBatch imagined = dream.Run(seed: 1, [0, 1, 1, 0]);
        Assert.That(imagined.State("h", 0).ToArray(), Is.EqualTo(state));
        float[] last = imagined.State("h", 2).ToArray();
        dream.Start("h", new float[12]);
        Assert.That(dream.Run(seed: 1, [0, 1, 1, 0]).State("h", 2).ToArray(), Is.Not.EqualTo(last), "the state matters");
        Refused(() => dream.Start("h", new float[11]), "Expected state 'h' (B=2, ...), 12 values; found 11");
        Refused(() => dream.Start("g", new float[12]), "There is no float32 state 'g'");
    }

    [Test]
    public void LatentDreamEqualsAPlainLoop([Values] bool fused)
    {
        string directory = Keep(Fixtures.Latent());
        using WorldModel world = WorldModel.Load(fused ? directory : Unfused(directory));
        using Dream dream = world.Dream(batch: 3, horizon: 3);
        float[] seen = [.. Enumerable.Range(0, 15).Select(i => i / 10f - 0.7f)];
        dream.Start(seen);
        DreamBatch imagined = dream.Run(seed: ulong.MaxValue);

        InferenceSession Open(string graph) => new(Path.Combine(directory, graph + ".onnx"));
        using InferenceSession observe = Open("observe");
        using InferenceSession act = Open("act");
        using InferenceSession imagine = Open("imagine");
        using InferenceSession decode = Open("decode");
        float[] Noise(string stream, NoiseKind kind, uint t, int size) =>
            Rows(3, (b, row) => Philox.Fill(kind, new(ulong.MaxValue, b, t, Philox.Stream(stream)), row), size);
        Dictionary<string, Array> state = Plain(observe, ("observation", seen, [3, 5]), ("h", new float[18], [3, 6]), ("is_first", new[] { 1f, 1, 1 }, [3]),
            ("action", new long[3], [3]), ("noise", Noise("observe/noise", NoiseKind.Gaussian, 0, 3), [3, 3]));
        for (uint t = 0; t < 3; t++)
        {
            (float[] h, float[] z) = ((float[])state["next_h"], (float[])state["next_z"]);
            Assert.That(imagined.State("h", (int)t).ToArray(), Is.EqualTo(h).Within(1e-6));
            Assert.That(imagined.State("z", (int)t).ToArray(), Is.EqualTo(z).Within(1e-6));
            Dictionary<string, Array> frames = Plain(decode, ("h", h, [3, 6]), ("z", z, [3, 3]));
            Assert.That(imagined.Observations((int)t).ToArray(), Is.EqualTo(frames["observation"]).Within(1e-6));
            Dictionary<string, Array> choice = Plain(act, ("h", h, [3, 6]), ("z", z, [3, 3]), ("noise", Noise("act/noise", NoiseKind.Gumbel, t, 4), [3, 4]));
            Assert.That(imagined.Actions((int)t).ToArray(), Is.EqualTo(choice["action"]));
            state = Plain(imagine, ("h", h, [3, 6]), ("z", z, [3, 3]), ("action", choice["action"], [3]),
                ("noise", Noise("imagine/noise", NoiseKind.Gaussian, t, 3), [3, 3]));
            Assert.That(imagined.Rewards((int)t).ToArray(), Is.EqualTo(state["reward"]).Within(1e-6));
            Assert.That(imagined.Continues((int)t).ToArray(), Is.EqualTo(state["continue"]).Within(1e-6));
        }
    }

    [Test]
    public void FusedAndSeparateGraphsDreamTheSame()
    {
        string directory = Keep(Fixtures.Latent());
        using WorldModel fused = WorldModel.Load(directory);
        using WorldModel separate = WorldModel.Load(Unfused(directory));
        using Dream a = fused.Dream(6, 5);
        using Dream b = separate.Dream(6, 5);
        (DreamBatch x, DreamBatch y) = (a.Run(4), b.Run(4));
        for (int t = 0; t < 5; t++)
        {
            Assert.That(x.Actions(t).ToArray(), Is.EqualTo(y.Actions(t).ToArray()));
            Assert.That(x.Rewards(t).ToArray(), Is.EqualTo(y.Rewards(t).ToArray()).Within(1e-6));
        }
    }

    [Test]
    public void ARowDreamsTheSameAtAnyBatchSizeAndTile([Values(0, 5, 16)] int tile)
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream many = world.Dream(64, 6, new() { Tile = tile });
        using Dream few = world.Dream(3, 6);
        using Dream one = world.Dream(1, 6);
        (DreamBatch a, DreamBatch b, DreamBatch c) = (many.Run(9), few.Run(9), one.Run(9));
        for (int t = 0; t < 6; t++)
        {
            Assert.That(a.Actions(t)[..3].ToArray(), Is.EqualTo(b.Actions(t).ToArray()));
            Assert.That(a.State("z", t)[..9].ToArray(), Is.EqualTo(b.State("z", t).ToArray()).Within(1e-6));
            Assert.That(a.Rewards(t)[..3].ToArray(), Is.EqualTo(b.Rewards(t).ToArray()).Within(1e-6));
            Assert.That(b.Rewards(t)[0], Is.EqualTo(c.Rewards(t)[0]).Within(1e-6));
        }
        Assert.That(a.Rewards(5).ToArray().Distinct().Count(), Is.GreaterThan(60), "rows differ from each other");
    }

    [Test]
    public void SeedsDifferAndRepeat()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Grid()));
        using Dream dream = world.Dream(8, 5, new() { KeepLogits = true });
        float[] Run(ulong seed)
        {
            DreamBatch imagined = dream.Run(seed);
            return [.. Enumerable.Range(0, 5).SelectMany(t => imagined.Logits("logits", t).ToArray())];
        }

        float[] first = Run(1), other = Run(2);
        Assert.That(other, Is.Not.EqualTo(first));
        Assert.That(Run(1), Is.EqualTo(first));
    }

    [Test]
    public void TakesActionsFromTheCaller()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        using Dream dream = world.Dream(2, 3);
        long[] actions = [0, 1, 2, 3, 1, 0];
        DreamBatch imagined = dream.Run(5, actions);
        float[] rewards = imagined.Rewards(2).ToArray();
        for (int t = 0; t < 3; t++)
            Assert.That(imagined.Actions(t).ToArray(), Is.EqualTo(actions[(2 * t)..(2 * t + 2)]));
        Assert.That(dream.Run(5, [0, 1, 2, 3, 1, 0]).Rewards(2).ToArray(), Is.EqualTo(rewards));
        Assert.That(dream.Run(5, [3, 1, 2, 3, 1, 0]).Rewards(2)[0], Is.Not.EqualTo(rewards[0]));
        Assert.That(dream.Run(5, [3, 1, 2, 3, 1, 0]).Rewards(2)[1], Is.EqualTo(rewards[1]), "the other row is untouched");

        Refused(() => dream.Run(5, [0L, 1]), "Expected actions (T=3, B=2), 6 values; found 2");
        Refused(() => dream.Run(5, [0L, 1, 2, 3, 1, 4]), "Action 4 is out of range: expected 0 to 3");
        Refused(() => dream.Run(5, [0f, 1, 2, 3, 1, 4]), "actions are discrete");
        Refused(() => dream.Start(new float[9]), "Expected observations (B=2, 5), 10 values; found 9");
    }

    [Test]
    public void RefusesToKeepTwoLogitsOfOneName()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent(m => m.Without("dream").WithGraph("imagine", _ => m.Graphs["dream"]))));
        Refused(() => world.Dream(2, 2, new() { KeepLogits = true }).Dispose(), "Both act and imagine call their logits 'logits'");
    }

    [Test]
    public void AllocatesNothingAfterTheFirstRun()
    {
        using WorldModel latent = WorldModel.Load(Keep(Fixtures.Latent()));
        using WorldModel grid = WorldModel.Load(Keep(Fixtures.Grid()));
        using Dream policy = latent.Dream(16, 5, new() { Tile = 5 });
        using Dream random = grid.Dream(16, 5, new() { KeepLogits = true });
        long[] actions = new long[80];
        float[] seen = new float[80];
        float sum = 0;
        void All(ulong seed)
        {
            DreamBatch a = policy.Run(seed);
            for (int t = 0; t < 5; t++)
                sum += a.Rewards(t)[0] + a.Observations(t)[0] + a.State("h", t)[0] + a.Actions(t)[0];
            sum += policy.Run(seed, actions).Rewards(4)[0];
            policy.Start(seen);
            sum += policy.Run(seed).Rewards(4)[0];
            policy.Start(default);
            sum += random.Run(seed).Logits("logits", 3)[0];
        }

        All(0);
        All(1);
        Assert.That(Allocations.EachTime(() =>
        {
            for (ulong seed = 2; seed < 12; seed++)
                All(seed);
        }), Is.Zero);
        Assert.That(sum, Is.Not.NaN);
    }

    [Test]
    public void SaysWhatIsNotThere()
    {
        string directory = Keep(Fixtures.Latent(m => m.Without("decode")));
        File.Delete(Path.Combine(directory, "starts.npz"));
        Fixtures.Write(directory, Manifest.Load(Keep(Fixtures.Latent())).Without("decode") with { Files = Manifest.HashFiles(directory) });
        using WorldModel world = WorldModel.Load(directory);
        using Dream dream = world.Dream(2, 3);
        Refused(() => dream.Run(1), "has no starts.npz: give observations with Start(observations)");
        dream.Start(new float[10]);
        DreamBatch imagined = dream.Run(1);
        Refused(() => imagined.Observations(0), "has no graph 'decode', and no state that is an observation");
        Refused(() => imagined.State("deter", 0), "has no state 'deter'; it has: h, z");
        Refused(() => imagined.State<long>("h", 0), "has a state 'h' of float32, not Int64");
        Refused(() => imagined.Logits("logits", 0), "kept no logits 'logits'; it kept: none. Set DreamOptions.KeepLogits");
        Refused(() => imagined.ContinuousActions(0), "has discrete actions: use Actions");
        Assert.That(() => imagined.Rewards(3), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("from 0 to 2"));
        Assert.That(() => imagined.State("h", 4), Throws.TypeOf<ArgumentOutOfRangeException>());
        dream.Dispose();
        Assert.That(() => imagined.Rewards(0), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => dream.Run(1), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void DreamsOfOneModelRunInParallel()
    {
        using WorldModel world = WorldModel.Load(Keep(Fixtures.Latent()));
        float[] Run(int seed)
        {
            using Dream dream = world.Dream(32, 8);
            return dream.Run((ulong)seed).Rewards(7).ToArray();
        }

        float[][] expected = [.. Enumerable.Range(0, 8).Select(Run)];
        float[][] found = new float[8][];
        Parallel.For(0, 8, i => found[i] = Run(i));
        Assert.That(found, Is.EqualTo(expected));
    }

    /// <summary>A manifest without the fused graph, in a directory beside; the files are the same.</summary>
    private string Unfused(string directory)
    {
        string copy = Keep(Directory.CreateTempSubdirectory("worldmodels-unfused").FullName);
        foreach (string file in Directory.EnumerateFiles(directory))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        Fixtures.Write(copy, Manifest.Load(directory).Without("dream"));
        return copy;
    }

    private delegate void FillRow(uint row, Span<float> values);

    private static float[] Rows(int rows, FillRow fill, int size)
    {
        float[] all = new float[rows * size];
        for (int row = 0; row < rows; row++)
            fill((uint)row, all.AsSpan(row * size, size));
        return all;
    }

    /// <summary>ONNX Runtime as everybody uses it.</summary>
    private static Dictionary<string, Array> Plain(InferenceSession session, params (string Name, Array Data, int[] Shape)[] inputs)
    {
        IEnumerable<NamedOnnxValue> values = inputs.Select(i => i.Data is float[] floats
            ? NamedOnnxValue.CreateFromTensor(i.Name, new DenseTensor<float>(floats, i.Shape))
            : NamedOnnxValue.CreateFromTensor(i.Name, new DenseTensor<long>((long[])i.Data, i.Shape)));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run([.. values]);
        return outputs.ToDictionary(o => o.Name, o => o.Value is Tensor<float> f ? (Array)f.ToArray() : o.AsTensor<long>().ToArray());
    }
}
