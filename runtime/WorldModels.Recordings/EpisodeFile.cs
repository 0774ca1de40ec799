using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>
/// An episode on disk: an npz file, as numpy opens it, of its columns. Files of earlier versions are read too (see
/// <see cref="EarlierEpisodes"/>).
/// </summary>
public static class EpisodeFile
{
    /// <summary>Name of the file of the episode of a number.</summary>
    public static string PathOf(string folder, long number) => Path.Combine(folder, $"episode-{number:D6}.npz");

    /// <summary>The files of a folder's episodes, in order; hidden files, as other systems leave them (._*), are none.</summary>
    public static IReadOnlyList<string> Files(string folder) => [.. Directory.EnumerateFiles(folder, "*.npz")
        .Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal)];

    /// <summary>Writes an episode.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public static void Write(string path, Episode episode) => Npz.Write(path, episode.Columns);

    /// <summary>Reads the columns that every episode has, and those of <paramref name="extras"/> that are there.</summary>
    /// <exception cref="InvalidDataException">The file is missing, damaged, or holds another kind of array.</exception>
    public static Dictionary<string, NpyArray> ReadArrays(string path, params IReadOnlyCollection<string> extras) =>
        Npz.Read(path, name => name is EpisodeColumn.Observation or EpisodeColumn.Action or EpisodeColumn.Reward
            or EpisodeColumn.Terminated or EpisodeColumn.Truncated or EpisodeColumn.Discount || extras.Contains(name));

    /// <summary>The episode of a file's arrays.</summary>
    /// <exception cref="InvalidDataException">They are no episode, or hold a NaN or an infinity.</exception>
    public static Episode ToEpisode(Dictionary<string, NpyArray> arrays)
    {
        if (arrays.TryGetValue(EpisodeColumn.Reward, out NpyArray? rewards) && rewards.Type != NpyType.Float32)
            arrays[EpisodeColumn.Reward] = NpyArray.Of(rewards.ToFloats(), [.. rewards.Shape]);
        Episode episode = new Episode(EarlierEpisodes.Convert(arrays));
        EpisodeStandard.CheckNumbers(episode.Columns, firstRecord: 0);
        return episode;
    }
}
