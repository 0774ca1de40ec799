using CommandLine;
using WorldModels.Train.Sweeps;

namespace WorldModels.Train;

[Verb("sweep", HelpText = "Train an algorithm with each combination of values of some options, on several seeds: one table and one page at "
    + "the end. The same command again continues it; more values or seeds are added to it.")]
public sealed class SweepVerb : Verb
{
    [Value(0, MetaName = "algorithm", HelpText = "The algorithm (see: list).")]
    public string? AlgorithmName { get; set; }

    [Option("env", HelpText = "Environment (see: list).")]
    public string? Env { get; set; }

    [Option("preset", Default = "small", HelpText = "The preset that the options begin with: small, paper or debug.")]
    public string Preset { get; set; } = "";

    [Option("sweep", HelpText = "Options that vary, as in: --sweep learningRate=1e-3,3e-4 steps=5,20", MetaValue = "key=value,value")]
    public IEnumerable<string> Sweep { get; set; } = [];

    [Option("seeds", Default = "0-2", HelpText = "Seeds of each combination: 0,1,2 or 0-4.")]
    public string Seeds { get; set; } = "";

    [Option("set", HelpText = "Hyperparameters of all runs, as in: --set updates=2000", MetaValue = "key=value")]
    public IEnumerable<string> Set { get; set; } = [];

    [Option("dataset", HelpText = "Learn from the episodes (npz) in this folder, where the algorithm can.")]
    public string? Dataset { get; set; }

    [Option("device", Default = "cpu", HelpText = "cpu, or cuda, cuda:1 ...")]
    public string Device { get; set; } = "";

    [Option("jobs", Default = 1, HelpText = "Runs side by side, each a process of its own.")]
    public int Jobs { get; set; }

    [Option("run", HelpText = "Folder of the sweep (default: runs/sweep-<env>-<algorithm>-<preset>-<options>).")]
    public string? RunPath { get; set; }

    public override int Run(TextWriter output)
    {
        string[] known = [.. Algorithm.All.Select(algorithm => algorithm.Name)];
        if (AlgorithmName is null)
            throw new UsageException($"sweep needs an algorithm: {string.Join(", ", known)}. See: train sweep --help");
        if (Jobs is < 1 or > 256)
            throw new UserException($"--jobs takes a whole number from 1 to 256, not {Jobs}.");
        string[] set = Dataset is null ? [.. Set] : [$"dataset={Dataset}", .. Set];
        SweepPlan plan = SweepPlan.Create(
            Algorithm.Find(AlgorithmName), Preset, Env, set, [.. Sweep.Select(SweepAxis.Parse)], SweepPlan.ParseSeeds(Seeds));
        Devices.Open(Device, plan.Common);  // A device that is not there fails once, here, not in every run.
        using SweepFolder folder = SweepFolder.Open(RunPath ?? plan.DefaultPath, plan);
        using StopSignal stop = new();
        new SweepRunner(folder, plan.Algorithm, Device, Progress.Create()).Run(plan.Runs, Jobs, stop.Token);
        int finished = plan.Runs.Count(folder.IsFinished);
        if (stop.Token.IsCancellationRequested)
        {
            output.WriteLine($"Stopped: {finished} of {plan.Runs.Count} runs are finished. Continue with the same command.");
            return ExitCode.Stopped;
        }
        SweepTable table = new SweepTable(folder);
        output.WriteLine();
        table.Write(output);
        output.WriteLine();
        output.WriteLine($"Written: {string.Join(", ", table.Save())}");
        return finished == plan.Runs.Count ? 0 : throw new UserException(
            $"{plan.Runs.Count - finished} of {plan.Runs.Count} runs did not finish (see {folder.File("sweep.md")}). The same command "
            + "tries them again from their last checkpoints.");
    }
}
