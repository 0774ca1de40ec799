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
        byte[] distances = new byte[Cells * Cells];
        Array.Fill(distances, byte.MaxValue);
        var queue = new Queue<int>();
        for (int start = 0; start < Cells; start++)
        {
            if (!WalkableTable[start])
                continue;
            Span<byte> row = distances.AsSpan(start * Cells, Cells);
            row[start] = 0;
            queue.Enqueue(start);
            while (queue.TryDequeue(out int cell))
            {
                for (int direction = 0; direction < 4; direction++)
                {
                    int next = cell + Moves[direction + 1];
                    if ((ExitTable[cell] >> direction & 1) == 0 || row[next] != byte.MaxValue)
                        continue;
                    row[next] = (byte)(row[cell] + 1);
                    queue.Enqueue(next);
                }
            }
        }
        return distances;
    }
}
