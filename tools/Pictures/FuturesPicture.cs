using WorldModels.Pictures;

namespace WorldModels.Tools;

/// <summary>
/// The real game beside what the model imagines for each first action: a column an action, the next frames below each other, the column
/// of the action that was taken framed, and the real frames that followed as the last column. Where the taken column follows the same
/// actions as the real game, the pixels that are imagined otherwise carry a mark. Dark is what follows an imagined end.
/// </summary>
public sealed class FuturesPicture
{
    private const int Gap = 6, Line = Lettering.Height + 4;

    private static readonly Rgb Background = new(24, 24, 28);
    private static readonly Rgb Ink = new(235, 235, 235);
    private static readonly Rgb Faint = new(150, 150, 160);
    private static readonly Rgb Chosen = new(255, 175, 60);
    private static readonly Rgb Truth = new(90, 200, 120);
    private static readonly Rgb Mark = new(255, 40, 160);

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
    public Image Strip() => Image.Grid([[Title()], .. _game.Moments.Select(moment => (Image[])[Draw(moment)])], Gap, Background);

    /// <summary>One picture a moment.</summary>
    public IReadOnlyList<Image> Animation() =>
        [.. _game.Moments.Select(moment => Image.Grid([[Title()], [Draw(moment)]], Gap, Background))];

    /// <summary>Writes the strip to a file that ends in .png, or the animation to one that ends in .gif.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 400) =>
        PictureFile.Save(path, Strip, Animation, delayMilliseconds);

    private Image Draw(ImaginedFutures moment)
    {
        int width = _game.Shape[2] * _scale, height = _game.Shape[1] * _scale, cell = width + 2 * Gap, row = height + Line + Gap;
        Image frame = _game.Picture(moment.Frame).Scale(3 * _scale);
        int left = frame.Width + 3 * Gap, top = 3 * Line + Gap, last = left + (_columns - 1) * cell + 3 * Gap;
        Image picture = new(last + width + Gap, top + Math.Max(_depth * row, frame.Height) + Gap, Background);

        PlayStatus status = moment.Status;
        string value = status.Value is { } estimate ? $"  value {PlayStatus.Number(estimate)}" : "";
        picture.Write($"step {moment.Step}", 0, 4, Ink, scale: 2);
        picture.Write($"return {PlayStatus.Number(status.Return)}{value}", 0, 2 * Line, Ink, scale: 2);
        picture.Draw(frame, 0, top);
        picture.Write("imagined, by first action (pink: not as it came)", left + Gap, Line, Faint);
        for (int action = 0; action < _columns - 1; action++)
        {
            int x = left + action * cell + Gap;
            bool taken = action == moment.Taken;
            Rgb ink = taken ? Chosen : Ink;
            string chance = status.Policy.Count > 0 ? $" {Math.Round(100 * status.Policy[action].Probability)}%" : "";
            picture.Write(_game.Actions[action] + chance, x, 2 * Line, ink);
            if (taken)
                Border(picture, x - Gap + 1, top - Gap + 1, width + 2 * Gap - 2, _depth * row + 2, Chosen);
            bool follows = taken;
            for (int step = 0; step < _depth; step++)
            {
                FutureMove move = moment.Imagined[step][action];
                int y = top + step * row;
                follows &= step < moment.Real.Count && moment.Real[step].Action == move.Action;
                if (step > 0 && moment.Imagined[step - 1][action].Over)
                    picture.Draw(Dimmed(_game.Picture(move.Frame)), x, y);
                else
                    Move(move, x, step, ink);
                if (follows)
                    MarkDifferences(picture, _game.Picture(moment.Real[step].Frame), _game.Picture(move.Frame), x, y);
            }
        }
        picture.Write("what came", last, Line, Faint);
        picture.Write("real", last, 2 * Line, Truth);
        for (int step = 0; step < moment.Real.Count; step++)
            Move(moment.Real[step], last, step, Truth);
        return picture;

        void Move(FutureMove move, int x, int step, Rgb ink)
        {
            picture.Draw(_game.Picture(move.Frame).Scale(_scale), x, top + step * row);
            string reward = $"{(move.Reward > 0 ? "+" : "")}{PlayStatus.Number(move.Reward)}";
            picture.Write($"{_game.Actions[move.Action]} {reward}{(move.Over ? " end" : "")}", x, top + step * row + height + 3, ink);
        }
    }

    /// <summary>What a model goes on to imagine after the end of an episode.</summary>
    private Image Dimmed(Image frame)
    {
        foreach (ref byte channel in frame.Pixels)
            channel /= 6;
        return frame.Scale(_scale);
    }

    private void MarkDifferences(Image picture, Image real, Image imagined, int left, int top)
    {
        double tolerance = new DreamPictureOptions().Tolerance * 255;
        int inset = _scale / 4;
        for (int y = 0; y < real.Height; y++)
        {
            for (int x = 0; x < real.Width; x++)
            {
                if (real[x, y].Distance(imagined[x, y]) > tolerance)
                    picture.Fill(left + x * _scale + inset, top + y * _scale + inset, _scale - 2 * inset, _scale - 2 * inset, Mark);
            }
        }
    }

    private static void Border(Image picture, int x, int y, int width, int height, Rgb colour)
    {
        picture.Fill(x, y, width, 2, colour);
        picture.Fill(x, y + height - 2, width, 2, colour);
        picture.Fill(x, y, 2, height, colour);
        picture.Fill(x + width - 2, y, 2, height, colour);
    }

    private Image Title() => Lettering.Label(_title, Ink, Background, scale: 2);
}
