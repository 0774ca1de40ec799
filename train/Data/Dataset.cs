using WorldModels.Bundles;
using WorldModels.Recordings;

namespace WorldModels.Train.Data;

/// <summary>The episodes of a run, as it keeps them in its folder: one npz file each, and what they are of.</summary>
public static class Dataset
{
    /// <summary>Writes what a folder's episodes are of.</summary>
    /// <exception cref="UserException">The disk refused.</exception>
    public static void WriteSpec(string folder, DatasetSpec spec) => Disk.Write(Path.Combine(folder, DatasetSpec.FileName), spec.ToJson());

    /// <summary>Writes an episode.</summary>
    /// <exception cref="UserException">The disk refused.</exception>
    public static void Write(string path, Episode episode)
    {
        try
        {
            EpisodeFile.Write(path, episode);
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            throw Disk.Refused(path, exception);
        }
    }

    /// <summary>Reads an episode.</summary>
    /// <param name="path">The file.</param>
    /// <param name="observation">Shape of one observation.</param>
    /// <param name="actions">The actions.</param>
    /// <param name="extras">Columns that it must have beside those of every episode.</param>
    /// <exception cref="UserException">It is damaged, or has other shapes than the dataset.</exception>
    public static Episode Read(
        string path, IReadOnlyList<int> observation, ActionVectors actions, params IReadOnlyCollection<EpisodeColumn> extras)
    {
        Episode episode = ReadEpisode(path, extras);
        int records = episode.Records;
        RequireShape(path, EpisodeColumn.Observation, episode.Observations, [records, .. observation]);
        RequireShape(path, EpisodeColumn.Action, episode.Actions, [records, .. actions.Column.Shape]);
        if (!actions.Discrete)
            return episode;
        ReadOnlySpan<long> taken = episode.Actions.As<long>();
        for (int record = 1; record < records; record++)
        {
            if ((ulong)taken[record] >= (ulong)actions.Size)
            {
                throw new UserException(
                    $"{path}: action[{record}] is {taken[record]}; this dataset's actions are 0 to {actions.Size - 1}.");
            }
        }

        return episode;
    }

    private static Episode ReadEpisode(string path, IReadOnlyCollection<EpisodeColumn> extras)
    {
        Dictionary<string, NpyArray> arrays;
        try
        {
            arrays = EpisodeFile.ReadArrays(path, [.. extras.Select(column => column.Name)]);
        }
        catch (InvalidDataException exception)
        {
            throw new UserException($"Cannot read the episode {path}: {exception.Message}", exception);
        }
        try
        {
            Episode episode = EpisodeFile.ToEpisode(arrays);
            foreach (EpisodeColumn column in extras)
                column.Check(episode[column.Name], episode.Records);
            return episode;
        }
        catch (InvalidDataException exception)
        {
            throw new UserException($"{path}: {exception.Message}.", exception);
        }
    }

    private static void RequireShape(string path, string name, NpyArray array, int[] expected)
    {
        if (!array.Shape.SequenceEqual(expected))
            throw new UserException($"{path}: {name} is {array.Describe()}; this dataset has ({string.Join(", ", expected)}).");
    }
}
