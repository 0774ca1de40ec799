using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>How actors learn in a transformer's imagination, and what the options say.</summary>
public sealed class TransformerBehaviourTests
{
    private const int Length = 6, Rows = 4;

    private static readonly ObservationSpec Cells = new() { Shape = [48], Low = 0, High = 1 };

    internal static readonly TransformerOptions Small = new()
    {
        Form = TransformerForm.Gpt, Tokens = TokenForm.Add, Window = 3, Layers = 1, Heads = 2, FeedForward = 8, Dropout = 0,
        PosteriorLayers = 0, PriorLayers = 1, Classes = 4, Stochastic = 2, Deterministic = 8, Hidden = 8, Embedding = 8, EncoderLayers = 1, EncoderUnits = 8,
        RewardLayers = 1, HeadUnits = 8, ContinueLayers = 1, ActorLayers = 1, CriticLayers = 1, FreeNats = 0, Horizon = 5, Starts = 10,
        Length = Length, Batch = Rows, ActionRepeat = 1, Standardize = false, PredictContinue = true, Entropy = 0, Gamma = 0.9,
    };

    /// <summary>By hand: two steps, then a rollout that ended.</summary>
    [TestCase(0.0, new[] { 1 + 0.9 * 5 - 4, 2 - 5.0, 3 + 0.8 * 7 - 6 })]
    [TestCase(0.5, new[] { 1 + 0.9 * 5 - 4 + 0.5 * 0.9 * (2 - 5), 2 - 5.0, 3 + 0.8 * 7 - 6 })]
    public void AdvantagesEndWithTheirRollout(double lambda, double[] expected)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor advantages = AdvantageBehaviour.Advantages(
            Column(1, 2, 3), Column(0.9f, 0, 0.8f), Column(4, 5, 6), Column(5, 100, 7), lambda);
        Assert.That(advantages.data<float>().ToArray(), Is.EqualTo(expected).Within(1e-5));
    }

    /// <summary>The actor has a gradient of what follows, which cutting the dynamics takes away from those that flow through it.</summary>
    [TestCase(ActorLearning.ValueGradient, false, true)]
    [TestCase(ActorLearning.ValueGradient, true, false)]
    [TestCase(ActorLearning.RewardGradient, false, true)]
    [TestCase(ActorLearning.RewardGradient, true, false)]
    [TestCase(ActorLearning.ScoreFunction, false, true)]
    [TestCase(ActorLearning.DreamerV1, false, true)]
    public void GradientsComeFromWhatTheyAreNamedAfter(ActorLearning learning, bool cut, bool moves)
    {
        TransformerOptions options = Small with { ActorLearning = learning, CutDynamics = cut };
        double[] norms = Learn(options, ActionSpec.Continuous([2], -1, 1), "actor_gradient_norm");
        Assert.That(norms[0], moves ? Is.GreaterThan(1e-7) : Is.EqualTo(0).Within(1e-9));
    }

    [Test]
    public void TheScoreFunctionServesNumberedActions()
    {
        TransformerOptions options = Small with { ActorLearning = ActorLearning.ScoreFunction };
        double[] norms = Learn(options, ActionSpec.Discrete(3), "actor_gradient_norm", "critic_gradient_norm");
        Assert.That(norms, Has.All.GreaterThan(1e-7));
    }

    /// <summary>A threshold of 1 ends every rollout at once: returns are single rewards; at 0 they go on.</summary>
    [Test]
    public void RolloutsEndBelowTheThreshold()
    {
        TransformerOptions options = Small with { ActorLearning = ActorLearning.Advantages, Lambda = 1 };
        double[] ended = Learn(options with { DiscountThreshold = 1 }, ActionSpec.Discrete(3), "imagined_return", "imagined_reward");
        Assert.That(ended[0], Is.EqualTo(ended[1]).Within(1e-5), "nothing follows a reward");
        double[] wentOn = Learn(options with { DiscountThreshold = 0 }, ActionSpec.Discrete(3), "imagined_return", "imagined_reward");
        Assert.That(Math.Abs(wentOn[0] - wentOn[1]), Is.GreaterThan(1e-3));
    }

    /// <summary>Of policies with more than a tenth of the largest entropy it asks nothing, whatever its weight.</summary>
    [Test]
    public void AdvantagesAreForNumberedActions()
    {
        Assert.That(() => Learn(Small with { ActorLearning = ActorLearning.Advantages }, ActionSpec.Continuous([1], -1, 1), "actor_loss"),
            Throws.TypeOf<UserException>().With.Message.Contains("set actorLearning=valueGradient"));
        double[] losses = [.. new[] { 0.0, 100 }.Select(entropy => Learn(
            Small with { ActorLearning = ActorLearning.Advantages, Entropy = entropy }, ActionSpec.Discrete(3), "actor_loss")[0])];
        Assert.That(losses[1], Is.EqualTo(losses[0]).Within(1e-6));
    }

    [Test]
    public void OptionsThatMeanNothingAreRefused()
    {
        ObservationSpec vector = new() { Shape = [3], Low = 0, High = 1 };
        Assert.Multiple(() =>
        {
            Refuses(Small with { FreeNats = 1 }, "set freeNats=0");
            Refuses(Small with { Overshooting = 2 }, "overshooting=1");
            Assert.That(() => (Small with { FreeNats = 1, Dynamics = LatentDynamics.Rssm }).World(vector, 2), Throws.Nothing);
            Refuses(Small with { Heads = 3 }, "multiple of heads=3");
            Refuses(Small with { CutDynamics = true, ActorLearning = ActorLearning.ScoreFunction }, "rewardGradient alone");
            Refuses(Small with { CutDynamics = true, ActorLearning = ActorLearning.DreamerV1 }, "rewardGradient alone");
        });

        void Refuses(TransformerOptions options, string message) =>
            Assert.That(() => options.World(vector, 2), Throws.TypeOf<UserException>().With.Message.Contains(message));
    }

    /// <summary>
    /// Of four grey frames of 64 x 64, as TWM sees Atari: 8.23 M, and 1.31 M each of actor and critic, less what names actions.
    /// </summary>
    [Test]
    public void ThePaperPresetHasThePublishedSizes()
    {
        TransformerOptions options = (TransformerOptions)Algorithm.Find("transformer").Preset("paper");
        ObservationSpec frames = new() { Shape = [4, 64, 64], Picture = [4, 64, 64], Low = 0, High = 1 };
        ShapeCounter counter = new();
        Parameters<EagerTensor> root = new(counter);
        LatentWorld<EagerTensor> world = new(root["world"], options.World(frames, 18));
        ActionVectors actions = new(ActionSpec.Discrete(18));
        _ = new Actor<EagerTensor>(root["actor"], options.Actor(world.Dynamics.Feature, actions));
        _ = new ScalarHead<EagerTensor>(root["critic"], world.Dynamics.Feature, options.Critic());
        long observation = counter.Below("world/encoder") + counter.Below("world/transformer/posterior") + counter.Below("world/decoder");
        Assert.That(observation, Is.EqualTo(8_234_532));
        Assert.That(counter.Below("world") - observation - 256 * 18 + 512 - 2 * 256, Is.EqualTo(10_777_858),
            "with the token of rewards, without the vectors of what a token is");
        Assert.That(counter.Below("actor"), Is.EqualTo(1_312_768 + 513 * 18));
        Assert.That(counter.Below("critic"), Is.EqualTo(1_312_768 + 513));
    }

    /// <summary>
    /// The public example's, but for the token of rewards and the head of ends, whose loss it weighs by 0; and of vectors: its latent
    /// layers, 768-768-64 and back, read and say the picture's 48 numbers where its convolutions have 512.
    /// </summary>
    [Test]
    public void TheGptPresetHasTheExamplesSizes()
    {
        TransformerOptions options = (TransformerOptions)Algorithm.Find("transformer").Preset("gpt");
        ShapeCounter counter = new();
        Parameters<EagerTensor> root = new(counter);
        LatentWorld<EagerTensor> world = new(root["world"], options.World(Cells, 2));
        _ = new Actor<EagerTensor>(root["actor"], options.Actor(world.Dynamics.Feature, new(ActionSpec.Continuous([2], -1, 1))));
        _ = new ScalarHead<EagerTensor>(root["critic"], world.Dynamics.Feature, options.Critic());
        long layer = 4 * (256 * 256 + 256) + (256 * 1024 + 1024) + (1024 * 256 + 256) + 2 * 2 * 256 + 3 * 256;    // and 3 distances
        long transformer = 4 * layer + Network(64, 256, 256) + Network(2, 256, 256) + Network(256, 512, 512, 512, 64);
        Assert.That(counter.Below("world/transformer"), Is.EqualTo(transformer + 2 * 256));
        Assert.That(transformer, Is.EqualTo(4_000_832), "without the vectors of what a token is");
        Assert.That(counter.Below("world/reward"), Is.EqualTo(Network(256, 512, 512, 512, 1)));
        Assert.That(counter.Below("world/continue"), Is.Zero);
        Assert.That(counter.Below("world/encoder"), Is.EqualTo(Network(48, 768, 768, 64)));
        Assert.That(counter.Below("world/decoder"), Is.EqualTo(Network(64, 768, 768, 48)));
        Assert.That(counter.Below("actor"), Is.EqualTo(Network(64, 512, 512, 512, 4)), "means and deviations");
        Assert.That(counter.Below("critic"), Is.EqualTo(Network(64, 512, 512, 512, 1)));

        static long Network(params int[] sizes) => sizes.Zip(sizes.Skip(1), (inputs, outputs) => (inputs + 1L) * outputs).Sum();
    }

    /// <summary>
    /// A recurrent state-space model in the transformer's place has as many parameters, to within those of one unit, and serves every
    /// behaviour.
    /// </summary>
    [Test]
    public void ARecurrentWorldOfTheSameSizeTakesItsPlace([Values] ActorLearning learning)
    {
        TransformerOptions options = (TransformerOptions)Algorithm.Find("transformer").Preset("small");
        long transformer = Count(options), recurrent = Count(options with { Dynamics = LatentDynamics.Rssm });
        Assert.That(recurrent, Is.EqualTo(transformer).Within(1000).And.Not.EqualTo(transformer), "a unit has some 2,600");
        RssmConfig dynamics = (RssmConfig)(options with { Dynamics = LatentDynamics.Rssm }).World(Cells, 5).Dynamics;
        Assert.That(dynamics.Deterministic, Is.EqualTo(dynamics.Hidden).And.GreaterThan(64), "layers do not take what the cell needs");
        double[] norms = Learn(
            Small with { Dynamics = LatentDynamics.Rssm, ActorLearning = learning }, ActionSpec.Discrete(3), "critic_gradient_norm");
        Assert.That(norms, Has.All.GreaterThan(1e-7));

        static long Count(TransformerOptions options)
        {
            ShapeCounter counter = new();
            _ = new LatentWorld<EagerTensor>(
                new Parameters<EagerTensor>(counter)["world"], options.World(Cells, 5));
            return counter.Count;
        }
    }

    /// <summary>What the actor reads is the latent alone, or all of the feature.</summary>
    [TestCase(false, 8)]
    [TestCase(true, 8 + 8)]
    public void TheActorReadsWhatItIsTold(bool seesPast, int numbers)
    {
        ActorConfig config = (Small with { ActorSeesPast = seesPast }).Actor(16, new(ActionSpec.Discrete(3)));
        ShapeCounter counter = new();
        _ = new Actor<EagerTensor>(new Parameters<EagerTensor>(counter)["actor"], config);
        Assert.That(counter.Count, Is.EqualTo((numbers + 1) * 8 + 9 * 3));
    }

    /// <summary>Takes the gradients of one update in a world of random weights; the figures of these names.</summary>
    private static double[] Learn(TransformerOptions options, ActionSpec space, params string[] names)
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(2);
        ActionVectors actions = new(space);
        LatentWorld<EagerTensor> world = new(
            parameters.Root["world"], options.World(new() { Shape = [3], Low = 0, High = 1 }, actions.Size));
        using IBehaviour behaviour = options.ActorLearning switch
        {
            ActorLearning.Advantages => new AdvantageBehaviour(options, world, actions, parameters),
            ActorLearning.DreamerV1 => new DreamerBehaviour(options, world, actions, parameters),
            _ => new GradientBehaviour(options, world, actions, parameters),
        };
        Generator random = new(1);
        Tensor keep = ones(Length, Rows);
        Sequences sequences = new(
            randn([Length, Rows, 3], generator: random), zeros(Length, Rows, actions.Size), zeros(Length, Rows), ones(Length, Rows),
            Length * Rows, keep, new HashSet<int>(), Begins: zeros(Length, Rows));
        FilteredSequence<EagerTensor> filtered = world.Dynamics.ObserveSequence(
            sequences.ToFilter(world.Dynamics, world.Embed(world.Scale.Forward(sequences.Observations)), random));
        Dictionary<string, double> figures = [];
        behaviour.Learn(0, filtered.States, sequences, random, figures);
        behaviour.Step(figures);
        return [.. names.Select(name => figures[name])];
    }

    private static Tensor Column(params float[] values) => tensor(values, [values.Length, 1]);
}
