using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train;

/// <summary>A whole run from options to bundle, as the commands and the quickstart start it.</summary>
public static class Session
{
    private const string PopulationFolder = "population";

    /// <summary>Trains to the end or until stopped; then evaluates and exports.</summary>
    public static RunOutcome Run(
        RunFolder folder, Algorithm algorithm, TrainOptions options, Device device, IProgressReport progress, bool export, CancellationToken stop)
    {
        using ITrainer trainer = Libtorch.While(
            "making the networks", () => algorithm.Create(options, device, folder, progress),
            then: () => $"The run is as it was: --resume {folder.Path}");
        progress.Say($"{algorithm.Name} on {options.Env}: {trainer.Parameters.Count:N0} parameters, run folder {folder.Path}");
        foreach (Stage stage in algorithm.StagesBefore(trainer.Options, folder))
        {
            if (RunStage(folder, stage, device, progress, stop) == RunOutcome.Interrupted)
            {
                progress.Say($"Stopped before its own first update. Continue with: train {algorithm.Name} --resume {folder.Path}");
                return RunOutcome.Interrupted;
            }
        }

        TrainingRun run = new TrainingRun(folder, trainer, progress);
        if (run.Train(stop) == RunOutcome.Interrupted)
        {
            progress.Say($"Stopped at update {run.Updates} of {options.Updates}. Continue with: train {algorithm.Name} --resume {folder.Path}");
            return RunOutcome.Interrupted;
        }
        if (export)
            Ship(folder, trainer, run, folder.BundlePath, progress);
        return RunOutcome.Finished;
    }

    /// <summary>
    /// Runs what has to end before another run, in a folder inside that one's, or goes on with it: as any run, with the options that it now
    /// has, of which the fixed ones must be as they were.
    /// </summary>
    private static RunOutcome RunStage(RunFolder outer, Stage stage, Device device, IProgressReport progress, CancellationToken stop)
    {
        string path = outer.File(stage.Folder);
        bool begun = File.Exists(Path.Combine(path, "config.json"));
        if (begun && OptionText.OtherFixed(ReadOptions(path, stage.Algorithm), stage.Options) is { } other)
        {
            throw new UserException($"{path} was begun with {other}, and this run asks for another value. Delete it to learn the model anew, "
                + "or name another folder with --run.");
        }

        using RunFolder folder = begun ? RunFolder.Resume(path) : RunFolder.Create(path, stage.Algorithm.Name, stage.Options);
        if (begun)
            folder.WriteConfig(stage.Algorithm.Name, stage.Options);
        return Run(folder, stage.Algorithm, stage.Options, device, progress, export: true, stop);
    }

    /// <summary>Exports a run as its last checkpoint has it, without training.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="output">Folder of the bundle; null: one in the run's.</param>
    /// <param name="population">A search's population in place of what it found best; it is not evaluated.</param>
    /// <param name="progress">Told of it.</param>
    public static void ExportRun(string path, string? output, bool population, IProgressReport progress) => Libtorch.While(
        "exporting", () => LoadAndShip(path, output, population, progress), then: () => $"The run in {path} is as it was.");

    private static void LoadAndShip(string path, string? output, bool population, IProgressReport progress)
    {
        (string name, TrainOptions options) = ReadOptions(path);
        using RunFolder folder = RunFolder.Resume(path);
        Checkpoint checkpoint = Checkpoint.Read(folder.CheckpointPath);
        using ITrainer trainer = Algorithm.Find(name).Create(options, Devices.Open("cpu", options), folder, progress);
        if (output is not null && !trainer.Ships)
            throw new UserException($"{path} is a control experiment, which ships nothing. Without --output, it is evaluated.");
        trainer.Prepare(folder, progress, CancellationToken.None);
        TrainingRun run = new TrainingRun(folder, trainer, progress);
        run.Load(checkpoint);
        if (population)
            Write(folder, trainer, run, output ?? folder.File(PopulationFolder), trainer.BundleOfPopulation(), Measured.None, progress);
        else
            Ship(folder, trainer, run, output ?? folder.BundlePath, progress);
    }

    /// <summary>The algorithm and options of a run folder.</summary>
    public static (string Algorithm, TrainOptions Options) ReadOptions(string path)
    {
        (string name, System.Text.Json.Nodes.JsonObject config) = RunFolder.ReadConfig(path);
        try
        {
            TrainOptions options = Algorithm.Find(name).Read(JsonSerializer.SerializeToElement(config));
            OptionText.Validate(options);
            Algorithm.RequireEnvironment(options);
            return (name, options);
        }
        catch (Exception exception) when (exception is JsonException or UserException)
        {
            throw new UserException(
                $"{Path.Combine(path, "config.json")} does not hold the options of a run: {exception.Message} "
                + "Restore it, or start a new run.", exception);
        }
    }

    /// <summary>The options of a run folder that has to be one of <paramref name="algorithm"/>.</summary>
    public static TrainOptions ReadOptions(string path, Algorithm algorithm)
    {
        (string name, TrainOptions options) = ReadOptions(path);
        return name == algorithm.Name
            ? options
            : throw new UserException($"{path} is a run of {name}, not of {algorithm.Name}: train {name} --resume {path}");
    }

    private static void Ship(RunFolder folder, ITrainer trainer, TrainingRun run, string output, IProgressReport progress) => Libtorch.While(
        "evaluating and exporting", () => Export(folder, trainer, run, output, progress),
        then: () => $"The training is kept in {folder.CheckpointPath}; export it again: train export {folder.Path}");

    private static void Export(RunFolder folder, ITrainer trainer, TrainingRun run, string output, IProgressReport progress)
    {
        TrainOptions options = trainer.Options;
        IReadOnlyDictionary<string, double> figures =
            options.EvaluationEpisodes > 0 ? trainer.Evaluate(options.EvaluationEpisodes, progress) : new Dictionary<string, double>();
        foreach ((string figure, double value) in figures)
            progress.Say($"  {figure,-28} {value:0.####}");
        Disk.Write(folder.EvaluationPath, JsonSerializer.Serialize(figures, OptionText.Json) + "\n");
        if (!trainer.Ships)
        {
            progress.Say($"This ships nothing; its figures are in {folder.EvaluationPath}");
            return;
        }
        Write(folder, trainer, run, output, trainer.Bundle(), figures, progress);
    }

    private static void Write(RunFolder folder, ITrainer trainer, TrainingRun run, string output, BundleDefinition definition,
        IReadOnlyDictionary<string, double> figures, IProgressReport progress)
    {
        TrainOptions options = trainer.Options;
        TrainingSpec training = new TrainingSpec
        {
            Seed = options.Seed,
            Updates = run.Updates,
            Frames = trainer.Frames,
            Seconds = Math.Round(run.Seconds, 1),
            Device = trainer.Parameters.Device.ToString(),
            Config = OptionText.DescribeShipped(options),
            Figures = figures.ToDictionary(pair => pair.Key, pair => Math.Round(pair.Value, 6)),
        };
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(output));
        name = name is "bundle" or PopulationFolder ? $"{definition.Environment}-{definition.Algorithm}" : name;
        VerificationReport report = BundleExporter.Export(
            output, name, definition, trainer.Weights(), training, Metrics.Lines(folder.Path, run.Updates));
        progress.Say($"Exported and verified {output}");
        progress.Say(report.ToString()!);
    }
}
