using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A real game that an agent plays, as moments side by side or as an animation.</summary>
public sealed class GamePicture
{
    private const int Size = 160, Columns = 6, Gap = 6;

    private static readonly Rgb Background = new(24, 24, 28);
    private static readonly Rgb Ink = new(235, 235, 235);

    private readonly Image[] _moments;
    private readonly string _title;

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
        if (game.Scenes.Count == 0 && !Image.IsPicture(shape))
        {
            throw new BundleException($"'{game.Source}' cannot be drawn, and its observations ({string.Join(", ", shape)}) are no "
                + "pictures.");
        }
        _title = title;
        // Labels of one width, so that all moments are as large.
        _moments = [.. Enumerable.Range(0, game.Steps + 1).Where(t => t % every == 0).Select(t => Image.Grid(
            [[Draw(t)], [Label($"step {t}")], [Label($"return {Figures.Number(Return(t))}".PadRight(24))]], 2, Background))];

        double Return(int t) => game.Rewards.Take(t).Sum(reward => (double)reward);

        Image Draw(int t) => game.Scenes.Count > 0
            ? Image.FromScene(game.Scenes[t], Size)
            : Image.FromObservation(game.Observations[t], shape, low, high).Scale(Math.Max(1, Size / Math.Max(shape[1], shape[2])));
    }

    /// <summary>All moments side by side.</summary>
    public Image Strip() => Titled(Image.Grid([.. _moments.Chunk(Columns)], Gap, Background));

    /// <summary>One picture a moment.</summary>
    public IReadOnlyList<Image> Animation() => [.. _moments.Select(moment => Titled(moment))];

    /// <summary>Writes the moments to a file that ends in .png, or the animation to one that ends in .gif.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 100) =>
        PictureFile.Save(path, Strip, Animation, delayMilliseconds);

    private Image Titled(Image picture) => Image.Grid([[Label(_title)], [picture]], Gap, Background);

    private static Image Label(string text) => Lettering.Label(text, Ink, Background);
}
