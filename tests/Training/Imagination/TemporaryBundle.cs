using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Imagination;

/// <summary>A run that is trained to its end, its bundle and its folder; deleted at the end.</summary>
internal sealed class TemporaryBundle : IDisposable
{
    private readonly RunFolder _folder;

    public TemporaryBundle(string algorithm, TrainOptions options)
    {
        _folder = RunFolder.Create(Directory.CreateTempSubdirectory("worldmodels-bundle-").FullName, algorithm, options);
        PlainProgress silent = new PlainProgress(TextWriter.Null);
        RunOutcome outcome = Session.Run(_folder, Algorithm.Find(algorithm), options, CPU, silent, export: true, CancellationToken.None);
        Assert.That(outcome, Is.EqualTo(RunOutcome.Finished));
    }

    public string Run => _folder.Path;

    public string Bundle => _folder.BundlePath;

    public void Dispose()
    {
        _folder.Dispose();
        Directory.Delete(_folder.Path, recursive: true);
    }
}
