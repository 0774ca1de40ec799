using TorchSharp;
using WorldModels.Models;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>The recurrent cells and a step of the RSSM, unit by unit, by the equations as they are published.</summary>
public sealed class CellTests
{
    private const int Inputs = 3, Units = 2;

    private static readonly double[] X = [0.3, -0.7, 1.1], H = [0.4, -0.2];

    /// <summary>Keras' and PyTorch's: c = tanh(W x + b + r (U h + b')), h' = u h + (1 - u) c.</summary>
    [Test]
    public void TheResetGateAfterTheRecurrentProduct()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters store = new EagerParameters(3);
        float[] next = Values(new GruCell<EagerTensor>(store.Root, Inputs, Units).Forward(Row(X), Row(H)));
        double[] wIh = Weights(store, "weight_ih"), wHh = Weights(store, "weight_hh");
        double[] bIh = Weights(store, "bias_ih"), bHh = Weights(store, "bias_hh");
        for (int unit = 0; unit < Units; unit++)
        {
            double Input(int gate) => Product(wIh, gate * Units + unit, X) + bIh[gate * Units + unit];
            double Hidden(int gate) => Product(wHh, gate * Units + unit, H) + bHh[gate * Units + unit];
            double reset = Sigmoid(Input(0) + Hidden(0)), update = Sigmoid(Input(1) + Hidden(1));
            double candidate = Math.Tanh(Input(2) + reset * Hidden(2));
            Assert.That(next[unit], Is.EqualTo(update * H[unit] + (1 - update) * candidate).Within(1e-6));
        }
    }

    /// <summary>PlaNet's: c = tanh(W [x, r h] + b), gates with bias 1.</summary>
    [Test]
    public void TheResetGateBeforeTheRecurrentProduct()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters store = new EagerParameters(3);
        float[] next = Values(new ResetBeforeGruCell<EagerTensor>(store.Root, Inputs, Units).Forward(Row(X), Row(H)));
        Assert.That(Weights(store, "gates/bias"), Is.All.EqualTo(1));
        Assert.That(Weights(store, "candidate/bias"), Is.All.EqualTo(0));
        double[] ofX = Weights(store, "gates/x_weight"), ofH = Weights(store, "gates/h_weight");
        double Gate(int gate, int unit) => Sigmoid(Product(ofX, gate * Units + unit, X) + Product(ofH, gate * Units + unit, H) + 1);
        double[] kept = [.. H.Select((value, unit) => Gate(0, unit) * value)];
        for (int unit = 0; unit < Units; unit++)
        {
            double candidate = Math.Tanh(
                Product(Weights(store, "candidate/x_weight"), unit, X) + Product(Weights(store, "candidate/h_weight"), unit, kept));
            double update = Gate(1, unit);
            Assert.That(next[unit], Is.EqualTo(update * H[unit] + (1 - update) * candidate).Within(1e-6));
        }
    }

    /// <summary>x = elu(W [z, a]), h' = gru(x, h); [mean, s] = V elu(U h'), std = softplus(s) + 0.1; z' = mean + std noise.</summary>
    [Test]
    public void AStepOfTheRssm()
    {
        const int Stochastic = 2, Hidden = 3;
        double[] z = [0.5, -0.1], action = [0.8], noise = [1.5, -0.5];
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters store = new EagerParameters(5);
        Rssm<EagerTensor> rssm = new Rssm<EagerTensor>(store.Root, new()
        {
            Deterministic = Units, Stochastic = Stochastic, Hidden = Hidden, Embedding = 1, Actions = 1, MinimumStd = 0.1,
        });
        State<EagerTensor> state = new State<EagerTensor>(["deterministic", "stochastic"], Row(H), Row(z));
        (State<EagerTensor> next, IDistribution<EagerTensor> prior) = rssm.Imagine(state, Row(action), Row(noise));
        double[] x = Layer(Hidden, unit => Elu(Product(Weights(store, "input/stochastic_weight"), unit, z)
            + Product(Weights(store, "input/action_weight"), unit, action) + Weights(store, "input/bias")[unit]));
        Assert.That(Values(next["deterministic"]), Is.EqualTo(
            Values(new GruCell<EagerTensor>(store.Root["gru"], Hidden, Units).Forward(Row(x), Row(H)))).Within(1e-6));
        double[] h = [.. Values(next["deterministic"]).Select(value => (double)value)];
        double[] hidden = Layer(Hidden, unit => Elu(
            Product(Weights(store, "prior/hidden/weight"), unit, h) + Weights(store, "prior/hidden/bias")[unit]));
        double[] stats = Layer(2 * Stochastic, unit =>
            Product(Weights(store, "prior/stats/weight"), unit, hidden) + Weights(store, "prior/stats/bias")[unit]);
        for (int unit = 0; unit < Stochastic; unit++)
        {
            double mean = stats[unit], std = Math.Log(1 + Math.Exp(stats[Stochastic + unit])) + 0.1;
            Assert.That(Values(prior.Mean)[unit], Is.EqualTo(mean).Within(1e-6));
            Assert.That(Values(((Normal<EagerTensor>)prior).Std)[unit], Is.EqualTo(std).Within(1e-6));
            Assert.That(Values(next["stochastic"])[unit], Is.EqualTo(mean + std * noise[unit]).Within(1e-6));
        }
        Assert.That(Values(rssm.FeatureOf(next)), Is.EqualTo(Values(next["stochastic"]).Concat(Values(next["deterministic"]))), "sample first");
    }

    private static double[] Layer(int units, Func<int, double> unit) => [.. Enumerable.Range(0, units).Select(unit)];

    private static Tensor Row(double[] values) => tensor(Array.ConvertAll(values, value => (float)value), [1, values.Length]);

    private static float[] Values(EagerTensor tensor) => tensor.Value.detach().contiguous().data<float>().ToArray();

    private static double[] Weights(EagerParameters store, string path) =>
        Array.ConvertAll(Values(store.All[path]), value => (double)value);

    private static double Product(double[] weight, int row, double[] x) => x.Select((value, i) => weight[row * x.Length + i] * value).Sum();

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double Elu(double x) => x > 0 ? x : Math.Exp(x) - 1;
}
