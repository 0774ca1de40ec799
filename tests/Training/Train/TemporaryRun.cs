using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Train;

/// <summary>A run folder that is deleted at the end, and a plain loop of updates in it: no checkpoints, no metrics.</summary>
internal sealed class TemporaryRun : IDisposable
{
    private readonly RunFolder _folder;

    public TemporaryRun(string algorithm, TrainOptions options) =>
        _folder = RunFolder.Create(Directory.CreateTempSubdirectory("worldmodels-learning-").FullName, algorithm, options);

    /// <summary>The folder.</summary>
    public RunFolder Folder => _folder;

    /// <summary>Prepares a trainer, lets it do all its updates, and returns what the last one measured, and the evaluation after it.</summary>
    public IReadOnlyDictionary<string, double> Train(ITrainer trainer)
    {
        set_num_threads(trainer.Options.Threads);
        trainer.Prepare(_folder, Progress, CancellationToken.None);
        for (long update = 0; update < trainer.Options.Updates - 1; update++)
            trainer.Update(update, measure: false);
        IReadOnlyDictionary<string, double> last = trainer.Update(trainer.Options.Updates - 1, measure: true);
        return last.Concat(trainer.EvaluateBetween(trainer.Options.Updates)).ToDictionary();
    }

    /// <summary>Nobody looks at the bars of a test.</summary>
    public static IProgressReport Progress { get; } = new PlainProgress(TextWriter.Null);

    public void Dispose()
    {
        _folder.Dispose();
        Directory.Delete(_folder.Path, recursive: true);
    }
}
