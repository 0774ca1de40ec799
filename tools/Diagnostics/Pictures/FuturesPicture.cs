namespace WorldModels.Diagnostics;

/// <summary>
/// The real game beside what the model imagines for each first action: a column an action, the next frames below each other, the column
/// of the action that was taken framed, and the real frames that followed as the last column.
/// </summary>
public sealed class FuturesPicture
{
    private const int Gap = 6;

    private static readonly Rgb Background = new(24, 24, 28);
    private static readonly Rgb Ink = new(235, 235, 235);
    private static readonly Rgb Faint = new(150, 150, 160);
    private static readonly Rgb Chosen = new(255, 175, 60);
    private static readonly Rgb Truth = new(90, 200, 120);

    private readonly AgentGame _game;
    private readonly string _title;
    private readonly int _scale, _depth, _columns;

    /// <summary>Prepares the picture.</summary>
    /// <param name="game">What to show.</param>
    /// <param name="title">A line above it.</param>
    public FuturesPicture(AgentGame game, string title)
    {
        (_game, _title) = (game, title);
        // Frames of about 80 pixels, wide enough for their label.
        _scale = Math.Clamp(80 / Math.Max(game.Shape[1], game.Shape[2]), 1, 16);
        _depth = game.Moments[0].Imagined.Count;
        _columns = game.Actions.Count + 1;
    }

    /// <summary>All moments below each other.</summary>
    public Image Strip() => Image.Grid([[Label(_title, Ink)], .. _game.Moments.Select(moment => (Image[])[Draw(moment)])], Gap, Background);

    /// <summary>One picture a moment.</summary>
    public IReadOnlyList<Image> Animation() =>
        [.. _game.Moments.Select(moment => Image.Grid([[Label(_title, Ink)], [Draw(moment)]], Gap, Background))];

    /// <summary>Writes the strip to a file that ends in .png, or the animation to one that ends in .gif.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 400)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".png": PngWriter.Save(path, Strip()); break;
            case ".gif": GifWriter.Save(path, Animation(), delayMilliseconds); break;
            default: throw new ArgumentException($"'{path}' ends neither in .png (moments) nor in .gif (animation).");
        }
    }

    private Image Draw(ImaginedFutures moment)
    {
        int width = _game.Shape[2] * _scale, height = _game.Shape[1] * _scale, text = Lettering.Height + 4;
        int cell = width + 2 * Gap, line = height + text + Gap;
        // The real frame is as high as the futures beside it, in whole pixels a pixel.
        int large = Math.Max(_scale, (_depth * line - Gap - text) / _game.Shape[1]);
        Image frame = _game.Picture(moment.Frame).Scale(large);
        int left = frame.Width + 3 * Gap, top = 2 * text + Gap;
        Image picture = new(left + _columns * cell + 2 * Gap, top + Math.Max(_depth * line, frame.Height + text) + Gap, Background);

        PlayStatus status = moment.Status;
        picture.Write($"real game, step {moment.Step}", 0, 0, Truth);
        picture.Write($"return {PlayStatus.Number(status.Return)}{(status.Value is { } v ? $"  value {PlayStatus.Number(v)}" : "")}", 0, text, Ink);
        picture.Draw(frame, 0, top);
        picture.Write("imagined, by first action", left + Gap, 0, Faint);

        for (int action = 0; action < _columns - 1; action++)
        {
            int x = left + action * cell + Gap;
            bool taken = action == moment.Taken;
            string chance = status.Policy.Count > 0 ? $" {Math.Round(100 * status.Policy[action].Probability)}%" : "";
            picture.Write(_game.Actions[action] + chance, x, text, taken ? Chosen : Ink);
            if (taken) Border(picture, x - Gap / 2, top - Gap / 2, width + Gap, _depth * line, Chosen);
            for (int step = 0; step < _depth; step++) Move(moment.Imagined[step][action], x, step, taken ? Chosen : Ink, named: step > 0);
        }
        int last = left + (_columns - 1) * cell + 2 * Gap;
        picture.Write("really", last, text, Truth);
        for (int step = 0; step < moment.Real.Count; step++) Move(moment.Real[step], last, step, Truth, named: true);
        return picture;

        void Move(FutureMove move, int x, int step, Rgb ink, bool named)
        {
            int y = top + step * line;
            picture.Draw(_game.Picture(move.Frame).Scale(_scale), x, y);
            string reward = $"{(move.Reward > 0 ? "+" : "")}{PlayStatus.Number(move.Reward)}";
            string label = $"{(named ? _game.Actions[move.Action] + " " : "")}{reward}{(move.Over ? " end" : "")}";
            picture.Write(label, x, y + height + 3, ink);
        }
    }

    private static void Border(Image picture, int x, int y, int width, int height, Rgb colour)
    {
        picture.Fill(x, y, width, 2, colour);
        picture.Fill(x, y + height - 2, width, 2, colour);
        picture.Fill(x, y, 2, height, colour);
        picture.Fill(x + width - 2, y, 2, height, colour);
    }

    private static Image Label(string text, Rgb ink) => Lettering.Label(text, ink, Background);
}
