using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

public sealed class ControllerTests : BundleFixture
{
    [Test]
    public void CarriesItsStateAsAPlainLoopDoes([Values] bool fused)
    {
        string directory = Keep(fused ? Fixtures.Latent() : Fixtures.Latent(m => m.Without("control")));
        using WorldModel world = WorldModel.Load(directory);
        using Controller controller = Controller.Load(directory, new() { Batch = 2, Seed = 4 });
        (GraphRunner observe, GraphRunner act) = (world.Graph("observe"), world.Graph("act"));
        NpyArray h = NpyArray.Zeros(NpyType.Float32, 2, 6);
        NpyArray first = NpyArray.Of([1f, 1], 2);
        NpyArray previous = NpyArray.Zeros(NpyType.Int64, 2);
        long[] action = new long[2];
        for (uint step = 0; step < 6; step++)
        {
            float[] seen = Observations(2, step);
            if (step == 3)
            {
                // An episode ends in row 1 alone.
                controller.Reset([1]);
                h.As<float>()[6..].Clear();
                first.As<float>()[1] = 1;
                previous.As<long>()[1] = 0;
            }
            controller.Act(seen, action);
            IReadOnlyDictionary<string, NpyArray> state = observe.Run(new Dictionary<string, NpyArray>
            {
                ["observation"] = NpyArray.Of(seen, 2, 5), ["h"] = h, ["is_first"] = first, ["action"] = previous,
                ["noise"] = Noise("observe/noise", NoiseKind.Gaussian, step, 3),
            });
            IReadOnlyDictionary<string, NpyArray> choice = act.Run(new Dictionary<string, NpyArray>
            {
                ["h"] = state["next_h"], ["z"] = state["next_z"], ["noise"] = Noise("act/noise", NoiseKind.Gumbel, step, 4),
            });
            Assert.That(action, Is.EqualTo(choice["action"].As<long>().ToArray()), $"step {step}");
            Assert.That(controller.Logits.ToArray(), Is.EqualTo(choice["logits"].ToFloats()).Within(1e-5));
            Assert.That(controller.Values.Length, Is.EqualTo(fused ? 2 : 0));
            h = state["next_h"];
            previous = choice["action"];
            first.As<float>().Clear();
        }
    }

    [Test]
    public void AnActionThatWasPlayedInsteadIsRemembered()
    {
        string directory = Keep(Fixtures.Latent());
        float[] own = Logits(_ => { }), same = Logits(controller => controller.Played(Last)), other = Logits(controller =>
        {
            long[] changed = [Last[0], (Last[1] + 1) % 4, Last[2]];
            controller.Played(changed);
        });
        Assert.That(same, Is.EqualTo(own));
        Assert.That((other[..4], other[8..]), Is.EqualTo((own[..4], own[8..])), "other rows");
        Assert.That(other[4..8], Is.Not.EqualTo(own[4..8]));
        using Controller controller = Controller.Load(directory);
        controller.Act(Observations(3, 0), new long[3]);
        Refused(() => controller.Played(new long[2]), "Expected the actions of 3 rows, 3 numbers, found 2");
        Refused(() => controller.Played(new float[3]), "actions are discrete");
        Refused(() => controller.Played([0, 4, 1]), "Row 1 is said to have played action 4; there are 0 to 3");
        using Controller pendulum = Controller.Load(Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer"));
        pendulum.Act([1f, 0, 0, 1, 0, 0], new float[2]);
        Refused(() => pendulum.Played([0f, float.NaN]), "Row 1 is said to have played NaN; give finite numbers");

        float[] Logits(Action<Controller> between)
        {
            using Controller controller = Controller.Load(directory, new() { Deterministic = true });
            controller.Act(Observations(3, 0), Last);
            between(controller);
            controller.Act(Observations(3, 1), new long[3]);
            return controller.Logits.ToArray();
        }
    }

    private long[] Last { get; } = new long[3];

    [Test]
    public void ResetRowsLeaveTheOthersAlone()
    {
        string directory = Keep(Fixtures.Latent());
        float[] Logits(Action<Controller> between)
        {
            using Controller controller = Controller.Load(directory, new() { Deterministic = true });
            long[] action = new long[3];
            for (uint step = 0; step < 3; step++)
                controller.Act(Observations(3, step), action);
            between(controller);
            controller.Act(Observations(3, 3), action);
            return controller.Logits.ToArray();
        }

        float[] none = Logits(_ => { }), middle = Logits(c => c.Reset([1])), all = Logits(c => c.Reset());
        Assert.That(middle[..4], Is.EqualTo(none[..4]));
        Assert.That(middle[8..], Is.EqualTo(none[8..]));
        Assert.That(middle[4..8], Is.EqualTo(all[4..8]).And.Not.EqualTo(none[4..8]));
        using Controller fresh = Controller.Load(directory, new() { Deterministic = true });
        fresh.Act(Observations(3, 3), new long[3]);
        Assert.That(all, Is.EqualTo(fresh.Logits.ToArray()), "reset is as new");
    }

    /// <summary>A row that sits a call out goes on from where it was, also where that is its beginning.</summary>
    [Test]
    public void ARowThatIsTakenBackHasNotTakenPart()
    {
        string directory = Keep(Fixtures.Latent());
        using Controller both = Controller.Load(directory, new() { Batch = 2, Deterministic = true });
        using Controller alone = Controller.Load(directory, new() { Batch = 1, Deterministic = true });
        long[] actions = new long[2], one = new long[1];
        Refused(() => both.TakeBack([0]), "TakeBack undoes the last Act");
        both.Reset();
        for (uint call = 0; call < 4; call++)
        {
            both.Act(Observations(2, call), actions);
            if (call % 2 == 0)
            {
                Refused(() => both.TakeBack([2]), "There is no row 2");
                both.TakeBack([1]);
                Refused(() => both.TakeBack([1]), "TakeBack undoes the last Act");
                continue;
            }
            float[] seen = Observations(2, call)[^(Observations(2, call).Length / 2)..];
            alone.Act(seen, one);
            Assert.That(actions[1], Is.EqualTo(one[0]));
            Assert.That(both.Logits[4..].ToArray(), Is.EqualTo(alone.Logits.ToArray()).Within(1e-6));
        }
    }

    [Test]
    public void ContinuousActionsComeAsFloats()
    {
        using Controller controller = Controller.Load(Keep(Fixtures.Reach()));
        float[] action = new float[4];
        controller.Act([0.1f, 0.2f, 0.3f, 1, 2, 3], action);
        Assert.That(action, Has.All.InRange(-1f, 1f));
        Assert.That(action[0], Is.Not.EqualTo(action[2]));
        Assert.That(controller.Values.Length, Is.EqualTo(2));
        Assert.That(controller.Logits.IsEmpty, Is.True);
        Refused(() => controller.Act(new float[6], new long[2]), "actions are continuous: give a span of floats");
    }

    [Test]
    public void TheBatchFollowsTheObservationsOrIsFixed()
    {
        string directory = Keep(Fixtures.Latent());
        using Controller open = Controller.Load(directory);
        Assert.That(open.Batch, Is.Zero);
        Refused(() => open.Reset([0]), "There is no row 0 yet: call Act first");
        open.Act(new float[10], new long[2]);
        Assert.That(open.Batch, Is.EqualTo(2));
        open.Act(new float[20], new long[4]);
        Assert.That(open.Batch, Is.EqualTo(4));
        Refused(() => open.Act(new float[7], new long[1]), "Expected observations (B, 5), a multiple of 5 values; found 7");
        Refused(() => open.Act(default, Span<long>.Empty), "found 0");
        Refused(() => open.Act(new float[10], new long[3]), "Expected room for 2 actions (B=2); found 3");
        Refused(() => open.Reset([0, 4]), "There is no row 4: expected 0 to 3");
        using Controller two = Controller.Load(directory, new() { Batch = 2 });
        Refused(() => two.Act(new float[15], new long[3]), "Expected observations (2, 5), 10 values; found 15");
        two.Dispose();
        Assert.That(() => two.Act(new float[10], new long[2]), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void RefusesAStateThatTwoGraphsOfAStepWrite()
    {
        string directory = Keep(Fixtures.Latent(m => m.Without("control", "dream").WithGraph("act", _ => m.Graphs["dream"])));
        Refused(() => Controller.Load(directory, new() { Batch = 2 }).Dispose(), "observe and act, both write state 'h'");
    }

    [Test]
    public void AllocatesNothingOnceBound()
    {
        using Controller latent = Controller.Load(Keep(Fixtures.Latent()));
        using Controller reach = Controller.Load(Keep(Fixtures.Reach()));
        float[] seen = Observations(4, 0), near = [0, 1, 2, 3, 4, 5];
        long[] action = new long[4];
        float[] force = new float[4];
        int[] rows = [1, 3];
        float sum = 0;
        void Step()
        {
            latent.Act(seen, action);
            sum += latent.Values[0] + latent.Logits[0];
            latent.Reset(rows);
            reach.Act(near, force);
            reach.Reset();
        }

        for (int i = 0; i < 3; i++)
            Step();
        Assert.That(Allocations.EachTime(() =>
        {
            for (int i = 0; i < 20; i++)
                Step();
        }), Is.Zero);
        Assert.That(sum, Is.Not.NaN);
    }

    private static float[] Observations(int batch, uint step)
    {
        float[] seen = new float[batch * 5];
        Philox.FillGaussian(new(99, 0, step, 0), seen);
        return seen;
    }

    private static NpyArray Noise(string stream, NoiseKind kind, uint step, int size)
    {
        float[] noise = new float[2 * size];
        for (uint row = 0; row < 2; row++)
            Philox.Fill(kind, new(4, row, step, Philox.Stream(stream)), noise.AsSpan((int)row * size, size));
        return NpyArray.Of(noise, 2, size);
    }
}
