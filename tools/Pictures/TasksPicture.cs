using WorldModels.Pictures;

namespace WorldModels.Tools;

/// <summary>The games that an agent of several tasks plays from the same start, a task each: a row of moments each, or side by side.</summary>
/// <param name="games">Each task and its game.</param>
/// <param name="title">A line above them.</param>
public sealed class TasksPicture(IReadOnlyList<(string Task, GamePicture Game)> games, string title)
{
    private const int Columns = 3, Gap = 6, LabelWidth = 90;

    /// <summary>A row of moments for each task.</summary>
    public Drawing Strip() => DarkTheme.Titled(title, Gap, Drawing.Grid(
        [.. games.Select(game => (Drawing[])[DarkTheme.Label(game.Task, LabelWidth), .. game.Game.Moments])], Gap));

    /// <summary>All games at once; one that is over stays as it ended.</summary>
    public IReadOnlyList<Drawing> Animation()
    {
        int moments = games.Max(game => game.Game.Moments.Count);
        return [.. Enumerable.Range(0, moments).Select(moment => DarkTheme.Titled(title, Gap, Drawing.Grid(
            [.. games.Select(game => At(game.Task, game.Game.Moments, moment)).Chunk(Columns)], Gap)))];
    }

    /// <summary>Writes the rows to a file that ends in .png, or the animation to one that ends in .webp.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 100) =>
        PictureFile.Save(path, Strip, Animation, DarkTheme.Background, delayMilliseconds);

    private static Drawing At(string task, IReadOnlyList<Drawing> moments, int moment)
    {
        Drawing drawing = moments[Math.Min(moment, moments.Count - 1)];
        return Drawing.Grid([[DarkTheme.Label(task, drawing.Width)], [drawing]], 0);
    }
}
