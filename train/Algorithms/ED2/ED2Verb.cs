using CommandLine;

namespace WorldModels.Train.Algorithms;

[Verb("ed2", HelpText = "Dreamer whose dynamics is divided by groups of actuators, found from random play (Wang et al. 2021); or --set "
    + "groups=published, complete, human, wrong, vanilla, 0,1;2. Also discoveryThreshold, dynamics=v1, v2, v3, parametersOf=GROUPS.")]
public sealed class ED2Verb : LatentVerb
{
    [Option("discover", HelpText = "Only find groups of actuators, from random play or from --dataset: they are printed, and kept in the "
        + "run's folder with a picture of their tree. A run in the same folder takes them from there.")]
    public bool Discover { get; set; }

    public override int Run(TextWriter output)
    {
        if (!Discover)
            return base.Run(output);
        if (Resume is not null)
            throw new UserException("--discover is for a new run: name its folder with --run.");
        if (NoExport || Device is not null)
            throw new UserException($"--discover trains nothing: leave {(NoExport ? "--no-export" : "--device")} out.");
        Algorithm algorithm = Algorithm.Find("ed2");
        ED2Options options = (ED2Options)algorithm.Resolve(Preset ?? "small", Env, Seed, Assignments);
        if (options.Groups != ActionGroups.Discovered && Set.Any(assignment => OptionText.NameOf(options, Key(assignment)) == "groups"))
            throw new UserException($"--discover finds groups, and groups={options.Groups} says them: leave one of them out.");
        options = options with { Groups = ActionGroups.Discovered };     // whatever the preset trains with
        OptionText.RequireEffect(options, Assignments);
        ED2.CheckBeforePlaying(options);
        using RunFolder run = RunFolder.Create(
            RunPath ?? Path.Combine("runs", $"{options.Env}-ed2-discovery-s{options.Seed}"), algorithm.Name, options);
        GroupDiscovery.Find(options, run, Progress.Create()).Write(output);
        output.WriteLine($"Written: {run.File(GroupDiscovery.FileName)}, {run.File(GroupDiscovery.PictureName)}");
        return ExitCode.Done;
    }

    private static string Key(string assignment) => assignment.Split('=')[0].Trim();
}
