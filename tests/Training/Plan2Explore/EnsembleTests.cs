using TorchSharp;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.Plan2Explore;

/// <summary>The ensemble of one-step models against members computed one by one, and what its disagreement says.</summary>
public sealed class EnsembleTests
{
    private const int Members = 3, Feature = 6, Actions = 2, Units = 5, Outputs = 4, Rows = 7;

    /// <summary>With two hidden layers, of the whole feature and of a part, with the action at every layer and at the first.</summary>
    [Test]
    public void AllMembersAtOnceAreEachByItself([Values] bool everyLayer, [Values] bool part)
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(3);
        EnsembleConfig config = Config(everyLayer) with { Reads = part ? new FeaturePart(2, 3) : null };
        Ensemble<EagerTensor> ensemble = new(parameters.Root, config);
        (Tensor feature, Tensor action) = (randn([Rows, Feature]), randn([Rows, Actions]));
        Tensor said = ensemble.Forward(feature, action).Value;
        Assert.That(said.shape, Is.EqualTo(new long[] { Members, Rows, Outputs }));
        Tensor apart = zeros([Rows]);
        for (int member = 0; member < Members; member++)
        {
            Tensor x = cat([part ? feature.slice(1, 2, 5, 1) : feature, action], 1);
            x = Layer("hidden0", member, x).relu();
            x = Layer("hidden1", member, everyLayer ? cat([x, action], 1) : x).relu();
            x = Layer("output", member, x);
            Assert.That(Numbers(said[member]), Is.EqualTo(Numbers(x)).Within(1e-5), $"member {member}");
        }
        Assert.That(Numbers(said[0]), Is.Not.EqualTo(Numbers(said[1])).Within(1e-2), "they begin apart");

        Tensor Layer(string name, int member, Tensor x) =>
            x.matmul(parameters.All[$"{name}/weight"][member]) + parameters.All[$"{name}/bias"][member];
    }

    /// <summary>Members say 1, 2, 6 and 0, 0, 0 of two outputs: variances 14 / 3 and 0 about the mean 3, not the unbiased 7.</summary>
    [TestCase(DisagreementForm.Variance, 10 * (14.0 / 3) / 2)]
    [TestCase(DisagreementForm.Deviation, 10 * 2.1602469 / 2)]
    public void DisagreementIsOverMembersThenOverOutputs(DisagreementForm form, double expected)
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(3);
        Ensemble<EagerTensor> ensemble = new(parameters.Root, Config(true) with { Form = form, Scale = 10, Outputs = 2 });
        Tensor said = tensor(new float[] { 1, 0, 2, 0, 6, 0 }, [Members, 1, 2]).requires_grad_();
        Tensor apart = ensemble.Disagreement(said).Value;
        Assert.That(Numbers(apart), Is.EqualTo(new[] { (float)expected }).Within(1e-4));
        apart.sum().backward();
        Assert.That(Numbers(said.grad!).All(float.IsFinite), "where all members agree, too");
    }

    /// <summary>
    /// Learnt from one half of the states, the ensemble agrees there more than before and more than in the other half; what is left out of
    /// the loss is not learnt.
    /// </summary>
    [Test]
    public void DisagreementFallsWhereItHasBeenAndStaysElsewhere([Values] DisagreementTarget target)
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(5);
        EnsembleConfig config = Config(everyLayer: target == DisagreementTarget.Embedding) with
        {
            Layers = new(1, 32),
            Form = target == DisagreementTarget.Embedding ? DisagreementForm.Variance : DisagreementForm.Deviation,
        };
        DisagreementReward reward = new(parameters.Root["ensemble"], null!, config, target);
        using FlatOptimiser optimiser = new(parameters.Below("ensemble"), whole => optim.Adam(whole, 3e-3));
        using Generator random = new(11);
        Tensor known = States(sign: 1, random), unknown = States(sign: -1, random);
        Tensor action = rand([256, Actions], generator: random) * 2 - 1;
        Tensor target4 = cat([known.slice(1, 0, Outputs, 1).sin()], 1) + action.sum(1, keepdim: true);
        double before = Mean(known);
        for (int update = 0; update < 300; update++)
        {
            using DisposeScope inner = NewDisposeScope();
            optimiser.ZeroGradients();
            reward.Loss(known, action, target4, ones([256]), random).backward();
            optimiser.Step();
        }
        Assert.That(Mean(known), Is.LessThan(before / 3));
        float[] novelOfKnown = Numbers(reward.Of(known, action)), novelOfUnknown = Numbers(reward.Of(unknown, action));
        double above = novelOfUnknown.Sum(far => novelOfKnown.Count(near => far > near)) / (256.0 * 256);
        TestContext.Out.WriteLine($"before {before:G3}, known {Mean(known):G3}, unknown {Mean(unknown):G3}, AUROC {above:F3}");
        Assert.That(above, Is.GreaterThan(0.9), "area under the curve");

        double Mean(Tensor states) => reward.Of(states, action).mean().item<float>();

        static Tensor States(double sign, Generator random) => (rand([256, Feature], generator: random) + 0.5) * sign;
    }

    /// <summary>Members draw other rows each, and rows that another episode follows count for none.</summary>
    [Test]
    public void EachMemberLearnsFromItsOwnDraws()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(5);
        DisagreementReward reward = new(parameters.Root["ensemble"], null!, Config(true), DisagreementTarget.Embedding);
        (Tensor feature, Tensor action, Tensor target) = (randn([Rows, Feature]), randn([Rows, Actions]), randn([Rows, Outputs]));
        float[] losses = [.. Enumerable.Range(0, 4).Select(seed => Loss((ulong)seed, target, ones([Rows])))];
        Assert.That(losses.Distinct().Count(), Is.EqualTo(4));
        Assert.That(Loss(0, target, ones([Rows])), Is.EqualTo(losses[0]), "of the seed alone");
        Tensor keep = ones([Rows]), broken = target.clone();
        keep[2] = 0;
        broken[2] = 1e6f;
        Assert.That(Loss(1, broken, keep), Is.EqualTo(Loss(1, target, keep)));

        float Loss(ulong seed, Tensor followed, Tensor counts)
        {
            using Generator random = new(seed);
            return reward.Loss(feature, action, followed, counts, random).item<float>();
        }
    }

    private static EnsembleConfig Config(bool everyLayer) => new()
    {
        Members = Members, Feature = Feature, Actions = Actions, Layers = new(2, Units), ActionAtEveryLayer = everyLayer, Outputs = Outputs,
    };

    private static float[] Numbers(Tensor values) => values.detach().contiguous().data<float>().ToArray();
}
