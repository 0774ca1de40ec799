using TorchSharp;
using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// V, the second stage of World Models: a variational autoencoder of single observations. Its loss is the squared error summed over an
/// observation, and the divergence from N(0, I) summed over the latent numbers, of which the first nats are free.
/// </summary>
public sealed class VisionTrainer : ITrainer
{
    /// <summary>Where V's parameters live.</summary>
    public const string Path = "vision";

    private const int MostJudged = 2000;    // observations

    private static readonly uint Frame = Philox.Stream("vision/frame");

    private readonly WorldModelsOptions _options;
    private readonly MemorySignature _signature;
    private readonly VaeConfig _config;
    private readonly Vae<EagerTensor> _vae;
    private readonly FlatOptimiser _optimiser;
    private RecordedEpisodes? _episodes;

    public VisionTrainer(WorldModelsOptions options, Device device, IProgressReport? progress = null)
    {
        _options = options;
        _signature = MemorySignature.Of(options);
        _config = _signature.Vision;
        Parameters = new(options.Seed, device);
        _vae = new(Parameters.Root[Path], _config);
        _optimiser = new([.. Parameters.All.Values], whole => optim.Adam(whole, options.VisionLearningRate));
        progress?.Say(
            $"V reads ({string.Join(", ", _config.Observation)}) by {(_config.Pixels is null ? "one hidden layer" : "convolutions")}");
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public IReadOnlyList<string> LearningRates => ["visionLearningRate"];

    public bool FramesAreEnvironmentSteps => false;

    public long Frames { get; private set; }

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop) =>
        _episodes = new(WorldModelsStages.WithInputs(_options, run), _signature.Observation, progress);

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        using DisposeScope scope = NewDisposeScope();
        using Generator random = new((ulong)(_options.Seed * 1_000_003 + update), Parameters.Device);
        Tensor x = Sample(update);                                                                          // (B, ...)
        Normal<EagerTensor> posterior = _vae.Encode(x);                                                     // (B, Z)
        Tensor z = posterior.Sample(randn(posterior.Mean.Value.shape, generator: random, device: Parameters.Device)).Value;
        Tensor reconstruction = (_vae.Decode(z).Value - x).square().flatten(1).sum(1).mean();
        Tensor kl = posterior.Kl(Prior(posterior)).Value;                                                   // (B)
        Tensor loss = _options.PixelWeight * reconstruction + kl.clamp_min(_options.FreeNats * _options.Latent).mean();
        _optimiser.ZeroGradients();
        loss.backward();
        _optimiser.Step();
        Frames += _options.VisionBatch;
        return !measure ? Measured.None : new Dictionary<string, double>
        {
            ["loss"] = loss.item<float>(), ["reconstruction"] = reconstruction.item<float>(), ["kl"] = kl.mean().item<float>(),
        };
    }

    public void Save(Checkpoint checkpoint)
    {
        checkpoint.AddOptimiser(_optimiser);
        checkpoint.Set("frames", Frames);
    }

    public void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadOptimiser(_optimiser);
        Frames = checkpoint.Integer("frames");
    }

    /// <summary>Squared error and divergence of held-out observations, beside the error of always saying their mean.</summary>
    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(_episodes!.Spread(_episodes.HeldOut, MostJudged)).reshape(-1, _config.Numbers).On(Parameters.Device);   // (N, O)
        Tensor mean = x.mean([0], keepdim: true);
        double squares = 0, divergence = 0;
        foreach (Tensor part in x.split(_options.VisionBatch))
        {
            Normal<EagerTensor> posterior = _vae.Encode(part.reshape([-1, .. _config.Observation.Select(axis => (long)axis)]));
            squares += (_vae.Decode(posterior.Mean).Value.flatten(1) - part).square().sum().item<float>();
            divergence += posterior.Kl(Prior(posterior)).Value.sum().item<float>();
        }
        return new Dictionary<string, double>
        {
            ["squared_error"] = squares / x.size(0), ["squared_error_of_mean"] = (x - mean).square().sum(1).mean().item<float>(),
            ["kl"] = divergence / x.size(0), ["observations"] = x.size(0),
        };
    }

    public BundleDefinition Bundle() => VisionMemoryGraphs.OfVision(_options, _signature, _episodes!.Starts());

    public void Dispose()
    {
        _optimiser.Dispose();
        Parameters.Dispose();
    }

    private Tensor Sample(long update)
    {
        int size = _config.Numbers;
        float[] frames = new float[_options.VisionBatch * size];
        for (int row = 0; row < _options.VisionBatch; row++)
        {
            int number = Philox.NextInt(new NoiseKey((ulong)_options.Seed, (uint)row, (uint)update, Frame), _episodes!.Frames);
            _episodes.CopyFrame(number, frames.AsSpan(row * size, size));
        }
        return tensor(frames, [_options.VisionBatch, .. _config.Observation.Select(axis => (long)axis)]).On(Parameters.Device);
    }

    private static Normal<EagerTensor> Prior(Normal<EagerTensor> like) => new(zeros_like(like.Mean.Value), ones_like(like.Mean.Value));
}
