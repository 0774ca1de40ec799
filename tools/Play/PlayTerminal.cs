using System.Diagnostics;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace WorldModels.Tools;

/// <summary>Plays in the terminal: draws, reads keys, keeps time, and leaves the terminal as it was, also when interrupted.</summary>
internal static class PlayTerminal
{
    private const int Poll = 10; // ms between looks at the keyboard
    private const int Pause = 1500; // ms an agent's finished episode stays on the screen

    /// <summary>Whether there is a terminal on both sides that can place its cursor.</summary>
    public static bool Exists(Page page) => page.IsTerminal && !Console.IsInputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    /// <summary>Plays until somebody quits, the process is asked to end, or enough moves are made.</summary>
    public static void Run(PlaySession session, int? steps)
    {
        PlayScreen screen = new(AnsiConsole.Profile.Capabilities.ColorSystem == ColorSystem.TrueColor);
        bool interrupted = false;
        using PosixSignalRegistration interrupt = On(PosixSignal.SIGINT), terminate = On(PosixSignal.SIGTERM);
        using PosixSignalRegistration hangUp = On(PosixSignal.SIGHUP);
        Console.Out.Write(Ansi.Enter);
        try
        {
            Stopwatch since = Stopwatch.StartNew();
            (int, int) size = default;
            bool changed = true;
            int moves = 0;
            while (!session.Quit && !interrupted && moves < (steps ?? int.MaxValue))
            {
                if (size != Size())
                    (size, changed) = (Size(), true);
                if (changed)
                    Console.Out.Write(screen.Compose(session, size.Item1, size.Item2));
                changed = false;
                int before = session.World.Steps;
                bool dreaming = session.Dreaming;
                if (Console.KeyAvailable)
                {
                    changed = Press(session, Console.ReadKey(intercept: true));
                    since.Restart();
                }
                else if (session.AgentPlays && since.ElapsedMilliseconds >= (session.World.Ending is null ? session.Delay : Pause))
                {
                    changed = session.Tick();
                    since.Restart();
                }
                else
                {
                    Thread.Sleep(Poll);
                }

                if (session.Dreaming == dreaming && session.World.Steps > before)
                    moves++;
            }
        }
        finally
        {
            Console.Out.Write(Ansi.Leave);
            Console.Out.Flush();
        }

        PosixSignalRegistration On(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true; // the loop ends and restores the terminal
            interrupted = true;
        });
    }

    /// <summary>Columns and lines; those of old if the terminal does not know its own.</summary>
    private static (int Width, int Height) Size() =>
        (Console.WindowWidth is > 0 and var width ? width : 80, Console.WindowHeight is > 0 and var height ? height : 24);

    private static bool Press(PlaySession session, ConsoleKeyInfo pressed)
    {
        PlayKey? key = pressed.Key switch
        {
            ConsoleKey.RightArrow => PlayKey.Right,
            ConsoleKey.UpArrow => PlayKey.Up,
            ConsoleKey.LeftArrow => PlayKey.Left,
            ConsoleKey.DownArrow => PlayKey.Down,
            ConsoleKey.Escape => PlayKey.Quit,
            _ => char.ToLowerInvariant(pressed.KeyChar) switch
            {
                '.' => PlayKey.Stay,
                ' ' => PlayKey.Agent,
                'd' => PlayKey.Dream,
                't' => PlayKey.Task,
                'r' => PlayKey.NewGame,
                '+' or '=' => PlayKey.Faster,
                '-' => PlayKey.Slower,
                'q' => PlayKey.Quit,
                _ => null,
            },
        };
        if (key is { } known)
            session.Press(known);
        else if (char.IsAsciiDigit(pressed.KeyChar))
            session.Move(pressed.KeyChar - '0');
        else
            return false;
        return true;
    }
}
