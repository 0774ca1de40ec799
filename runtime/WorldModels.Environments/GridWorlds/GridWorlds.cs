namespace WorldModels.Environments;

/// <summary>Small worlds of cells by name.</summary>
public static class GridWorlds
{
    private static readonly string[] PictureNames =
        [.. from colour in (string[])["red", "green", "blue"] from cell in CellNames(4, 4) select $"{colour} {cell}"];

    private static readonly string[] MoveNames = ["stay", "up", "down", "left", "right"], PairNames = ["down", "right"];

    // The first number is the way down.
    private static readonly ArrowKeys PairArrows =
        ArrowKeys.Of(across: 1) with { Down = new(0, ToHigh: true), Up = new(0, ToHigh: false) };

    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec> Specs { get; } =
    [
        Spec("simple-world", "Simple World, cleaned: 4 x 4 cells, (3, 4, 4) pixels flat, 5 moves",
            name => new SimpleWorldEnvironment(name)),
        Spec("simple-world-moving", "Simple World, cleaned, with a threat that moves: 5 moves",
            name => new SimpleWorldEnvironment(name, new() { ThreatsMove = true })),
        Spec("simple-world-continuous", "Simple World, cleaned: pairs in -1..1, rounded to moves",
            name => new ContinuousSimpleWorldEnvironment(name)),
        Spec("simple-world-published", "Simple World as its example has it: pairs in -1..1, cut off, a threat takes 100",
            name => new ContinuousSimpleWorldEnvironment(name, SimpleWorldOptions.Published)),
        new EnvironmentSpec<long>("catch", "Catch, a falling ball: 10 x 5 cells, 3 moves", () => new CatchEnvironment(),
            count => new SyncVectorEnvironment<CatchEnvironment, long>(count, () => new()))
        {
            ObservationNames = [.. CellNames(CatchEnvironment.Rows, CatchEnvironment.Columns)],
            Cells = [1, CatchEnvironment.Rows, CatchEnvironment.Columns],
            ActionNames = ["left", "stay", "right"],
        },
        Cue(10), Cue(20), Cue(40),
    ];

    private static EnvironmentSpec<long> Cue(int delay) => new(
        $"cue-{delay}", $"Remember one of two cues for {delay} steps: 4 reals, 2 actions", () => new DelayedCueEnvironment(delay),
        count => new SyncVectorEnvironment<DelayedCueEnvironment, long>(count, () => new(delay)))
    {
        ObservationNames = ["cue 0", "cue 1", "now", "coin"],
        ActionNames = ["say 0", "say 1"],
    };

    private static EnvironmentSpec<TAction> Spec<TAction>(string name, string summary, Func<string, SimpleWorld<TAction>> make)
        where TAction : unmanaged =>
        new(name, summary, () => make(name), count => new SyncVectorEnvironment<SimpleWorld<TAction>, TAction>(count, () => make(name)))
        {
            ObservationNames = PictureNames,
            Cells = [3, SimpleWorld<TAction>.Size, SimpleWorld<TAction>.Size],
            ActionNames = typeof(TAction) == typeof(long) ? MoveNames : PairNames,
            Arrows = typeof(TAction) == typeof(long) ? null : PairArrows,
        };

    private static IEnumerable<string> CellNames(int rows, int columns) =>
        from row in Enumerable.Range(0, rows) from column in Enumerable.Range(0, columns) select $"{row},{column}";
}
