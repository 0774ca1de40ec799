using SkiaSharp;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>An environment as it is, without titles: one frame, or all of a game as an animation.</summary>
public sealed class EnvironmentPicture
{
    private const int LargeSize = 480;

    private readonly RealEpisode _game;
    private readonly Func<int, Drawing> _frame;

    /// <summary>Prepares the picture.</summary>
    /// <param name="game">The game.</param>
    /// <param name="observations">Its observations, which are shown where the environment itself cannot be drawn.</param>
    /// <param name="size">Pixels a row, and rows, as an agent sees them; null: large, in the environment's own proportions.</param>
    /// <exception cref="BundleException">Neither the environment nor its observations can be drawn, or not of this size.</exception>
    public EnvironmentPicture(RealEpisode game, Space observations, int? size)
    {
        _game = game;
        if (game.Scenes.Count > 0)
        {
            _frame = t => Drawing.Pixels(
                size is { } side ? SceneImage.Of(game.Scenes[t], side, side) : SceneImage.Of(game.Scenes[t], LargeSize), 1);
            return;
        }
        if (observations is not Box { Shape: var shape } box || !ObservationImage.IsPicture(shape))
            throw new BundleException($"'{game.Source}' cannot be drawn, and its observations are no pictures.");
        if (size is not null)
        {
            throw new BundleException(
                $"'{game.Source}' is made of {shape[1]} x {shape[2]} pixels, and is seen in no other size: leave --size away.");
        }
        _frame = t => Drawing.Pixels(
            ObservationImage.Of(game.Observations[t], shape, box.Low, box.High), Math.Max(1, LargeSize / Math.Max(shape[1], shape[2])));
    }

    /// <summary>Writes the first frame to a file that ends in .png, or all of them to one that ends in .webp.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 50) => PictureFile.Save(path, () => _frame(0),
        () => [.. Enumerable.Range(0, _game.Steps + 1).Select(_frame)], SKColors.Black, delayMilliseconds,
        quality: _game.Scenes.Count > 0 ? 90 : null);
}
