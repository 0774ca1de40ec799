using TorchSharp;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>Learns a model of MiniPacman from recorded games (Weber et al. 2017, section 4.1).</summary>
public sealed class EnvironmentModelTrainer : ITrainer
{
    private readonly EnvironmentModelOptions _options;
    private readonly EnvironmentModelConfig _config;
    private readonly EnvironmentModel<EagerTensor> _model;
    private readonly FlatOptimiser _optimiser;
    private readonly float[] _frames;       // (B, 3k, 15, 19)
    private readonly long[] _actions;       // (B)
    private readonly long[] _classes;       // (B, 15, 19)
    private readonly float[] _weights;      // (B, 15, 19)
    private readonly long[] _rewards;       // (B)
    private readonly float[] _continues;    // (B)
    private Transitions? _training, _heldOut;

    public EnvironmentModelTrainer(EnvironmentModelOptions options, Device device)
    {
        _options = options;
        _config = ConfigOf(options);
        Parameters = new EagerParameters(options.Seed, device);
        _model = new(Parameters.Root[EnvironmentModelBundle.ModelPath], _config);
        _optimiser = new([.. Parameters.All.Values], whole => optim.Adam(whole, options.LearningRate));
        int batch = options.Batch;
        (_frames, _actions, _classes) =
            (new float[batch * options.Stack * 3 * MiniPacmanMaze.Cells], new long[batch], new long[batch * MiniPacmanMaze.Cells]);
        (_weights, _rewards, _continues) = (new float[batch * MiniPacmanMaze.Cells], new long[batch], new float[batch]);
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public bool FramesAreEnvironmentSteps => false;

    /// <summary>The network's sizes for these options: the mode's reward table and the game's palette.</summary>
    public static EnvironmentModelConfig ConfigOf(EnvironmentModelOptions options) => new()
    {
        Architecture = options.Architecture,
        Filters = options.Filters,
        Frames = options.Stack,
        Termination = options.Termination,
        Palette = MiniPacmanPixels.Colors.ToArray(),
        Rewards = [.. RewardsOf(options).Values.Select(value => (float)value)],
    };

    private static MiniPacmanMode ModeOf(EnvironmentModelOptions options) =>
        EnvironmentRegistry.Find(options.Env) is EnvironmentSpec<long> spec && spec.Make() is MiniPacmanEnvironment game
        ? game.Game.Mode
        : throw new UserException($"environment-model learns the modes of MiniPacman, not {options.Env}.");

    /// <summary>The published model of the regular mode has ten reward classes, two of which never occur.</summary>
    public static RewardTable RewardsOf(EnvironmentModelOptions options) =>
        options.Architecture == EnvironmentModelArchitecture.Faithful && ModeOf(options) == MiniPacmanMode.Regular
            ? RewardTable.RegularReference
            : RewardTable.For(ModeOf(options));

    public long Frames { get; private set; }

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        IReadOnlyList<Episode> episodes = RecordedGames.ReadOrRecord(
            run.ReplayPath, _options, ModeOf(_options), RewardsOf(_options), progress, stop);
        if (stop.IsCancellationRequested)
            return;
        if (episodes.Count < 2)
        {
            throw new UserException(
                $"{episodes.Count} episode is too little to learn from one and be judged by another; collect more: --set frames=...");
        }

        int heldOut = Math.Clamp((int)Math.Round(episodes.Count * _options.HoldOut), 1, episodes.Count - 1);
        // In the order they ended, the last episodes are the longest: draw lots.
        uint lots = Philox.Stream("hold-out");
        int Lot(int i) => Philox.NextInt(new NoiseKey((ulong)_options.Seed, (uint)i, 0, lots), int.MaxValue);
        Episode[] shuffled = [.. Enumerable.Range(0, episodes.Count).OrderBy(Lot).Select(i => episodes[i])];
        _training = new([.. shuffled.SkipLast(heldOut)]);
        _heldOut = new([.. shuffled.TakeLast(heldOut)]);
        progress.Say($"{episodes.Count} episodes: {_training.Count} transitions to learn from, "
            + $"{_heldOut.Count} of {heldOut} episodes held out");
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        using (Timings.Of("sample"))
            Fill(update);
        using Timings.Part learning = Timings.Of("learn");
        using DisposeScope scope = NewDisposeScope();
        Device device = Parameters.Device;
        int batch = _options.Batch;
        EagerTensor frames = tensor(_frames, [batch, 3 * _options.Stack, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns]).On(device);
        EagerTensor action = tensor(_actions, [batch]).On(device);
        Tensor classes = tensor(_classes, [batch, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns]).On(device);
        Tensor weights = tensor(_weights, [batch, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns]).On(device);
        Tensor rewards = tensor(_rewards, [batch]).On(device);

        Prediction<EagerTensor> prediction = _model.Predict(frames, action);
        Tensor logProbabilities = prediction.Pixels.Value.log_softmax(1).gather(1, classes.unsqueeze(1)).squeeze(1);    // (B, H, W)
        Tensor pixels = -(logProbabilities * weights).sum() / weights.sum().clamp_min(1);
        Losses losses = new Losses
        {
            { "pixel", pixels },
            { "reward", nn.functional.cross_entropy(prediction.Reward.Value, rewards) },
        };
        if (_options.Termination)
        {
            losses.Add("continue", nn.functional.binary_cross_entropy_with_logits(
                prediction.Continue.Value, tensor(_continues, [batch]).On(device)));
        }

        Tensor loss = losses.Total(new Dictionary<string, double>
        {
            ["pixel"] = 1, ["reward"] = _options.RewardCoefficient, ["continue"] = _options.ContinueCoefficient,
        });
        LearningRate.Set(_optimiser, _options.LearningRate, _options.Decay, update, _options.Updates);
        _optimiser.ZeroGradients();
        loss.backward();
        _optimiser.Step();
        Frames += batch;
        if (!measure)
            return Measured.None;
        Dictionary<string, double> figures = new Dictionary<string, double> { ["loss"] = loss.item<float>() };
        losses.WriteTo(figures);
        return figures;
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

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) =>
        EnvironmentModelJudge.Judge(_model, _config, _heldOut!, Parameters.Device, progress);

    public BundleDefinition Bundle() => EnvironmentModelBundle.Define(_options, _config, _heldOut!);

    public void Dispose()
    {
        _optimiser.Dispose();
        Parameters.Dispose();
    }

    /// <summary>The arrays of one update's batch: a function of seed and update alone, so that a resumed run sees the same.</summary>
    private void Fill(long update)
    {
        const int Cells = MiniPacmanMaze.Cells;
        double flat = Math.Max(1, (1 - _options.Decay) * _options.Updates);
        double left = Math.Max(0, 1 - update / flat), final = _options.FinalChangedWeight;
        float changedWeight = (float)(final + (_options.ChangedWeight - final) * left);
        int size = _options.Stack * 3 * Cells;
        for (int row = 0; row < _options.Batch; row++)
        {
            int transition = _training!.Sample(_options.Seed, update, row, row < _options.Balanced * _options.Batch);
            _training.Frames(transition, _options.Stack, _frames.AsSpan(row * size, size));
            _actions[row] = _training.Action(transition);
            _rewards[row] = _training.Reward(transition);
            bool terminated = _training.Terminated(transition);
            _continues[row] = terminated ? 0 : 1;
            // Where the next frame is a new level or the end, there is nothing to learn from its pixels.
            bool masked = terminated || _training.LevelUp(transition);
            ReadOnlySpan<byte> now = _training.Classes(transition), next = _training.NextClasses(transition);
            for (int cell = 0; cell < Cells; cell++)
            {
                _classes[row * Cells + cell] = next[cell];
                _weights[row * Cells + cell] = masked ? 0 : now[cell] == next[cell] ? 1 : changedWeight;
            }
        }
        if (_options.ShuffleActions)    // the batch is drawn at random, so the next row's action carries no information
        {
            long first = _actions[0];
            Array.Copy(_actions, 1, _actions, 0, _actions.Length - 1);
            _actions[^1] = first;
        }
    }
}
