namespace WorldModels.Train.Distillation;

/// <summary>A folder for what is needed only while a command runs.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("worldmodels-").FullName;

    /// <summary>A place in it.</summary>
    public string Path(string name) => System.IO.Path.Combine(_path, name);

    /// <inheritdoc />
    public void Dispose() => Directory.Delete(_path, recursive: true);
}
