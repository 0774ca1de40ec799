using TorchSharp;
using TorchSharp.Modules;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>
/// A second dynamics goes through the same doors as the first: a world of categorical latents (8 variables of 8 classes) learns the pendulum
/// for 200 updates, ships, and dreams in the runtime what the eager network dreams.
/// </summary>
public sealed class CategoricalWorldTests
{
    private const int Variables = 8, Classes = 8, Updates = 200, Rows = 16, Length = 16;

    private static readonly DreamerOptions Options = new()
    {
        Env = "pendulum", ActionRepeat = 1, RewardScale = 0.1, Batch = Rows, Length = Length, Embedding = 32, EncoderUnits = 32,
        HeadUnits = 32, RewardLayers = 1, ObservationScale = 10, RewardLossScale = 10, ModelLearningRate = 2e-3, AdamEpsilon = 1e-5,
        Prefill = 2000,
    };

    private string _folder = "";
    private Experience _experience = null!;
    private EagerParameters _parameters = null!;
    private LatentWorldConfig _config = null!;
    private LatentWorld<EagerTensor> _world = null!;
    private Dictionary<string, double> _first = [], _last = [];

    [OneTimeSetUp]
    public void LearnAndShip()
    {
        _folder = Path.Combine(Path.GetTempPath(), $"categorical-{Guid.NewGuid():N}");
        _experience = new(Options);
        _config = Options.World(_experience.Observation, _experience.Actions.Size);
        _config = _config with
        {
            Dynamics = (RssmConfig)_config.Dynamics with
            {
                Deterministic = 64,
                Hidden = 32,
                Stochastic = Variables,
                Classes = Classes,
                Unimix = 0.01,
                FreeNats = 0.1,
            },
        };
        _parameters = new(seed: 1);
        _world = new(_parameters.Root[WorldSignature.World], _config);
        Learn();
        WorldSignature signature = _experience.Signature(_world, _config);
        BundleDefinition definition = new BundleDefinition
        {
            Algorithm = "categorical-rssm",
            Environment = Options.Env,
            Observation = signature.Observation,
            Action = signature.Actions.Space,
            Limits = [],
            Starts = _experience.StartObservations(),
            Graphs = new Dictionary<string, IGraphDefinition>(WorldGraphs.Of(signature)),
        };
        VerificationReport report = BundleExporter.Export(_folder, "categorical", definition, _parameters.ToWeights(), new TrainingSpec());
        TestContext.Out.WriteLine(report);
        Assert.That(report.Passed);
    }

    [OneTimeTearDown]
    public void Delete()
    {
        _parameters.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void ItLearns()
    {
        TestContext.Out.WriteLine(string.Join(", ", _last.Select(figure => $"{figure.Key} {_first[figure.Key]:F3} -> {figure.Value:F3}")));
        Assert.Multiple(() =>
        {
            Assert.That(_last["observation_loss"], Is.LessThan(_first["observation_loss"] / 3));
            Assert.That(_last["reward_loss"], Is.LessThan(_first["reward_loss"] / 2));
            Assert.That(_last["kl"], Is.GreaterThan(0.1), "the latents say something");
        });
    }

    /// <summary>Every number of every gradient is used: what is drawn passes it straight through.</summary>
    [Test]
    public void EveryParameterIsReached()
    {
        foreach ((string path, Parameter parameter) in _parameters.All.Where(pair => !pair.Key.Contains("/standard/")))
            Assert.That(parameter.grad!.abs().max().item<float>(), Is.GreaterThan(0), path);
    }

    /// <summary>The same noise imagines the same states: one-hot draws equal, the rest within rounding, step by step of the runtime's own.</summary>
    [Test]
    public void ADreamIsTheEagerRollout()
    {
        const int Batch = 64, Horizon = 15;
        using WorldModel model = WorldModel.Load(_folder);
        using Dream dream = model.Dream(Batch, Horizon);
        DreamBatch imagined = dream.Run(seed: 3);
        IDynamics<EagerTensor> dynamics = _world.Dynamics;
        uint stream = Philox.Stream(WorldSignature.ImagineStream);
        float[] noise = new float[Batch * dynamics.Noise.Size];
        int draws = 0, flips = 0;
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        for (int t = 0; t < Horizon; t++)
        {
            NoiseDraws.Fill(NoiseKind.Gumbel, 3, t, stream, noise, Batch);
            State<EagerTensor> state = new State<EagerTensor>([.. dynamics.State.Select(spec => spec.Name)],
                [.. dynamics.State.Select(spec => ToTensor(imagined.State(spec.Name, t), spec.Shape[0]))]);
            EagerTensor action = ToTensor(imagined.ContinuousActions(t), 1).Value / 2;
            State<EagerTensor> next = dynamics.Imagine(state, action, tensor(noise, [Batch, dynamics.Noise.Size])).State;
            float[] expected = Floats(next["stochastic"]), found = imagined.State("stochastic", t + 1).ToArray();
            Assert.That(Floats(next["deterministic"]), Is.EqualTo(imagined.State("deterministic", t + 1).ToArray()).Within(1e-5));
            Assert.That(found, Has.All.AnyOf(0f, 1f));
            for (int variable = 0; variable < Batch * Variables; variable++)
            {
                draws++;
                Span<float> one = found.AsSpan(variable * Classes, Classes);
                Assert.That(one.ToArray().Sum(), Is.EqualTo(1), "one class a variable");
                flips += one.SequenceEqual(expected.AsSpan(variable * Classes, Classes)) ? 0 : 1;
            }
        }
        TestContext.Out.WriteLine($"{flips} of {draws} draws differ");
        Assert.That(flips, Is.LessThanOrEqualTo(draws / 10_000));

        EagerTensor ToTensor(ReadOnlySpan<float> values, int size) => tensor(values.ToArray(), [Batch, size]);
    }

    private void Learn()
    {
        using LatentAgent agent = new(_world, (_, _, _, _, _) => { }, 1, _experience.Observation.Size, _experience.Actions.Size, CPU);
        using TemporaryRun run = new Train.TemporaryRun("dreamer", Options);
        Assert.That(_experience.Prepare(run.Folder, agent, Train.TemporaryRun.Progress, CancellationToken.None));
        WorldModelSetup.Standardise(_parameters, _experience.Statistics());
        using FlatOptimiser optimiser = WorldModelSetup.Optimiser(_parameters, Options);
        for (long update = 0; update < Updates; update++)
        {
            using DisposeScope scope = NewDisposeScope();
            using Generator random = new Generator((ulong)update);
            Sequences sequences = _experience.Sample(update, CPU);
            EagerTensor observed = _world.Scale.Forward(sequences.Observations);
            FilteredSequence<EagerTensor> filtered = _world.Dynamics.ObserveSequence(
                sequences.ToFilter(_world.Dynamics, _world.Embed(observed), random));
            Losses losses = Dreamer.WorldModelLosses(_world, sequences, observed, filtered, Options.Gamma);
            optimiser.ZeroGradients();
            losses.Total(Options.LossScales()).backward();
            optimiser.ClipGradients(Options.MaxGradNorm);
            optimiser.Step();
            _last = new() { ["kl"] = filtered.Figures["kl"].Value.item<float>() };
            losses.WriteTo(_last);
            if (update == 0)
                _first = _last;
        }
    }

    private static float[] Floats(EagerTensor x) => x.Value.contiguous().data<float>().ToArray();
}
