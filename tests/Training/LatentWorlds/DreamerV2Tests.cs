using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>What DreamerV2 does otherwise than V1 (Hafner et al. 2021).</summary>
public sealed class DreamerV2Tests
{
    /// <summary>At a share of 0.8, the prior has four fifths of its gradient, the posterior one fifth of its own.</summary>
    [Test]
    public void BalancingMovesThePriorMore()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(1);
        Rssm<EagerTensor> balanced = new(parameters.Root["rssm"], Sizes with { KlBalance = 0.8, FreeNats = 0 });
        Tensor posterior = tensor(new float[] { 1, 0, -1, 0.5f, 0, 0 }, [1, 6]).requires_grad_(), prior = zeros(1, 6).requires_grad_();
        EagerTensor loss = balanced.Divergence(new OneHot<EagerTensor>(posterior, 2), new OneHot<EagerTensor>(prior, 2));
        loss.Value.backward();
        (Tensor fromPosterior, Tensor fromPrior) = (posterior.grad!.clone(), prior.grad!.clone());
        posterior.grad!.zero_();
        prior.grad!.zero_();
        Tensor whole = new OneHot<EagerTensor>(posterior, 2).Kl(new OneHot<EagerTensor>(prior, 2)).Value.sum();
        whole.backward();
        Assert.That(loss.Value.item<float>(), Is.EqualTo(whole.item<float>()).Within(1e-6));
        Assert.That(fromPrior.data<float>().ToArray(), Is.EqualTo((prior.grad! * 0.8).data<float>().ToArray()).Within(1e-6));
        Assert.That(fromPosterior.data<float>().ToArray(), Is.EqualTo((posterior.grad! * 0.2).data<float>().ToArray()).Within(1e-6));
    }

    /// <summary>The cell by hand, from its parameters.</summary>
    [Test]
    public void TheCellNormalisesItsProduct()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new(2);
        LayerNormGruCell<EagerTensor> cell = new(parameters.Root["gru"], 3, 2);
        Tensor x = tensor(new float[] { 0.5f, -1, 2 }, [1, 3]), h = tensor(new float[] { 0.3f, -0.7f }, [1, 2]);
        Tensor product = cat([h, x], 1).matmul(cat([parameters.All["gru/product/h_weight"], parameters.All["gru/product/x_weight"]], 1).t())
            + parameters.All["gru/product/bias"];
        Tensor centred = product - product.mean();
        Tensor normal = centred / (centred.square().mean() + 1e-3).sqrt();
        (Tensor reset, Tensor candidate, Tensor update) = (normal.slice(1, 0, 2, 1), normal.slice(1, 2, 4, 1), normal.slice(1, 4, 6, 1));
        Tensor gate = (update - 1).sigmoid();
        Tensor expected = gate * (reset.sigmoid() * candidate).tanh() + (1 - gate) * h;
        Assert.That(cell.Forward(x, h).Value.data<float>().ToArray(), Is.EqualTo(expected.data<float>().ToArray()).Within(1e-5));
    }

    /// <summary>The published sizes, of images whose embedding has 1,536 numbers and of six continuous actions.</summary>
    [Test]
    public void TheSizesAreThePublishedOnes()
    {
        using EagerParameters parameters = new(0);
        Rssm<EagerTensor> rssm = new(parameters.Root["rssm"], new()
        {
            Stochastic = 32, Classes = 32, Embedding = 1536, Actions = 6, Gru = GruForm.LayerNorm,
        });
        _ = new ScalarHead<EagerTensor>(parameters.Root["critic"], rssm.Feature, new(new(4, 400), Unary.Elu));
        _ = new Actor<EagerTensor>(parameters.Root["actor"], new() { Feature = rssm.Feature, Actions = 6, Form = ActorForm.ClippedNormal });
        long Count(string path) => parameters.Below(path).Sum(parameter => parameter.numel());
        Assert.That((Count("rssm"), Count("critic"), Count("actor")), Is.EqualTo((1_247_248L, 971_601L, 976_012L)));
    }

    /// <summary>
    /// With H = 3: state 0's action is judged by the return of state 1 less the value of state 0, state 1's by that of state 2; the last
    /// one's by nothing.
    /// </summary>
    [TestCase(0.0)]
    [TestCase(1.0)]
    [TestCase(0.1)]
    public void AnActionIsJudgedByWhatFollowsIt(double share)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor returns = Column(5, 7, 11).requires_grad_(), values = Column(4, 6, 8), logProbs = Column(-1, -2, -3).requires_grad_();
        Tensor entropy = Column(0.5f, 0.25f, 9).requires_grad_(), weights = Column(1, 0.9f, 0.8f);
        Tensor loss = DreamerV2Behaviour.ActorLoss(returns, values, logProbs, entropy, weights, share, entropyScale: 2);
        double first = 2 * 0.5 + share * 7 + (1 - share) * -1 * (7 - 4), second = 2 * 0.25 + share * 11 + (1 - share) * -2 * (11 - 6);
        double expected = -(first + 0.9 * second) / 2;
        Assert.That(loss.item<float>(), Is.EqualTo(expected).Within(1e-5));
        loss.backward();
        float[] moved = [0, (float)(-share / 2), (float)(-0.9 * share / 2)];
        Assert.That(share == 0 ? [0, 0, 0] : returns.grad!.data<float>().ToArray(), Is.EqualTo(moved).Within(1e-6));
        if (share < 1)
        {
            float[] scores = [(float)(-(1 - share) * 3 / 2), (float)(-0.9 * (1 - share) * 5 / 2), 0];
            Assert.That(logProbs.grad!.data<float>().ToArray(), Is.EqualTo(scores).Within(1e-6));
        }
        Assert.That(entropy.grad!.data<float>().ToArray(), Is.EqualTo(new[] { -1, -0.9f, 0 }).Within(1e-6));

        static Tensor Column(params float[] values) => tensor(values, [values.Length, 1]);
    }

    [Test]
    public void ClippedDrawsKeepTheirGradientAndTheirEntropy()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = tensor(new[] { 0.9f, -0.2f }, [1, 2]).requires_grad_();
        ClippedNormal<EagerTensor> distribution = new(mean, tensor(new[] { 0.5f, 0.5f }, [1, 2]));
        Tensor drawn = distribution.Sample(tensor(new[] { 1f, 1 }, [1, 2])).Value;
        Assert.That(drawn.data<float>().ToArray(), Is.EqualTo(new[] { 1f, 0.3f }).Within(1e-6));
        drawn.sum().backward();
        Assert.That(mean.grad!.data<float>().ToArray(), Is.EqualTo(new[] { 1f, 1 }));
        double entropy = 2 * (0.5 * Math.Log(2 * Math.PI * Math.E) + Math.Log(0.5));
        Assert.That(distribution.Entropy.Value.item<float>(), Is.EqualTo(entropy).Within(1e-5));
    }

    /// <summary>Numbered actions and continuous ones, categorical latents and Gaussian ones: each run stops and goes on as if it had not.</summary>
    [TestCase("cartpole")]
    [TestCase("pendulum", "actorGradient=both")]
    [TestCase("pendulum", "classes=0")]
    public void ARunGoesOnAsIfItHadNotStopped(string environment, params string[] set)
    {
        using TinyRuns runs = new();
        (string whole, _) = RunComparison.AssertResumes(runs,
        [
            "dreamerv2", "--env", environment, "--preset", "debug", "--set", "batch=4", "length=8", "horizon=4", "starts=16", "prefill=250",
            "logEvery=1", "checkpointEvery=2", "targetEvery=3", "deterministic=16", "stochastic=4", "hidden=16", .. set,
        ]);
        Manifest manifest = Manifest.Load(Path.Combine(whole, "bundle"));
        Assert.That(manifest.Algorithm, Is.EqualTo("dreamerv2"));
        Assert.That(Safetensors.Read(RunFiles.Checkpoint(whole)).Tensors.Keys, Has.Some.Contains("target"));
    }

    private static RssmConfig Sizes =>
        new() { Deterministic = 8, Stochastic = 2, Classes = 3, Hidden = 8, Embedding = 4, Gru = GruForm.LayerNorm };
}
