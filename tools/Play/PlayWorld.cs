using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A world that is played in, move by move: the real game, or a dream of it.</summary>
public abstract class PlayWorld
{
    private protected PlayWorld(int size) => Pixels = new float[size];

    /// <summary>What is seen now.</summary>
    public ReadOnlySpan<float> Frame => Pixels;

    /// <summary>Moves since the beginning.</summary>
    public int Steps { get; private set; }

    /// <summary>Reward of the last move.</summary>
    public double Reward { get; private set; }

    /// <summary>Sum of the rewards since the beginning.</summary>
    public double Return { get; private set; }

    /// <summary>The last move; null before the first.</summary>
    public long? LastAction { get; private set; }

    /// <summary>Probability that the episode goes on after the last move, in a dream whose model predicts it.</summary>
    public double? Continue { get; private protected set; }

    /// <summary>Why the episode is over; null while it goes on.</summary>
    public string? Ending { get; private protected set; }

    private protected float[] Pixels { get; }

    /// <summary>Moves, in an episode that is not over.</summary>
    internal void Move(long action)
    {
        Reward = Step(action);
        Return += Reward;
        LastAction = action;
        Steps++;
    }

    private protected void Clear()
    {
        (Steps, Reward, Return) = (0, 0, 0);
        (LastAction, Continue, Ending) = (null, null, null);
    }

    private protected abstract double Step(long action);
}

/// <summary>The real game.</summary>
internal sealed class RealWorld(IEnvironment<long> game, ulong seed) : PlayWorld(game.ObservationSpace.Size)
{
    private ulong? _seed = seed;

    public IEnvironment<long> Game => game;

    /// <summary>Starts a game: the first by the seed, each further one where the random stream is.</summary>
    public void Begin()
    {
        Clear();
        game.Reset(_seed, Pixels);
        _seed = null;
    }

    private protected override double Step(long action)
    {
        StepResult result = game.Step([action], Pixels);
        Ending = result.Terminated ? "terminated" : result.Truncated ? "time limit" : null;
        return result.Reward;
    }
}

/// <summary>A dream of the game: each move is one run of a world model that goes on where the last one ended.</summary>
internal sealed class DreamWorld : PlayWorld, IDisposable
{
    private readonly WorldModel _model;
    private readonly Dream _dream;
    private readonly ModelMemory _memory;
    private readonly ulong _seed;
    private readonly bool _rewards, _continues;
    private int _runs;

    /// <summary>Takes over the model.</summary>
    /// <exception cref="BundleException">The model cannot be stepped by given actions, or cannot show what it dreams.</exception>
    public DreamWorld(WorldModel model, ulong seed) : base(model.Manifest.Observation.Size)
    {
        (_model, _dream, _memory, _seed) = (model, model.Dream(batch: 1, horizon: 1), new(model), seed);
        try
        {
            // A trial: what a model cannot do shall be said before the game, not in it.
            _dream.Start(Pixels);
            _dream.Run(seed, (ReadOnlySpan<long>)[0L]).Observations(1);
        }
        catch
        {
            _dream.Dispose();
            throw;
        }
        GraphSpec imagine = model.Manifest.Graphs["imagine"];
        (_rewards, _continues) = (imagine.Output(TensorRole.Reward) is not null, imagine.Output(TensorRole.Continue) is not null);
    }

    /// <summary>Remembers a frame of the real game, and the action that led to it; null: a game begins.</summary>
    public void Remember(ReadOnlySpan<float> frame, long? action) => _memory.Observe(frame, action);

    /// <summary>Starts a dream from the frame remembered last, which is the first one seen, and what the model knows beside it.</summary>
    public void Begin(ReadOnlySpan<float> frame)
    {
        Clear();
        frame.CopyTo(Pixels);
        _memory.Start(_dream);
    }

    public void Dispose()
    {
        _dream.Dispose();
        _model.Dispose();
    }

    private protected override double Step(long action)
    {
        if (Steps > 0)
            _dream.Continue();
        // Noise repeats at equal seeds, and every move is a run.
        DreamBatch imagined = _dream.Run(RowSeed.Of(_seed, _runs++), [action]);
        imagined.ThrowIfNotFinite();
        imagined.Observations(1).CopyTo(Pixels);
        if (_continues)
            Continue = imagined.Continues(0)[0];
        if (Continue < 0.5)
            Ending = "the model says so";
        return _rewards ? imagined.Rewards(0)[0] : 0;
    }
}
