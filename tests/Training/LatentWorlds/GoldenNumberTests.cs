using TorchSharp;
using WorldModels.Models;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>The formulas of the family on numbers worked out by hand.</summary>
public sealed class GoldenNumberTests
{
    [Test]
    public void LambdaReturnsFromTheEnd()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor Of(params float[] values) => tensor(values, [values.Length, 1]);
        Tensor returns = Returns.Lambda(Of(1, 2, 3), Of(0.9f, 0.9f, 0.9f), Of(4, 5, 6), lambda: 0.8);
        Assert.That(returns.data<float>().ToArray(), Is.EqualTo(new[] { 8.16256f, 8.948f, 8.4f }).Within(1e-5));
    }

    [TestCase(0.0, new[] { 4.6f, 6.5f, 8.4f })]     // a step and a value
    [TestCase(1.0, new[] { 9.604f, 9.56f, 8.4f })]  // all rewards and the last value
    public void LambdaGoesFromOneStepToAll(double lambda, float[] expected)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor Of(params float[] values) => tensor(values, [values.Length, 1]);
        Tensor returns = Returns.Lambda(Of(1, 2, 3), Of(0.9f, 0.9f, 0.9f), Of(4, 5, 6), lambda);
        Assert.That(returns.data<float>().ToArray(), Is.EqualTo(expected).Within(1e-5));
    }

    [Test]
    public void DivergenceOfGaussians()
    {
        using DisposeScope scope = NewDisposeScope();
        Normal<EagerTensor> prior = new Normal<EagerTensor>(zeros(1), ones(1));
        Tensor kl = new Normal<EagerTensor>(tensor(new[] { 1f }), tensor(new[] { 0.5f })).Kl(prior).Value;
        Assert.That(kl.item<float>(), Is.EqualTo(0.818147).Within(1e-5));
    }

    [Test]
    public void DensityOfTheTanhNormal()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(new[] { 0.5f });
        Assert.That(x.tanh().item<float>(), Is.EqualTo(0.462117).Within(1e-6));
        IDistribution<EagerTensor> squashed = new TanhNormal<EagerTensor>(zeros(1), ones(1));
        Assert.That(squashed.LogProbOfSample(x).Value.item<float>(), Is.EqualTo(-0.803710).Within(1e-5));
        Assert.That(squashed.LogProb(x.tanh()).Value.item<float>(), Is.EqualTo(-0.803710).Within(1e-5), "of the value itself");
    }

    [Test]
    public void AnActorThatHasLearntNothingHasItsInitialDeviation()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new EagerParameters(1);
        Actor<EagerTensor> actor = new Actor<EagerTensor>(parameters.Root, new() { Feature = 3, Actions = 1, Layers = new(0, 0), InitialStd = 5 });
        TanhNormal<EagerTensor> policy = (TanhNormal<EagerTensor>)actor.Forward(zeros(1, 3));   // zero feature and bias: raw outputs of zero
        Assert.That(policy.NormalMean.Value.item<float>(), Is.Zero);
        Assert.That(policy.NormalStd.Value.item<float>(), Is.EqualTo(5.0001).Within(1e-4));
    }

    [Test]
    public void StandardDeviationsStartFromSoftplus()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new EagerParameters(1);
        Rssm<EagerTensor> rssm = new Rssm<EagerTensor>(parameters.Root, new() { Deterministic = 3, Stochastic = 2, Hidden = 4, Embedding = 5 });
        foreach (string path in parameters.All.Keys.Where(path => path.StartsWith("prior/stats", StringComparison.Ordinal)))
        {
            using (no_grad())
                parameters.All[path].zero_();
        }

        Assert.That(((Normal<EagerTensor>)rssm.Prior(zeros(1, 3))).Std.Value.data<float>().ToArray(), Is.All.EqualTo(0.7931f).Within(1e-4));
    }
}
