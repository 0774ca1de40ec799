using SkiaSharp;

namespace WorldModels.Tools;

/// <summary>Control sequences of terminals (ECMA-48 and xterm's private modes).</summary>
internal static class Ansi
{
    /// <summary>The second screen, empty, without cursor and without line wrap; what was on the first one stays there.</summary>
    public const string Enter = "\e[?1049h\e[?25l\e[?7l\e[2J";

    /// <summary>Undoes <see cref="Enter"/>.</summary>
    public const string Leave = "\e[0m\e[?7h\e[?25h\e[?1049l";

    public const string Home = "\e[H";
    public const string Plain = "\e[0m";
    public const string ClearLine = "\e[K";
    public const string ClearBelow = "\e[J";

    /// <summary>Between these two a terminal that knows them shows nothing half drawn; others ignore them.</summary>
    public const string Begin = "\e[?2026h", End = "\e[?2026l";

    /// <summary>Colour of letters.</summary>
    public static string Ink(SKColor colour, bool trueColour) => Select(38, colour, trueColour);

    /// <summary>Colour behind letters.</summary>
    public static string Paper(SKColor colour, bool trueColour) => Select(48, colour, trueColour);

    private static string Select(int layer, SKColor colour, bool trueColour) => trueColour
        ? $"\e[{layer};2;{colour.Red};{colour.Green};{colour.Blue}m"
        : $"\e[{layer};5;{16 + 36 * Level(colour.Red) + 6 * Level(colour.Green) + Level(colour.Blue)}m";

    /// <summary>The nearest of the six levels that the 256-colour cube has: 0, 95, 135, 175, 215, 255.</summary>
    private static int Level(byte value) => value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}
