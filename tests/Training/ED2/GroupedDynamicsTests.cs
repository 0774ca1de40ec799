using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.ED2;

/// <summary>A dynamics that is divided by groups of actuators (D2P; Wang et al. 2021).</summary>
public sealed class GroupedDynamicsTests
{
    private const int D = 8, S = 3, H = 5;

    private static readonly int[][] Groups = [[0, 2], [3], [1]];

    private static RssmConfig Config(GruForm form) => new()
    {
        Deterministic = D, Stochastic = S, Hidden = H, Embedding = 4, Actions = 4, Gru = form, Blocks = 4,
        Norm = form == GruForm.Block ? NormForm.Rms : NormForm.None, Activation = form == GruForm.Block ? Unary.Silu : Unary.Elu,
    };

    /// <summary>x_i = elu(W_i [z, a_Gi] + b_i), h_i = gru_i(x_i, h), h' = mean h_i, by a loop over the groups.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void TheCellIsTheMeanOfItsGroups(bool linear)
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters store = new(3);
        Tensor h = randn(6, D), z = randn(6, S), action = randn(6, 4);
        RssmConfig config = Config(GruForm.ResetAfter) with { Groups = Groups, LinearCandidate = linear };
        Tensor next = Next(new(store.Root["rssm"], config), h, z, action);
        Tensor sum = zeros(6, D);
        for (int g = 0; g < Groups.Length; g++)
        {
            Tensor Rows(string path, int rows) => store.All[$"rssm/{path}"].slice(0, g * rows, (g + 1) * rows, 1);
            Tensor own = tensor(Groups[g].Select(number => (long)number).ToArray());
            Tensor weights = cat([Rows("input/stochastic_weight", H), store.All["rssm/input/action_weight"].index_select(1, own)], 1);
            Tensor x = nn.functional.elu(
                nn.functional.linear(cat([z, action.index_select(1, own)], 1), weights, Rows("input/bias", H)), 1);
            Tensor[] input = (x.mm(store.All["rssm/gru/weight_ih"][g]) + store.All["rssm/gru/bias_ih"][g]).split(D, 1);
            Tensor[] hidden = nn.functional.linear(h, Rows("gru/weight_hh", 3 * D), Rows("gru/bias_hh", 3 * D)).split(D, 1);
            Tensor reset = (input[0] + hidden[0]).sigmoid(), update = (input[1] + hidden[1]).sigmoid();
            Tensor candidate = input[2] + reset * hidden[2];
            sum = sum + update * h + (1 - update) * (linear ? candidate : candidate.tanh());
        }
        AssertEqual(next, sum / Groups.Length);
    }

    /// <summary>
    /// Each form is the mean of undivided transitions, each with a group's weights, which see that group's actions alone; so that one group
    /// is the undivided one.
    /// </summary>
    [Test]
    public void EveryFormIsTheMeanOfUndividedOnes(
        [Values(GruForm.ResetAfter, GruForm.LayerNorm, GruForm.Block)] GruForm form, [Values] bool one)
    {
        int[][] groups = one ? [[0, 1, 2, 3]] : Groups;
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters store = new(3);
        RssmConfig config = Config(form);
        Rssm<EagerTensor> divided = new(store.Root["rssm"], config with { Groups = groups });
        Randomise(store);
        Tensor h = randn(6, D) * 0.5, z = randn(6, S), action = randn(6, 4) * 2, sum = zeros(6, D);
        for (int g = 0; g < groups.Length; g++)
        {
            using EagerParameters alone = new(4);
            Rssm<EagerTensor> undivided = new(alone.Root["rssm"], config with { Actions = groups[g].Length });
            Copy(store, groups, g, form, alone);
            Tensor own = tensor(groups[g].Select(number => (long)number).ToArray());
            sum = sum + Next(undivided, h, z, action.index_select(1, own));
        }
        AssertEqual(Next(divided, h, z, action), sum / groups.Length);
    }

    /// <summary>Observing a sequence is observing step by step, so that actions projected beforehand reach the right rows.</summary>
    [TestCase(GruForm.ResetAfter)]
    [TestCase(GruForm.Block)]
    public void ASequenceIsItsSteps(GruForm form)
    {
        const int Length = 4, Rows = 3;
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters store = new(3);
        Rssm<EagerTensor> rssm = new(store.Root["rssm"], Config(form) with { Groups = Groups });
        Tensor actions = randn(Length, Rows, 4), embeddings = randn(Length, Rows, 4), noise = randn(Length, Rows, S);
        State<EagerTensor> state = EagerState.Zeros(rssm.State, Rows, CPU);
        FilteredSequence<EagerTensor> whole = rssm.ObserveSequence(
            new(state, actions, embeddings, ones(Length, Rows), new HashSet<int>(), _ => noise));
        for (int t = 0; t < Length; t++)
        {
            state = rssm.Observe(state, actions[t], embeddings[t], noise[t]).State;
            AssertEqual(whole.States["deterministic"].Value[t], state["deterministic"].Value);
        }
    }

    /// <summary>What a group does not see does not move what its cell says: with one cell left, the others' actions are nothing.</summary>
    [Test]
    public void AGroupSeesItsOwnActionsAlone()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters store = new(3);
        Rssm<EagerTensor> rssm = new(store.Root["rssm"], Config(GruForm.ResetAfter) with { Groups = Groups });
        using (no_grad())
            _ = store.All["rssm/gru/weight_ih"].slice(0, 1, 3, 1).zero_();      // only the first group still hears its input
        Tensor h = randn(6, D), z = randn(6, S), action = randn(6, 4).requires_grad_();
        Next(rssm, h, z, action).square().sum().backward();
        Assert.That(Numbers(action.grad!.abs().sum([0])).Select(moved => moved > 0), Is.EqualTo(new[] { true, false, true, false }));
    }

    /// <summary>But for its groups, a divided dynamics is the one of its version of Dreamer, losses included.</summary>
    [Test]
    public void ADividedDynamicsIsItsVersions([Values] DividedDynamics dynamics, [Values] bool linear)
    {
        ObservationSpec observation = new() { Shape = [5], Low = -1, High = 1 };
        ED2Options options = new()
        {
            Env = "two-pendulums-swingup", Groups = "0,2;1", Dynamics = dynamics, LinearCandidate = linear, Classes = 7, Embedding = 16,
        };
        DreamerOptions version = dynamics switch
        {
            DividedDynamics.V1 => new DreamerOptions { Embedding = 16 },
            DividedDynamics.V2 => new DreamerV2Options { Classes = 7, Embedding = 16 },
            _ => new DreamerV3Options
            {
                Classes = 7, Embedding = 16, EncoderUnits = 16, PredictContinue = true, FreeNatsForm = FreeNatsForm.MeanOfMax,
            },
        };
        RssmConfig divided = (RssmConfig)options.World(observation, actions: 3).Dynamics;
        RssmConfig own = (RssmConfig)version.World(observation, actions: 3).Dynamics;
        Assert.That(ActionGroups.Text(divided.Groups), Is.EqualTo("0,2;1"));
        Assert.That(divided, Is.EqualTo(own with { Groups = divided.Groups, LinearCandidate = linear }));
    }

    /// <summary>Published sizes: the cheetah's four groups; hidden units of the undivided world with as many parameters.</summary>
    [Test]
    public void PublishedSizesAndSizesThatMatch()
    {
        ED2Options options = (ED2Options)Algorithm.Find("ed2").Preset("paper", "cheetah-run");
        Assert.That(Count(options, "/rssm"), Is.EqualTo(1_300_120));
        ED2Options vanilla = options with { Groups = ActionGroups.Vanilla };
        Assert.That(Count(vanilla, "/rssm"), Is.EqualTo(557_920), "Dreamer's");
        long divided = Count(options, ""), matched = Count(vanilla with { ParametersOf = ActionGroups.Published }, "");
        Assert.That(matched, Is.EqualTo(divided).Within(1100), "a hidden unit has 2,183");
        Assert.That(Count(options with { ParametersOf = ActionGroups.Published }, ""), Is.EqualTo(divided), "its own size");
    }

    [Test]
    public void GroupsDivideTheAction([Values("0,1;1,2,3", "0,1;2", "0;1;2;4")] string groups) => Assert.That(
        () => new GroupedAction<EagerTensor>(
            new Parameters<EagerTensor>(new ShapeCounter()),
            [.. groups.Split(';').Select(group => (IReadOnlyList<int>)[.. group.Split(',').Select(int.Parse)])], H, Init.Zeros),
        groups == "0,1;2" ? Throws.Nothing : Throws.ArgumentException);

    private static long Count(ED2Options options, string below)
    {
        ShapeCounter counter = new();
        _ = new LatentWorld<EagerTensor>(
            new Parameters<EagerTensor>(counter)["world"], options.World(new() { Shape = [3, 64, 64], Low = 0, High = 1 }, actions: 6));
        return counter.Below($"world{below}");
    }

    private static Tensor Next(Rssm<EagerTensor> rssm, Tensor h, Tensor z, Tensor action) =>
        rssm.Imagine(new(["deterministic", "stochastic"], h, z), action, zeros(h.size(0), S)).State["deterministic"].Value;

    /// <summary>Biases and gains begin as zeros and ones, which would hide where they are.</summary>
    private static void Randomise(EagerParameters store)
    {
        using IDisposable guard = no_grad();
        foreach (Tensor parameter in store.All.Values)
            _ = parameter.copy_(randn_like(parameter) * 0.5);
    }

    /// <summary>A group's weights to an undivided transition.</summary>
    private static void Copy(EagerParameters from, int[][] groups, int g, GruForm form, EagerParameters to)
    {
        using IDisposable guard = no_grad();
        Tensor own = tensor(groups[g].Select(number => (long)number).ToArray());
        void Set(string path, Tensor value) => to.All[$"rssm/{path}"].copy_(value.reshape(to.All[$"rssm/{path}"].shape));
        Tensor All(string path) => from.All[$"rssm/{path}"];
        Tensor Rows(string path) => All(path).chunk(groups.Length, 0)[g];
        Tensor First(string path) => All(path)[g];
        if (form != GruForm.Block)
        {
            Set("input/stochastic_weight", Rows("input/stochastic_weight"));
            Set("input/action_weight", All("input/action_weight").index_select(1, own));
            Set("input/bias", Rows("input/bias"));
        }
        switch (form)
        {
            case GruForm.ResetAfter:
                Set("gru/weight_ih", First("gru/weight_ih").t());
                Set("gru/weight_hh", Rows("gru/weight_hh"));
                Set("gru/bias_ih", First("gru/bias_ih"));
                Set("gru/bias_hh", Rows("gru/bias_hh"));
                break;
            case GruForm.LayerNorm:
                Set("gru/product/x_weight", First("gru/product/x_weight").t());
                Set("gru/product/h_weight", Rows("gru/product/h_weight"));
                Set("gru/product/bias", Rows("gru/product/bias"));
                Set("gru/gain", First("gru/gain"));
                Set("gru/bias", First("gru/bias"));
                break;
            default:
                foreach (string input in new[] { "deterministic", "stochastic" })
                {
                    Set($"input/{input}/hidden0/weight", Rows($"input/{input}/weight"));
                    Set($"input/{input}/hidden0/bias", Rows($"input/{input}/bias"));
                    Set($"input/{input}/hidden0/norm/gain", First($"input/{input}/norm/gain"));
                }
                Set("input/action/hidden0/weight", All("input/action/action_weight").index_select(1, own));
                Set("input/action/hidden0/bias", Rows("input/action/bias"));
                Set("input/action/hidden0/norm/gain", First("input/action/norm/gain"));
                Set("gru/hidden/state_weight", First("gru/hidden/weight").slice(0, 0, 2 * H, 1).t());
                Set("gru/hidden/action_weight", First("gru/hidden/weight").slice(0, 2 * H, 3 * H, 1).t());
                Set("gru/hidden/bias", First("gru/hidden/bias"));
                Set("gru/own/weight", All("gru/own/weight").chunk(groups.Length, 2)[g]);
                Set("gru/norm/gain", First("gru/norm/gain"));
                Set("gru/gates/weight", First("gru/gates/weight"));
                Set("gru/gates/bias", First("gru/gates/bias"));
                break;
        }
    }

    private static void AssertEqual(Tensor found, Tensor expected) =>
        Assert.That(Numbers(found), Is.EqualTo(Numbers(expected)).Within(2e-6));

    private static float[] Numbers(Tensor x) => x.detach().contiguous().data<float>().ToArray();
}
