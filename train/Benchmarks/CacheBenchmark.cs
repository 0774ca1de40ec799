using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Data;
using WorldModels.Train.Distillation;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Benchmarks;

/// <summary>
/// What a transformer's cache saves: latent steps of untrained transformers in ONNX Runtime with the cache; the same steps there with all
/// tokens of the window computed again at each; and eagerly in TorchSharp with the cache. By window and batch, in turn, one thread each.
/// </summary>
/// <param name="options">Sizes of the transformer, but for the window.</param>
/// <param name="windows">Steps that are seen, of which each is a transformer of its own.</param>
/// <param name="measure">Batches, horizons and time of each figure.</param>
internal sealed class CacheBenchmark(TransformerOptions options, IReadOnlyList<int> windows, BenchmarkOptions measure)
{
    /// <summary>The name of the measurements without a cache.</summary>
    public const string Recomputed = $"{DreamBenchmark.Runner}, recomputed";

    /// <summary>Measures everything.</summary>
    public BenchmarkReport Run()
    {
        Libtorch.Load();
        set_num_threads(1);
        List<Measurement> measurements = [];
        string provider = "";
        foreach (int window in windows)
        {
            using Subjects subjects = new(options with { Window = window });
            provider = subjects.Provider;
            foreach (int horizon in measure.Horizons)
            {
                foreach (int batch in measure.Batches)
                    measurements.AddRange(subjects.Measure(batch, horizon, measure.Seconds));
            }
        }
        return new()
        {
            Bundle = $"untrained-{options.Algorithm}",
            Provider = provider,
            Measurements = measurements,
            Note = "Recomputed: each step from all latents and actions of the window, which is the same in the first window of an episode. "
                + "State/row: what a row takes from step to step, of which the runtime has two, in turn. Ratios: frames per CPU second, "
                + $"medians of rounds in turn. {EagerPeer.Runner}: libtorch {__version__}, one thread, its noise drawn beforehand.",
        };
    }

    /// <summary>A transformer of one window, in the forms that are measured.</summary>
    private sealed class Subjects : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly TransformerOptions _options;
        private readonly EagerParameters _parameters;
        private readonly WorldSignature _signature;
        private readonly IDynamics<EagerTensor> _dynamics;
        private readonly WorldModel _cached, _recomputed;

        public Subjects(TransformerOptions options)
        {
            _options = options;
            AgentEnvironment environment = AgentEnvironment.Make(options, count: 1);
            LatentWorldConfig config = options.World(environment.Observation, environment.Actions.Size);
            _parameters = new(options.Seed);
            _dynamics = new LatentWorld<EagerTensor>(_parameters.Root[WorldSignature.World], config).Dynamics;
            _signature = new(
                config, _dynamics.State, _dynamics.Noise, environment.Observation, environment.Actions, options.RewardScale, options.Gamma);
            float[] starts = new float[environment.Observation.Size];
            environment.Reset((ulong)options.Seed, starts);
            _cached = Ship("cached", new CachedStep(_signature), starts);
            _recomputed = Ship("recomputed", new RecomputedStep(_signature), starts);
        }

        public string Provider => _cached.ProviderReport.ToString();

        public IReadOnlyList<Measurement> Measure(int batch, int horizon, double seconds)
        {
            using DisposeScope scope = NewDisposeScope();
            using Dream cached = Open(_cached), recomputed = Open(_recomputed);
            (float[] vectors, Action<Dream> run) = Actions(batch, horizon);
            Tensor[] actions = tensor(vectors, [horizon, batch, _signature.Actions.Size]).On(CPU).unbind();
            using Generator random = new((ulong)_options.Seed);
            Tensor[] noise = NoiseDraws.Of(
                _dynamics.Noise.Distribution.ToKind(), [horizon, batch, _dynamics.Noise.Size], random, CPU).unbind();
            State<EagerTensor> start = EagerState.Zeros(_dynamics.State, batch, CPU);
            Measurement subject = new()
            {
                What = "dream", Level = $"window {_options.Window}", Batch = batch, Horizon = horizon,
            };
            return Contest.Run(
            [
                new LocalContestant(Shipped(DreamBenchmark.Runner, _cached, cached), () => run(cached)),
                new LocalContestant(Shipped(Recomputed, _recomputed, recomputed), () => run(recomputed), isPeer: true),
                new LocalContestant(
                    subject with { Runner = EagerPeer.Runner, StateBytes = BytesOf(_cached) },
                    () => Imagine(start, actions, noise), isPeer: true),
            ], seconds, peakGflops: null);

            Dream Open(WorldModel world) => world.Dream(batch, horizon, new() { Threads = 1, Outputs = DreamOutputs.None });

            Measurement Shipped(string runner, WorldModel world, Dream dream) =>
                subject with { Runner = runner, StateBytes = BytesOf(world), Plan = $"{dream.Plan}" };
        }

        public void Dispose()
        {
            _cached.Dispose();
            _recomputed.Dispose();
            _parameters.Dispose();
            _folder.Dispose();
        }

        /// <summary>The eager steps.</summary>
        private void Imagine(State<EagerTensor> state, Tensor[] actions, Tensor[] noise)
        {
            using IDisposable guard = inference_mode();
            using DisposeScope scope = NewDisposeScope();
            for (int t = 0; t < actions.Length; t++)
                state = _dynamics.Imagine(state, actions[t], noise[t]).State;
        }

        /// <summary>Random action vectors (T, B, A), and what runs a dream along them.</summary>
        private (float[] Vectors, Action<Dream> Run) Actions(int batch, int horizon)
        {
            ActionVectors actions = _signature.Actions;
            (int size, uint stream, ulong seed) = (actions.Size, Philox.Stream("cache-benchmark"), 0);
            float[] vectors = new float[horizon * batch * size];
            (long[] numbers, float[] values) = (new long[horizon * batch], new float[vectors.Length]);
            for (int i = 0; i < numbers.Length; i++)
            {
                Span<float> vector = vectors.AsSpan(i * size, size);
                actions.Draw(new NoiseKey((ulong)_options.Seed, (uint)(i % batch), (uint)(i / batch), stream), vector);
                if (actions.Discrete)
                    numbers[i] = ActionVectors.DecodeIndex(vector);
                else
                    actions.Decode(vector, values.AsSpan(i * size, size));
            }
            return (vectors, dream => _ = actions.Discrete ? dream.Run(seed++, numbers) : dream.Run(seed++, values));
        }

        /// <summary>Exports one step, which is compared with the eager one, and loads it.</summary>
        private WorldModel Ship(string name, IGraphDefinition imagine, float[] starts)
        {
            string bundle = _folder.Path(name);
            BundleDefinition definition = new()
            {
                Algorithm = _options.Algorithm,
                Environment = _options.Env,
                Observation = _signature.Observation,
                Action = _signature.Actions.Space,
                Limits = ["Its weights are random: it is there to be timed."],
                Starts = starts,
                Graphs = new Dictionary<string, IGraphDefinition> { ["imagine"] = imagine },
            };
            BundleExporter.Export(bundle, name, definition, _parameters.ToWeights(), new() { Seed = _options.Seed });
            return WorldModel.Load(bundle, new() { Provider = "cpu" });
        }

        private static long BytesOf(WorldModel world) => world.Manifest.Graphs["imagine"].Inputs
            .Where(input => input.Role == TensorRole.State).Sum(state => (long)state.RowSize * (state.Dtype == TensorType.Int64 ? 8 : 4));
    }

    /// <summary>A latent step with the cache.</summary>
    private sealed class CachedStep(WorldSignature signature) : IGraphDefinition
    {
        public IReadOnlyList<TensorSpec> Inputs =>
            [.. signature.State, signature.Action("action"), signature.LatentNoise("noise", WorldSignature.ImagineStream)];

        public IReadOnlyList<TensorSpec> Outputs => [.. signature.NextState, .. signature.LatentLogits];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> => signature.Step(
            signature.Build(p).Dynamics.Imagine(
                inputs.State(signature.States), signature.Actions.Vector(inputs["action"]), inputs["noise"]));
    }

    /// <summary>
    /// The same without: its state has the latents and actions of the window instead, (B, W - 1, ...), the newest last.
    /// </summary>
    private sealed class RecomputedStep : IGraphDefinition
    {
        private const string Latent = "latent", Hidden = "hidden", Latents = "latents", Actions = "actions", Position = "position";

        private readonly TransformerConfig _config;
        private readonly WorldSignature _signature;

        public RecomputedStep(WorldSignature signature)
        {
            _config = (TransformerConfig)signature.Config.Dynamics;
            _signature = signature with
            {
                States =
                [
                    new(Latent, _config.Latent), new(Hidden, _config.Width), Past(Latents, _config.Latent), Past(Actions, _config.Actions),
                    new(Position) { Type = DType.Int64, InFeature = false },
                ],
            };

            StateSpec Past(string name, int size) =>
                new(name, _config.Window - 1, size) { Storage = TrajectoryStorage.Last, InFeature = false };
        }

        public IReadOnlyList<TensorSpec> Inputs =>
            [.. _signature.State, _signature.Action("action"), _signature.LatentNoise("noise", WorldSignature.ImagineStream)];

        public IReadOnlyList<TensorSpec> Outputs => [.. _signature.NextState, .. _signature.LatentLogits];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T>
        {
            State<T> state = inputs.State(_signature.States);
            T action = _signature.Actions.Vector(inputs["action"]).Reshape(Axis.Keep, 1, _config.Actions);          // (B, 1, A)
            T latents = state[Latents].Concat(state[Latent].Reshape(Axis.Keep, 1, _config.Latent), 1);              // (B, W, S)
            T actions = state[Actions].Concat(action, 1);                                                           // (B, W, A)
            LatentStep<T> step = ((TransformerDynamics<T>)_signature.Build(p).Dynamics)
                .Recompute(latents, actions, state[Position], inputs["noise"]);
            T later = (state[Position].Cast(DType.Float32) + _config.TokensOfStep).Cast(DType.Int64);
            return _signature.Step(new LatentStep<T>(
                new(state.Names, step.State[Latent], step.State[Hidden], latents.Slice(1, 1, _config.Window),
                    actions.Slice(1, 1, _config.Window), later), step.Distribution));
        }
    }
}
