using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A real game that an agent plays, as moments side by side or as an animation.</summary>
public sealed class GamePicture
{
    private const int Size = 160, Columns = 6, Gap = 6;

    private readonly string _title;
    private readonly float? _quality;

    /// <summary>Prepares the picture.</summary>
    /// <param name="game">The game.</param>
    /// <param name="every">Steps from one moment to the next.</param>
    /// <param name="shape">Shape of an observation, which is shown where the environment itself cannot be drawn.</param>
    /// <param name="low">Lower bound of observations.</param>
    /// <param name="high">Upper bound of observations.</param>
    /// <param name="title">A line above it.</param>
    /// <exception cref="BundleException">Neither the environment nor its observations can be drawn.</exception>
    public GamePicture(RealEpisode game, int every, IReadOnlyList<int> shape, double low, double high, string title)
    {
        if (game.Scenes.Count == 0 && !ObservationImage.IsPicture(shape))
        {
            throw new BundleException($"'{game.Source}' cannot be drawn, and its observations ({string.Join(", ", shape)}) are no "
                + "pictures.");
        }
        _title = title;
        // Shaded bodies have too many colours to be kept without loss.
        _quality = game.Scenes.Any(scene => scene is BodyScene) ? 90 : null;
        // Labels of one width, so that all moments are as large.
        Moments = [.. Enumerable.Range(0, game.Steps + 1).Where(t => t % every == 0 || t == game.Steps).Select(t => Drawing.Grid(
            [[Draw(t)], [DarkTheme.Label($"step {t}", Size)], [DarkTheme.Label($"return {Figures.Number(Return(t))}", Size)]], 2))];

        double Return(int t) => game.Rewards.Take(t).Sum(reward => (double)reward);

        Drawing Draw(int t) => game.Scenes.Count > 0
            ? Drawing.Of(game.Scenes[t], Size)
            : Drawing.Pixels(
                ObservationImage.Of(game.Observations[t], shape, low, high), Math.Max(1, Size / Math.Max(shape[1], shape[2])));
    }

    /// <summary>The game at every so many steps and at its end, with step and return.</summary>
    public IReadOnlyList<Drawing> Moments { get; }

    /// <summary>All moments side by side.</summary>
    public Drawing Strip() => DarkTheme.Titled(_title, Gap, Drawing.Grid([.. Moments.Chunk(Columns)], Gap));

    /// <summary>One picture a moment.</summary>
    public IReadOnlyList<Drawing> Animation() => [.. Moments.Select(moment => DarkTheme.Titled(_title, Gap, moment))];

    /// <summary>Writes the moments to a file that ends in .png, or the animation to one that ends in .webp.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 100) =>
        PictureFile.Save(path, Strip, Animation, DarkTheme.Background, delayMilliseconds, _quality);
}
