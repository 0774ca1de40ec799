using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// The rules of MiniPacman, exactly those of the publicly released environment, down to the order of the random draws, so that its
/// recorded games replay bit for bit. Not thread-safe.
/// </summary>
/// <remarks>
/// Pacman moves first and contact is tested before and after each ghost's move, so nobody passes through anybody. Three quirks of the
/// original are kept: the picture is taken before a level that ran out of time is replaced, so it is one step behind then; a ghost that
/// has killed still moves, and if it cannot, kills again; a ghost is born with one of four facing codes two of which are no direction.
/// </remarks>
public sealed class MiniPacmanGame
{
    public const int Actions = 5;
    public const int PillsPerLevel = 2;

    /// <summary>Steps for which ghosts can be eaten, the one that eats the pill included.</summary>
    public const int PillDuration = 20;

    private const double GhostStochasticity = 0.05;
    private const int SpawnSafety = 5;

    private readonly IRandomSource _random;
    private readonly MiniPacmanScreen _screen = new();
    private readonly int _timerLimit;
    private double _ghostSpeed;

    /// <summary>
    /// Lays out a game. Draws what the original's constructor draws, a pacman, a facing and a level, of which nothing is kept once
    /// <see cref="Reset"/> is called: this is what makes seeded games equal the original's.
    /// </summary>
    public MiniPacmanGame(MiniPacmanMode mode, IRandomSource random, MiniPacmanOptions? options = null)
    {
        options ??= new();
        if (options.FrameCap < 0 || options.HuntTimer < 0)
        {
            throw new ArgumentException(
                $"MiniPacman's FrameCap ({options.FrameCap}) and HuntTimer ({options.HuntTimer}) must be 0 (off) or more steps.");
        }
        Mode = mode;
        FrameCap = options.FrameCap;
        _timerLimit = mode.Goal == MiniPacmanGoal.Ghosts && options.HuntTimer > 0 ? options.HuntTimer : mode.TimerLimit;
        _random = random;
        Construct();
    }

    public MiniPacmanMode Mode { get; }

    /// <summary>Steps after which an episode is truncated; 0 for never.</summary>
    public int FrameCap { get; }

    public MiniPacmanState State { get; } = new();

    /// <summary>What happened in the last step.</summary>
    public MiniPacmanEvents Events { get; private set; }

    /// <summary>The picture, (3, 15, 19) red, green, blue in 0..1; valid until the next call.</summary>
    public ReadOnlySpan<float> Observation => _screen.Image;

    /// <summary>Copies the picture, (3, 15, 19).</summary>
    public void Observe(Span<float> observation) => _screen.CopyTo(observation);

    /// <summary>Starts an episode at level 1.</summary>
    public void Reset()
    {
        State.Frame = 0;
        Events = default;
        StartLevel(1);
        _screen.Draw(State);
    }

    /// <summary>Advances by one action: 0 stay, 1 right, 2 up, 3 left, 4 down. Into a wall is to stay.</summary>
    /// <remarks>The game itself goes on after a death; ending the episode is the caller's part.</remarks>
    public StepResult Step(int action)
    {
        if ((uint)action >= Actions)
            throw new ArgumentOutOfRangeException(nameof(action), action, $"MiniPacman's actions are 0..{Actions - 1}.");
        MiniPacmanState state = State;
        MiniPacmanMode mode = Mode;
        int level = state.Level;
        state.Frame++;
        state.Timer++;
        if (state.Power > 0)
            state.Power--;
        double reward = mode.Step;

        int target = state.Pacman + MiniPacmanMaze.Moves[action];
        if (MiniPacmanMaze.Walkable[target])
            state.Pacman = target;

        bool food = state.Food[state.Pacman];
        if (food)
        {
            reward += mode.Food;
            state.EatFood(state.Pacman);
            if (state.FoodLeft == 0 && mode.Goal == MiniPacmanGoal.Food)
                StartLevel(state.Level + 1);
        }

        bool pill = state.EatPill(state.Pacman);
        if (pill)
        {
            reward += mode.Pill;
            state.Power = PillDuration;
            if (state.Pills.Length == 0 && mode.Goal == MiniPacmanGoal.Pills)
                StartLevel(state.Level + 1);
        }

        bool edible = state.Power > 0;
        int contacts = MoveGhosts(edible);
        for (int i = 0; i < contacts; i++)
            reward += edible ? mode.Ghost : mode.Death;
        bool ghost = edible && contacts > 0;
        int deaths = edible ? 0 : contacts;
        if (ghost && state.Ghosts.Length == 0 && mode.Goal == MiniPacmanGoal.Ghosts)
            StartLevel(state.Level + 1);

        _screen.Draw(state);
        if (_timerLimit > 0 && state.Timer == _timerLimit)
            StartLevel(state.Level + 1);

        Events = new(food, pill, ghost, deaths, state.Level != level);
        return new(reward, deaths > 0, FrameCap > 0 && state.Frame >= FrameCap);
    }

    /// <summary>Takes up a position; the random stream goes on.</summary>
    public void Load(MiniPacmanState state)
    {
        State.CopyFrom(state);
        SetGhostSpeed();
        Events = default;
        _screen.Invalidate();
        _screen.Draw(State);
    }

    internal void Save(BinaryWriter writer)
    {
        State.Save(writer);
        _screen.Save(writer);
    }

    internal void Restore(BinaryReader reader)
    {
        Load(MiniPacmanState.Read(reader));
        _screen.Restore(reader);
    }

    /// <summary>What the original's constructor does; the environment repeats it when it is seeded anew.</summary>
    internal void Construct()
    {
        RandomCell();
        _random.Int(4);
        Reset();
    }

    /// <summary>
    /// The ghosts' turn, which ends when one is eaten. Returns the contacts with pacman: one ghost eaten, or any number of deaths.
    /// </summary>
    private int MoveGhosts(bool edible)
    {
        Span<MiniPacmanGhost> ghosts = State.MutableGhosts;
        int pacman = State.Pacman;
        double chance = edible ? _ghostSpeed / 2 : _ghostSpeed;
        int contacts = 0;
        for (int i = 0; i < ghosts.Length; i++)
        {
            if (ghosts[i].Cell == pacman)
                contacts++;
            bool eaten = edible && contacts > 0;
            if (!eaten && _random.Uniform() < chance)
            {
                ghosts[i] = Move(ghosts[i], edible);
                if (ghosts[i].Cell == pacman)
                    contacts++;
            }
            if (edible && contacts > 0)
            {
                State.RemoveGhost(i);
                break;
            }
        }
        return contacts;
    }

    private MiniPacmanGhost Move(MiniPacmanGhost ghost, bool flees)
    {
        int exits = MiniPacmanMaze.Exits[ghost.Cell];
        int facing = ghost.Facing;
        int candidates = exits & ~(1 << (facing & 3)); // with these codes, facing & 3 is the direction behind
        if (BitOperations.PopCount((uint)exits) == 2)
        {
            bool ahead = facing >= 2 && (exits >> (facing - 2) & 1) != 0;
            if (!ahead)
                facing = BitOperations.TrailingZeroCount(candidates) + 2;
        }
        else if (ghost.Cell != State.Pacman)
        {
            facing = Choose(ghost.Cell, candidates, flees) + 2;
        }

        // Only a ghost on pacman's cell keeps a facing that may be blocked or none; the original then reads code 0 as down, 1 as stay.
        int next = ghost.Cell + (facing == 0 ? MiniPacmanMaze.Columns : MiniPacmanMaze.Moves[facing - 1]);
        return new(MiniPacmanMaze.Walkable[next] ? next : ghost.Cell, facing);
    }

    /// <summary>At a crossing: towards pacman or away, as the crow flies; ties go to the first of right, up, left, down.</summary>
    private int Choose(int cell, int candidates, bool flees)
    {
        if (!flees && _random.Uniform() < GhostStochasticity)
        {
            for (int skip = _random.Int(BitOperations.PopCount((uint)candidates)); skip > 0; skip--)
                candidates &= candidates - 1;
            return BitOperations.TrailingZeroCount(candidates);
        }
        (int pacmanRow, int pacmanColumn) = Math.DivRem(State.Pacman, MiniPacmanMaze.Columns);
        (int row, int column) = Math.DivRem(cell, MiniPacmanMaze.Columns);
        int right = pacmanColumn - column, down = pacmanRow - row;
        if (flees)
            (right, down) = (-right, -down);
        ReadOnlySpan<int> scores = [right, -down, -right, down];
        int best = -1;
        for (int direction = 0; direction < 4; direction++)
        {
            if ((candidates >> direction & 1) != 0 && (best < 0 || scores[direction] > scores[best]))
                best = direction;
        }
        return best;
    }

    private void StartLevel(int level)
    {
        MiniPacmanState state = State;
        state.Level = level;
        state.Timer = 0;
        state.Power = 0;
        state.FillFood();
        state.ClearPills();
        for (int i = 0; i < PillsPerLevel; i++)
            state.AddPill(RandomCell());
        state.Pacman = RandomCell();
        state.ClearGhosts();
        for (int i = 0; i < 1 + (level - 1) / 2; i++)
        {
            int cell = RandomCellAwayFrom(state.Pacman);
            state.AddGhost(new(cell, _random.Int(4)));
        }
        SetGhostSpeed();
        _screen.Invalidate();
    }

    private void SetGhostSpeed() => _ghostSpeed = 0.5 + 0.1 * (State.Level - 1);

    private int RandomCell()
    {
        while (true)
        {
            int row = _random.Int(MiniPacmanMaze.Rows), column = _random.Int(MiniPacmanMaze.Columns);
            int cell = row * MiniPacmanMaze.Columns + column;
            if (MiniPacmanMaze.Walkable[cell])
                return cell;
        }
    }

    /// <summary>A cell outside the box around pacman, which as in the original reaches 5 up and left but 4 down and right.</summary>
    private int RandomCellAwayFrom(int pacman)
    {
        (int pacmanRow, int pacmanColumn) = Math.DivRem(pacman, MiniPacmanMaze.Columns);
        while (true)
        {
            int cell = RandomCell();
            (int row, int column) = Math.DivRem(cell, MiniPacmanMaze.Columns);
            if (!Near(row - pacmanRow) || !Near(column - pacmanColumn))
                return cell;
        }

        static bool Near(int offset) => offset is >= -SpawnSafety and < SpawnSafety;
    }
}
