using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Pictures;

namespace WorldModels.Tools;

/// <summary>
/// Moments of a real game, and beside each where a transformer looks to foretell the next: a row a head, a column a step of the window,
/// the present one last. What lies before the game is left out, but for the step that led to its first frame.
/// </summary>
internal sealed class AttentionPicture
{
    private const int FrameSize = 120, Gap = 6, MapWidth = 320, HeadHeight = 18, LabelWidth = 110;

    private readonly AttentionSteps _attention;
    private readonly int _cell, _skip;
    private readonly string _title;
    private readonly Func<int, Drawing> _frame;
    private readonly IReadOnlyList<string> _actions;

    /// <summary>Prepares the picture.</summary>
    /// <param name="attention">Where it looks.</param>
    /// <param name="game">The game.</param>
    /// <param name="manifest">The world model's.</param>
    /// <param name="skip">Steps of the game before the first that is drawn.</param>
    public AttentionPicture(AttentionSteps attention, RealEpisode game, Manifest manifest, int skip)
    {
        (_attention, _skip) = (attention, skip);
        _title = $"{manifest.Name}: where it looks to foretell the next step of {game.Source}, in per cent";
        _cell = Math.Max(MapWidth / attention.Window, 4);
        IReadOnlyList<string> names = SpaceNames.Of(manifest).Actions;
        _actions = game.Actions is long[] taken ? [.. taken.Select(action => names[(int)action])] : [.. Enumerable.Repeat("", game.Steps)];
        ObservationSpec space = manifest.Observation;
        if (ObservationImage.ShapeOf(manifest) is { } shape)
        {
            int scale = Math.Max(1, FrameSize / Math.Max(shape[1], shape[2]));
            _frame = t => Drawing.Pixels(ObservationImage.Of(game.Observations[t], shape, space.Low, space.High), scale);
        }
        else
        {
            _frame = game.Scenes.Count > 0 ? t => Drawing.Of(game.Scenes[t], FrameSize) : _ => Drawing.Filled(1, 1, DarkTheme.Background);
        }
    }

    /// <summary>All moments below each other.</summary>
    public Drawing Strip() => DarkTheme.Titled(_title, Gap, Moments);

    /// <summary>One picture a moment.</summary>
    public IReadOnlyList<Drawing> Animation() => [.. Moments.Select(moment => DarkTheme.Titled(_title, Gap, moment))];

    /// <summary>Writes the strip to a file that ends in .png, or the animation to one that ends in .webp.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 400) =>
        PictureFile.Save(path, Strip, Animation, DarkTheme.Background, delayMilliseconds);

    private IEnumerable<Drawing> Moments => Enumerable.Range(_skip, _attention.Weights.Count - _skip).Select(Moment);

    private Drawing Moment(int t)
    {
        int heads = _attention.Layers * _attention.Heads, window = _attention.Window;
        Drawing names = Drawing.Grid([.. Enumerable.Range(0, heads).Select(head => (Drawing[])
        [
            Drawing.Text($"layer {head / _attention.Heads + 1}, head {head % _attention.Heads + 1}", DarkTheme.Ink, width: LabelWidth)
                with { Height = HeadHeight },
        ])], 0);
        Drawing map = ShareMap.Of([.. _attention.Weights[t].Select((weight, i) =>
            window - 1 - i % window > AttentionSteps.LongestAgo(t) ? double.NaN : weight)], window, _cell, HeadHeight);
        Drawing steps = new(map.Width, 18, canvas =>
        {
            // As many labels as do not touch each other.
            int every = (30 + _cell - 1) / _cell;
            for (int ago = 0; ago < window; ago += every)
                canvas.Write(ago == 0 ? "now" : $"-{ago}", (window - ago - 0.5f) * _cell, 12, DarkTheme.Faint, 11, SKTextAlign.Center);
        });
        string action = _actions[t].Length == 0 ? "" : $": {_actions[t]}";
        Drawing moment = DarkTheme.Label($"step {t}{action}", FrameSize), above = DarkTheme.Label("", LabelWidth);
        return Drawing.Grid([[moment, above, steps], [_frame(t), names, map]], Gap);
    }
}
