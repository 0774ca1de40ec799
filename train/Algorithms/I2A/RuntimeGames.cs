using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// The learned model, run by the runtime on its exported graph: the model is frozen while the agent learns, and nothing runs it faster. The
/// rollouts are shared out among threads, a dream of one step each.
/// </summary>
public sealed class RuntimeGames : ImaginedGames
{
    private const int Tile = 16;    // rows that stay in the cache together

    private readonly EnvironmentModel<EagerTensor> _model;
    private readonly ImaginedFrames _kind;
    private readonly WorldModel _bundle;
    private readonly Dream[] _dreams;
    private readonly int[] _first;              // first row of each dream, and one past the last
    private readonly int _frame;                // numbers in a frame
    private readonly int _stack;                // numbers in a stack of frames
    private readonly float[] _stacks;           // (N, 3 k, H, W), and taken apart:
    private readonly float[] _past, _newest;    // (N, 3 (k - 1), H, W), (N, 3, H, W)
    private readonly float[] _shown;            // hard: the next frames, (N, 3, H, W); soft: their cells' logits, (N, classes, H, W)
    private readonly float[] _rewards, _continues;

    /// <param name="bundle">The environment model's bundle.</param>
    /// <param name="model">The same model, to read predictions with.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="kind">What predictions show.</param>
    /// <param name="rows">N, rollouts.</param>
    /// <param name="threads">Most threads.</param>
    public RuntimeGames(
        string bundle, EnvironmentModel<EagerTensor> model, EnvironmentModelConfig config, ImaginedFrames kind, int rows, int threads)
    {
        (_bundle, _model, _kind) = (WorldModel.Load(bundle), model, kind);
        int cells = config.Rows * config.Columns;
        (_frame, _stack) = (3 * cells, 3 * config.Frames * cells);
        _stacks = new float[rows * _stack];
        (_newest, _past) = (new float[rows * _frame], new float[rows * (_stack - _frame)]);
        _shown = new float[rows * (kind == ImaginedFrames.Soft ? config.PixelClasses * cells : _frame)];
        _rewards = new float[rows * config.Rewards.Count];
        _continues = new float[config.Termination ? rows : 0];
        int count = Math.Min(threads, rows);
        _first = [.. Enumerable.Range(0, count + 1).Select(i => rows * i / count)];
        _dreams = [.. Enumerable.Range(0, count)
            .Select(i => _bundle.Dream(_first[i + 1] - _first[i], horizon: 1, new() { KeepLogits = true, Tile = Tile, Threads = 1 }))];
    }

    public override ImaginedStep<EagerTensor> Step(EagerTensor frames, EagerTensor action)
    {
        Device device = frames.Value.device;
        frames.Value.cpu().contiguous().data<float>().CopyTo(_stacks);
        long[] actions = action.Value.cpu().data<long>().ToArray();
        for (int row = 0; row < actions.Length; row++)
        {
            ReadOnlySpan<float> stack = _stacks.AsSpan(row * _stack, _stack);
            stack[..^_frame].CopyTo(_past.AsSpan(row * (_stack - _frame)));
            stack[^_frame..].CopyTo(_newest.AsSpan(row * _frame));
        }
        if (_dreams.Length == 1)
            Dream(0, actions);
        else
            Parallel.For(0, _dreams.Length, i => Dream(i, actions));
        (int rows, int height, int width) = (actions.Length, (int)frames.Value.size(2), (int)frames.Value.size(3));
        EagerTensor shown = tensor(_shown, [rows, _shown.Length / (rows * height * width), height, width]).On(device);
        EagerTensor rewards = tensor(_rewards, [rows, _rewards.Length / rows]).On(device);
        EagerTensor continues = _continues.Length > 0 ? tensor(_continues, [rows]).On(device) : ones([rows], device: device);
        Prediction<EagerTensor> prediction = new Prediction<EagerTensor>(shown, rewards, Continue: default);
        return _kind == ImaginedFrames.Soft
            ? new(_model.SoftFrame(prediction), _model.RewardProbabilities(prediction), continues)
            : new(shown, _model.RewardOneHot(prediction), continues);
    }

    public override void Dispose()
    {
        foreach (Dream dream in _dreams)
            dream.Dispose();
        _bundle.Dispose();
        base.Dispose();
    }

    private void Dream(int i, long[] actions)
    {
        Dream dream = _dreams[i];
        (int first, int rows) = (_first[i], _first[i + 1] - _first[i]);
        dream.Start("frame", _newest.AsSpan(first * _frame, rows * _frame));
        if (_past.Length > 0)
            dream.Start("past", _past.AsSpan(first * (_stack - _frame), rows * (_stack - _frame)));
        DreamBatch step = dream.Run(seed: 0, actions.AsSpan(first, rows));
        Copy(_kind == ImaginedFrames.Soft ? step.Logits("pixel_logits", 0) : step.State("frame", 1), _shown);
        Copy(step.Logits("reward_logits", 0), _rewards);
        if (_continues.Length > 0)
            Copy(step.Continues(0), _continues);

        void Copy(ReadOnlySpan<float> from, float[] to) => from.CopyTo(to.AsSpan(first * (from.Length / rows)));
    }
}
