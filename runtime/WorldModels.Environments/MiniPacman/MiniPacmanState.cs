namespace WorldModels.Environments;

/// <summary>A ghost: its cell and the way it faces.</summary>
/// <param name="Cell">Row * 19 + column.</param>
/// <param name="Facing">2 right, 3 up, 4 left, 5 down; a ghost is born with 0..3, of which 0 and 1 are no direction yet.</param>
public readonly record struct MiniPacmanGhost(int Cell, int Facing);

/// <summary>
/// Everything a game of MiniPacman knows but its random stream. Read it freely; only the game changes it. To set up a position,
/// make one with <see cref="Create"/> and <see cref="MiniPacmanGame.Load"/> it.
/// </summary>
public sealed class MiniPacmanState
{
    private const int MaxLevel = 10_000;

    private readonly bool[] _food = new bool[MiniPacmanMaze.Cells];
    private readonly int[] _pills = new int[MiniPacmanGame.PillsPerLevel];
    private MiniPacmanGhost[] _ghosts = new MiniPacmanGhost[16];
    private int _pillCount;
    private int _ghostCount;

    internal MiniPacmanState() { }

    /// <summary>Pacman's cell.</summary>
    public int Pacman { get; internal set; }

    /// <summary>Steps for which ghosts can still be eaten, 0..20.</summary>
    public int Power { get; internal set; }

    /// <summary>From 1.</summary>
    public int Level { get; internal set; }

    /// <summary>Steps in this level.</summary>
    public int Timer { get; internal set; }

    /// <summary>Steps in this episode.</summary>
    public int Frame { get; internal set; }

    /// <summary>Cells with food.</summary>
    public int FoodLeft { get; internal set; }

    /// <summary>For each of the 285 cells whether food is on it.</summary>
    public ReadOnlySpan<bool> Food => _food;

    /// <summary>The cells of the power pills that are left, in the order in which they were laid; two may share a cell.</summary>
    public ReadOnlySpan<int> Pills => _pills.AsSpan(0, _pillCount);

    /// <summary>The ghosts in the order in which they move.</summary>
    public ReadOnlySpan<MiniPacmanGhost> Ghosts => _ghosts.AsSpan(0, _ghostCount);

    internal Span<MiniPacmanGhost> MutableGhosts => _ghosts.AsSpan(0, _ghostCount);

    /// <summary>A position of one's own.</summary>
    /// <exception cref="ArgumentException">It names a wall, or a counter is out of range.</exception>
    public static MiniPacmanState Create(
        int pacman, ReadOnlySpan<MiniPacmanGhost> ghosts, ReadOnlySpan<int> pills, ReadOnlySpan<bool> food,
        int power, int level, int timer, int frame)
    {
        Check(food.Length == MiniPacmanMaze.Cells, $"food has {food.Length} cells, not {MiniPacmanMaze.Cells}");
        Check(pills.Length <= MiniPacmanGame.PillsPerLevel, $"{pills.Length} pills are more than {MiniPacmanGame.PillsPerLevel}");
        Check(power is >= 0 and <= MiniPacmanGame.PillDuration, $"power {power} is outside 0..{MiniPacmanGame.PillDuration}");
        Check(level is >= 1 and <= MaxLevel, $"level {level} is outside 1..{MaxLevel}");
        Check(timer >= 0 && frame >= 0, $"timer {timer} and frame {frame} must not be negative");
        CheckCell(pacman, "pacman");
        MiniPacmanState state = new MiniPacmanState { Pacman = pacman, Power = power, Level = level, Timer = timer, Frame = frame };
        foreach (int pill in pills)
        {
            CheckCell(pill, "a pill");
            state.AddPill(pill);
        }
        foreach (MiniPacmanGhost ghost in ghosts)
        {
            CheckCell(ghost.Cell, "a ghost");
            Check(ghost.Facing is >= 0 and <= 5, $"a ghost's facing {ghost.Facing} is outside 0..5");
            state.AddGhost(ghost);
        }
        for (int cell = 0; cell < food.Length; cell++)
        {
            if (!food[cell])
                continue;
            CheckCell(cell, "food");
            state._food[cell] = true;
            state.FoodLeft++;
        }
        return state;
    }

    internal void CopyFrom(MiniPacmanState other)
    {
        (Pacman, Power, Level, Timer, Frame, FoodLeft) =
            (other.Pacman, other.Power, other.Level, other.Timer, other.Frame, other.FoodLeft);
        other._food.CopyTo(_food, 0);
        other._pills.CopyTo(_pills, 0);
        _pillCount = other._pillCount;
        ClearGhosts();
        foreach (MiniPacmanGhost ghost in other.Ghosts)
            AddGhost(ghost);
    }

    internal void FillFood()
    {
        MiniPacmanMaze.Walkable.CopyTo(_food);
        FoodLeft = MiniPacmanMaze.WalkableCells;
    }

    internal void EatFood(int cell)
    {
        _food[cell] = false;
        FoodLeft--;
    }

    internal void ClearPills() => _pillCount = 0;

    internal void AddPill(int cell) => _pills[_pillCount++] = cell;

    /// <summary>Removes the first pill on the cell, if there is one.</summary>
    internal bool EatPill(int cell)
    {
        int index = Pills.IndexOf(cell);
        if (index < 0)
            return false;
        _pills.AsSpan(index + 1, _pillCount - index - 1).CopyTo(_pills.AsSpan(index));
        _pillCount--;
        return true;
    }

    internal void ClearGhosts() => _ghostCount = 0;

    internal void AddGhost(MiniPacmanGhost ghost)
    {
        if (_ghostCount == _ghosts.Length)
            Array.Resize(ref _ghosts, 2 * _ghostCount); // from level 33 on
        _ghosts[_ghostCount++] = ghost;
    }

    internal void RemoveGhost(int index)
    {
        _ghosts.AsSpan(index + 1, _ghostCount - index - 1).CopyTo(_ghosts.AsSpan(index));
        _ghostCount--;
    }

    internal void Save(BinaryWriter writer)
    {
        writer.Write(Pacman);
        writer.Write(Power);
        writer.Write(Level);
        writer.Write(Timer);
        writer.Write(Frame);
        writer.Write(_pillCount);
        foreach (int pill in Pills)
            writer.Write(pill);
        writer.Write(_ghostCount);
        foreach (MiniPacmanGhost ghost in Ghosts)
        {
            writer.Write(ghost.Cell);
            writer.Write(ghost.Facing);
        }
        foreach (bool food in _food)
            writer.Write(food);
    }

    internal static MiniPacmanState Read(BinaryReader reader)
    {
        int pacman = reader.ReadInt32(), power = reader.ReadInt32(), level = reader.ReadInt32();
        int timer = reader.ReadInt32(), frame = reader.ReadInt32();
        int[] pills = new int[Count(MiniPacmanGame.PillsPerLevel, "pills")];
        for (int i = 0; i < pills.Length; i++)
            pills[i] = reader.ReadInt32();
        MiniPacmanGhost[] ghosts = new MiniPacmanGhost[Count(MaxLevel, "ghosts")];
        for (int i = 0; i < ghosts.Length; i++)
            ghosts[i] = new(reader.ReadInt32(), reader.ReadInt32());
        bool[] food = new bool[MiniPacmanMaze.Cells];
        for (int i = 0; i < food.Length; i++)
            food[i] = reader.ReadBoolean();
        return Create(pacman, ghosts, pills, food, power, level, timer, frame);

        int Count(int most, string what)
        {
            int count = reader.ReadInt32();
            Check(count >= 0 && count <= most, $"{count} {what} are outside 0..{most}");
            return count;
        }
    }

    private static void CheckCell(int cell, string what) =>
        Check(cell is >= 0 and < MiniPacmanMaze.Cells && MiniPacmanMaze.Walkable[cell], $"{what} is at {cell}, which is no walkable cell");

    private static void Check(bool valid, string problem)
    {
        if (!valid)
            throw new ArgumentException($"This is no position of MiniPacman: {problem}.");
    }
}
