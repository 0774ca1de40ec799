using System.Diagnostics;
using WorldModels.Train;

namespace WorldModels.Tests.Train;

/// <summary>A disk that is really full: one message, nothing lost, and on it goes when there is space.</summary>
[Platform("Linux")]
public sealed class FullDiskTests
{
    private static readonly string[] Wide = [.. TinyRuns.A2C, "filters=8", "hidden=100"];     // checkpoints of about 300 KB

    [TestCase(0)]
    [TestCase(40)]
    [TestCase(200)]
    public void KeepsTheCheckpointFromBefore(int kilobytesLeft)
    {
        using TinyRuns runs = new TinyRuns();
        using SmallDisk disk = new SmallDisk(runs["disk"], megabytes: 4);
        string whole = runs.Train("whole", [.. Wide, "updates=12"]), run = runs.Train("disk/run", Wide);
        byte[] before = File.ReadAllBytes(RunFiles.Checkpoint(run));

        disk.FillUpTo(kilobytesLeft);
        TrainTool.Run("a2c", "--resume", run, "--set", "updates=12", "--no-export")
            .Refuses("Cannot write", run, "No space left on device", "free some space");
        Assert.That(File.ReadAllBytes(RunFiles.Checkpoint(run)), Is.EqualTo(before));
        Assert.That(Directory.EnumerateFiles(run, "*.tmp"), Is.Empty);

        disk.Empty();
        TrainTool.Succeed("a2c", "--resume", run, "--set", "updates=12", "--no-export");
        RunComparison.AssertSame(run, whole);
    }

    [Test]
    public void ExportsAgainWhenThereIsSpace()
    {
        using TinyRuns runs = new TinyRuns();
        using SmallDisk disk = new SmallDisk(runs["disk"], megabytes: 8);
        string run = runs.Train("disk/run", Wide);
        TrainTool.Succeed("export", run);
        string[] bundle = [.. Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories)];

        disk.FillUpTo(kilobytesLeft: 100);
        TrainTool.Run("export", run).Refuses("Cannot write", Path.Combine(run, "bundle"), "No space left on device", "untouched");
        Assert.That(Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories), Is.EquivalentTo(bundle));
        TrainTool.Succeed("verify", Path.Combine(run, "bundle"), "--run", run);

        disk.Empty();
        TrainTool.Succeed("export", run);
    }

    [Test]
    public void RecordsAgainWhenThereIsSpace()
    {
        using TinyRuns runs = new TinyRuns();
        using SmallDisk disk = new SmallDisk(runs["disk"], megabytes: 1);
        disk.FillUpTo(kilobytesLeft: 80);
        TrainTool.Run([.. TinyRuns.EnvironmentModel, "frames=1000", "--run", runs["disk/run"]])
            .Refuses("Cannot write", Path.Combine(runs["disk/run"], "replay"), "No space left on device");
        Assert.That(Directory.EnumerateDirectories(runs["disk/run"], "replay*"), Is.Empty, "no half of a replay");

        disk.Empty();
        TrainTool.Succeed([.. TinyRuns.EnvironmentModel, "frames=1000", "--run", runs["disk/run"], "--no-export"]);
    }

    [Test]
    public void EventsThatItRefusesAreOneMessage()
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs["run"], board = Path.Combine(run, "tensorboard");
        using SmallDisk disk = new SmallDisk(board, megabytes: 1);
        Dictionary<string, double> values = new() { ["loss"] = 0.5 };
        Metrics metrics = new Metrics(run, 0);
        int update = 0;
        Write();
        disk.FillUpTo(kilobytesLeft: 0);
        UserException refusal = Assert.Throws<UserException>(() =>
        {
            while (update < 1000)
                Write();
        });
        Assert.That(refusal.Message, Does.StartWith($"Cannot write {board}").And.Contain("No space left on device").And.Contain("free some"));

        disk.Empty();
        int kept = update -= 3;
        metrics = new Metrics(run, kept);
        Write();
        Assert.That(TensorBoardEvents.Of(run).Select(scalar => scalar.Step), Is.EqualTo(Enumerable.Range(1, kept + 1)));

        void Write()
        {
            update++;
            metrics.Write(update, update, values);
        }
    }

    /// <summary>The same without a disk of our own: the system refuses files that grow beyond a limit.</summary>
    [Test]
    public void KeepsTheCheckpointWhereFilesMayNotGrow()
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs.Train("run", Wide);
        byte[] before = File.ReadAllBytes(RunFiles.Checkpoint(run));
        // The limit is in blocks of 1024 bytes. .NET's own executable memory is a file too, unless this is switched off.
        using Process process = TrainTool.StartInShell("trap '' XFSZ; ulimit -f 100; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"",
            "a2c", "--resume", run, "--set", "updates=12", "--no-export");
        process.End().Refuses("Cannot write", RunFiles.Checkpoint(run), "free some space");
        Assert.That(File.ReadAllBytes(RunFiles.Checkpoint(run)), Is.EqualTo(before));
        TrainTool.Succeed("a2c", "--resume", run, "--no-export");
        Assert.That(RunFiles.UpdatesOf(run), Is.EqualTo(12));
    }

    /// <summary>A file system of a few megabytes in memory, which only root can make.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly string _path;

        public SmallDisk(string path, int megabytes)
        {
            _path = path;
            Directory.CreateDirectory(path);
            if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", path) != 0)
                Assert.Ignore("This user may not mount a file system.");
        }

        /// <summary>Leaves this much space and no more.</summary>
        public void FillUpTo(int kilobytesLeft)
        {
            long free = new DriveInfo(_path).AvailableFreeSpace - kilobytesLeft * 1024L;
            using FileStream filler = File.Create(Path.Combine(_path, "filler"));
            byte[] block = new byte[4096];
            for (long written = 0; written + block.Length <= free; written += block.Length)
                filler.Write(block);
        }

        public void Empty() => File.Delete(Path.Combine(_path, "filler"));

        public void Dispose() => Run("umount", _path);

        private static int Run(string program, params string[] args)
        {
            using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
