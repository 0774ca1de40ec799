using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using SkiaSharp;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed partial class PlayScreenTests
{
    private string _bundle = "";

    [OneTimeSetUp]
    public void Write() => _bundle = FixtureBundle.World(agent: true);

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_bundle, recursive: true);

    [TestCase(80, 24)]
    [TestCase(200, 60)]
    [TestCase(50, 20)]
    [TestCase(30, 8)]
    [TestCase(1, 1)]
    public void AScreenFitsItsTerminal(int width, int height)
    {
        using PlaySession session = PlaySession.Open(new() { Bundle = _bundle });
        session.Tick();
        session.Press(PlayKey.Dream);
        session.Move(9);
        foreach (bool trueColour in (bool[])[false, true])
        {
            string[] lines = Text(new PlayScreen(trueColour).Compose(session, width, height)).Split("\r\n");
            Assert.That(lines, Has.Length.LessThanOrEqualTo(height));
            // The board itself is left to the terminal, which does not wrap.
            if (width >= 38)
                Assert.That(lines.Select(line => line.Length), Is.All.LessThanOrEqualTo(width));
        }
    }

    [Test]
    public void AScreenShowsBoardAndStatus()
    {
        using PlaySession session = PlaySession.Open(new() { Bundle = _bundle, Environment = "minipacman-avoid" });
        session.Tick();
        session.Tick();
        PlayStatus status = session.Status;
        string screen = new PlayScreen(trueColour: true).Compose(session, 80, 24), text = Text(screen);
        Assert.That(text, Does.Contain("minipacman-avoid   REAL GAME").And.Match(@"step +2"));
        Assert.That(text, Does.Match($@"value +{PlayStatus.Number(status.Value!.Value)}").And.Match($@"action +{status.LastAction}")
            .And.Match(@"player +agent").And.Contain($"> {status.NextAction}"));
        Assert.That(Regex.Count(text, @":\)"), Is.EqualTo(1));
        Assert.That(screen, Does.Contain("\e[48;2;0;215;0m:)"));
        session.Press(PlayKey.Dream);
        session.Press(PlayKey.Up);
        text = Text(new PlayScreen(trueColour: false).Compose(session, 80, 24));
        Assert.That(text, Does.Contain("DREAM").And.Match(@"step +1").And.Match(@"player +you").And.Match(@"goes on +\d"));
    }

    [TestCase(10, 6, 80, 20, 20, 6)] // two columns a pixel
    [TestCase(64, 64, 80, 32, 64, 32)] // two pixels a character
    [TestCase(64, 64, 80, 20, 32, 16)] // every second
    [TestCase(5, 7, 4, 40, 3, 2)]
    public void APictureFitsItsRoom(int imageWidth, int imageHeight, int width, int height, int columns, int lines)
    {
        SKBitmap image = new(imageWidth, imageHeight);
        image.Erase(new SKColor(10, 20, 30));
        image.SetPixel(0, 0, new SKColor(200, 100, 0));
        (IReadOnlyList<string> Lines, int Columns) picture = new PlayScreen(trueColour: true).Picture(image, width, height);
        Assert.That((picture.Columns, picture.Lines.Count), Is.EqualTo((columns, lines)));
        Assert.That(picture.Lines.Select(line => Text(line).Length), Is.All.EqualTo(columns));
        Assert.That(Regex.Count(picture.Lines[0], "200;100;0"), Is.EqualTo(1));
        Assert.That(picture.Lines.Skip(1), Is.All.Not.Contains("200;100;0"));
        string[] text = BoardText.Draw(image);
        Assert.That((text.Length, text[0].Length), Is.EqualTo((imageHeight, imageWidth)));
        Assert.That(text[0][..2], Is.EqualTo("- ")); // 300 and 60 of 765: the third and no step of nine
    }

    /// <summary>The whole program in a pseudo terminal, by util-linux' script.</summary>
    [Test]
    public void APersonPlaysInATerminal()
    {
        const string Script = "/usr/bin/script";
        if (!OperatingSystem.IsLinux() || !File.Exists(Script) || !File.Exists("/dev/pts/ptmx"))
            Assert.Ignore("This system gives no pseudo terminal: it takes script(1), and devpts mounted at /dev/pts.");
        string program = Path.Combine(TestContext.CurrentContext.TestDirectory, "WorldModels.Tools.dll");
        string command = $"stty rows 30 cols 100; dotnet '{program}' play '{_bundle}' --delay 3000";
        ProcessStartInfo start = new(Script, ["-qefc", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["TERM"] = "xterm-256color";
        using Process process = Process.Start(start)!;
        StringBuilder seen = new();
        Thread reader = new(() =>
        {
            Span<char> buffer = new char[4096];
            for (int count; (count = process.StandardOutput.Read(buffer)) > 0;)
            {
                lock (seen)
                    seen.Append(buffer[..count]);
            }
        });
        reader.Start();
        try
        {
            Awaits("REAL GAME");
            Type("\e[C", "player   you"); // arrow right
            Type("d", "DREAM");
            Type("\e[A", "goes on");
            Type("d", "REAL GAME");
            Type("q", "Return ");
            Assert.That(process.WaitForExit(20_000));
            Assert.That(process.ExitCode, Is.Zero);
            lock (seen)
            {
                string all = $"{seen}";
                int enter = all.IndexOf("\e[?1049h", StringComparison.Ordinal);
                int leave = all.IndexOf("\e[?25h\e[?1049l", StringComparison.Ordinal);
                Assert.That(enter, Is.GreaterThanOrEqualTo(0));
                Assert.That(leave, Is.GreaterThan(enter), "the cursor is back, and the first screen");
                Assert.That(all[leave..], Does.Contain("after 1 step of minipacman-regular"));
            }
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            reader.Join(5_000);
        }

        void Type(string keys, string answer)
        {
            int from;
            lock (seen)
                from = seen.Length; // what follows is the answer
            process.StandardInput.Write(keys);
            process.StandardInput.Flush();
            Awaits(answer, from);
        }

        void Awaits(string text, int from = 0)
        {
            bool found = SpinWait.SpinUntil(() =>
            {
                Thread.Sleep(20);
                lock (seen)
                    return Text(seen.ToString(from, seen.Length - from)).Contains(text, StringComparison.Ordinal);
            }, TimeSpan.FromSeconds(60));
            lock (seen)
                Assert.That(found, $"the terminal never showed '{text}', but: {Text(seen.ToString(from, seen.Length - from))}");
        }
    }

    private static string Text(string screen) => Sequence().Replace(screen, "");

    [GeneratedRegex(@"\e\[[?0-9;]*[a-zA-Z]")]
    private static partial Regex Sequence();
}
