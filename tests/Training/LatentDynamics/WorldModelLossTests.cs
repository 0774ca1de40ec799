using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train;
using WorldModels.Train.Dreamer;
using WorldModels.Train.LatentDynamics;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentDynamics;

/// <summary>What the world model's loss does with sequences: against plain loops over single steps.</summary>
public sealed class WorldModelLossTests
{
    private const int Length = 6, Rows = 3, Observation = 4, Action = 2, Stochastic = 5;

    private static readonly DreamerOptions Options = new()
    {
        Deterministic = 8, Stochastic = Stochastic, Hidden = 7, Embedding = 6, EncoderUnits = 9, HeadUnits = 9, Batch = Rows,
        Length = Length, FreeNats = 0.1,
    };

    private static readonly LatentWorldConfig Config = new()
    {
        Rssm = new() { Deterministic = 8, Stochastic = Stochastic, Hidden = 7, Embedding = 6, Actions = Action },
        Observation = Observation, Encoder = new(1, 9), Decoder = new(1, 9), Reward = new(1, 9), Continue = new(1, 9),
    };

    private EagerParameters _parameters = null!;
    private LatentWorld<EagerTensor> _world = null!;
    private TorchSharp.DisposeScope _scope = null!;

    [SetUp]
    public void Build()
    {
        _scope = NewDisposeScope();
        _parameters = new(3);
        _world = new(_parameters.Root, Config);
    }

    [TearDown]
    public void Free()
    {
        _parameters.Dispose();
        _scope.Dispose();
    }

    /// <summary>Projecting actions and embeddings for all steps at once, and the priors afterwards, changes nothing.</summary>
    [Test]
    public void FilteringASequenceEqualsStepByStep()
    {
        Sequences sequences = Draw(beginsAt: 3);
        Tensor noise = randn([Length, Rows, Stochastic], generator: new Generator(5));
        Posteriors posteriors = WorldModelLoss.Observe(_world, Config.Rssm, sequences, noise);
        EagerTensor h = zeros(Rows, 8), z = zeros(Rows, Stochastic);
        for (int t = 0; t < Length; t++)
        {
            if (t == 3)
            {
                Tensor keep = tensor(new float[] { 1, 0, 1 }, [Rows, 1]);
                (h, z) = (h * keep, z * keep);
            }
            RssmState<EagerTensor> prior = _world.Rssm.Imagine(h, z, sequences.Actions[t], zeros(Rows, Stochastic));
            RssmState<EagerTensor> state = _world.Rssm.Observe(
                h, z, sequences.Actions[t], _world.Embed(sequences.Observations[t]), noise[t]);
            AssertSame(posteriors.Deterministic[t], state.Deterministic.Value);
            AssertSame(posteriors.Stochastic[t], state.Stochastic.Value);
            AssertSame(posteriors.Mean[t], state.Mean.Value);
            AssertSame(posteriors.PriorMean[t], prior.Mean.Value);
            AssertSame(posteriors.PriorStd[t], prior.Std.Value);
            (h, z) = (state.Deterministic, state.Stochastic);
        }
    }

    [Test]
    public void AnEpisodeThatBeginsKnowsNothingOfTheOneBefore()
    {
        Tensor noise = randn([Length, Rows, Stochastic], generator: new Generator(5));
        Sequences whole = Draw(beginsAt: 3), other = whole with { Observations = whole.Observations.clone() };
        other.Observations.slice(0, 0, 3, 1).add_(1);
        Posteriors before = WorldModelLoss.Observe(_world, Config.Rssm, whole, noise);
        Posteriors after = WorldModelLoss.Observe(_world, Config.Rssm, other, noise);
        AssertSame(before.Stochastic[5][1], after.Stochastic[5][1]);        // row 1 began at step 3
        Assert.That((before.Stochastic[5][0] - after.Stochastic[5][0]).abs().max().item<float>(), Is.GreaterThan(1e-4f), "row 0 did not");
    }

    /// <summary>Each part counted by hand, record by record: half squared errors, and the continue head's soft label.</summary>
    [Test]
    public void PartsAreMeansOverRecords()
    {
        DreamerOptions options = Options with
        {
            PredictContinue = true,
            ContinueScale = 7,
            ObservationScale = 2,
            RewardLossScale = 3,
            KlScale = 0.5,
            Gamma = 0.9,
            RewardScale = 0.25,
        };
        Sequences sequences = Draw(beginsAt: 3, options, endsAt: 2);
        Posteriors posteriors = WorldModelLoss.Observe(_world, Config.Rssm, sequences, randn([Length, Rows, Stochastic]));
        WorldModelLosses losses = WorldModelLoss.Of(_world, options, sequences, posteriors, shape => randn(shape));
        double observation = 0, reward = 0, goesOn = 0, divergence = 0;
        for (int t = 0; t < Length; t++)
            for (int row = 0; row < Rows; row++)
            {
                Tensor feature = posteriors.Feature[t].slice(0, row, row + 1, 1);
                observation += 0.5 * (_world.Decode(feature).Value - sequences.Observations[t][row]).square().sum().item<float>();
                double missed = _world.Reward(feature).Value.item<float>() - 0.25 * 0.1 * t;
                reward += 0.5 * missed * missed;
                double p = 1 / (1 + Math.Exp(-_world.ContinueLogit(feature).Value.item<float>())), label = t == 2 && row == 1 ? 0 : 0.9;
                goesOn -= label * Math.Log(p) + (1 - label) * Math.Log(1 - p);
                divergence += WorldModelLoss.Kl(posteriors.Mean[t][row], posteriors.Std[t][row], posteriors.PriorMean[t][row],
                    posteriors.PriorStd[t][row]).item<float>();
            }
        double[] means = [.. new[] { observation, reward, goesOn, divergence }.Select(sum => sum / (Length * Rows))];
        Assert.Multiple(() =>
        {
            Assert.That(losses.Observation.item<float>(), Is.EqualTo(means[0]).Within(1e-4));
            Assert.That(losses.Reward.item<float>(), Is.EqualTo(means[1]).Within(1e-5));
            Assert.That(losses.Continue!.item<float>(), Is.EqualTo(means[2]).Within(1e-5));
            Assert.That(losses.Kl.item<float>(), Is.EqualTo(means[3]).Within(1e-4));
            Assert.That(losses.Total.item<float>(), Is.EqualTo(
                2 * means[0] + 3 * means[1] + 7 * means[2] + 0.5 * Math.Max(means[3], options.FreeNats)).Within(1e-3));
        });
    }

    [TestCase(0, true, Length * Rows - 1)]
    [TestCase(5, true, 5)]
    [TestCase(100, true, Length * Rows - 1)]
    [TestCase(0, false, Length * Rows)]
    public void NothingIsImaginedFromAnEnd(int most, bool avoidEnds, int expected)
    {
        Sequences sequences = Draw(beginsAt: 3, Options, endsAt: 2);
        Posteriors posteriors = WorldModelLoss.Observe(_world, Config.Rssm, sequences, randn([Length, Rows, Stochastic]));
        float end = posteriors.Stochastic[2][1][0].item<float>();
        using var random = new Generator(4);
        (Tensor h, Tensor z) = Imagination.Starts(posteriors, sequences, most, avoidEnds, random);
        float[] firsts = z.slice(1, 0, 1, 1).contiguous().data<float>().ToArray();
        Assert.That((h.size(0), firsts.Distinct().Count()), Is.EqualTo(((long)expected, expected)), "none twice");
        Assert.That(firsts.Contains(end), Is.EqualTo(!avoidEnds));
    }

    [TestCase(FreeNatsForm.MaxOfMean)]
    [TestCase(FreeNatsForm.MeanOfExcess)]
    public void OvershootingComparesPriorsThatGoOnAloneWithWhatWasReached(FreeNatsForm form)
    {
        DreamerOptions options = Options with { Overshooting = 3, FreeNatsForm = form };
        Sequences sequences = Draw(beginsAt: 4);
        Posteriors posteriors = WorldModelLoss.Observe(_world, Config.Rssm, sequences, randn([Length, Rows, Stochastic]));
        WorldModelLosses losses = WorldModelLoss.Of(_world, options, sequences, posteriors, shape => zeros(shape));
        List<float>[] reached = [[], []];       // divergences at distances 2 and 3
        for (int row = 0; row < Rows; row++)
            for (int start = 0; start < Length; start++)
            {
                EagerTensor h = posteriors.Deterministic[start].slice(0, row, row + 1, 1);
                EagerTensor z = posteriors.Stochastic[start].slice(0, row, row + 1, 1);
                for (int distance = 1; distance <= 3 && start + distance < Length; distance++)
                {
                    int t = start + distance;
                    if (t == 4 && row == 1)
                        break;      // its episode ended
                    RssmState<EagerTensor> next = _world.Rssm.Imagine(
                        h, z, sequences.Actions[t].slice(0, row, row + 1, 1), zeros(1, Stochastic));
                    (h, z) = (next.Deterministic, next.Stochastic);
                    if (distance > 1)
                        reached[distance - 2].Add(WorldModelLoss.Kl(
                            posteriors.Mean[t][row], posteriors.Std[t][row], next.Mean.Value, next.Std.Value).item<float>());
                }
            }
        double expected = reached.Average(values => form == FreeNatsForm.MaxOfMean
            ? Math.Max(values.Average(), options.FreeNats)
            : values.Average(value => Math.Max(0, value - options.FreeNats)));
        Assert.That(losses.Overshooting!.item<float>(), Is.EqualTo(expected).Within(1e-4 * expected));
    }

    /// <summary>On: the priors learn from further away; the posteriors do not move for it. Off: there is no such term.</summary>
    [Test]
    public void OvershootingTeachesThePriorAlone()
    {
        Sequences sequences = Draw(beginsAt: 0);
        Posteriors posteriors = WorldModelLoss.Observe(_world, Config.Rssm, sequences, randn([Length, Rows, Stochastic]));
        Assert.That(WorldModelLoss.Of(_world, Options, sequences, posteriors, shape => randn(shape)).Overshooting, Is.Null);
        Tensor mean = posteriors.Mean.detach().requires_grad_();
        WorldModelLosses losses = WorldModelLoss.Of(
            _world, Options with { Overshooting = 3, FreeNats = 0 }, sequences, posteriors with { Mean = mean }, shape => randn(shape));
        losses.Overshooting!.backward();
        Assert.That(mean.grad is null || mean.grad.abs().max().item<float>() == 0, Is.True, "what was reached stays where it is");
        Assert.That(_parameters.All["rssm/prior/stats/weight"].grad!.abs().max().item<float>(), Is.GreaterThan(0));
    }

    private static Sequences Draw(int beginsAt) => Draw(beginsAt, Options, endsAt: -1);

    /// <summary>Sequences in whose row 1 an episode begins, and one terminates; -1: none does.</summary>
    private static Sequences Draw(int beginsAt, DreamerOptions options, int endsAt)
    {
        var batch = new SequenceBatch(Length, Rows, Observation, Action);
        for (int t = 0; t < Length; t++)
            for (int row = 0; row < Rows; row++)
            {
                int at = t * Rows + row;
                var key = new NoiseKey(9, (uint)row, (uint)t, 1);
                Philox.FillGaussian(key, batch.Observations.AsSpan(at * Observation, Observation));
                Philox.FillUniform(key with { Stream = 2 }, batch.Actions.AsSpan(at * Action, Action));
                batch.Rewards[at] = 0.1f * t;
                batch.Discounts[at] = t == endsAt && row == 1 ? 0 : 1;
                batch.IsFirst[at] = t == beginsAt && row == 1 ? 1 : 0;
            }
        return Sequences.From(batch, options, Observation, Action, CPU);
    }

    private static void AssertSame(Tensor found, Tensor expected) =>
        Assert.That((found - expected).abs().max().item<float>(), Is.LessThan(1e-5f));
}
