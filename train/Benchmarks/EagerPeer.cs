using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Benchmarks;

/// <summary>
/// What a C# user would run instead of the runtime: a bundle's own definition over eager tensors, on one libtorch thread, in inference mode.
/// </summary>
internal sealed class EagerPeer : IBenchmarkPeer, IDisposable
{
    /// <summary>The name of its measurements.</summary>
    public const string Runner = "TorchSharp eager";

    /// <summary>Largest |a - b| / (1 + |b|) between its results and the runtime's.</summary>
    private const double Tolerance = 1e-4;

    /// <summary>Where a choice is between nearly equal values, one row in so many may choose otherwise, and differ from there on.</summary>
    private const int RowsPerChoice = 8;

    private static readonly string[] Choices = ["ArgMax", "Greater", "Less", "Equal", "Sign"];

    private readonly EagerParameters _parameters;
    private readonly Func<Measurement, RolloutData, IEagerRollout> _make;
    private RolloutData? _data;

    /// <summary>Opens the networks of a bundle.</summary>
    /// <exception cref="UserException">It has no world, or does not say how it was trained.</exception>
    public EagerPeer(string bundle)
    {
        Libtorch.Load();
        set_num_threads(1);
        Manifest manifest = Manifest.Load(bundle);
        TrainOptions options = Algorithm.Find(manifest.Algorithm).OptionsOf(manifest);
        if (options is not (LatentOptions or EnvironmentModelOptions))
            throw new UserException($"{bundle} is a bundle of {manifest.Algorithm}, which has no world to dream in.");
        _parameters = EagerParameters.From(Safetensors.Read(Path.Combine(bundle, "weights.safetensors")).Weights());
        LatentNetworks? latent = options is LatentOptions of ? new(of, manifest, _parameters) : null;
        _make = (subject, data) => (latent, subject.Level) switch
        {
            ({ } networks, { } level) => new LatentRollout(networks, BenchmarkLevels.ByName[level], data),
            ({ } networks, null) => new LatentDecoder(networks, data),
            _ => new FrameRollout((EnvironmentModelOptions)options, _parameters, data),
        };
    }

    public string Description => $"{Runner}, TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, libtorch {__version__}, one thread";

    public Contestant Open(RolloutProgram program, IReadOnlyDictionary<string, NpyArray> data,
        IReadOnlyDictionary<string, NpyArray> expected, Measurement subject)
    {
        _data?.Dispose();
        _data = new RolloutData(program, data);
        IEagerRollout rollout = _make(subject, _data);
        int rows = Math.Min(subject.Batch, RecordedDream.ComparedRows);
        bool chooses = program.Calls.Any(call => DreamCost.Operators(call).Any(Choices.Contains));
        Compare(rollout, expected, rows, chooses ? (rows + RowsPerChoice - 1) / RowsPerChoice : 0, subject);
        return new LocalContestant(subject with { Runner = Runner }, () => Run(rollout), isPeer: true);
    }

    public void Dispose()
    {
        _data?.Dispose();
        _parameters.Dispose();
    }

    private static void Run(IEagerRollout rollout)
    {
        using IDisposable guard = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        rollout.Run();
    }

    /// <summary>Compares the first rows of what a rollout gives with what the runtime gave.</summary>
    private static void Compare(
        IEagerRollout rollout, IReadOnlyDictionary<string, NpyArray> expected, int rows, int allowed, Measurement subject)
    {
        using IDisposable guard = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        IReadOnlyDictionary<string, IReadOnlyList<Tensor>> made = rollout.Run();
        if (expected.Keys.Except(made.Keys).ToArray() is { Length: > 0 } missing)
            throw new BundleException($"{Runner} gave no {string.Join(", ", missing)} of {subject.Group} to compare.");
        bool[] diverged = new bool[rows];
        string? first = null;
        foreach ((string name, NpyArray wanted) in expected)
        {
            double[] numbers = wanted.Type == NpyType.Int64
                ? [.. wanted.As<long>().ToArray().Select(value => (double)value)] : [.. wanted.ToFloats().Select(value => (double)value)];
            Tensor found = stack(made[name].Select(step => step.slice(0, 0, rows, 1))).to(ScalarType.Float64).contiguous();  // (T, rows, ...)
            double[] values = found.data<double>().ToArray();
            if (values.Length != numbers.Length)
                throw new BundleException($"{Runner} gives {name} of {subject.Group} as {values.Length:N0} numbers, ours as {numbers.Length:N0}.");
            int size = numbers.Length / wanted.Shape[0] / rows;
            for (int i = 0; i < numbers.Length; i++)
            {
                if (Math.Abs(numbers[i] - values[i]) <= Tolerance * (1 + Math.Abs(numbers[i])))
                    continue;
                int row = i / size % rows;
                diverged[row] = true;
                first ??= $"{name} at step {i / size / rows}, row {row} is {values[i]:G6}, where {numbers[i]:G6} was expected";
            }
        }
        if (diverged.Count(row => row) > allowed)
        {
            throw new BundleException($"{Runner} and ONNX Runtime disagree on {subject.Group}, batch {subject.Batch}: {first}. "
                + "A comparison of speed would mean nothing.");
        }
    }
}
