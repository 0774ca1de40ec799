using SkiaSharp;
using WorldModels.Pictures;

namespace WorldModels.Tools;

/// <summary>
/// The real game beside what the model imagines for each first action: a column an action, the next frames below each other, the column
/// of the action that was taken framed, and the real frames that followed as the last column. Where the taken column follows the same
/// actions as the real game, the pixels that are imagined otherwise carry a mark. Dark is what follows an imagined end.
/// </summary>
public sealed class FuturesPicture
{
    private const int Gap = 6, Line = 18, Large = 16;

    private static readonly SKColor Chosen = new(255, 175, 60);
    private static readonly SKColor Truth = new(90, 200, 120);

    private readonly AgentGame _game;
    private readonly string _title;
    private readonly int _scale, _depth, _columns;

    /// <summary>Prepares the picture.</summary>
    /// <param name="game">What to show.</param>
    /// <param name="title">A line above it.</param>
    public FuturesPicture(AgentGame game, string title)
    {
        (_game, _title) = (game, title);
        // Frames of about 120 pixels, wide enough for their label.
        _scale = Math.Max(Math.Clamp(120 / Math.Max(game.Shape[1], game.Shape[2]), 1, 16), (80 + game.Shape[2] - 1) / game.Shape[2]);
        _depth = game.Moments[0].Imagined.Count;
        _columns = game.Actions.Count + 1;
    }

    /// <summary>All moments below each other.</summary>
    public Drawing Strip() => DarkTheme.Titled(_title, Gap, [.. _game.Moments.Select(Draw)]);

    /// <summary>One picture a moment.</summary>
    public IReadOnlyList<Drawing> Animation() => [.. _game.Moments.Select(moment => DarkTheme.Titled(_title, Gap, Draw(moment)))];

    /// <summary>Writes the strip to a file that ends in .png, or the animation to one that ends in .webp.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 400) =>
        PictureFile.Save(path, Strip, Animation, DarkTheme.Background, delayMilliseconds);

    private Drawing Draw(ImaginedFutures moment)
    {
        int width = _game.Shape[2] * _scale, height = _game.Shape[1] * _scale, cell = width + 2 * Gap, row = height + Line + Gap;
        Drawing frame = Drawing.Pixels(_game.Picture(moment.Frame), 3 * _scale);
        int left = frame.Width + 3 * Gap, top = 3 * Line + Gap, last = left + (_columns - 1) * cell + 3 * Gap;
        return new(last + width + Gap, top + Math.Max(_depth * row, frame.Height) + Gap, canvas =>
        {
            PlayStatus status = moment.Status;
            string value = status.Value is { } estimate ? $"   value {PlayStatus.Number(estimate)}" : "";
            string state = $"step {moment.Step}   return {PlayStatus.Number(status.Return)}{value}";
            canvas.Write(state, 0, 3 * Line - 6, DarkTheme.Ink, Large);
            canvas.Draw(frame, 0, top);
            Label(canvas, "imagined, by first action (pink: not as it came)", left + Gap, Line, DarkTheme.Faint);
            for (int action = 0; action < _columns - 1; action++)
                Column(canvas, moment, action, left + action * cell + Gap);
            Label(canvas, "what came", last, Line, DarkTheme.Faint);
            Label(canvas, "real", last, 2 * Line, Truth);
            for (int step = 0; step < moment.Real.Count; step++)
                Move(canvas, moment.Real[step], last, top + step * row, Truth);
        });

        void Column(SKCanvas canvas, ImaginedFutures moment, int action, int x)
        {
            PlayStatus status = moment.Status;
            bool taken = action == moment.Taken;
            SKColor ink = taken ? Chosen : DarkTheme.Ink;
            string chance = status.Policy.Count > 0 ? $" {Math.Round(100 * status.Policy[action].Probability)} %" : "";
            Label(canvas, _game.Actions[action] + chance, x, 2 * Line, ink);
            if (taken)
                Border(canvas, new(x - Gap + 1, top - Gap + 1, x + width + Gap - 1, top - Gap + 3 + _depth * row));
            bool follows = taken;
            for (int step = 0; step < _depth; step++)
            {
                FutureMove move = moment.Imagined[step][action];
                int y = top + step * row;
                follows &= step < moment.Real.Count && moment.Real[step].Action == move.Action;
                if (step > 0 && moment.Imagined[step - 1][action].Over)
                    canvas.Draw(Drawing.Pixels(Dimmed(_game.Picture(move.Frame)), _scale), x, y);
                else
                    Move(canvas, move, x, y, ink);
                if (follows)
                    MarkDifferences(canvas, _game.Picture(moment.Real[step].Frame), _game.Picture(move.Frame), x, y);
            }
        }

        void Move(SKCanvas canvas, FutureMove move, int x, int y, SKColor ink)
        {
            canvas.Draw(Drawing.Pixels(_game.Picture(move.Frame), _scale), x, y);
            string reward = $"{(move.Reward > 0 ? "+" : "")}{PlayStatus.Number(move.Reward)}";
            Label(canvas, $"{_game.Actions[move.Action]} {reward}{(move.Over ? " end" : "")}", x, y + height + 2, ink);
        }
    }

    /// <summary>What a model goes on to imagine after the end of an episode.</summary>
    private static SKBitmap Dimmed(SKBitmap frame) =>
        new(frame.Info) { Pixels = [.. frame.Pixels.Select(pixel => ObservationImage.Dim(pixel, 6))] };

    private void MarkDifferences(SKCanvas canvas, SKBitmap real, SKBitmap imagined, int left, int top)
    {
        double tolerance = new DreamPictureOptions().Tolerance;
        int inset = _scale / 4, size = _scale - 2 * inset;
        SKColor[] came = real.Pixels, thought = imagined.Pixels;
        for (int i = 0; i < came.Length; i++)
        {
            if (ObservationImage.Differ(came[i], thought[i], tolerance))
                canvas.Fill(left + i % real.Width * _scale + inset, top + i / real.Width * _scale + inset, size, size, DarkTheme.Mark);
        }
    }

    private static void Border(SKCanvas canvas, SKRect around)
    {
        around.Inflate(-1, -1);
        using SKPaint paint = new() { Color = Chosen, IsStroke = true, StrokeWidth = 2 };
        canvas.DrawRect(around, paint);
    }

    private static void Label(SKCanvas canvas, string text, float x, float y, SKColor ink) => canvas.Draw(Drawing.Text(text, ink), x, y);
}
