using System.Collections.Immutable;

namespace WorldModels.Environments;

/// <summary>The fixed maze: 15 rows of 19 cells, a cell being row * 19 + column, row 0 on top.</summary>
public static class MiniPacmanMaze
{
    public const int Rows = 15;
    public const int Columns = 19;
    public const int Cells = Rows * Columns;

    /// <summary>Cells that are not wall; food lies on all of them at the start of a level.</summary>
    public const int WalkableCells = 138;

    private const string Map = """
        ###################
        #...#.........#...#
        #.#.#.#######.#.#.#
        #.................#
        #.#.#.#######.#.#.#
        #.#.............#.#
        #.####.#####.####.#
        #......#####......#
        #.####.#####.####.#
        #.#.............#.#
        #.#.#.#######.#.#.#
        #.................#
        #.#.#.#######.#.#.#
        #...#.........#...#
        ###################
        """;

    private static readonly bool[] WalkableTable = [.. Map.Where(c => c is '#' or '.').Select(c => c == '.')];
    private static readonly byte[] ExitTable = [.. Enumerable.Range(0, Cells).Select(ExitsFrom)];
    private static readonly byte[] DistanceTable = AllDistances();
    private static readonly byte[] GhostDistanceTable = AllGhostDistances();

    /// <summary>Steps of the moves: index 0 stay, 1 right, 2 up, 3 left, 4 down, as the actions.</summary>
    internal static ReadOnlySpan<sbyte> Moves => [0, 1, -Columns, -1, Columns];

    /// <summary>For each cell whether it is not wall.</summary>
    public static ReadOnlySpan<bool> Walkable => WalkableTable;

    /// <summary>The walkable cells, ascending.</summary>
    public static ImmutableArray<int> Free { get; } = [.. Enumerable.Range(0, Cells).Where(cell => WalkableTable[cell])];

    /// <summary>For each cell a bit per open direction: 0 right, 1 up, 2 left, 3 down.</summary>
    internal static ReadOnlySpan<byte> Exits => ExitTable;

    /// <summary>Least number of moves between two walkable cells.</summary>
    public static int Distance(int from, int to) => DistanceTable[from * Cells + to];

    /// <summary>Least number of moves from a walkable cell to each cell; 255 for walls.</summary>
    internal static ReadOnlySpan<byte> DistancesFrom(int cell) => DistanceTable.AsSpan(cell * Cells, Cells);

    /// <summary>Least number of moves a ghost, which never turns back, needs from a walkable cell to each cell; 255 for never.</summary>
    /// <param name="cell">Where it is.</param>
    /// <param name="behind">The direction it may not take first: 0 right, 1 up, 2 left, 3 down.</param>
    internal static ReadOnlySpan<byte> GhostDistancesFrom(int cell, int behind) =>
        GhostDistanceTable.AsSpan((cell * 4 + behind) * Cells, Cells);

    private static byte ExitsFrom(int cell)
    {
        int exits = 0;
        for (int direction = 0; WalkableTable[cell] && direction < 4; direction++)
        {
            if (WalkableTable[cell + Moves[direction + 1]])
                exits |= 1 << direction;
        }
        return (byte)exits;
    }

    private static byte[] AllDistances()
    {
        byte[] distances = NoDistances(Cells);
        Queue<(int Cell, int Moves)> queue = new Queue<(int Cell, int Moves)>();
        for (int start = 0; start < Cells; start++)
        {
            Span<byte> row = distances.AsSpan(start * Cells, Cells);
            queue.Enqueue((start, 0));
            while (queue.TryDequeue(out (int Cell, int Moves) reached))
            {
                if (!WalkableTable[reached.Cell] || row[reached.Cell] != byte.MaxValue)
                    continue;
                row[reached.Cell] = (byte)reached.Moves;
                for (int direction = 0; direction < 4; direction++)
                    queue.Enqueue((reached.Cell + Moves[direction + 1], reached.Moves + 1));
            }
        }
        return distances;
    }

    private static byte[] AllGhostDistances()
    {
        byte[] distances = NoDistances(4 * Cells);
        Queue<(int Cell, int Behind, int Moves)> queue = new Queue<(int Cell, int Behind, int Moves)>();
        HashSet<(int Cell, int Behind)> seen = new HashSet<(int Cell, int Behind)>();
        for (int start = 0; start < 4 * Cells; start++)
        {
            Span<byte> row = distances.AsSpan(start * Cells, Cells);
            seen.Clear();
            queue.Enqueue((start / 4, start % 4, 0));
            while (queue.TryDequeue(out (int Cell, int Behind, int Moves) reached))
            {
                if (!WalkableTable[reached.Cell] || !seen.Add((reached.Cell, reached.Behind)))
                    continue;
                row[reached.Cell] = Math.Min(row[reached.Cell], (byte)reached.Moves);
                for (int direction = 0; direction < 4; direction++)
                {
                    if (direction != reached.Behind)
                        queue.Enqueue((reached.Cell + Moves[direction + 1], (direction + 2) % 4, reached.Moves + 1));
                }
            }
        }
        return distances;
    }

    private static byte[] NoDistances(int starts)
    {
        byte[] distances = new byte[starts * Cells];
        Array.Fill(distances, byte.MaxValue);
        return distances;
    }
}
