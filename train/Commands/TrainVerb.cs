using CommandLine;
using WorldModels.Recordings;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>Training in latent space, which can do without an environment.</summary>
public abstract class LatentVerb : TrainVerb
{
    [Option("dataset", HelpText = "Learn from recordings: a folder of npz episodes, a Minari data set, a D4RL file; without --env nothing "
        + "is played at all.")]
    public string? Dataset { get; set; }

    protected override IEnumerable<string> Assignments => SetWith("dataset", Dataset is null ? null : Recording.Locate(Dataset));
}

/// <summary>Trains, evaluates and exports. The same options for every algorithm; hyperparameters by <c>--set key=value</c>.</summary>
public abstract class TrainVerb : Verb
{
    [Option("env", HelpText = "Environment (see: list).")]
    public string? Env { get; set; }

    [Option("preset", HelpText = "small (default): learns on two CPU cores; paper: published sizes; debug: seconds.")]
    public string? Preset { get; set; }

    [Option("set", HelpText = "Hyperparameters, as in: --set learningRate=1e-3 updates=2000", MetaValue = "key=value")]
    public IEnumerable<string> Set { get; set; } = [];

    [Option("seed", HelpText = "Seed of everything drawn.")]
    public long? Seed { get; set; }

    [Option("device", HelpText = "cpu (default) or cuda, cuda:1 ...")]
    public string? Device { get; set; }

    [Option("run", HelpText = "Folder of the run (default: runs/<env>-<algorithm>-<preset>-s<seed>).")]
    public string? RunPath { get; set; }

    [Option("resume", HelpText = "Continue the run in this folder from its last checkpoint.")]
    public string? Resume { get; set; }

    [Option("no-export", HelpText = "Do not evaluate and export at the end.")]
    public bool NoExport { get; set; }

    /// <summary>Stop as at Ctrl-C when the standard input ends: a process that started this one has ended, or wants it to.</summary>
    [Option(StopAtEndOfInputName, Hidden = true)]
    public bool StopAtEndOfInput { get; set; }

    /// <summary>Name of <see cref="StopAtEndOfInput"/> on the command line.</summary>
    public const string StopAtEndOfInputName = "stop-at-end-of-input";

    /// <summary>Hyperparameters that were set.</summary>
    protected virtual IEnumerable<string> Assignments => Set;

    /// <summary>What was set, with an option that has an argument of its own; null where that was not given.</summary>
    /// <exception cref="UserException">It is set as well.</exception>
    protected IEnumerable<string> SetWith(string option, string? value)
    {
        if (value is null)
            return Set;
        string? other = Set.FirstOrDefault(
            assignment => assignment.Split('=')[0].Trim().Equals(option, StringComparison.OrdinalIgnoreCase));
        return other is null ? [$"{option}={value}", .. Set]
            : throw new UserException($"{option} is given by --{option} and by --set {other}: leave one of them away.");
    }

    public override int Run(TextWriter output)
    {
        if (Resume is not null && (RunPath is not null || Preset is not null || Env is not null))
            throw new UserException("--resume continues a run as it was started; it goes with --set and --device only.");
        Algorithm algorithm = Algorithm.All.First(known => known.Command == GetType());
        TrainOptions options = Resume is null ? algorithm.Resolve(Preset ?? "small", Env, Seed, Assignments) : Stored(algorithm, Resume);
        OptionText.RequireEffect(options, Assignments);
        Device device = Devices.Open(Device ?? "cpu", options);
        string path = Resume ?? RunPath ?? Path.Combine("runs", $"{options.Env}-{algorithm.Name}-{Preset ?? "small"}-s{options.Seed}");
        using RunFolder folder = Resume is null ? RunFolder.Create(path, algorithm.Name, options) : RunFolder.Resume(path);
        if (Resume is not null)
            folder.WriteConfig(algorithm.Name, options);
        foreach ((string key, string value) in OptionText.Describe(options))
            output.WriteLine($"  {key,-20} {value}");
        using StopSignal stop = new();
        if (StopAtEndOfInput)
            StopAtEnd(Console.OpenStandardInput(), stop);
        RunOutcome outcome = Session.Run(folder, algorithm, options, device, Progress.Create(), export: !NoExport, stop.Token);
        return outcome == RunOutcome.Finished ? ExitCode.Done : ExitCode.Stopped;
    }

    private static void StopAtEnd(Stream input, StopSignal stop) => new Thread(() =>
    {
        while (input.ReadByte() >= 0)
        {
        }
        try
        {
            stop.Request();
        }
        catch (ObjectDisposedException)
        {
            // The run has ended before.
        }
    })
    { IsBackground = true }.Start();

    private TrainOptions Stored(Algorithm algorithm, string path)
    {
        TrainOptions options = Session.ReadOptions(path, algorithm);
        if (Seed is { } seed && seed != options.Seed)
            throw new UserException($"{path} was started with seed {options.Seed}; another seed is another run: start it with --run.");
        return OptionText.Change(options, Assignments);
    }
}
