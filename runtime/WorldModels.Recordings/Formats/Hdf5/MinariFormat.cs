using PureHDF.VOL.Native;

namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>Minari's data sets: one HDF5 file, a group an episode.</summary>
internal sealed class MinariFormat : IRecordingFormat
{
    /// <summary>The folder of the arrays in that of a data set.</summary>
    public const string DataFolder = "data";

    /// <summary>The file of the arrays.</summary>
    public const string FileName = "main_data.hdf5";

    /// <summary>What the groups of episodes are called, before their numbers.</summary>
    public const string EpisodePrefix = "episode_";

    /// <inheritdoc />
    public string Name => "Minari";

    /// <inheritdoc />
    public bool Recognises(string path)
    {
        if (Directory.Exists(path))
            return DataOf(path) is not null;
        return File.Exists(path) && (Path.GetFileName(path) == FileName || HasEpisodes(path));
    }

    /// <inheritdoc />
    public IRecordingReader Open(string path, RecordingOptions options)
    {
        if (options.Actions == ActionAlignment.Led)
        {
            throw new RecordingException($"'{path}': Minari keeps T actions between T + 1 observations, each taken at the one before it. "
                + "Leave out that they led there");
        }
        string? folder = File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path)) : DataOf(path);
        if (folder is null)
            throw new RecordingException($"There is no Minari data set in '{path}'. Expected {DataFolder}/{FileName} in it");
        MinariMetadata? metadata = MinariMetadata.Read(folder);
        if (metadata?.DataFormat is not (null or "hdf5"))
        {
            throw new RecordingException($"'{path}' is a Minari data set in the format {metadata.DataFormat}, and HDF5 is read. Convert "
                + "it: load it with minari, and pass its episodes to minari.create_dataset_from_buffers(..., data_format=\"hdf5\")");
        }
        return MinariReader.Open(File.Exists(path) ? path : Path.Combine(folder, FileName), metadata);
    }

    /// <summary>The folder of a data set's arrays: that one itself, or the one in it; null: neither is.</summary>
    private static string? DataOf(string path) => ((string[])[path, Path.Combine(path, DataFolder)]).FirstOrDefault(folder =>
    {
        bool isNamedSo = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)) == DataFolder;
        return File.Exists(Path.Combine(folder, FileName)) || (isNamedSo && File.Exists(Path.Combine(folder, MinariMetadata.FileName)));
    });

    /// <summary>Whether a file of another name has Minari's groups.</summary>
    private static bool HasEpisodes(string path)
    {
        if (!Hdf5Header.Recognises(path))
            return false;
        try
        {
            using Hdf5File file = new Hdf5File(path);
            return file.Read("its root", handle => handle.File.Children().Any(child =>
                child is NativeGroup && child.Name.StartsWith(EpisodePrefix, StringComparison.Ordinal)));
        }
        catch (RecordingException)
        {
            return false;       // whoever opens it will say what is wrong
        }
    }
}
