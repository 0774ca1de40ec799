using System.Text;
using SkiaSharp;
using WorldModels.Environments;
using WorldModels.Measure;

namespace WorldModels.Tools;

/// <summary>Draws a <see cref="PlaySession"/> for a terminal: the board in coloured cells, and how it stands beside or below it.</summary>
public sealed class PlayScreen(bool trueColour)
{
    private const int Gap = 3, NarrowPanel = 34, Bar = 16, ControlBar = 12;

    private static readonly SKColor White = new(235, 235, 235), Grey = new(150, 150, 150), Black = new(0, 0, 0);
    private static readonly SKColor Real = new(40, 130, 60), Dream = new(150, 60, 170), Accent = new(255, 175, 60);

    /// <summary>One screen, to be written at the terminal's home position. It is cut where the terminal ends.</summary>
    /// <param name="session">What to show.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="height">Lines of the terminal.</param>
    public string Compose(PlaySession session, int width, int height)
    {
        PlayStatus status = session.Status;
        (IReadOnlyList<string> board, int columns) = Board(session, width, Math.Max(height - 4, 1));
        bool beside = width >= columns + Gap + NarrowPanel;
        int room = beside ? width - columns - Gap : width;
        List<string> panel = beside
            ? Panel(session, status, room, height - 3) : [.. Wrap($"{status}", room).Select(line => Text(line, White, room))];
        List<string> lines = [Title(status, width)];
        for (int i = 0; beside && i < Math.Max(board.Count, panel.Count); i++)
        {
            string left = i < board.Count ? board[i] : new string(' ', columns);
            lines.Add(left + (i < panel.Count ? new string(' ', Gap) + panel[i] : ""));
        }
        if (!beside)
            lines.AddRange([.. board, .. panel]);
        lines.Add("");
        string tasks = status.Task is null ? "" : "t task   ";
        lines.Add(Text($"arrows . move   space agent   d dream   {tasks}r new   + - speed   q quit", Grey, width));
        StringBuilder screen = new(Ansi.Begin + Ansi.Home);
        screen.AppendJoin("\r\n", lines.Take(height).Select(line => line + Ansi.Plain + Ansi.ClearLine));
        return screen.Append(Ansi.ClearBelow + Ansi.End).ToString();
    }

    private string Title(PlayStatus status, int width)
    {
        string text = $" {status.Game}   {(status.Dreaming ? "DREAM: the model imagines this" : "REAL GAME")}";
        return Ansi.Paper(status.Dreaming ? Dream : Real, trueColour) + Text(text.PadRight(width), White, width);
    }

    private List<string> Panel(PlaySession session, PlayStatus status, int width, int height)
    {
        List<string> lines =
        [
            Fact("step", $"{status.Step}"),
            Fact("reward", PlayStatus.Number(status.Reward)),
            Fact("return", PlayStatus.Number(status.Return)),
            status.Value is { } value ? Fact("value", PlayStatus.Number(value)) : "",
            status.NoveltyText is null ? "" : Fact("novelty", status.NoveltyText),
            status.Continue is { } probability ? Fact("goes on", Figures.Share(probability)) : "",
            Fact("action", status.LastAction ?? "-"),
            Fact("player", status.AgentPlays ? status.Agent! : "you"),
            status.Task is null ? "" : Fact("task", status.Task),
            Fact("pace", $"{session.Delay} ms"),
            "",
        ];
        int longest = session.Actions.Max(action => action.Length);
        lines.AddRange(status.Policy.Select(p => Chance(p.Action.PadRight(longest), p.Probability, p.Action == status.NextAction)));
        // Bodies have more controls than screens have lines.
        int shown = Math.Min(status.Controls.Count, Math.Max(1, height - lines.Count - 1));
        lines.AddRange(status.Controls.Take(shown).Select(control => Control(control, Math.Min(longest, width - ControlBar - 9), width)));
        if (shown < status.Controls.Count)
            lines.Add(Text($"  and {status.Controls.Count - shown} more", Grey, width));
        string message = status.Ending is { } ending ? $"over: {ending}" : "";
        if (status.Note is { } note)
            message += (message.Length > 0 ? "; " : "") + note;
        lines.AddRange(Wrap(message, width).Select(part => Text(part, Accent, width)));
        return lines;

        string Fact(string name, string fact) => Text($"{name,-8} ", Grey, width) + Text(fact, White, Math.Max(width - 9, 0));

        string Chance(string action, double chance, bool next)
        {
            int filled = (int)Math.Round(Bar * chance);
            return Text($"{(next ? '>' : ' ')} {action} ", next ? Accent : White, width)
                + Ansi.Paper(next ? Accent : Grey, trueColour) + new string(' ', filled) + Ansi.Plain + new string(' ', Bar - filled)
                + Text($" {Math.Round(100 * chance),3} %", White, 6);
        }
    }

    /// <summary>What the agent would choose of a number or, without one, what it was last: from zero to there, within its bounds.</summary>
    private string Control(PlayControl control, int longest, int width)
    {
        double value = control.Next ?? control.Last ?? 0;
        int from = Cell(0), to = Cell(value), least = Math.Min(from, to), most = Math.Max(from, to);
        (char mark, SKColor ink, SKColor bar) = control.Next is null ? (' ', White, Grey) : ('>', Accent, Accent);
        return Text($"{mark} {control.Name.PadRight(longest)[..longest]} ", ink, width)
            + Text(new string('·', least), Grey, ControlBar)
            + Ansi.Paper(bar, trueColour) + new string(' ', most - least) + Ansi.Plain
            + Text(new string('·', ControlBar - most), Grey, ControlBar) + Text($" {PlayStatus.Number(value),5}", White, 6);

        int Cell(double at) =>
            (int)Math.Round(ControlBar * (Math.Clamp(at, control.Low, control.High) - control.Low) / (control.High - control.Low));
    }

    /// <summary>A picture that has no other meaning than its colours, and how many columns it takes.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Most columns.</param>
    /// <param name="height">Most lines.</param>
    public (IReadOnlyList<string> Lines, int Columns) Picture(SKBitmap image, int width, int height)
    {
        // Two columns a pixel where there is room; else two pixels a character, one above the other, and of large pictures every n-th.
        if (2 * image.Width <= width && image.Height <= height)
            return (Rows(image, 1, (x, y) => Paint("  ", Black, image.GetPixel(x, y))), 2 * image.Width);
        int skip = Math.Max((image.Width + width - 1) / width, (image.Height + 2 * height - 1) / (2 * height));
        return (Rows(image, 2 * skip, Halves), (image.Width + skip - 1) / skip);

        string Halves(int x, int y) =>
            x % skip > 0 ? "" : Paint("▀", image.GetPixel(x, y), y + skip < image.Height ? image.GetPixel(x, y + skip) : Black);
    }

    private (IReadOnlyList<string> Lines, int Columns) Board(PlaySession session, int width, int height)
    {
        // A scene takes two rows of pixels a line, and leaves room for the panel.
        SKBitmap image = PlayPicture.Of(session, Math.Max(width - Gap - NarrowPanel, width / 2), 2 * height);
        if (!session.IsMiniPacman)
            return Picture(image, width, height);
        MiniPacmanPixel?[] pixels = BoardText.Classify(session.Frame);
        return (Rows(image, 1, (x, y) => Cell(pixels[y * image.Width + x], image.GetPixel(x, y))), 2 * image.Width);
    }

    private static List<string> Rows(SKBitmap image, int step, Func<int, int, string> cell) =>
    [
        .. Enumerable.Range(0, (image.Height + step - 1) / step)
            .Select(row => string.Concat(Enumerable.Range(0, image.Width).Select(x => cell(x, row * step))) + Ansi.Plain),
    ];

    private string Cell(MiniPacmanPixel? pixel, SKColor colour) => pixel switch
    {
        MiniPacmanPixel.Wall => Paint("  ", White, new(70, 80, 130)),
        MiniPacmanPixel.Empty => Paint("  ", White, Black),
        MiniPacmanPixel.Food => Paint(" .", new(150, 150, 255), Black),
        MiniPacmanPixel.Pill => Paint("()", Black, new(0, 215, 215)),
        MiniPacmanPixel.Pacman => Paint(":)", Black, new(0, 215, 0)),
        MiniPacmanPixel.DangerousGhost => Paint("oo", White, new(215, 0, 0)),
        // Orange when its time is nearly up, yellow when it has just begun.
        MiniPacmanPixel.EdibleGhost => Paint("oo", Black, new(255, (byte)(95 + colour.Green * 160 / 255), 0)),
        _ => Paint("  ", White, colour),
    };

    private string Paint(string text, SKColor ink, SKColor paper) => Ansi.Ink(ink, trueColour) + Ansi.Paper(paper, trueColour) + text;

    private string Text(string text, SKColor ink, int width) =>
        Ansi.Ink(ink, trueColour) + (text.Length > width ? text[..width] : text) + Ansi.Plain;

    private static IEnumerable<string> Wrap(string text, int width)
    {
        StringBuilder line = new();
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        if (line.Length > 0)
            yield return line.ToString();
    }
}
