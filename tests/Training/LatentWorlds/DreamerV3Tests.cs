using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>What DreamerV3 does otherwise than V1 and V2 (Hafner et al. 2025).</summary>
public sealed class DreamerV3Tests
{
    private static readonly TwoHotBins Published = new(255, 20);

    private static RssmConfig Sizes => new()
    {
        Deterministic = 8, Stochastic = 2, Classes = 3, Hidden = 5, Embedding = 4, Actions = 2, Gru = GruForm.Block, Blocks = 4,
        Norm = NormForm.Rms, PriorLayers = 2, Activation = Unary.Silu, Unimix = 0.01,
    };

    /// <summary>As published: every block's hidden layer reads its share of h beside a copy of all that the three layers put out.</summary>
    [Test]
    public void TheBlocksReadTheirShareAndACopyOfTheRest()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(3);
        Rssm<EagerTensor> rssm = new(parameters.Root["rssm"], Sizes);
        Tensor h = randn(5, 8) * 0.5, z = randn(5, 6), action = randn(5, 2) * 2;
        Tensor next = rssm.Imagine(new(["deterministic", "stochastic"], h, z), action, zeros(5, 6)).State["deterministic"].Value;

        Tensor Of(string path) => parameters.All[$"rssm/{path}"];
        static Tensor Norm(Tensor x, Tensor gain) => x / (x.square().mean([-1], true) + 1e-4).sqrt() * gain;
        Tensor In(string name, Tensor x) => nn.functional.silu(Norm(
            x.matmul(Of($"input/{name}/hidden0/weight").t()) + Of($"input/{name}/hidden0/bias"), Of($"input/{name}/hidden0/norm/gain")));
        Tensor limited = action / action.abs().clamp_min(1);
        Tensor rest = cat([In("deterministic", h), In("stochastic", z), In("action", limited)], 1);         // (5, 15)
        Tensor restWeights = cat([Of("gru/hidden/state_weight"), Of("gru/hidden/action_weight")], 1);       // (8, 15)
        Tensor[] hidden = new Tensor[4], blocks = new Tensor[4];
        for (int g = 0; g < 4; g++)
        {
            Tensor weights = cat([Of("gru/own/weight")[g], restWeights.slice(0, 2 * g, 2 * g + 2, 1).t()], 0);      // (2 + 15, 2)
            hidden[g] = cat([h.slice(1, 2 * g, 2 * g + 2, 1), rest], 1).matmul(weights);
        }
        Tensor x = nn.functional.silu(Norm(cat(hidden, 1) + Of("gru/hidden/bias"), Of("gru/norm/gain")));
        for (int g = 0; g < 4; g++)
        {
            Tensor bias = Of("gru/gates/bias").slice(0, 6 * g, 6 * g + 6, 1);
            Tensor gates = x.slice(1, 2 * g, 2 * g + 2, 1).matmul(Of("gru/gates/weight")[g]) + bias;
            Tensor[] parts = gates.split(2, 1);
            Tensor update = (parts[2] - 1).sigmoid(), own = h.slice(1, 2 * g, 2 * g + 2, 1);
            blocks[g] = update * (parts[0].sigmoid() * parts[1]).tanh() + (1 - update) * own;
        }
        Assert.That(Numbers(next), Is.EqualTo(Numbers(cat(blocks, 1))).Within(1e-5));
    }

    /// <summary>
    /// Parameters by preset, counted from their shapes, of 24 numbers and 6 continuous actions, the slow critic left out: as many as the
    /// layers have that are published. A preset's name counts the networks of images as well.
    /// </summary>
    [TestCase("1m", 512, 64, 4)]
    [TestCase("12m", 2048, 256, 16)]
    [TestCase("25m", 3072, 384, 24)]
    [TestCase("50m", 4096, 512, 32)]
    [TestCase("100m", 6144, 768, 48)]
    [TestCase("200m", 8192, 1024, 64)]
    [TestCase("400m", 12288, 1536, 96)]
    public void PresetsAreOfThePublishedSizes(string preset, long deterministic, long units, long classes)
    {
        const long Observation = 24, Actions = 6, Bins = 255, Blocks = 8;
        long stochastic = 32 * classes, feature = deterministic + stochastic, share = deterministic / Blocks;
        static long Layer(long inputs, long outputs) => inputs * outputs + outputs;
        static long Normed(long inputs, long outputs) => Layer(inputs, outputs) + outputs;
        long three = Normed(feature, units) + 2 * Normed(units, units);
        long expected =
            Normed(Observation, units) + 2 * Normed(units, units)                                               // encoder
            + Normed(deterministic, units) + Normed(stochastic, units) + Normed(Actions, units)                 // the cell's inputs
            + Blocks * (share + 3 * units) * share + 2 * deterministic + Blocks * share * 3 * share + 3 * deterministic
            + Normed(deterministic, units) + Normed(units, units) + Layer(units, stochastic)                    // prior
            + Normed(deterministic + units, units) + Layer(units, stochastic)                                   // posterior
            + three + Layer(units, Observation)                                                                 // decoder
            + Normed(feature, units) + Layer(units, Bins)                                                       // reward
            + Normed(feature, units) + Layer(units, 1)                                                          // continue
            + three + Layer(units, 2 * Actions)                                                                 // actor
            + three + Layer(units, Bins);                                                                       // critic

        DreamerV3Options options = (DreamerV3Options)Algorithm.Find("dreamerv3").Preset(preset);
        ShapeCounter counter = new();
        Parameters<EagerTensor> root = new(counter);
        LatentWorld<EagerTensor> world = new(
            root["world"], options.World(new() { Shape = [(int)Observation], Low = -1, High = 1 }, (int)Actions));
        _ = new Actor<EagerTensor>(
            root["actor"], options.Actor(world.Dynamics.Feature, new(ActionSpec.Continuous([(int)Actions], -1, 1))));
        _ = new ScalarHead<EagerTensor>(root["critic"], world.Dynamics.Feature, options.Critic());
        Assert.That(counter.Count, Is.EqualTo(expected));
        if (preset == "1m")
            Assert.That(counter.Count, Is.EqualTo(640_000).Within(1).Percent, "as counted elsewhere for the walker");
    }

    /// <summary>Values of 1 and mirrored; equal logits say exactly 0; what is beyond the ends counts as an end.</summary>
    [Test]
    public void TwoHotNumbersLieBetweenTheirNeighbours()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor places = tensor(Published.Places());
        TwoHot<EagerTensor> equal = new(zeros(4, 255), places);
        Assert.That(Numbers(equal.Mean.Value), Is.All.EqualTo(0), "exactly");
        float[] values = [1, -1, 0, 1e9f];
        Tensor shares = equal.Shares(tensor(values)).Value;
        Assert.That(Numbers(shares.sum(1)), Is.All.EqualTo(1).Within(1e-6));
        Assert.That(Numbers(shares.gt(0).sum(1).to_type(ScalarType.Float32)), Is.EqualTo(new[] { 2, 2, 1, 1 }));
        int upper = Array.FindIndex(Published.Places(), place => place > 1);
        Assert.That(Published.Places()[upper - 1], Is.EqualTo(0.877463).Within(1e-5));
        Assert.That(Published.Places()[upper], Is.EqualTo(1.197678).Within(1e-5));
        Assert.That(shares[0, upper].item<float>(), Is.EqualTo(0.382671).Within(1e-4));
        Assert.That(shares[1, upper + 127].item<float>(), Is.EqualTo(0.382671).Within(1e-4), "of the mirrored place");
        double[] means = [.. Numbers((shares * places).sum(1)).Select(value => (double)value)];
        Assert.That(means, Is.EqualTo(new[] { 1, -1, 0, Math.Exp(20) - 1 }).Within(1e-5).Percent);
        // -log p of the right places, by hand
        Tensor logits = randn(4, 255);
        Tensor expected = (shares * logits.log_softmax(1)).sum(1);
        Tensor found = new TwoHot<EagerTensor>(logits, places).LogProb(tensor(values)).Value;
        Assert.That(Numbers(found), Is.EqualTo(Numbers(expected)).Within(1e-5));
    }

    /// <summary>
    /// A world of two states, each leading to the other, in one of which a reward is received: V(without) = r / (1 - g²), V(with) = g
    /// V(without). The critic learns it for rewards of a thousandth and of a million, with the same optimiser and learning rate.
    /// </summary>
    [TestCase(1e-3)]
    [TestCase(1.0)]
    [TestCase(1e6)]
    public void TheCriticLearnsValuesOfAnySize(double reward)
    {
        const double Gamma = 0.9;
        using EagerParameters parameters = new(0);
        ScalarHead<EagerTensor> critic = new(
            parameters.Root["critic"], 2, new(new(1, 32, NormForm.Rms), Unary.Silu, Published));
        using FlatOptimiser optimiser = new(parameters.Below("critic"), whole => new LaProp(whole, 1e-2));
        float[] found = [];
        for (int update = 0; update < 1500; update++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor states = eye(2);                                                     // state 0 has the reward before it, state 1 not
            Tensor values = critic.Forward(states).Mean.Value.detach();
            // From each state, five steps there and back: rewards on arriving.
            Tensor arrive = tensor(new[] { 0f, (float)reward });
            Tensor rewards = stack([.. Enumerable.Range(0, 5).Select(t => t % 2 == 0 ? arrive : arrive.flip(0))]);
            Tensor next = stack([.. Enumerable.Range(0, 5).Select(t => t % 2 == 0 ? values.flip(0) : values)]);
            Tensor targets = Returns.Lambda(rewards, full([5, 2], Gamma), next, 0.95)[0];
            optimiser.ZeroGradients();
            (-critic.Forward(states).LogProb(targets).Value.mean()).backward();
            optimiser.ClipAdaptively(0.3);
            optimiser.Step();
            found = Numbers(values);
        }
        double without = reward / (1 - Gamma * Gamma);
        Assert.That(found[1], Is.EqualTo(without).Within(5).Percent);
        Assert.That(found[0], Is.EqualTo(Gamma * without).Within(5).Percent);
    }

    /// <summary>Ends of episodes and of the sequence, by hand: gamma 0.5, lambda 0.5.</summary>
    [Test]
    public void ReplayedReturnsEndWithTheirEpisode()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rewards = Column(0, 1, 2, 0, 4), values = Column(10, 20, 30, 40, 50);
        // A sequence that goes on; one whose third state is the last of its episode, truncated; one that terminates there.
        float[] Of(float[] keep, float[] discounts) => Numbers(Returns.Replayed(rewards, Column(discounts), Column(keep), values, 0.5));
        float[] on = Of([1, 1, 1, 1, 1], [0.5f, 0.5f, 0.5f, 0.5f, 0.5f]);
        double r3 = 4 + 0.5 * 50, r2 = 0 + 0.5 * (0.5 * 40 + 0.5 * r3);
        double r1 = 2 + 0.5 * (0.5 * 30 + 0.5 * r2), r0 = 1 + 0.5 * (0.5 * 20 + 0.5 * r1);
        Assert.That(on, Is.EqualTo(new[] { r0, r1, r2, r3 }).Within(1e-5));
        float[] cut = Of([1, 1, 1, 0, 1], [0.5f, 0.5f, 0.5f, 0.5f, 0.5f]);
        r1 = 2 + 0.5 * 30;
        r0 = 1 + 0.5 * (0.5 * 20 + 0.5 * r1);
        Assert.That(cut[..2], Is.EqualTo(new[] { r0, r1 }).Within(1e-5), "state 2's value stands for what is not there");
        float[] over = Of([1, 1, 1, 0, 1], [0.5f, 0.5f, 0, 0.5f, 0.5f]);
        Assert.That(over[..2], Is.EqualTo(new[] { 1 + 0.5 * (0.5 * 20 + 0.5 * 2), 2 }).Within(1e-5), "nothing follows an end");
        static Tensor Column(params float[] values) => tensor(values, [values.Length, 1]);
    }

    [Test]
    public void ReturnsAreNeverScaledUp()
    {
        ReturnRange range = new(0.01);
        Assert.That(range.Scale, Is.EqualTo(1));
        using Tensor small = linspace(0, 0.01f, 101), large = linspace(-500, 500, 101);
        for (int i = 0; i < 1000; i++)
            range.Follow(small);
        Assert.That(range.Scale, Is.EqualTo(1), "small returns stay small");
        range.Follow(large);
        Assert.That(range.Scale, Is.EqualTo(0.01 * 900).Within(0.05), "a hundredth of the way from 5 to 95 per cent");
        for (int i = 0; i < 1000; i++)
            range.Follow(large);
        Assert.That(range.Scale, Is.EqualTo(900).Within(0.1));
    }

    /// <summary>
    /// However sure a head is, every class keeps its share of the uniform distribution, in draws, likelihoods and the divergence.
    /// </summary>
    [Test]
    public void NoClassIsRuledOut()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(1);
        Rssm<EagerTensor> rssm = new(parameters.Root["rssm"], Sizes);
        Actor<EagerTensor> actor = new(parameters.Root["actor"], new()
        {
            Feature = 14, Actions = 4, Discrete = true, Layers = new(1, 8, NormForm.Rms), Unimix = 0.01,
        });
        foreach (string bias in new[] { "rssm/prior/stats/bias", "rssm/posterior/stats/bias", "actor/output/bias" })
        {
            using IDisposable guard = no_grad();
            parameters.All[bias].slice(0, 0, 1, 1).fill_(1000);
            if (bias.StartsWith("rssm", StringComparison.Ordinal))
                parameters.All[bias].slice(0, 3, 4, 1).fill_(1000);
        }
        State<EagerTensor> state = new(["deterministic", "stochastic"], zeros(1, 8), zeros(1, 6));
        Assert.That(Least(rssm.Imagine(state, zeros(1, 2), zeros(1, 6)).Distribution), Is.EqualTo(0.01 / 3).Within(1e-5));
        Assert.That(Least(rssm.Observe(state, zeros(1, 2), zeros(1, 4), zeros(1, 6)).Distribution), Is.EqualTo(0.01 / 3).Within(1e-5));
        IDistribution<EagerTensor> policy = actor.Forward(zeros(1, 14));
        Assert.That(Least(policy), Is.EqualTo(0.01 / 4).Within(1e-5));
        Assert.That(policy.LogProb(tensor(new[] { 0f, 1, 0, 0 }, [1, 4])).Value.item<float>(), Is.EqualTo(Math.Log(0.0025)).Within(1e-3));
        static float Least(IDistribution<EagerTensor> distribution) => distribution.Mean.Value.min().item<float>();
    }

    /// <summary>The gradient of what follows reaches the actor through draws among classes: straight through.</summary>
    [Test]
    public void DiscreteLatentsPassTheActorsGradient()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(1);
        Rssm<EagerTensor> rssm = new(parameters.Root["rssm"], Sizes with { Gru = GruForm.LayerNorm, Norm = NormForm.None });
        Tensor action = zeros(7, 2).requires_grad_();
        State<EagerTensor> state = new(["deterministic", "stochastic"], randn(7, 8), zeros(7, 6));
        Tensor drawn = rssm.Imagine(state, action, randn(7, 6)).State["stochastic"].Value;
        Assert.That(Numbers(drawn.sum(1)), Is.All.EqualTo(2), "two one-hot variables");
        (drawn * randn(7, 6)).sum().backward();
        Assert.That(Numbers(action.grad!), Is.All.Not.Zero);
    }

    /// <summary>Below the floor nothing moves, element by element; above it, the prior has ten times the posterior's gradient.</summary>
    [Test]
    public void FreeNatsHoldForEachState()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(1);
        Rssm<EagerTensor> rssm = new(parameters.Root["rssm"], Sizes with
        {
            Stochastic = 1,
            FreeNats = 0.5,
            FreeNatsForm = FreeNatsForm.MeanOfMax,
            KlBalance = 1 / 1.1,
        });
        Tensor posterior = tensor(new float[] { 5, 0, 0, 0.1f, 0, 0 }, [2, 3]).requires_grad_(), prior = zeros(2, 3).requires_grad_();
        (1.1 * rssm.Divergence(new OneHot<EagerTensor>(posterior), new OneHot<EagerTensor>(prior))).Value.backward();
        Assert.That(Numbers(posterior.grad![1]), Is.All.Zero);
        Assert.That(Numbers(prior.grad![1]), Is.All.Zero);
        (float[] moved, float[] movedPrior) = (Numbers(posterior.grad![0]), Numbers(prior.grad![0]));
        Tensor p = tensor(new float[] { 5, 0, 0 }, [1, 3]).requires_grad_(), q = zeros(1, 3).requires_grad_();
        new OneHot<EagerTensor>(p).Kl(new OneHot<EagerTensor>(q)).Value.sum().backward();
        Assert.That(movedPrior, Is.EqualTo(Numbers(q.grad! * 1.0 / 2)).Within(1e-6));
        Assert.That(moved, Is.EqualTo(Numbers(p.grad! * 0.1 / 2)).Within(1e-6));
    }

    /// <summary>
    /// LaProp by its equations: gradients over their root mean square, then momentum; biases removed; the rate rises over ten steps.
    /// </summary>
    [Test]
    public void LaPropByHand()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchSharp.Modules.Parameter parameter = nn.Parameter(tensor(new[] { 1f, -2, 3 }));
        using LaProp optimiser = new([parameter], 0.1, epsilon: 1e-20, warmup: 10);
        double[] expected = [1, -2, 3], squares = new double[3], means = new double[3];
        for (int step = 1; step <= 25; step++)
        {
            double[] gradients = [Math.Sin(step), 1e-6 * Math.Cos(step), 0];
            parameter.grad = tensor(gradients.Select(value => (float)value).ToArray());
            optimiser.step();
            for (int i = 0; i < 2; i++)
            {
                squares[i] = 0.999 * squares[i] + 0.001 * gradients[i] * gradients[i];
                means[i] = 0.9 * means[i] + 0.1 * gradients[i] / Math.Sqrt(squares[i] / (1 - Math.Pow(0.999, step)));
                expected[i] -= 0.1 * Math.Min(1, step / 10.0) * means[i] / (1 - Math.Pow(0.9, step));
            }
            Assert.That(Numbers(parameter), Is.EqualTo(expected).Within(2e-5), $"step {step}");
        }
    }

    [Test]
    public void GradientsAreClippedByTheirParametersNorms()
    {
        using DisposeScope scope = NewDisposeScope();
        TorchSharp.Modules.Parameter large = nn.Parameter(tensor(new[] { 3f, 4 })), zero = nn.Parameter(zeros(2));
        using FlatOptimiser optimiser = new([large, zero], whole => optim.Adam(whole));
        large.grad!.copy_(tensor(new[] { 30f, 40 }));
        zero.grad!.copy_(tensor(new[] { 0f, 1 }));
        Assert.That(optimiser.ClipAdaptively(0.3), Is.EqualTo(Math.Sqrt(2501)).Within(1e-4));
        Assert.That(Numbers(large.grad!), Is.EqualTo(new[] { 0.9, 1.2 }).Within(1e-6), "0.3 of a norm of 5");
        Assert.That(Numbers(zero.grad!), Is.EqualTo(new[] { 0, 3e-4 }).Within(1e-8), "a norm counts as a thousandth at least");
        large.grad!.copy_(tensor(new[] { 0.3f, 0.4f }));
        zero.grad!.zero_();
        optimiser.ClipAdaptively(0.3);
        Assert.That(Numbers(large.grad!), Is.EqualTo(new[] { 0.3f, 0.4f }), "small ones stay");
        Assert.That(Numbers(zero.grad!), Is.All.Zero);
    }

    /// <summary>
    /// The slow critic is the critic at first, then goes a fiftieth of the way to it after each step; the loss on replayed states moves the
    /// critic, and not the actor.
    /// </summary>
    [Test]
    public void TheSlowCriticFollows()
    {
        using DisposeScope scope = NewDisposeScope();
        DreamerV3Options options = (DreamerV3Options)OptionText.With(Algorithm.Find("dreamerv3").Preset("debug"),
            ["deterministic=16", "hidden=8", "horizon=3", "batch=2", "length=5", "warmup=0"]);
        ActionVectors actions = new(ActionSpec.Continuous([2], -1, 1));
        using EagerParameters parameters = new(5);
        LatentWorld<EagerTensor> world = new(
            parameters.Root[WorldSignature.World], options.World(new() { Shape = [3], Low = -1, High = 1 }, 2));
        using DreamerV3Behaviour behaviour = new(options, world, actions, parameters);
        Sequences sequences = new(
            randn(5, 2, 3), randn(5, 2, 2), randn(5, 2), ones(5, 2), NotEnded: 10, ones(5, 2), new HashSet<int>(), Begins: zeros(5, 2));
        using Generator random = new(1);
        FilteredSequence<EagerTensor> filtered = world.Dynamics.ObserveSequence(
            sequences.ToFilter(world.Dynamics, world.Embed(world.Scale.Forward(sequences.Observations)), random));
        Losses losses = behaviour.Learn(update: 0, filtered.States, sequences, random, figures: null);
        float[] before = Numbers(parameters.All["critic/output/bias"]);
        Assert.That(Numbers(parameters.All["slow/hidden0/weight"]), Is.EqualTo(Numbers(parameters.All["critic/hidden0/weight"])));
        Tensor gradient = parameters.All["critic/output/bias"].grad!.clone(), ofActor = parameters.All["actor/output/bias"].grad!.clone();
        losses.Total(options.LossScales()).backward();
        Assert.That(losses.Select(loss => loss.Key), Is.EqualTo(new[] { DreamerV3Behaviour.ReplayValue }));
        Assert.That(Numbers(parameters.All["critic/output/bias"].grad!), Is.Not.EqualTo(Numbers(gradient)));
        Assert.That(Numbers(parameters.All["actor/output/bias"].grad!), Is.EqualTo(Numbers(ofActor)));
        Assert.That(parameters.All["slow/output/bias"].grad, Is.Null);
        behaviour.Step(figures: null);
        float[] after = Numbers(parameters.All["critic/output/bias"]);
        Assert.That(after, Is.Not.EqualTo(before));
        float[] expected = [.. before.Zip(after, (then, now) => then + 0.02f * (now - then))];
        Assert.That(Numbers(parameters.All["slow/output/bias"]), Is.EqualTo(expected).Within(1e-8));
    }

    /// <summary>A critic that has learnt to look at states sends its gradient into them; at first it says 0 of all.</summary>
    [Test]
    public void ACriticShapesTheStatesThatItSees()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(5);
        ScalarHead<EagerTensor> critic = new(parameters.Root["critic"], 4, new(new(1, 8, NormForm.Rms), Unary.Silu, new(7, 2)));
        Tensor states = randn(6, 4).requires_grad_();
        critic.Forward(states).LogProb(linspace(-3, 3, 6)).Value.sum().backward();
        Assert.That(Numbers(states.grad!), Is.All.Zero, "zero weights");
        using (no_grad())
            _ = parameters.All["critic/output/weight"].copy_(randn(7, 8));
        critic.Forward(states).LogProb(linspace(-3, 3, 6)).Value.sum().backward();
        Assert.That(Numbers(states.grad!), Is.All.Not.Zero);
    }

    /// <summary>
    /// Numbered actions and continuous ones, categorical latents and Gaussian ones: each run stops and goes on as if it had not.
    /// </summary>
    [TestCase("cartpole")]
    [TestCase("pendulum", "classes=0", "starts=16", "replayValueScale=0")]
    [TestCase("pendulum", "useValue=false", "reconstruct=false")]
    public void ARunGoesOnAsIfItHadNotStopped(string environment, params string[] set)
    {
        using TinyRuns runs = new();
        (string whole, _) = RunComparison.AssertResumes(runs,
        [
            "dreamerv3", "--env", environment, "--preset", "debug", "--set", "batch=4", "length=8", "horizon=4", "prefill=250",
            "logEvery=1", "checkpointEvery=2", "deterministic=16", "stochastic=4", "hidden=16", "warmup=3", .. set,
        ]);
        Assert.That(Manifest.Load(Path.Combine(whole, "bundle")).Algorithm, Is.EqualTo("dreamerv3"));
        IEnumerable<string> kept = Safetensors.Read(RunFiles.Checkpoint(whole)).Tensors.Keys;
        Assert.That(kept, Has.Some.Contains("parameters/slow/").And.Some.EqualTo("optimiser/model/exp_avg_sq"));
    }

    [TestCase("predictContinue=false", "dreamerv3 always predicts whether episodes go on")]
    [TestCase("embedding=32", "set embedding and encoderUnits to the same number, not 32 and 64")]
    [TestCase("encoderLayers=0", "set encoderLayers to 1 at least")]
    [TestCase("adamEpsilon=0", "divides zero gradients by zero")]
    [TestCase("blocks=7", "deterministic=128 is no multiple of blocks=7")]
    [TestCase("bins=64", "bins=64 has no middle")]
    [TestCase("starts=100", "starts=100 leaves some out")]
    [TestCase("optimiser=adam", "has an effect with optimiser=laProp only")]
    public void WhatCannotBeIsSaid(string set, string expected)
    {
        using TinyRuns runs = new();
        TrainTool.Run("dreamerv3", "--preset", "debug", "--run", runs["bad"], "--set", set).Refuses(expected);
    }

    private static float[] Numbers(Tensor x) => x.detach().contiguous().data<float>().ToArray();
}
