using System.Diagnostics;
using System.Text.RegularExpressions;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Runtime;

namespace WorldModels.Tests.Native;

/// <summary>
/// The native library as others get it: published once, used by C and by Python from other folders than its own, without .NET.
/// </summary>
public sealed partial class NativeLibraryTests
{
    private const string Library = "libworldmodels.so";

    private static readonly string Sources = Path.Combine(Repository.Root, "runtime", "WorldModels.Native");
    private static readonly string Samples = Path.Combine(Repository.Root, "runtime", "samples", "native");

    private string _work = "";
    private string _published = "";

    [OneTimeSetUp]
    public void Publish()
    {
        if (!OperatingSystem.IsLinux() || Find("gcc") is null)
            Assert.Ignore("Skipped: publishing the native library takes Linux and gcc (Debian: apt-get install gcc libc6-dev).");
        _work = Directory.CreateTempSubdirectory("worldmodels-native").FullName;
        _published = Path.Combine(_work, "published");
        Dotnet.Run(Repository.Root, "publish", Sources, "-c", Dotnet.Configuration, "-o", _published);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        if (_work.Length > 0)
            Directory.Delete(_work, recursive: true);
    }

    [Test]
    public void ThreeFilesAreAllThatShips() => Assert.That(
        Directory.EnumerateFiles(_published).Select(Path.GetFileName), Is.EquivalentTo([Library, "libonnxruntime.so", "worldmodels.h"]));

    /// <summary>The C sample plays and dreams what the runtime plays and dreams.</summary>
    [TestCase("cartpole-dreamer")]
    [TestCase("pendulum-dreamer")]
    [TestCase("minipacman-a2c")]
    public void CPlaysAndDreams(string bundle)
    {
        string output = Run(Compile(Path.Combine(Samples, "play.c")), _published, Zoo(bundle), "3");
        Assert.That(output, Is.EqualTo(Expected(bundle, seed: 3)));
    }

    [Test]
    public void CPlansWhereThereIsNoPolicy() => Assert.That(
        Run(Compile(Path.Combine(Samples, "play.c")), _published, Zoo("cartpole-swingup-planet"), "3"),
        Does.Match(@"^cartpole-swingup: 125 actions, return \d{3}\.\d{3}\n"));

    [TestCase("cartpole-dreamer")]
    [TestCase("pendulum-dreamer")]
    public void PythonPlaysAndDreams(string bundle) =>
        Assert.That(Python("play.py", Zoo(bundle), "3"), Is.EqualTo(Expected(bundle, seed: 3)));

    [TestCase("cartpole-dreamer", @"Discrete\(2\)", @"100\.000")]
    [TestCase("cartpole-swingup-dreamer", @"Box\(-1\.0, 1\.0, \(1,\)(, float32)?\)", @"\d+\.\d{3}")]
    public void PythonDrivesSimulatorsInGymnasiumsInterface(string bundle, string actions, string eight)
    {
        string[] lines = Python("gymnasium_env.py", Zoo(bundle), "3").Split('\n');
        string sum = Return().Match(Expected(bundle, seed: 3)).Value;
        string observations = @"Box\(-inf, inf, \(\d,\)(, float32)?\)";
        Assert.That(lines[0], Does.Match($@"^{Describe(bundle).Environment}, {observations}, {actions}: \d+ actions, ").And.EndsWith(sum));
        Assert.That(lines[1], Does.Match(@"^a picture of \d{6} bytes$"));
        Assert.That(lines[2], Does.Match($@"^8 side by side: {eight} in 100 steps$"));
    }

    [Test]
    public void ThePagesSampleRuns()
    {
        string source = Path.Combine(_work, "app.c");
        File.WriteAllText(source, Code().Match(File.ReadAllText(Path.Combine(Sources, "README.md"))).Groups[1].Value);
        Assert.That(Run(Compile(source), _published, Zoo("pendulum-dreamer")), Does.Match(@"^-?[012]\.\d{3}\n$"));
    }

    [Test]
    public void TimesAreMeasured() => Assert.That(
        Run(Compile(Path.Combine(Samples, "timing.c")), _published, Zoo("lunarlander-sacx"), "50"),
        Does.Match(@"^engines begun .* ms, loaded .* ms, first action \d+ us, then median \d+\.\d us, p99 \d+\.\d us\n$"));

    [Test]
    public void MistakesAreStatusesAndTexts() => Assert.That(
        Run(Compile(Path.Combine(Repository.Root, "tests/Running/Native/misuse.c"), "-lpthread"), _published, Zoo("pendulum-dreamer")),
        Does.StartWith("0 failures, "));

    [Test]
    public void WithoutOnnxRuntimeThereIsAMessage()
    {
        string alone = Directory.CreateDirectory(Path.Combine(_work, "alone")).FullName;
        File.Copy(Path.Combine(_published, Library), Path.Combine(alone, Library), overwrite: true);
        string error = Run(Compile(Path.Combine(Samples, "play.c")), alone, [Zoo("pendulum-dreamer")], exitCode: 1).Error;
        Assert.That(error, Does.StartWith("error 7: ONNX Runtime is not there: its library (libonnxruntime.so"));
    }

    /// <summary>What the header declares is what the library has, and what its page says.</summary>
    [Test]
    public void HeaderAndPageNameEachFunction()
    {
        string header = Comment().Replace(File.ReadAllText(Path.Combine(Sources, "worldmodels.h")), "");
        string[] declared = [.. Declaration().Matches(header).Select(match => match.Groups[1].Value)];
        string[] exported = [.. Directory.EnumerateFiles(Sources, "*.cs")
            .SelectMany(file => EntryPoint().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))];
        Assert.That(declared, Is.EquivalentTo(exported).And.Length.GreaterThan(30));
        string page = File.ReadAllText(Path.Combine(Sources, "README.md"));
        Assert.That(declared.Where(name => !page.Contains($"`{name}`")), Is.Empty);
    }

    /// <summary>What the samples print: an episode played by the runtime itself, and a dream of 16 rows and 15 steps.</summary>
    private static string Expected(string bundle, ulong seed)
    {
        Manifest manifest = Describe(bundle);
        int repeat = manifest.ActionRepeat ?? 1;
        using Controller controller = Controller.Load(Zoo(bundle), new() { Batch = 1, Deterministic = true });
        (int steps, double sum) = EnvironmentRegistry.Find(manifest.Environment) switch
        {
            EnvironmentSpec<long> discrete => Play<long>(discrete.Make(), seed, repeat, (seen, act) => controller.Act(seen, act)),
            EnvironmentSpec spec =>
                Play<float>(((EnvironmentSpec<float>)spec).Make(), seed, repeat, (seen, act) => controller.Act(seen, act)),
        };
        string played = FormattableString.Invariant($"{manifest.Environment}: {steps} actions, return {sum:F3}\n");
        if (!manifest.Graphs.ContainsKey("dream"))
            return played;
        using WorldModel world = WorldModel.Load(Zoo(bundle));
        using Dream dream = world.Dream(16, 15);
        DreamBatch dreamed = dream.Run(seed);
        double mean = Enumerable.Range(0, 15).Sum(t => dreamed.Rewards(t).ToArray().Sum(reward => reward / 16.0));
        return played + FormattableString.Invariant($"dreamed return of 15 steps: {mean:F4}\n");
    }

    private static (int Steps, double Return) Play<TAction>(
        IEnvironment<TAction> played, ulong seed, int repeat, Action<float[], TAction[]> act) where TAction : unmanaged
    {
        ActionRepeat<TAction> environment = new(played, repeat);
        float[] observation = new float[environment.ObservationSpace.Size];
        TAction[] action = new TAction[environment.ActionSpace.Size];
        environment.Reset(seed, observation);
        StepResult result = default;
        (int steps, double sum) = (0, 0.0);
        while (!result.Done)
        {
            act(observation, action);
            result = environment.Step(action, observation);
            sum += result.Reward;
            steps++;
        }
        return (steps, sum);
    }

    private static Manifest Describe(string bundle) => Manifest.Load(Zoo(bundle), verifyHashes: false);

    private static string Zoo(string bundle) => Path.Combine(Repository.Root, "models", "zoo", bundle);

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Compiles a program into a folder of its own, without a warning.</summary>
    private string Compile(string source, params string[] more)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_work, "programs")).FullName;
        string program = Path.Combine(folder, Path.GetFileNameWithoutExtension(source));
        string[] arguments = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-I", _published, source, "-o", program];
        Run(Find("gcc")!, _published, [.. arguments, "-L", _published, "-lworldmodels", .. more], exitCode: 0);
        return program;
    }

    private string Python(string sample, params string[] arguments)
    {
        string python = Find("python3") ?? "";
        if (python.Length == 0)
            Assert.Ignore("Skipped: the Python samples take Python 3 (Debian: apt-get install python3).");
        return Run(python, null, ["-B", Path.Combine(Samples, sample), Path.Combine(_published, Library), .. arguments], 0).Output;
    }

    private string Run(string program, string libraries, params string[] arguments) => Run(program, libraries, arguments, 0).Output;

    /// <summary>
    /// Runs a program in a folder that is neither its own nor the library's, knowing of no .NET; what is linked to the library has to be
    /// told where that is, and it finds ONNX Runtime beside itself.
    /// </summary>
    private (string Output, string Error) Run(string program, string? libraries, string[] arguments, int exitCode)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = Directory.CreateDirectory(Path.Combine(_work, "elsewhere")).FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] kept = ["PATH", "HOME"];
        foreach (string name in start.Environment.Keys.Except(kept).ToList())
            start.Environment.Remove(name);
        if (libraries is not null)
            start.Environment["LD_LIBRARY_PATH"] = libraries;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(exitCode), $"{program} {string.Join(' ', arguments)}\n{output}\n{error.Result}");
        return (output, error.Result);
    }

    [GeneratedRegex(@"return -?\d+\.\d{3}")]
    private static partial Regex Return();

    [GeneratedRegex("```c\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^[a-z0-9_ *]+?\b(wm_\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex("EntryPoint = \"(wm_\\w+)\"")]
    private static partial Regex EntryPoint();
}
