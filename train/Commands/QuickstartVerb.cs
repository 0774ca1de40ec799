using System.Diagnostics;
using CommandLine;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train;

[Verb("quickstart", HelpText = "The whole path in about five minutes: play MiniPacman, learn its world, ship it as ONNX, dream in it.")]
public sealed class QuickstartVerb : Verb
{
    [Option("run", Default = "runs/quickstart", HelpText = "Folder of the run. Running it again continues it.")]
    public string RunPath { get; set; } = "";

    [Option("device", Default = "cpu", HelpText = "cpu or cuda.")]
    public string DeviceName { get; set; } = "";

    [Option("set", HelpText = "Hyperparameters, as in: --set updates=2000", MetaValue = "key=value")]
    public IEnumerable<string> Set { get; set; } = [];

    [Option("seconds", Default = 1.5, HelpText = "Time for each figure in the table of speeds.")]
    public double Seconds { get; set; }

    public override int Run(TextWriter output)
    {
        if (Seconds is not (> 0 and < 3600))
            throw new UserException($"--seconds takes a number above 0 and below 3600, such as 1.5, not {Seconds}.");
        Stopwatch clock = Stopwatch.StartNew();
        IProgressReport progress = Progress.Create();
        Algorithm algorithm = Algorithm.Find("environment-model");
        bool again = File.Exists(Path.Combine(RunPath, "config.json"));
        TrainOptions options = again
            ? OptionText.Change(Session.ReadOptions(RunPath, algorithm), Set)
            : OptionText.With(algorithm.Preset("small"), Set);
        using (RunFolder folder = again ? RunFolder.Resume(RunPath) : RunFolder.Create(RunPath, algorithm.Name, options))
        {
            if (again)
                folder.WriteConfig(algorithm.Name, options);
            output.WriteLine("1. Play, learn, ship");
            using (StopSignal stop = new())
            {
                Device device = Devices.Open(DeviceName, options);
                if (Session.Run(folder, algorithm, options, device, progress, export: true, stop.Token) == RunOutcome.Interrupted)
                    return ExitCode.Stopped;
            }
            output.WriteLine();
            output.WriteLine("2. What it learnt, on games it never saw");
            Judge(Manifest.Load(folder.BundlePath).Training!.Figures, output);
            output.WriteLine();
            output.WriteLine("3. Dream in it, by ONNX Runtime alone");
            Dream(folder, Seconds, output);
        }
        output.WriteLine();
        output.WriteLine($"Done in {clock.Elapsed.TotalMinutes:F1} minutes. Look at {Path.Combine(RunPath, "dream.webp")}, then try:");
        output.WriteLine($"  dotnet run -c Release --project tools -- inspect {RunPath}/bundle");
        output.WriteLine($"  dotnet run -c Release --project tools -- bench {RunPath}/bundle --batch 1,64,1024 --simulator");
        return 0;
    }

    private static void Judge(IReadOnlyDictionary<string, double> figures, TextWriter output)
    {
        if (figures.Count == 0)
        {
            output.WriteLine("  not judged, since evaluationEpisodes is 0");
            return;
        }
        output.WriteLine($"  {"",-22}{"model",10}{"baseline",12}");
        void Line(string name, string figure, string? baseline, string what)
        {
            string other = baseline is null ? "" : $"{figures[baseline],12:P1}  {what}";
            output.WriteLine($"  {name,-22}{figures[figure],10:P1}{other}");
        }
        Line("exact next frame", "exact_frame", "exact_frame_copying",
            $"copying the frame (the rules allow about {figures["exact_frame_ceiling"]:P0} at most)");
        Line("with a ghost in sight", "with_ghosts_exact", "with_ghosts_exact_copying", "copying the frame");
        Line("cells that change", "changed_cells", null, "");
        Line("pacman's cell", "pacman_cell", null, "");
        Line("reward", "reward", "reward_majority", "always the commonest");
        Line("exact after 3 steps", "open_loop_3_exact", "open_loop_3_copying", "copying");
        Line("exact after 5 steps", "open_loop_5_exact", "open_loop_5_copying", "copying");
    }

    private static void Dream(RunFolder folder, double seconds, TextWriter output)
    {
        using WorldModel world = WorldModel.Load(folder.BundlePath);
        output.WriteLine($"  {world.ProviderReport}");
        DreamReport.WriteTable(world, batches: [1, 64, 1024], horizon: 15, seconds, simulator: true, output);
        DreamPicture.Save(world, folder.File("dream.png"), folder.File("dream.webp"));
    }
}
