namespace WorldModels.Environments;

/// <summary>
/// MiniPacman under <see cref="IEnvironment{TAction}"/>: observations (3, 15, 19) in 0..1, five actions (0 stay, 1 right, 2 up, 3 left,
/// 4 down), terminated by death, truncated by the frame cap.
/// </summary>
/// <remarks>
/// <c>Reset(seed)</c> with a seed below 2^32 equals seeding NumPy, constructing the original environment and resetting it:
/// its games come out bit for bit.
/// </remarks>
public sealed class MiniPacmanEnvironment : IEnvironment<long>, IResumable
{
    private static readonly Box Observations = new(0, 1, [3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns]);
    private static readonly Discrete ActionIndices = new(MiniPacmanGame.Actions);

    private readonly Mt19937RandomSource _random = new(0);
    private bool _seeded;
    private bool _running;

    public MiniPacmanEnvironment(MiniPacmanMode mode, MiniPacmanOptions? options = null)
    {
        Name = $"minipacman-{mode.Name}";
        Game = new(mode, _random, options);
    }

    public string Name { get; }

    /// <summary>The game inside, to look into: state, events of the last step.</summary>
    public MiniPacmanGame Game { get; }

    public Space ObservationSpace => Observations;

    public Space ActionSpace => ActionIndices;

    public void Reset(ulong? seed, Span<float> observation)
    {
        Require.Length(observation.Length, Observations.Size, nameof(observation));
        if (seed is not null || !_seeded)
        {
            _random.Seed(seed ?? (ulong)Random.Shared.NextInt64());
            Game.Construct();
            _seeded = true;
        }
        Game.Reset();
        Game.Observe(observation);
        _running = true;
    }

    public StepResult Step(ReadOnlySpan<long> action, Span<float> observation)
    {
        Require.Length(action.Length, 1, nameof(action));
        Require.Length(observation.Length, Observations.Size, nameof(observation));
        if (!_running)
            throw new InvalidOperationException($"The episode of '{Name}' is over or was never started: call Reset before Step.");
        if ((ulong)action[0] >= MiniPacmanGame.Actions)
            throw new ArgumentOutOfRangeException(nameof(action), action[0], $"MiniPacman's actions are 0..{MiniPacmanGame.Actions - 1}.");
        StepResult result = Game.Step((int)action[0]);
        Game.Observe(observation);
        _running = !result.Done;
        return result;
    }

    /// <summary>Writes the position, the picture and the random stream, about 3.4 KB.</summary>
    public void Save(BinaryWriter writer)
    {
        SavedState.Begin(writer, Name);
        writer.Write(_seeded);
        writer.Write(_running);
        Game.Save(writer);
        _random.Save(writer);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader) => SavedState.Restore(reader, Name, () =>
    {
        _seeded = reader.ReadBoolean();
        _running = reader.ReadBoolean();
        Game.Restore(reader);
        _random.Restore(reader);
    });
}

/// <summary>B games of MiniPacman in lock step, a random stream each. <c>vector[row].Game</c> has a row's state and events.</summary>
public sealed class MiniPacmanVectorEnvironment(MiniPacmanMode mode, int count, MiniPacmanOptions? options = null)
    : SyncVectorEnvironment<MiniPacmanEnvironment, long>(count, () => new(mode, options));
