using TorchSharp;
using WorldModels.Models;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.DreamControl;

/// <summary>What M and C compute, against their definitions.</summary>
public sealed class NetworkTests
{
    [Test]
    public void AMixturesDensityIsTheSumOfItsComponents()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] logits = [0.3, -1, 2], means = [-1, 0.5, 3], logStds = [0, -1, 0.5];
        Tensor Of(double[] values) => tensor(values.Select(value => (float)value).ToArray(), [1, 1, 3]);
        GaussianMixture<EagerTensor> mixture = new(Of(logits), Of(means), Of(logStds));
        double total = logits.Sum(Math.Exp);
        foreach (double x in new[] { -2, 0.4, 3.1, 40 })
        {
            double density = Enumerable.Range(0, 3).Sum(k => Math.Exp(logits[k]) / total * Normal(x, means[k], Math.Exp(logStds[k])));
            float log = mixture.LogProb(tensor(new[] { (float)x }, [1, 1])).Value.item<float>();
            Assert.That(log, density > 0 ? Is.EqualTo(Math.Log(density)).Within(1e-4 * Math.Abs(Math.Log(density)) + 1e-5) : Is.Negative);
            Assert.That(float.IsFinite(log), Is.True, "far away as well");
        }
        double mean = Enumerable.Range(0, 3).Sum(k => Math.Exp(logits[k]) / total * means[k]);
        Assert.That(mixture.Mean.Value.item<float>(), Is.EqualTo(mean).Within(1e-5));
        Assert.That(mixture.Sample(zeros(1, 1, 4)).Value.item<float>(), Is.EqualTo(3f), "without noise, the likeliest component's mean");

        static double Normal(double x, double mean, double std) =>
            Math.Exp(-0.5 * Math.Pow((x - mean) / std, 2)) / (std * Math.Sqrt(2 * Math.PI));
    }

    /// <summary>Two numbers of one choice are both low or both high; of a choice each, all four corners are drawn.</summary>
    [TestCase(1)]
    [TestCase(2)]
    public void NumbersOfOneComponentGoTogether(int choices)
    {
        using DisposeScope scope = NewDisposeScope();
        const int Rows = 4_000;
        Tensor logits = zeros(Rows, choices, 2), logStds = full([Rows, 2, 2], -2f);
        Tensor means = tensor(new[] { -1f, 1, -1, 1 }, [1, 2, 2]).expand(Rows, 2, 2);
        GaussianMixture<EagerTensor> mixture = new(logits, means, logStds);
        using Generator random = new(1);
        Tensor gumbel = -(-rand([Rows, 2, 2], generator: random).clamp_min(1e-7).log()).log();
        Tensor drawn = mixture.Sample(cat([gumbel, randn([Rows, 2, 1], generator: random)], -1)).Value;
        double together = drawn.select(1, 0).sign().eq(drawn.select(1, 1).sign()).to(float32).mean().item<float>();
        Assert.That(together, choices == 1 ? Is.EqualTo(1) : Is.EqualTo(0.5).Within(0.05));
        double density = mixture.LogProb(tensor(new[] { 1f, -1 }, [1, 2]).expand(Rows, 2)).Value[0].item<float>();
        double height = Math.Log(1 / (Math.Sqrt(2 * Math.PI) * Math.Exp(-2)));
        double far = -0.5 * Math.Pow(2 / Math.Exp(-2), 2);              // of the number on the other side
        Assert.That(density, Is.EqualTo(2 * height + (choices == 1 ? far : -2 * Math.Log(2))).Within(1e-3));
    }

    /// <summary>tau divides the logits and multiplies the variance (Ha and Schmidhuber 2018, section 4.4).</summary>
    [Test]
    public void TemperatureMakesDrawsSurerOrLessSure()
    {
        using DisposeScope scope = NewDisposeScope();
        const int Rows = 40_000;
        using Generator random = new(1);
        Tensor noise = cat([
            -(-rand([Rows, 1, 2], generator: random).clamp_min(1e-7).log()).log(), randn([Rows, 1, 1], generator: random)], -1);
        Tensor logits = tensor(new[] { 0f, 1f }, [1, 1, 2]).expand(Rows, 1, 2);
        Tensor means = tensor(new[] { -10f, 10f }, [1, 1, 2]).expand(Rows, 1, 2);
        GaussianMixture<EagerTensor> mixture = new(logits, means, zeros_like(means));
        foreach (double tau in new[] { 0.25, 1, 4 })
        {
            Tensor drawn = mixture.At(full([Rows, 1, 1], (float)tau)).Sample(noise).Value;
            Tensor upper = drawn.masked_select(drawn.gt(0));
            Assert.That((double)upper.numel() / Rows, Is.EqualTo(1 / (1 + Math.Exp(-1 / tau))).Within(0.01), $"share at {tau}");
            Assert.That(upper.std().item<float>(), Is.EqualTo(Math.Sqrt(tau)).Within(0.03), $"spread at {tau}");
        }
    }

    /// <summary>A sequence at once is its steps one by one, episodes that begin in the middle among them.</summary>
    [Test]
    public void ASequenceIsItsSteps()
    {
        using DisposeScope scope = NewDisposeScope();
        const int Length = 5, Rows = 3;
        MdnRnnConfig config = new() { Latent = 2, Actions = 1, Units = 4, Mixtures = 3, Restart = true };
        using EagerParameters store = new(0);
        MdnRnn<EagerTensor> memory = new(store.Root, config);
        Tensor latents = randn(Length, Rows, 2), actions = randn(Length, Rows, 1), restarts = zeros(Length, Rows);
        (restarts[0, 0], restarts[0, 1], restarts[2, 1], restarts[4, 2]) = (1, 1, 1, 1);
        Tensor hidden = randn(Rows, 4), cell = randn(Rows, 4);
        (EagerTensor all, EagerTensor last, EagerTensor lastCell) = memory.Sequence(latents, actions, restarts, hidden, cell);
        string[] names = [.. MdnRnnState.Of(config).Select(state => state.Name)];
        for (int t = 0; t < Length; t++)
        {
            State<EagerTensor> state = new(names, latents[t], hidden, cell, restarts[t].unsqueeze(1));
            (EagerTensor h, EagerTensor c) = memory.Step(state, actions[t]);
            (hidden, cell) = (h.Value, c.Value);
            Assert.That(all.Value[t].allclose(hidden, atol: 1e-6), Is.True, $"step {t}");
        }
        Assert.That(last.Value.allclose(hidden, atol: 1e-6) && lastCell.Value.allclose(cell, atol: 1e-6), Is.True);
        State<EagerTensor> afresh = new(names, latents[0], zeros(Rows, 4), zeros(Rows, 4), ones(Rows, 1));
        State<EagerTensor> forgotten = new(names, latents[0], randn(Rows, 4), randn(Rows, 4), ones(Rows, 1));
        Assert.That(memory.Step(forgotten, actions[0]).Hidden.Value.allclose(memory.Step(afresh, actions[0]).Hidden.Value), Is.True);
        (GaussianMixture<EagerTensor> next, EagerTensor restart) = memory.Predict(all);
        Assert.That(next.Logits.Value.shape, Is.EqualTo(new long[] { Length, Rows, 2, 3 }));
        Assert.That(restart.Value.shape, Is.EqualTo(new long[] { Length, Rows }));
    }

    [Test]
    public void AControllerReadsWhatItsWeightsSay()
    {
        using DisposeScope scope = NewDisposeScope();
        ControllerConfig config = new() { Latent = 2, Units = 1, Actions = 2, Inputs = ControllerInputs.Zh };
        LinearController<EagerTensor> controller = new(config);
        Tensor features = tensor(new[] { 1f, 2, 3, -1, 0, 1 }, [2, 3]);
        float[] first = [0.1f, 0.2f, 1, 0, 0, 0, 0, 0.5f], second = [0, 0, 0, 1, 0, 0.3f, 0, 0];   // biases, then a row for each output
        Tensor both = controller.Forward(features, tensor([.. first, .. second], [2, 8])).Value;
        Assert.That(both.data<float>().ToArray(), Is.EqualTo(new[]
        {
            MathF.Tanh(0.1f + 1), MathF.Tanh(0.2f + 1.5f), MathF.Tanh(0), MathF.Tanh(-0.3f),
        }).Within(1e-6));
        Tensor one = controller.Forward(features, tensor(first, [1, 8])).Value;
        Assert.That(one[0].allclose(both[0]), Is.True, "one controller's weights are those of every row");
    }
    /// <summary>Weights without memory do on a whole state what the weights do on one whose memory is zero.</summary>
    [Test]
    public void AControllerWithoutMemoryReadsTheLatentVectorAlone([Values(0, 3)] int hidden, [Values] bool bias)
    {
        using DisposeScope scope = NewDisposeScope();
        ControllerConfig config = new()
        {
            Latent = 2, Units = 4, Actions = 2, Inputs = ControllerInputs.Zch, Hidden = hidden, Bias = bias,
        };
        LinearController<EagerTensor> controller = new(config);
        using Generator random = new(3);
        double[] weights = [.. randn([config.Weights], generator: random).data<float>().Select(weight => (double)weight)];
        Tensor features = randn([5, config.Feature], generator: random);
        Tensor seen = cat([features[.., ..2], zeros([5, config.Feature - 2])], 1);
        Tensor blind = controller.Forward(features, Row(config.WithoutMemory(weights))).Value;
        Assert.That(blind.allclose(controller.Forward(seen, Row(weights)).Value), Is.True);
        Assert.That(blind.allclose(controller.Forward(features, Row(weights)).Value), Is.False);

        static Tensor Row(double[] weights) => tensor(weights.Select(weight => (float)weight).ToArray(), [1, weights.Length]);
    }
}
