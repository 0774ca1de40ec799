using System.Diagnostics;
using System.Text.Json.Nodes;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.Sweeps;

namespace WorldModels.Tests.Train;

/// <summary>Sweeps of values by seeds.</summary>
public sealed class SweepTests
{
    private static readonly string[] Tiny =
        ["a2c", "--preset", "debug", "--set", "logEvery=1", "checkpointEvery=4", "environments=2", "steps=2", "filters=2", "hidden=8"];

    private TinyRuns _runs = null!;

    [SetUp]
    public void Begin() => _runs = new();

    [TearDown]
    public void Delete() => _runs.Dispose();

    /// <summary>Each run is the one that train alone makes; seeds that are added later are trained, the others left as they are.</summary>
    [Test]
    public void TrainsEachCombinationWithEachSeedAndThenTheSeedsThatAreAdded()
    {
        string sweep = _runs["sweep"];
        string[] options = [.. Tiny, "updates=8", "evaluationEpisodes=2"];
        string[] command = ["sweep", .. options, "--sweep", "learningRate=1e-3,1e-2", "--jobs", "2", "--run", sweep, "--seeds"];
        ToolResult first = TrainTool.Succeed([.. command, "0,1"]);
        string[] names = ["learningRate=0.001-s0", "learningRate=0.01-s0", "learningRate=0.001-s1", "learningRate=0.01-s1"];
        Assert.That(Folders(sweep), Is.EquivalentTo(names));
        string alone = _runs.Train("alone", [.. options, "learningRate=1e-2", "--seed", "1"]);
        RunComparison.AssertSame(Path.Combine(sweep, "learningRate=0.01-s1"), alone);
        double[] returns = [.. names.Select(name => (double)Json(sweep, name, "evaluation.json")["return_sampled_mean"]!)];
        string[] table = Table(sweep);
        Assert.That(table, Has.Length.EqualTo(2));
        Assert.That(Cells(table[0])[..3], Is.EqualTo(new[] { "0.001", "2", Number((returns[0] + returns[2]) / 2) }));
        Assert.That(Cells(table[1])[..3], Is.EqualTo(new[] { "0.01", "2", Number((returns[1] + returns[3]) / 2) }));
        Assert.That(Cells(table[1])[3], Is.EqualTo(Number(Math.Abs(returns[1] - returns[3]) / Math.Sqrt(2))), "sample standard deviation");
        Assert.That(first.Output, Does.Contain("return_sampled").And.Contain("learningRate").And.Contain("sweep.html"));
        string page = File.ReadAllText(Path.Combine(sweep, "sweep.html"));
        Assert.That(page, Does.Contain("learningRate=0.001").And.Contain("mean and min–max of 2 seeds"));
        Assert.That(page, Does.Not.Contain("class=\"short\""));

        DateTime[] before = [.. names.Select(name => File.GetLastWriteTimeUtc(Path.Combine(sweep, name, "output.log")))];
        TrainTool.Succeed([.. command, "2"]);
        Assert.That(names.Select(name => File.GetLastWriteTimeUtc(Path.Combine(sweep, name, "output.log"))), Is.EqualTo(before));
        Assert.That(Folders(sweep), Has.Length.EqualTo(6));
        Assert.That(Table(sweep).Select(row => Cells(row)[1]), Is.EqualTo(new[] { "3", "3" }));
    }

    [Test, Platform("Linux"), Retry(3)]
    public void AStoppedSweepIsContinuedToTheSameEnd()
    {
        string sweep = _runs[$"sweep{TestContext.CurrentContext.CurrentRepeatCount}"], run = Path.Combine(sweep, "debug-s3");
        string[] command = ["sweep", .. Tiny, "updates=400", "evaluationEpisodes=0", "--seeds", "3", "--run", sweep];
        using (Process process = TrainTool.Start(command))
        {
            WaitFor(process, () => Updates(run) >= 40);
            TrainTool.Run(command).Refuses("Another process is running", sweep);
            Process.Start("bash", ["-c", $"kill -TERM {process.Id}"]).WaitForExit();
            ToolResult stopped = process.End();
            Assert.That((stopped.ExitCode, stopped.Error), Is.EqualTo((130, "")));
            Assert.That(stopped.Output, Does.Contain("Stopped: 0 of 1 runs are finished. Continue with the same command."));
        }
        Assert.That(RunFiles.UpdatesOf(run), Is.EqualTo(Updates(run)).And.GreaterThanOrEqualTo(40).And.LessThan(400));

        using (Process process = TrainTool.Start(command))
        {
            int from = Updates(run);
            WaitFor(process, () => Updates(run) >= from + 40);
            process.Kill();     // SIGKILL: its run notices that nobody is there any more, saves and ends
            process.End();
            Assert.That(() => RunFiles.UpdatesOf(run) == Updates(run), Is.True.After(20_000, 100));
            Assert.That(Updates(run), Is.LessThan(400));
        }
        Assert.That(() => CanBeOpened(Path.Combine(run, "lock")), Is.True.After(20_000, 100));

        TrainTool.Succeed(command);
        RunComparison.AssertSame(run, _runs.Train($"alone{TestContext.CurrentContext.CurrentRepeatCount}",
            [.. Tiny, "updates=400", "evaluationEpisodes=0", "--seed", "3"]));
    }

    /// <summary>Without an epsilon, RMSprop divides 0 by 0.</summary>
    [Test]
    public void ARunThatFailsIsToldAndTheOthersGoOn()
    {
        string sweep = _runs["sweep"];
        string[] command =
            ["sweep", .. Tiny, "updates=8", "evaluationEpisodes=0", "--sweep", "epsilon=0,1e-5", "--seeds", "0", "--run", sweep];
        TrainTool.Run(command).Refuses("1 of 2 runs did not finish", "sweep.md");
        string text = File.ReadAllText(Path.Combine(sweep, "sweep.md"));
        Assert.That(text, Does.Contain("- epsilon=0-s0 failed: Training stopped").And.Contain("no longer finite"));
        Assert.That(Table(sweep).Select(row => Cells(row)[1]), Is.EqualTo(new[] { "0 of 1", "1" }));
        string page = File.ReadAllText(Path.Combine(sweep, "sweep.html"));
        Assert.That(page, Does.Contain("<li>epsilon=0-s0 failed: Training stopped").And.Contain(">&#215;</text>"));

        string[] logs = [Path.Combine(sweep, "epsilon=0-s0", "output.log"), Path.Combine(sweep, "epsilon=1E-05-s0", "output.log")];
        DateTime[] before = [.. logs.Select(File.GetLastWriteTimeUtc)];
        TrainTool.Run(command).Refuses("1 of 2 runs did not finish");
        Assert.That(File.GetLastWriteTimeUtc(logs[0]), Is.GreaterThan(before[0]), "tried again");
        Assert.That(File.GetLastWriteTimeUtc(logs[1]), Is.EqualTo(before[1]), "left as it was");
    }

    [Test]
    public void OtherSettingsThanTheFoldersAreRefused()
    {
        string sweep = _runs["sweep"], config = Path.Combine(sweep, "steps=2-s0", "config.json");
        SweepPlan plan = Plan(["updates=8"], ["steps=2,3"], "0,1");
        using (SweepFolder folder = SweepFolder.Open(sweep, plan))
            folder.Prepare(plan.Runs[0], plan.Algorithm);
        string before = File.ReadAllText(Path.Combine(sweep, "sweep.json"));
        Refused(Plan(["updates=9"], ["steps=2,3"], "0"), "holds a sweep with updates=8, not 9");
        Refused(Plan(["updates=8"], ["stack=2,3"], "0"), "holds a sweep over steps, not over stack");
        Refused(Plan(["updates=8"], ["steps=2,3", "stack=2"], "0"), "holds a sweep over steps, not over stack and steps");
        Refused(Plan(["updates=8"], [], "0"), "holds a sweep over steps, not over seeds alone");
        Refused(Plan(["updates=8"], ["steps=2"], "0", "i2a"), "holds a sweep of a2c, not of i2a");
        Assert.That(File.ReadAllText(Path.Combine(sweep, "sweep.json")), Is.EqualTo(before));

        File.WriteAllText(config, File.ReadAllText(config).Replace("\"updates\": 8", "\"updates\": 7", StringComparison.Ordinal));
        Refused(plan, "steps=2-s0 was begun with updates=7, not 8");
        File.WriteAllText(Path.Combine(sweep, "sweep.json"), "{}");
        Refused(plan, "sweep.json does not describe a sweep");
        Assert.That(() => SweepFolder.Open(Path.Combine(sweep, "steps=2-s0"), plan),
            Throws.TypeOf<UserException>().With.Message.Contains("holds a run, not a sweep"));

        void Refused(SweepPlan other, string message) =>
            Assert.That(() => SweepFolder.Open(sweep, other), Throws.TypeOf<UserException>().With.Message.Contains(message));
    }

    [TestCase("a2c --sweep learningRte=1,2", "Unknown option 'learningRte'; did you mean 'learningRate'?")]
    [TestCase("a2c --sweep learningRate=1e-3,fast", "learningRate takes a finite number, not 'fast'")]
    [TestCase("a2c --sweep learningRate=1e-3,99", "learningRate must be between 0 and 10; it is 99")]
    [TestCase("a2c --sweep learningRate", "--sweep takes key=value,value ...", "not 'learningRate'")]
    [TestCase("a2c --sweep learningRate=1,,2", "--sweep takes key=value,value ...")]
    [TestCase("a2c --sweep seed=1,2", "The seeds of a sweep are given by --seeds")]
    [TestCase("a2c --set seed=1", "The seeds of a sweep are given by --seeds")]
    [TestCase("a2c --sweep gamma=0.9 gamma=0.8", "gamma is swept twice")]
    [TestCase("a2c --sweep gamma=0.9 --sweep Gamma=0.8", "gamma is swept twice")]
    [TestCase("a2c --sweep gamma=0.9 --set gamma=0.8", "gamma is both set and swept")]
    [TestCase("a2c --sweep env=minipacman --env minipacman", "env is both set and swept")]
    [TestCase("a2c --sweep env=minipacman,minipackman", "no environment 'minipackman'")]
    [TestCase("a2c --seeds 2-1", "--seeds takes numbers and ranges, such as 0,1,2 or 0-4, not '2-1'")]
    [TestCase("a2c --seeds 1,x", "--seeds takes numbers and ranges")]
    [TestCase("a2c --seeds 0-9999", "--seeds takes at most 1000 seeds")]
    [TestCase("a2c --jobs 0", "--jobs takes a whole number from 1 to 256, not 0")]
    [TestCase("a2c --preset smal", "no preset 'smal'")]
    [TestCase("a2c --device tpu", "Unknown device 'tpu'")]
    [TestCase("a2c --dataset nowhere", "Unknown option 'dataset'")]
    [TestCase("dreamer --preset debug --dataset nowhere", "nowhere': no such file or folder")]
    [TestCase("a2d", "Unknown algorithm 'a2d'")]
    public void IsRefusedBeforeAnythingRuns(string line, params string[] expected)
    {
        TrainTool.Run(["sweep", .. line.Split(' '), "--run", _runs["refused"]]).Refuses(expected);
        Assert.That(Directory.Exists(_runs["refused"]), Is.False);
    }

    [TestCase("", "sweep needs an algorithm: a2c, ")]
    [TestCase("a2c --seeds 1 --seeds 2", "--seeds is given twice")]
    [TestCase("a2c --sweeps x=1", "sweep has no option '--sweeps'; did you mean 'sweep'?")]
    [TestCase("a2c i2a", "'i2a' is one argument too many")]
    [TestCase("a2c --jobs two", "--jobs takes a whole number")]
    public void WrongUsage(string line, string expected) =>
        TrainTool.Run(["sweep", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).IsWrongUsage(expected);

    [Test]
    public void HelpSaysHowToSweepAndKeepsWhatOnlySweepsUseToItself()
    {
        Assert.That(TrainTool.Succeed("sweep", "--help").Output, Does.Contain("--sweep=key=value,value").And.Contain("--seeds")
            .And.Contain("--jobs").And.Contain("algorithm (pos. 0)"));
        Assert.That(TrainTool.Succeed("a2c", "--help").Output, Does.Not.Contain(TrainVerb.StopAtEndOfInputName));
        Assert.That(TrainTool.Run("a2c", "--nonsense").Error, Does.Not.Contain(TrainVerb.StopAtEndOfInputName));
    }

    [Test]
    public void ValuesBySeedsOfAnyOptions()
    {
        SweepPlan plan = Plan(["updates=8"], ["steps=2,3,2", "decay=1e-5"], "0-1,4");
        Assert.That(plan.Runs.Select(run => run.Name), Is.EqualTo(new[]
        {
            "decay=1E-05,steps=2-s0", "decay=1E-05,steps=3-s0", "decay=1E-05,steps=2-s1", "decay=1E-05,steps=3-s1",
            "decay=1E-05,steps=2-s4", "decay=1E-05,steps=3-s4",
        }));
        Assert.That(plan.Runs[3].Options, Is.EqualTo(Presets<A2COptions>.Embedded.Of("debug") with
        {
            Updates = 8,
            Seed = 1,
            Steps = 3,
            Decay = 1e-5,
        }));
        Assert.That(plan.DefaultPath, Is.EqualTo(Path.Combine("runs", "sweep-minipacman-a2c-debug-decay-steps")));
        Assert.That(SweepAxis.Parse("units=[64,64],[128],32").Values, Is.EqualTo(new[] { "[64,64]", "[128]", "32" }));
    }

    /// <summary>A preset is fitted to each environment, as with --env.</summary>
    [Test]
    public void EnvironmentsAreSweptAsTheyAreChosen()
    {
        Algorithm dreamer = Algorithm.Find("dreamer");
        SweepPlan plan = SweepPlan.Create(dreamer, "small", null, [], [SweepAxis.Parse("env=cartpole,pendulum")], [0]);
        Assert.That(plan.Runs.Select(run => run.Options), Is.EqualTo(new[] { "cartpole", "pendulum" }.Select(
            environment => dreamer.Resolve("small", environment, 0, []))));
    }

    /// <summary>What a file's name cannot hold, or what would make it long, is told apart all the same.</summary>
    [Test]
    public void FoldersHaveNamesOfTheirOwn()
    {
        string[] models = ["a/b", "a_b", "a:b", new('x', 100), new('x', 101)];
        string[] names = [.. Plan([], [$"model={string.Join(',', models)}"], "0", "i2a").Runs.Select(run => run.Name)];
        Assert.That(names, Is.Unique.And.Length.EqualTo(5).And.All.Length.LessThan(80).And.All.Matches("^[a-zA-Z0-9=_~-]+$"));
    }

    private static SweepPlan Plan(string[] set, string[] axes, string seeds, string algorithm = "a2c") => SweepPlan.Create(
        Algorithm.Find(algorithm), "debug", null, set, [.. axes.Select(SweepAxis.Parse)], SweepPlan.ParseSeeds(seeds));

    private static string[] Folders(string sweep) => [.. Directory.GetDirectories(sweep).Select(folder => Path.GetFileName(folder))];

    private static JsonNode Json(params string[] path) => JsonNode.Parse(File.ReadAllText(Path.Combine(path)))!;

    /// <summary>The rows of sweep.md's table.</summary>
    private static string[] Table(string sweep) =>
        [.. File.ReadAllLines(Path.Combine(sweep, "sweep.md")).Where(line => line.StartsWith('|')).Skip(2)];

    private static string[] Cells(string row) => [.. row.Trim('|').Split('|').Select(cell => cell.Trim())];

    private static string Number(double value) => WorldModels.Measure.Figures.Number(value);

    private static int Updates(string run) => File.Exists(RunFiles.Metrics(run)) ? File.ReadLines(RunFiles.Metrics(run)).Count() : 0;

    private static bool CanBeOpened(string file)
    {
        try
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void WaitFor(Process process, Func<bool> condition)
    {
        while (!condition() && !process.HasExited)
            Thread.Sleep(1);
    }
}
