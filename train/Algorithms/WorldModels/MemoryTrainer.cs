using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// M, the third stage of World Models: an LSTM with a mixture density on top learns what V says of the next observation, and whether it
/// begins a new episode. All episodes, in an order of each epoch's own, are one stream, cut into as many as a batch has rows; the LSTM's
/// state goes on from batch to batch within an epoch.
/// </summary>
public sealed class MemoryTrainer : ITrainer
{
    /// <summary>Where M's parameters live.</summary>
    public const string Path = "memory";

    /// <summary>The figure of how many episodes that it learnt from ended by themselves.</summary>
    public const string EndsLearnt = "ends_learnt";

    private const double LeastRate = 1e-5;

    private readonly WorldModelsOptions _options;
    private readonly MemorySignature _signature;
    private readonly MdnRnn<EagerTensor> _memory;
    private readonly FlatOptimiser _optimiser;
    private EagerParameters? _vision;
    private RecordedEpisodes? _episodes;
    private MemoryFrames? _frames, _heldOut;
    private Tensor? _epoch;                 // (L, B): the frames of the epoch's streams
    private long _epochNumber = -1;
    private Tensor _hidden, _cell;          // (B, H)

    public MemoryTrainer(WorldModelsOptions options, Device device, RunFolder? run = null, IProgressReport? progress = null)
    {
        _options = run is null ? options : ShippedSizes.Of(options, WorldModelsStages.WithInputs(options, run).Vision, memory: "");
        _signature = MemorySignature.Of(_options);
        Parameters = new(options.Seed, device);
        _memory = new(Parameters.Root[Path], _signature.Memory);
        _optimiser = new([.. Parameters.All.Values], whole => optim.Adam(whole, options.MemoryLearningRate));
        _hidden = zeros([options.MemoryBatch, _options.MemoryUnits], device: device).DetachFromDisposeScope();
        _cell = zeros_like(_hidden).DetachFromDisposeScope();
        progress?.Say($"M reads {_signature.Memory.Inputs} numbers a step and says {_signature.Memory.Outputs}");
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public IReadOnlyList<string> LearningRates => ["memoryLearningRate"];

    public bool FramesAreEnvironmentSteps => false;

    public long Frames { get; private set; }

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        WorldModelsOptions inputs = WorldModelsStages.WithInputs(_options, run);
        _episodes = new(inputs, _signature.Observation, progress);
        _vision = EagerParameters.From(ShippedSizes.Weights(inputs.Vision, VisionTrainer.Path), Parameters.Device);
        Vae<EagerTensor> vision = _signature.BuildVision(_vision.Root);
        ulong? shuffled = _options.Shuffled ? (ulong)_options.Seed : null;
        _frames = new(_episodes.Learnt, _signature, vision, Parameters.Device, shuffled);
        _heldOut = new(_episodes.HeldOut, _signature, vision, Parameters.Device);
        if (_frames.Count / _options.MemoryBatch < 2)
        {
            throw new UserException($"{_frames.Count} observations are too few for {_options.MemoryBatch} streams side by side: "
                + $"--set memoryBatch={Math.Max(1, _frames.Count / 2)}, or record more episodes.");
        }
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        using DisposeScope scope = NewDisposeScope();
        using Generator random = new((ulong)(_options.Seed * 1_000_003 + update), Parameters.Device);
        MemoryBatch batch = _frames!.Take(Streams(update), random);
        (EagerTensor all, EagerTensor hidden, EagerTensor cell) =
            _memory.Sequence(batch.Latents, batch.Actions, batch.Begins, _hidden, _cell);                   // (T, B, H)
        (GaussianMixture<EagerTensor> next, EagerTensor restart) = _memory.Predict(all);
        // What follows an episode's end is the first observation of another one, which nothing predicts.
        Tensor goesOn = 1 - batch.Restarts;                                                                 // (T, B)
        Tensor z = -(next.LogProb(batch.Next).Value * goesOn).sum() / (goesOn.sum().clamp_min(1) * _options.Latent);
        Losses losses = new() { { "z", z } };
        if (_options.Restart)
        {
            Tensor weights = batch.Known * (1 + (_options.RestartWeight - 1) * batch.Restarts);
            losses.Add("restart", nn.functional.binary_cross_entropy_with_logits(restart.Value, batch.Restarts, weights));
        }
        Tensor loss = losses.Total(new Dictionary<string, double> { ["z"] = 1, ["restart"] = 1 });
        LearningRate.Set(
            _optimiser, (_options.MemoryLearningRate - LeastRate) * Math.Pow(_options.MemoryDecay, update) + LeastRate, decay: 0, update,
            _options.Updates);
        _optimiser.ZeroGradients();
        loss.backward();
        _optimiser.ClipGradientValues(_options.MemoryClip);
        _optimiser.Step();
        Carry(hidden.Value, cell.Value);
        Frames += batch.Known.numel();
        if (!measure)
            return Measured.None;
        Dictionary<string, double> figures = new() { ["loss"] = loss.item<float>() };
        losses.WriteTo(figures);
        return figures;
    }

    public void Save(Checkpoint checkpoint)
    {
        checkpoint.AddOptimiser(_optimiser);
        checkpoint.Set("frames", Frames);
        checkpoint.Set("streams", _options.MemoryBatch);
        checkpoint.AddBytes("state", writer =>
        {
            foreach (float value in Numbers(_hidden).Concat(Numbers(_cell)))
                writer.Write(value);
        });
    }

    public void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadOptimiser(_optimiser);
        Frames = checkpoint.Integer("frames");
        if (checkpoint.Integer("streams") != _options.MemoryBatch)
            return;     // the state is of other streams: these begin without one
        checkpoint.LoadBytes("state", reader =>
        {
            using DisposeScope scope = NewDisposeScope();
            foreach (Tensor part in new[] { _hidden, _cell })
                part.copy_(tensor([.. Enumerable.Range(0, (int)part.numel()).Select(_ => reader.ReadSingle())], part.shape));
        });
    }

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress)
    {
        Dictionary<string, double> figures = new(
            MemoryJudge.Judge(_memory, _signature.Memory, _heldOut!, (ulong)_options.Seed, Parameters.Device));
        if (_options.Restart)
            figures[EndsLearnt] = _episodes!.Learnt.Count(episode => episode.Terminated);
        return figures;
    }

    public BundleDefinition Bundle() => VisionMemoryGraphs.OfMemory(_options, _signature, _episodes!.Starts());

    public IReadOnlyDictionary<string, WeightArray> Weights() =>
        Parameters.ToWeights().Concat(_vision!.ToWeights()).ToDictionary();

    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[] { _hidden, _cell, _epoch, _frames, _heldOut, _vision })
            part?.Dispose();
        _optimiser.Dispose();
        Parameters.Dispose();
    }

    /// <summary>The frames (T + 1, B) of an update's steps; at the first one of an epoch the LSTM forgets.</summary>
    private Tensor Streams(long update)
    {
        long rows = _options.MemoryBatch, length = _frames!.Count / rows, steps = Math.Min(_options.MemoryLength, length - 1);
        long updates = (length - 1) / steps, epoch = update / updates, part = update % updates;
        if (epoch != _epochNumber)
        {
            _epoch?.Dispose();
            long[] order = _frames.Epoch((ulong)_options.Seed, epoch);
            using Tensor all = tensor(order[..(int)(rows * length)], [rows, length]);
            _epoch = all.t().contiguous().to(Parameters.Device).DetachFromDisposeScope();
            _epochNumber = epoch;
        }
        if (part == 0)
        {
            _hidden.zero_();
            _cell.zero_();
        }
        return _epoch!.slice(0, part * steps, part * steps + steps + 1, 1);
    }

    private void Carry(Tensor hidden, Tensor cell)
    {
        using IDisposable guard = no_grad();
        _hidden.copy_(hidden);
        _cell.copy_(cell);
    }

    private static float[] Numbers(Tensor value)
    {
        using Tensor flat = value.cpu().contiguous();
        return flat.data<float>().ToArray();
    }
}
