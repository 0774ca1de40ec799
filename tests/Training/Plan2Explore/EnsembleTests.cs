using TorchSharp;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
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

    /// <summary>
    /// Of two records, a member reads the first one's state with the second's action, which was taken there, and foretells what the second
    /// one is; the reward of a step in imagination is of the state that it was taken in.
    /// </summary>
    [Test]
    public void ItForetellsWhatFollowsTheActionTakenInAState([Values] DisagreementTarget target)
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(5);
        using Generator random = new(11);
        Met met = new(parameters, new() { Target = target }, rows: 1);
        EnsembleConfig config = new()
        {
            Members = Members, Feature = met.World.Dynamics.Feature, Actions = 1, Layers = new(0, Units),
            Outputs = target == DisagreementTarget.Embedding ? Met.Embedding : Met.Stochastic,
        };
        DisagreementReward reward = new(parameters.Root["ensemble"], met.World, config, target);
        Tensor feature = met.World.Dynamics.FeatureOf(met.Filtered.States).Value;                      // (2, 1, F)
        Tensor followed = target == DisagreementTarget.Embedding
            ? met.World.Embed(met.Observed).Value[1] : met.Filtered.States["stochastic"].Value[1];     // (1, O)
        Tensor read = cat([feature[0], met.Sequences.Actions[1]], 1);                                  // (1, F + 1)
        Tensor expected = Enumerable.Range(0, Members).Select(member => (read.matmul(parameters.All["ensemble/output/weight"][member])
            + parameters.All["ensemble/output/bias"][member] - followed).square().mean()).Aggregate((sum, error) => sum + error);
        Tensor loss = reward.Loss(met.Filtered, met.Sequences, met.Observed, random);
        Assert.That(loss.item<float>(), Is.EqualTo(expected.item<float>()).Within(1e-5));
        Tensor imagined = reward.Of(new ImaginedTrajectory(feature, met.Sequences.Actions.slice(0, 1, 2, 1)));
        Assert.That(Numbers(imagined), Is.EqualTo(Numbers(reward.Of(feature[0], met.Sequences.Actions[1]))));
        met.AssertTouchesNothingOfTheWorld(loss);
    }

    /// <summary>Curiosity expects the world's loss of each record that could be foretold, times its factor.</summary>
    [Test]
    public void CuriosityExpectsTheWorldsLoss()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(5);
        using Generator random = new(11);
        Met met = new(parameters, new() { CuriosityScale = 0.5 }, rows: 4);
        PredictionErrorReward reward = new(parameters.Root["curiosity"], met.World, met.Options);
        using FlatOptimiser optimiser = new(parameters.Below("curiosity"), whole => optim.Adam(whole, 1e-2));
        for (int update = 0; update < 300; update++)
        {
            using DisposeScope inner = NewDisposeScope();
            optimiser.ZeroGradients();
            reward.Loss(met.Filtered, met.Sequences, met.Observed, random).backward();
            optimiser.Step();
        }
        met.AssertTouchesNothingOfTheWorld(reward.Loss(met.Filtered, met.Sequences, met.Observed, random));
        // The world's losses of the second records, which follow something.
        EagerTensor feature = met.World.Dynamics.FeatureOf(met.Filtered.States);                       // (2, 4, F)
        (string observation, EagerTensor unlikely) = met.World.ObservationLosses(feature, met.Observed).Single();
        IReadOnlyDictionary<string, double> scales = met.Options.LossScales();
        Tensor losses = scales["kl"] * met.Filtered.Steps["kl"].Value + scales[observation] * unlikely.Value;  // (2, 4)
        ImaginedTrajectory alike = new(feature.Value, met.Sequences.Actions.slice(0, 1, 2, 1));
        float[] expected = Numbers(0.5 * losses[1]);
        Assert.That(expected.Max() - expected.Min(), Is.GreaterThan(0.1), "the rows' losses differ");
        Assert.That(Numbers(reward.Of(alike)), Is.EqualTo(expected).Within(0.02));
    }

    /// <summary>Two records each of some rows, as a small world filters them.</summary>
    private sealed class Met
    {
        public const int Embedding = 4, Stochastic = 3;

        private readonly EagerParameters _parameters;

        public Met(EagerParameters parameters, Plan2ExploreOptions options, int rows)
        {
            _parameters = parameters;
            Options = options with
            {
                Env = "pendulum",
                Deterministic = 6,
                Stochastic = Stochastic,
                Hidden = 5,
                Embedding = Embedding,
                EncoderLayers = 1,
                EncoderUnits = 5,
                RewardLayers = 1,
                HeadUnits = 16,
            };
            Experience experience = new(Options);
            World = new(parameters.Root["world"], Options.World(experience.Observation, experience.Actions.Size));
            SequenceBatch batch = new(length: 2, batch: rows, observation: 3, action: 1);
            for (int i = 0; i < batch.Observations.Length; i++)
                batch.Observations[i] = MathF.Sin(3 * i + 1);
            for (int i = 0; i < batch.Actions.Length; i++)
                batch.Actions[i] = MathF.Cos(2 * i + 1);
            batch.IsFirst.AsSpan(0, rows).Fill(1);
            Sequences = Sequences.From(batch, Options, observation: 3, action: 1, CPU);
            Observed = World.Scale.Forward(Sequences.Observations);
            using Generator random = new(7);
            Filtered = World.Dynamics.ObserveSequence(Sequences.ToFilter(World.Dynamics, World.Embed(Observed), random));
        }

        public Plan2ExploreOptions Options { get; }

        public LatentWorld<EagerTensor> World { get; }

        public Sequences Sequences { get; }

        /// <summary>(2, B, 3), scaled.</summary>
        public EagerTensor Observed { get; }

        public FilteredSequence<EagerTensor> Filtered { get; }

        /// <summary>Takes a loss's gradients.</summary>
        public void AssertTouchesNothingOfTheWorld(Tensor loss)
        {
            loss.backward(retain_graph: true);
            Assert.That(_parameters.Below("world").Select(parameter => parameter.grad).Where(gradient => gradient is not null
                && gradient.abs().max().item<float>() > 0), Is.Empty);
        }
    }

    private static EnsembleConfig Config(bool everyLayer) => new()
    {
        Members = Members, Feature = Feature, Actions = Actions, Layers = new(2, Units), ActionAtEveryLayer = everyLayer, Outputs = Outputs,
    };

    private static float[] Numbers(Tensor values) => values.detach().contiguous().data<float>().ToArray();
}
