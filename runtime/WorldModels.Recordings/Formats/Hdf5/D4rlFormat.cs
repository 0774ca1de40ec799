namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>D4RL's files: arrays of rows, in which flags mark where episodes end.</summary>
internal sealed class D4rlFormat : IRecordingFormat
{
    /// <inheritdoc />
    public string Name => "D4RL";

    /// <summary>Whether it is any HDF5 file but Minari's: what it lacks to be D4RL's, opening it will say.</summary>
    public bool Recognises(string path) => File.Exists(path) && Hdf5Header.Recognises(path) && !new MinariFormat().Recognises(path);

    /// <inheritdoc />
    public IRecordingReader Open(string path, RecordingOptions options)
    {
        if (options.Actions == ActionAlignment.Led)
        {
            throw new RecordingException($"'{path}': D4RL's rows hold an observation and the action taken at it. Leave out that actions "
                + "led there, or write the rows so");
        }
        Hdf5File file = new Hdf5File(path);
        try
        {
            return file.Read("its list of arrays", handle => D4rlReader.Open(file, handle));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
