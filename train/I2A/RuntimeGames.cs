using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.I2A;

/// <summary>
/// The learned model, run by the runtime on its exported graph: the model is frozen while the agent learns, and nothing runs it faster. The
/// rollouts are shared out among threads, a dream of one step each.
/// </summary>
public sealed class RuntimeGames : ImaginedGames
{
    private const int Tile = 16;    // rows that stay in the cache together

    private readonly LearnedWorld<EagerTensor> _world;
    private readonly WorldModel _bundle;
    private readonly Dream[] _dreams;
    private readonly int[] _first;              // first row of each dream, and one past the last
    private readonly int _frame;                // numbers in a frame
    private readonly int _stack;                // numbers in a stack of frames
    private readonly float[] _past, _newest;    // (N, 3 (k - 1), H, W), (N, 3, H, W)
    private readonly float[] _pixels, _rewards, _continues;

    /// <param name="bundle">The environment model's bundle.</param>
    /// <param name="world">What its predictions show.</param>
    /// <param name="config">Its sizes.</param>
    /// <param name="rows">N, rollouts.</param>
    /// <param name="threads">Most threads.</param>
    public RuntimeGames(string bundle, LearnedWorld<EagerTensor> world, EnvironmentModelConfig config, int rows, int threads)
    {
        (_world, _bundle) = (world, WorldModel.Load(bundle));
        int cells = config.Rows * config.Columns;
        (_frame, _stack) = (3 * cells, 3 * config.Frames * cells);
        (_newest, _past) = (new float[rows * _frame], new float[rows * (_stack - _frame)]);
        (_pixels, _rewards) = (new float[rows * config.PixelClasses * cells], new float[rows * config.Rewards.Count]);
        _continues = new float[config.Termination ? rows : 0];
        int count = Math.Min(threads, rows);
        _first = [.. Enumerable.Range(0, count + 1).Select(i => rows * i / count)];
        _dreams = [.. Enumerable.Range(0, count)
            .Select(i => _bundle.Dream(_first[i + 1] - _first[i], horizon: 1, new() { KeepLogits = true, Tile = Tile }))];
    }

    public override ImaginedStep<EagerTensor> Step(EagerTensor frames, EagerTensor action)
    {
        Device device = frames.Value.device;
        float[] stacks = frames.Value.cpu().contiguous().data<float>().ToArray();      // (N, 3 k, H, W)
        long[] actions = action.Value.cpu().data<long>().ToArray();
        for (int row = 0; row < actions.Length; row++)
        {
            ReadOnlySpan<float> stack = stacks.AsSpan(row * _stack, _stack);
            stack[..^_frame].CopyTo(_past.AsSpan(row * (_stack - _frame)));
            stack[^_frame..].CopyTo(_newest.AsSpan(row * _frame));
        }
        if (_dreams.Length == 1)
            Dream(0, actions);
        else
            Parallel.For(0, _dreams.Length, i => Dream(i, actions));
        int rows = actions.Length, cells = _pixels.Length / rows;
        int height = (int)frames.Value.size(2), width = (int)frames.Value.size(3);
        Tensor pixels = tensor(_pixels, [rows, cells / (height * width), height, width]).to(device);
        Tensor rewards = tensor(_rewards, [rows, _rewards.Length / rows]).to(device);
        return _world.Read(new(pixels, rewards, _continues.Length == 0 ? default : tensor(_continues, [rows]).to(device).logit()));
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
        Copy(step.Logits("pixel_logits", 0), _pixels);
        Copy(step.Logits("reward_logits", 0), _rewards);
        if (_continues.Length > 0)
            Copy(step.Continues(0), _continues);

        void Copy(ReadOnlySpan<float> from, float[] to) => from.CopyTo(to.AsSpan(first * (from.Length / rows)));
    }
}
