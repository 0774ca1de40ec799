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
    public PlayMove? LastMove { get; private set; }

    /// <summary>Probability that the episode goes on after the last move, in a dream whose model predicts it.</summary>
    public double? Continue { get; private protected set; }

    /// <summary>Why the episode is over; null while it goes on.</summary>
    public string? Ending { get; private protected set; }

    private protected float[] Pixels { get; }

    /// <summary>Moves, in an episode that is not over.</summary>
    internal void Move(PlayMove move)
    {
        Reward = Step(move);
        Return += Reward;
        LastMove = move;
        Steps++;
    }

    private protected void Clear()
    {
        (Steps, Reward, Return) = (0, 0, 0);
        (LastMove, Continue, Ending) = (null, null, null);
    }

    private protected abstract double Step(PlayMove move);
}

/// <summary>The real game, whichever kind its actions are of.</summary>
internal abstract class RealWorld(string name, Box observations, Space actions) : PlayWorld(observations.Size)
{
    /// <summary>The environment's name.</summary>
    public string Name => name;

    /// <summary>What is observed of it.</summary>
    public Box Observations => observations;

    /// <summary>What can be done in it.</summary>
    public Space Actions => actions;

    /// <summary>MiniPacman's game; null: it is another one.</summary>
    public abstract MiniPacmanEnvironment? MiniPacman { get; }

    /// <summary>The game drawn; null where it cannot be.</summary>
    public abstract Scene? Draw();

    /// <summary>The game drawn as an observation tells it; null where it tells too little.</summary>
    public abstract Scene? Draw(ReadOnlySpan<float> observation);

    /// <summary>Starts a game: the first by the seed, each further one where the random stream is.</summary>
    public abstract void Begin();
}

/// <summary>The real game.</summary>
/// <typeparam name="TAction">long where actions are numbered, else float.</typeparam>
/// <param name="game">The environment.</param>
/// <param name="seed">Determines the games.</param>
internal sealed class RealWorld<TAction>(IEnvironment<TAction> game, ulong seed)
    : RealWorld(game.Name, (Box)game.ObservationSpace, game.ActionSpace) where TAction : unmanaged
{
    private ulong? _seed = seed;

    public override MiniPacmanEnvironment? MiniPacman => game as MiniPacmanEnvironment;

    // A wrapper can be drawn where what it wraps can.
    public override Scene? Draw() =>
        game is IDrawable drawable and not EnvironmentWrapper<TAction> { CanDraw: false } ? drawable.Draw() : null;

    public override Scene? Draw(ReadOnlySpan<float> observation)
    {
        IEnvironment<TAction> innermost = game;
        while (innermost is EnvironmentWrapper<TAction> wrapper)
            innermost = wrapper.Inner;
        return (innermost as IObservationDrawable)?.Draw(observation);
    }

    public override void Begin()
    {
        Clear();
        game.Reset(_seed, Pixels);
        _seed = null;
    }

    private protected override double Step(PlayMove move)
    {
        StepResult result = game.Step(move.As<TAction>(), Pixels);
        Ending = result.Terminated ? "terminated" : result.Truncated ? "time limit" : null;
        return result.Reward;
    }
}

/// <summary>A dream of the game: each move is one run of a world model that goes on where the last one ended.</summary>
internal sealed class DreamWorld : PlayWorld, IDisposable
{
    private const string TemperatureName = "temperature";

    private readonly WorldModel _model;
    private readonly Dream _dream;
    private readonly ModelMemory _memory;
    private readonly ulong _seed;
    private readonly bool _rewards, _continues;
    private int _runs;

    /// <summary>Takes over the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="seed">Determines the dreams' noise.</param>
    /// <param name="temperature">How much is left to chance; null: the model's default.</param>
    /// <exception cref="BundleException">
    /// The model cannot be stepped by given actions, cannot show what it dreams, or has no temperature.
    /// </exception>
    public DreamWorld(WorldModel model, ulong seed, float? temperature) : base(model.Manifest.Observation.Size)
    {
        GraphSpec imagine = model.Manifest.Graphs["imagine"];
        if (temperature is not null && !imagine.Inputs.Any(input => input is { Role: TensorRole.Setting, Name: TemperatureName }))
            throw new BundleException($"The dreams of '{model.Manifest.Name}' have no temperature to be set: leave --temperature away.");
        (_model, _dream, _memory, _seed) = (model, model.Dream(batch: 1, horizon: 1), new(model), seed);
        (_rewards, _continues) = (imagine.Output(TensorRole.Reward) is not null, imagine.Output(TensorRole.Continue) is not null);
        try
        {
            if (temperature is { } value)
                _dream.Set(TemperatureName, value);
            // A trial: what a model cannot do shall be said before the game, not in it.
            _dream.Start(Pixels);
            Run(seed, PlayMove.Rest(model.Manifest.Action)).Observations(1);
        }
        catch
        {
            _dream.Dispose();
            throw;
        }
    }

    /// <summary>Remembers a frame of the real game, and the move that led to it; null: a game begins.</summary>
    public void Remember(ReadOnlySpan<float> frame, PlayMove? move) => _memory.Observe(frame, move);

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

    private protected override double Step(PlayMove move)
    {
        if (Steps > 0)
            _dream.Continue();
        // Noise repeats at equal seeds, and every move is a run.
        DreamBatch imagined = Run(RowSeed.Of(_seed, _runs++), move);
        imagined.ThrowIfNotFinite();
        imagined.Observations(1).CopyTo(Pixels);
        if (_continues)
            Continue = imagined.Continues(0)[0];
        if (Continue < 0.5)
            Ending = "the model says so";
        return _rewards ? imagined.Rewards(0)[0] : 0;
    }

    private DreamBatch Run(ulong seed, PlayMove move) =>
        move.IsNumbered ? _dream.Run(seed, move.As<long>()) : _dream.Run(seed, move.As<float>());
}
