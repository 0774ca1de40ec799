using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.EndToEnd;

/// <summary>A recurrent, noisy latent model from eager training to a dream in the runtime.</summary>
public sealed class LatentModelTests
{
    private const double Tolerance = 1e-5;
    private string _folder = "";
    private IReadOnlyDictionary<string, WeightArray> _weights = new Dictionary<string, WeightArray>();

    [OneTimeSetUp]
    public void Export()
    {
        _folder = Path.Combine(Path.GetTempPath(), $"latent-{Guid.NewGuid():N}");
        _weights = LatentModel.Export(_folder);
    }

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void ADreamIsTheEagerRollout()
    {
        const int Batch = 5, Horizon = 15;
        int stochasticSize = LatentModel.Config.Stochastic;
        using WorldModel world = WorldModel.Load(_folder);
        using Dream dream = world.Dream(Batch, Horizon);
        DreamBatch imagined = dream.Run(seed: 3);
        using EagerParameters parameters = EagerParameters.From(_weights);
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Rssm<EagerTensor> rssm = new Rssm<EagerTensor>(parameters.Root["rssm"], LatentModel.Config);
        Linear<EagerTensor> reward = new Linear<EagerTensor>(parameters.Root["reward"], LatentModel.Config.Deterministic + stochasticSize, 1);
        State<EagerTensor> state = new([.. rssm.State.Select(spec => spec.Name)],
            [.. rssm.State.Select(spec => Rows(imagined.State(spec.Name, 0), Batch))]);
        for (int t = 0; t < Horizon; t++)
        {
            // The dream's noise shows in its own states: recover none of it, draw it again as the runtime documents.
            float[] noise = new float[Batch * stochasticSize];
            for (int row = 0; row < Batch; row++)
            {
                NoiseKey key = new NoiseKey(3, (uint)row, (uint)t, Philox.Stream("imagine/noise"));
                Philox.FillGaussian(key, noise.AsSpan(row * stochasticSize, stochasticSize));
            }
            EagerTensor action = Rows(imagined.ContinuousActions(t), Batch);
            state = rssm.Imagine(state, action, Rows(noise, Batch)).State;
            AssertClose(state["deterministic"], imagined.State("deterministic", t + 1));
            AssertClose(state["stochastic"], imagined.State("stochastic", t + 1));
            AssertClose(reward.Forward(state["deterministic"].Concat(state["stochastic"])), imagined.Rewards(t));
        }
    }

    [Test]
    public void AContextIsTheEagerFilter()
    {
        const int Batch = 3, Context = 5;
        int size = LatentModel.Config.Stochastic;
        float[] seen = [.. Enumerable.Range(0, Context * Batch * LatentModel.Observation).Select(i => MathF.Sin(1.3f * i))];
        float[] taken = [.. Enumerable.Range(0, (Context - 1) * Batch * LatentModel.Actions).Select(i => MathF.Cos(0.9f * i))];
        using WorldModel world = WorldModel.Load(_folder);
        using Dream dream = world.Dream(Batch, horizon: 1);
        dream.Start(seen, taken);
        DreamBatch imagined = dream.Run(seed: 5);
        using EagerParameters parameters = EagerParameters.From(_weights);
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Rssm<EagerTensor> rssm = new Rssm<EagerTensor>(parameters.Root["rssm"], LatentModel.Config);
        Linear<EagerTensor> encoder = new Linear<EagerTensor>(parameters.Root["encoder"], LatentModel.Observation, LatentModel.Config.Embedding);
        State<EagerTensor> state = EagerState.Zeros(rssm.State, Batch, CPU);
        for (int c = 0; c < Context; c++)
        {
            float[] noise = new float[Batch * size];
            for (int row = 0; row < Batch; row++)
                Philox.FillGaussian(new NoiseKey(5, (uint)row, (uint)c, Philox.Stream("observe/noise")), noise.AsSpan(row * size, size));
            ReadOnlySpan<float> previous = c == 0 ? new float[Batch * LatentModel.Actions]
                : taken.AsSpan((c - 1) * Batch * LatentModel.Actions, Batch * LatentModel.Actions);
            EagerTensor observation = Rows(seen.AsSpan(c * Batch * LatentModel.Observation, Batch * LatentModel.Observation), Batch);
            state = rssm.Observe(state, Rows(previous, Batch), encoder.Forward(observation).Elu(), Rows(noise, Batch)).State;
            AssertClose(state["deterministic"], imagined.State("deterministic", c - Context + 1));
            AssertClose(state["stochastic"], imagined.State("stochastic", c - Context + 1));
            if (c < Context - 1)
            {
                Assert.That(imagined.ContinuousActions(c - Context + 1).ToArray(),
                    Is.EqualTo(taken[(c * Batch * LatentModel.Actions)..((c + 1) * Batch * LatentModel.Actions)]));
            }
        }
    }

    [Test]
    public void ARowIsTheSameAloneAndInABatch()
    {
        using WorldModel world = WorldModel.Load(_folder);
        using Dream one = world.Dream(1, 10), many = world.Dream(64, 10);
        DreamBatch alone = one.Run(11), together = many.Run(11);
        for (int t = 0; t <= 10; t++)
        {
            float[] row = alone.State("stochastic", t).ToArray();
            Assert.That(together.State("stochastic", t)[..4].ToArray(), Is.EqualTo(row).Within(Tolerance));
        }
    }

    [Test]
    public void GradientsReachEveryParameterThroughFifteenSteps()
    {
        using DisposeScope scope = NewDisposeScope();
        using EagerParameters parameters = new EagerParameters(1);
        Rssm<EagerTensor> rssm = new Rssm<EagerTensor>(parameters.Root, LatentModel.Config);
        State<EagerTensor> state = EagerState.Zeros(rssm.State, 3, CPU);
        EagerTensor action = ones(3, LatentModel.Actions);
        Tensor loss = zeros(1);
        for (int t = 0; t < 15; t++)
        {
            EagerTensor noise = randn(3, LatentModel.Config.Stochastic), embedding = randn(3, LatentModel.Config.Embedding);
            state = (t % 2 == 0 ? rssm.Imagine(state, action, noise) : rssm.Observe(state, action, embedding, noise)).State;
            loss = loss + (state["deterministic"].Square().Sum(-1) + state["stochastic"].Square().Sum(-1)).Value.mean();
        }
        loss.backward();
        foreach ((string path, TorchSharp.Modules.Parameter parameter) in parameters.All)
            Assert.That(parameter.grad is { } gradient && gradient.abs().sum().item<float>() > 0, path);
    }

    private static EagerTensor Rows(ReadOnlySpan<float> values, int rows) => tensor(values.ToArray(), [rows, values.Length / rows]);

    private static void AssertClose(EagerTensor expected, ReadOnlySpan<float> actual) =>
        Assert.That(actual.ToArray(), Is.EqualTo(expected.Value.contiguous().data<float>().ToArray()).Within(Tolerance));
}
