using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>What the world model's loss does with sequences: against plain loops over single steps.</summary>
public sealed class WorldModelLossTests
{
    private const int Length = 6, Rows = 3, Observation = 4, Action = 2, Stochastic = 5;

    private static readonly DreamerOptions Options = new()
    {
        Deterministic = 8, Stochastic = Stochastic, Hidden = 7, Embedding = 6, EncoderUnits = 9, HeadUnits = 9, Batch = Rows,
        Length = Length, FreeNats = 0.1,
    };

    private static readonly RssmConfig Sizes = new()
    {
        Deterministic = 8, Stochastic = Stochastic, Hidden = 7, Embedding = 6, Actions = Action, FreeNats = 0.1,
    };

    private static readonly LatentWorldConfig Config = new()
    {
        Dynamics = Sizes,
        Observation = Observation, Encoder = new(1, 9), Decoder = new(1, 9), Reward = new(new(1, 9), Unary.Elu), Continue = new(1, 9),
    };

    private EagerParameters _parameters = null!;
    private LatentWorld<EagerTensor> _world = null!;
    private TorchSharp.DisposeScope _scope = null!;

    [SetUp]
    public void Build()
    {
        _scope = NewDisposeScope();
        BuildWorld(Sizes);
    }

    private void BuildWorld(RssmConfig rssm)
    {
        _parameters = new(3);
        _world = new(_parameters.Root, Config with { Dynamics = rssm });
    }

    [TearDown]
    public void Free()
    {
        _parameters.Dispose();
        _scope.Dispose();
    }

    /// <summary>Projecting actions and embeddings for all steps at once, and the priors afterwards, changes nothing.</summary>
    [TestCase(0)]
    [TestCase(3)]
    public void FilteringASequenceEqualsStepByStep(int classes)
    {
        BuildWorld(Sizes with { Classes = classes, FreeNats = 0 });
        Sequences sequences = Draw(beginsAt: 3);
        Tensor noise = randn([Length, Rows, Dynamics.Noise.Size], generator: new Generator(5));
        FilteredSequence<EagerTensor> filtered = Filter(sequences, noise);
        State<EagerTensor> state = EagerState.Zeros(Dynamics.State, Rows, CPU);
        List<float> divergences = [];
        for (int t = 0; t < Length; t++)
        {
            if (t == 3)
                state = state.Reset(tensor(new float[] { 1, 0, 1 }, [Rows, 1]));
            EagerTensor nothing = zeros(Rows, Dynamics.Noise.Size);
            LatentStep<EagerTensor> prior = Dynamics.Imagine(state, sequences.Actions[t], nothing);
            LatentStep<EagerTensor> posterior = Dynamics.Observe(
                state, sequences.Actions[t], _world.Embed(sequences.Observations[t]), noise[t]);
            state = posterior.State;
            foreach (string name in state.Names)
                AssertSame(filtered.States[name].Value[t], state[name].Value);
            divergences.AddRange(posterior.Distribution.Kl(prior.Distribution).Value.data<float>().ToArray());
        }
        Assert.That(filtered.Figures["kl"].Value.item<float>(), Is.EqualTo(divergences.Average()).Within(1e-5));
        Assert.That(filtered.Losses["kl"].Value.item<float>(), Is.EqualTo(divergences.Average()).Within(1e-5), "none is free");
    }

    [Test]
    public void AnEpisodeThatBeginsKnowsNothingOfTheOneBefore()
    {
        Tensor noise = randn([Length, Rows, Stochastic], generator: new Generator(5));
        Sequences whole = Draw(beginsAt: 3), other = whole with { Observations = whole.Observations.clone() };
        other.Observations.slice(0, 0, 3, 1).add_(1);
        Tensor before = Filter(whole, noise).States["stochastic"].Value, after = Filter(other, noise).States["stochastic"].Value;
        AssertSame(before[5][1], after[5][1]);      // row 1 began at step 3
        Assert.That((before[5][0] - after[5][0]).abs().max().item<float>(), Is.GreaterThan(1e-4f), "row 0 did not");
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
        FilteredSequence<EagerTensor> filtered = Filter(sequences, randn([Length, Rows, Stochastic]));
        Losses losses = Dreamer.WorldModelLosses(
            _world, sequences, _world.Scale.Forward(sequences.Observations), filtered, options.Gamma);
        Tensor features = Dynamics.FeatureOf(filtered.States).Value;
        double observation = 0, reward = 0, continues = 0;
        for (int t = 0; t < Length; t++)
        {
            for (int row = 0; row < Rows; row++)
            {
                Tensor feature = features[t].slice(0, row, row + 1, 1);
                observation += 0.5 * (_world.Decode(feature).Mode.Value - sequences.Observations[t][row]).square().sum().item<float>();
                double missed = _world.Reward(feature).Mode.Value.item<float>() - 0.25 * 0.1 * t;
                reward += 0.5 * missed * missed;
                double p = _world.Continue(feature).Mean.Value.item<float>(), label = t == 2 && row == 1 ? 0 : 0.9;
                continues -= label * Math.Log(p) + (1 - label) * Math.Log(1 - p);
            }
        }

        double[] means = [.. new[] { observation, reward, continues }.Select(sum => sum / (Length * Rows))];
        double divergence = filtered.Figures["kl"].Value.item<float>();
        Assert.Multiple(() =>
        {
            Assert.That(losses["observation"].item<float>(), Is.EqualTo(means[0]).Within(1e-4));
            Assert.That(losses["reward"].item<float>(), Is.EqualTo(means[1]).Within(1e-5));
            Assert.That(losses["continue"].item<float>(), Is.EqualTo(means[2]).Within(1e-5));
            Assert.That(losses["kl"].item<float>(), Is.EqualTo(Math.Max(divergence, Sizes.FreeNats)).Within(1e-5));
            Assert.That(losses.Total(options.LossScales()).item<float>(), Is.EqualTo(
                2 * means[0] + 3 * means[1] + 7 * means[2] + 0.5 * Math.Max(divergence, Sizes.FreeNats)).Within(1e-3));
        });
    }

    [TestCase(0, true, Length * Rows - 1)]
    [TestCase(5, true, 5)]
    [TestCase(100, true, Length * Rows - 1)]
    [TestCase(0, false, Length * Rows)]
    public void NothingIsImaginedFromAnEnd(int most, bool avoidEnds, int expected)
    {
        Sequences sequences = Draw(beginsAt: 3, Options, endsAt: 2);
        State<EagerTensor> posteriors = Filter(sequences, randn([Length, Rows, Stochastic])).States;
        float end = posteriors["stochastic"].Value[2][1][0].item<float>();
        using Generator random = new Generator(4);
        Tensor z = Dreamer.Starts(posteriors, sequences, most, avoidEnds, random)["stochastic"].Value;
        float[] firsts = z.slice(1, 0, 1, 1).contiguous().data<float>().ToArray();
        Assert.That((z.size(0), firsts.Distinct().Count()), Is.EqualTo(((long)expected, expected)), "none twice");
        Assert.That(firsts.Contains(end), Is.EqualTo(!avoidEnds));
    }

    [TestCase(FreeNatsForm.MaxOfMean)]
    [TestCase(FreeNatsForm.MeanOfExcess)]
    public void OvershootingComparesPriorsThatGoOnAloneWithWhatWasReached(FreeNatsForm form)
    {
        const double FreeNats = 0.1;
        BuildWorld(Sizes with { Overshooting = 3, FreeNatsForm = form, FreeNats = FreeNats });
        Sequences sequences = Draw(beginsAt: 4);
        FilteredSequence<EagerTensor> filtered = Filter(sequences, zeros([Length, Rows, Stochastic]));
        IDistribution<EagerTensor>[] posteriors = Posteriors(sequences, filtered.States);
        List<float>[] reached = [[], []];       // divergences at distances 2 and 3
        for (int row = 0; row < Rows; row++)
        {
            for (int start = 0; start < Length; start++)
            {
                EagerTensor OfRow(EagerTensor x) => x.Value.slice(0, row, row + 1, 1);
                State<EagerTensor> state = filtered.States.Map(x => OfRow(x.Value[start]));
                for (int distance = 1; distance <= 3 && start + distance < Length; distance++)
                {
                    int t = start + distance;
                    if (t == 4 && row == 1)
                        break;      // its episode ended
                    LatentStep<EagerTensor> next = Dynamics.Imagine(state, OfRow(sequences.Actions[t]), zeros(1, Stochastic));
                    state = next.State;
                    if (distance > 1)
                        reached[distance - 2].Add(posteriors[t].Map(OfRow).Kl(next.Distribution).Value.item<float>());
                }
            }
        }

        double expected = reached.Average(values => form == FreeNatsForm.MaxOfMean
            ? Math.Max(values.Average(), FreeNats)
            : values.Average(value => Math.Max(0, value - FreeNats)));
        Assert.That(filtered.Losses["overshooting"].Value.item<float>(), Is.EqualTo(expected).Within(1e-4 * expected));
    }

    /// <summary>On: the priors learn from further away; the posteriors do not move for it. Off: there is no such term.</summary>
    [Test]
    public void OvershootingTeachesThePriorAlone()
    {
        Sequences sequences = Draw(beginsAt: 0);
        Assert.That(Filter(sequences, zeros([Length, Rows, Stochastic])).Losses, Does.Not.ContainKey("overshooting"));
        BuildWorld(Sizes with { Overshooting = 3, FreeNats = 0 });
        Filter(sequences, zeros([Length, Rows, Stochastic])).Losses["overshooting"].Value.backward();
        Assert.That(_parameters.All["rssm/prior/stats/weight"].grad!.abs().max().item<float>(), Is.GreaterThan(0));
        // What the posterior draws with no noise is its mean: its deviation reaches the loss as what was reached alone, which stays.
        Tensor deviations = _parameters.All["rssm/posterior/stats/weight"].grad!.slice(0, Stochastic, 2 * Stochastic, 1);
        Assert.That(deviations.abs().max().item<float>(), Is.Zero);
    }

    /// <summary>The posteriors again, step by step, from the states that filtering reached.</summary>
    private IDistribution<EagerTensor>[] Posteriors(Sequences sequences, State<EagerTensor> states)
    {
        IDistribution<EagerTensor>[] posteriors = new IDistribution<EagerTensor>[Length];
        for (int t = 0; t < Length; t++)
        {
            State<EagerTensor> before = t == 0 ? EagerState.Zeros(Dynamics.State, Rows, CPU) : states.Map(x => x.Value[t - 1]);
            if (sequences.Resets.Contains(t))
                before = before.Reset(sequences.Keep[t].unsqueeze(1));
            posteriors[t] = Dynamics.Observe(
                before, sequences.Actions[t], _world.Embed(sequences.Observations[t]), zeros(Rows, Stochastic)).Distribution;
        }
        return posteriors;
    }

    private IDynamics<EagerTensor> Dynamics => _world.Dynamics;

    private FilteredSequence<EagerTensor> Filter(Sequences sequences, Tensor noise)
    {
        using Generator random = new Generator(1);
        EagerTensor embeddings = _world.Embed(_world.Scale.Forward(sequences.Observations));
        return Dynamics.ObserveSequence(sequences.ToFilter(Dynamics, embeddings, random) with
        {
            Noise = shape => shape.Length == 3 ? noise : zeros([.. shape.Select(size => (long)size)]),
        });
    }

    private static Sequences Draw(int beginsAt) => Draw(beginsAt, Options, endsAt: -1);

    /// <summary>Sequences in whose row 1 an episode begins, and one terminates; -1: none does.</summary>
    private static Sequences Draw(int beginsAt, DreamerOptions options, int endsAt)
    {
        SequenceBatch batch = new SequenceBatch(Length, Rows, Observation, Action);
        for (int t = 0; t < Length; t++)
        {
            for (int row = 0; row < Rows; row++)
            {
                int at = t * Rows + row;
                NoiseKey key = new NoiseKey(9, (uint)row, (uint)t, 1);
                Philox.FillGaussian(key, batch.Observations.AsSpan(at * Observation, Observation));
                Philox.FillUniform(key with { Stream = 2 }, batch.Actions.AsSpan(at * Action, Action));
                batch.Rewards[at] = 0.1f * t;
                batch.Discounts[at] = t == endsAt && row == 1 ? 0 : 1;
                batch.IsFirst[at] = t == beginsAt && row == 1 ? 1 : 0;
            }
        }

        return Sequences.From(batch, options, Observation, Action, CPU);
    }

    private static void AssertSame(Tensor found, Tensor expected) =>
        Assert.That((found - expected).abs().max().item<float>(), Is.LessThan(1e-5f));
}
