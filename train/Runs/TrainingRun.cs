using System.Diagnostics;

namespace WorldModels.Train;

/// <summary>How a run ended.</summary>
public enum RunOutcome { Finished, Interrupted }

/// <summary>Drives an <see cref="ITrainer"/> from its last checkpoint to its last update.</summary>
public sealed class TrainingRun(RunFolder folder, ITrainer trainer, IProgressReport progress)
{
    private long? _saved;   // update of the checkpoint on disk

    /// <summary>Wall-clock seconds spent in updates, over all sessions of this run.</summary>
    public double Seconds { get; private set; }

    /// <summary>Updates done.</summary>
    public long Updates { get; private set; }

    /// <summary>Trains until done or stopped. A checkpoint is written on the way, at the end, and when stopped.</summary>
    /// <exception cref="UserException">A loss is not finite, or the disk refused; the last checkpoint stands.</exception>
    public RunOutcome Train(CancellationToken stop)
    {
        Libtorch.While("preparing the run", () => Prepare(stop), then: () => $"Try it again: --resume {folder.Path}");
        if (stop.IsCancellationRequested)
            return RunOutcome.Interrupted;
        TrainOptions options = trainer.Options;
        Metrics metrics = new Metrics(folder.Path, Updates);
        using IProgressTask task = progress.Start("training", options.Updates, Updates);
        double before = Seconds;
        Stopwatch clock = Stopwatch.StartNew();
        long framesBefore = trainer.Frames;
        while (Updates < options.Updates)
        {
            bool last = stop.IsCancellationRequested;   // asked once: a signal that comes during the update is for the next one
            bool checkpoint = last || (Updates + 1) % options.CheckpointEvery == 0 || Updates + 1 == options.Updates;
            bool measure = checkpoint || (Updates + 1) % options.LogEvery == 0;
            IReadOnlyDictionary<string, double> values = Libtorch.While(
                $"training, at update {Updates}", () => trainer.Update(Updates, measure), then: () => Kept);
            Updates++;
            Seconds = before + clock.Elapsed.TotalSeconds;
            if (measure)
            {
                RequireFinite(values);
                IReadOnlyDictionary<string, double> evaluated = Libtorch.While(
                    $"evaluating after update {Updates}", () => trainer.EvaluateBetween(Updates), then: () => Kept);
                RequireFinite(evaluated);
                double framesPerSecond = (trainer.Frames - framesBefore) / clock.Elapsed.TotalSeconds;
                Dictionary<string, double> line = new Dictionary<string, double>(values.Concat(evaluated))
                {
                    ["seconds"] = Seconds, ["frames_per_second"] = framesPerSecond,
                };
                if (trainer.FramesAreEnvironmentSteps)
                    line["environment_steps"] = trainer.Frames;
                metrics.Write(Updates, trainer.Frames, line);
                task.Report(Updates, string.Join("  ", values.Take(4).Select(pair => $"{pair.Key} {pair.Value:G4}")));
            }
            if (checkpoint)
                Libtorch.While($"writing the checkpoint of update {Updates}", Save, then: () => Kept);
            if (last && Updates < options.Updates)
                return RunOutcome.Interrupted;
        }
        return RunOutcome.Finished;
    }

    private void Prepare(CancellationToken stop)
    {
        trainer.Prepare(folder, progress, stop);
        if (!stop.IsCancellationRequested && File.Exists(folder.CheckpointPath))
            Load(Checkpoint.Read(folder.CheckpointPath));
    }

    /// <summary>Continues from a checkpoint.</summary>
    public void Load(Checkpoint checkpoint)
    {
        Updates = checkpoint.Integer("updates");
        Seconds = checkpoint.Number("seconds");
        checkpoint.LoadParameters(trainer.Parameters);
        trainer.Load(checkpoint);
        _saved = Updates;
    }

    private void Save()
    {
        Checkpoint checkpoint = new Checkpoint();
        checkpoint.Set("updates", Updates);
        checkpoint.Set("seconds", Seconds);
        checkpoint.AddWeights(trainer.Weights());
        trainer.Save(checkpoint);
        if (checkpoint.NotFinite() is { } name)
            throw Diverged(name);
        checkpoint.Write(folder.CheckpointPath);
        _saved = Updates;
    }

    private void RequireFinite(IReadOnlyDictionary<string, double> values)
    {
        foreach ((string name, double value) in values)
        {
            if (!double.IsFinite(value))
                throw Diverged(name);
        }
    }

    private string Kept => $"{WhatIsKept}: --resume {folder.Path}";

    private string WhatIsKept => _saved is { } saved
        ? $"The checkpoint of update {saved} is kept in {folder.CheckpointPath}; continue from it"
        : "There is no checkpoint yet; begin again";

    private UserException Diverged(string name) =>
        new($"Training stopped at update {Updates}: {name} is no longer finite. {WhatIsKept} with a smaller step: "
            + $"--resume {folder.Path} --set {string.Join(' ', trainer.LearningRates.Select(name => name + "=..."))}");
}
