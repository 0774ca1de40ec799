using CommandLine;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Train.Distillation;

namespace WorldModels.Train;

[Verb("distill", HelpText = "Distil a bundle's policy into trees that people can read (ML.NET): the student plays, the teacher says what it would "
    + "have done. The result is an ordinary bundle: any tool and the runtime take it.")]
public sealed class DistillVerb : Verb
{
    [Value(0, MetaName = "bundle", Required = true, HelpText = "The teacher.")]
    public string Bundle { get; set; } = "";

    [Option("env", HelpText = "The environment (default: the one that the teacher was trained in).")]
    public string? Env { get; set; }

    [Option("learner", Default = "fast-tree", HelpText = "fast-tree, lightgbm or fast-forest.")]
    public string Learner { get; set; } = "";

    [Option("trees", Default = "100", HelpText = "Trees of each number of an action, or of each numbered action.")]
    public string Trees { get; set; } = "";

    [Option("leaves", Default = "64", HelpText = "Most leaves of a tree.")]
    public string Leaves { get; set; } = "";

    [Option("rounds", Default = "5", HelpText = "Rounds: in the first the teacher plays, then the student.")]
    public string Rounds { get; set; } = "";

    [Option("episodes", Default = "20", HelpText = "Episodes of a round.")]
    public string Episodes { get; set; } = "";

    [Option("history", Default = "1", HelpText = "Observations that a decision looks at: more than one for a teacher that remembers.")]
    public string History { get; set; } = "";

    [Option("evaluation-episodes", Default = "100", HelpText = "Episodes that teacher, student, random play and the control are judged by.")]
    public string EvaluationEpisodes { get; set; } = "";

    [Option("seed", Default = "0", HelpText = "Determines games and trees.")]
    public string Seed { get; set; } = "";

    [Option('o', "output", HelpText = "Folder of the bundle (default: runs/<env>-distill-<learner>-s<seed>/bundle).")]
    public string? Output { get; set; }

    public override int Run(TextWriter output)
    {
        DistillOptions options = new DistillOptions
        {
            Teacher = Bundle,
            Environment = Env is null ? null : EnvironmentRegistry.OwnName(Env),
            Learner = Arguments.Choices("learner", Learner, ForestBundle.Names.ToDictionary(pair => pair.Value, pair => pair.Key))[0],
            Trees = Arguments.WholeNumber("trees", Trees, least: 1),
            Leaves = Arguments.WholeNumber("leaves", Leaves, least: 2),
            Rounds = Arguments.WholeNumber("rounds", Rounds, least: 1),
            Episodes = Arguments.WholeNumber("episodes", Episodes, least: 1),
            History = Arguments.WholeNumber("history", History, least: 1),
            EvaluationEpisodes = Arguments.WholeNumber("evaluation-episodes", EvaluationEpisodes, least: 1),
            Seed = Arguments.Seed("seed", Seed),
        };
        Dagger dagger = new Dagger(options);
        string folder = Output
            ?? Path.Combine("runs", $"{dagger.Environment}-distill-{Learner}-s{options.Seed}", "bundle");
        if (Directory.Exists(folder) && !File.Exists(Path.Combine(folder, Manifest.FileName)) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UserException($"{folder} is not empty and holds no bundle; name another folder with --output.");
        using StopSignal stop = new();
        if (dagger.Run(folder, Progress.Create(), stop.Token) is not { } figures)
        {
            output.WriteLine("Stopped; nothing was written.");
            return ExitCode.Stopped;
        }
        foreach ((string name, double value) in figures)
            output.WriteLine(FormattableString.Invariant($"  {name,-36} {value:0.####}"));
        output.WriteLine($"{folder}: play it with tools play, read it with tools inspect.");
        return ExitCode.Done;
    }
}
