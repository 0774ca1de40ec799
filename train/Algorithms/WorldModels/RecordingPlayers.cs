using WorldModels.Runtime;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>Environments as World Models sees them.</summary>
public static class VisibleEnvironment
{
    /// <summary>Rows of the environment of the options, pictures in place of its numbers where they ask for it.</summary>
    public static AgentEnvironment Make(WorldModelsOptions options, int rows) => AgentEnvironment.Make(
        options.Env, rows, actionRepeat: 1, options.EpisodeSteps,
        options.Pixels == 0 ? null : new PictureView(options.Pixels, Numbers: false), ownPictures: true);
}

/// <summary>Uniformly random actions of rows, each held for 1 to so many steps, as likely each.</summary>
internal sealed class RandomHold(ActionVectors actions, int rows, int mostHeld)
{
    private static readonly uint ActionStream = Philox.Stream("held-action"), TimeStream = Philox.Stream("held-steps"),
        CoinStream = Philox.Stream("epsilon");

    private readonly float[] _held = new float[rows * actions.Size];
    private readonly int[] _left = new int[rows];

    /// <summary>Begins episodes in all rows.</summary>
    public void Begin() => _left.AsSpan().Clear();

    /// <summary>Writes the row's held action where a coin falls so, or leaves what is there.</summary>
    public void Act(ulong seed, int row, long step, double share, Span<float> vector)
    {
        NoiseKey Key(uint stream) => new(seed, (uint)row, (uint)step, stream);
        Span<float> held = _held.AsSpan(row * actions.Size, actions.Size), coin = stackalloc float[1];
        if (_left[row]-- <= 0)
        {
            _left[row] = Philox.NextInt(Key(TimeStream), mostHeld);
            actions.Draw(Key(ActionStream), held);
        }
        Philox.FillUniform(Key(CoinStream), coin);
        if (coin[0] < share)
            held.CopyTo(vector);
    }
}

/// <summary>A bundle that plays episodes to be recorded.</summary>
internal sealed class RecordedPlayer(string bundle, ActionVectors actions, int rows) : IDisposable
{
    private readonly WorldModel _bundle = WorldModel.Load(bundle);
    private Controller? _controller;
    private readonly long[] _numbers = new long[rows];
    private readonly float[] _native = new float[rows * actions.Size];

    /// <summary>Begins episodes in all rows.</summary>
    public void Begin(ulong seed)
    {
        _controller?.Dispose();
        _controller = _bundle.Controller(new() { Batch = rows, Seed = seed });
    }

    /// <summary>Begins an episode in a row.</summary>
    public void Reset(int row) => _controller!.Reset([row]);

    /// <summary>Chooses vectors (B, A).</summary>
    public void Act(ReadOnlySpan<float> observations, Span<float> vectors)
    {
        if (actions.Discrete)
            _controller!.Act(observations, _numbers);
        else
            _controller!.Act(observations, _native);
        for (int row = 0; row < rows; row++)
        {
            Span<float> vector = vectors.Slice(row * actions.Size, actions.Size);
            if (actions.Discrete)
                actions.Encode(_numbers[row], vector);
            else
                actions.Encode(_native.AsSpan(row * actions.Size, actions.Size), vector);
        }
    }

    /// <summary>Tells it what was executed.</summary>
    public void Executed(ReadOnlySpan<float> vectors)
    {
        if (!actions.Discrete)
        {
            for (int row = 0; row < rows; row++)
                actions.Decode(vectors.Slice(row * actions.Size, actions.Size), _native.AsSpan(row * actions.Size, actions.Size));
            _controller!.Played(_native);
            return;
        }
        for (int row = 0; row < rows; row++)
            _numbers[row] = ActionVectors.DecodeIndex(vectors.Slice(row * actions.Size, actions.Size));
        _controller!.Played(_numbers);
    }

    public void Dispose()
    {
        _controller?.Dispose();
        _bundle.Dispose();
    }
}
