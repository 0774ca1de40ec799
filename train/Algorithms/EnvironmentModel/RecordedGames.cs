using System.Text.Json;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Recordings;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// The games of a run on disk: episodes, and a manifest of their hashes. The folder appears whole: it is filled beside its place, then
/// renamed; what a killed run left beside it is thrown away.
/// </summary>
public static class RecordedGames
{
    /// <summary>The episodes of a run, recorded now if they are not there yet.</summary>
    /// <exception cref="UserException">A file is damaged, or the disk refused.</exception>
    public static IReadOnlyList<Episode> ReadOrRecord(
        string folder, EnvironmentModelOptions options, MiniPacmanMode mode, RewardTable rewards, IProgressReport progress,
        CancellationToken stop)
    {
        if (Directory.Exists(folder))
            return Read(folder);
        IReadOnlyList<Episode> episodes = EpisodeRecorder.Record(options, mode, rewards, progress, stop);
        if (!stop.IsCancellationRequested)
            Write(folder, episodes);
        return episodes;
    }

    private static void Write(string folder, IReadOnlyList<Episode> episodes)
    {
        string temporary = folder + ".tmp";
        try
        {
            Discard(temporary);
            Directory.CreateDirectory(temporary);
            for (int i = 0; i < episodes.Count; i++)
                Npz.Write(EpisodeFile.PathOf(temporary, i), episodes[i].Columns);
            File.WriteAllText(ManifestOf(temporary), JsonSerializer.Serialize(Manifest.HashFiles(temporary), OptionText.Json));
            Directory.Move(temporary, folder);
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            Discard(temporary);
            throw Disk.Refused(folder, exception);
        }
    }

    private static IReadOnlyList<Episode> Read(string folder)
    {
        Check(folder);
        return [.. EpisodeFile.Files(folder).Select(ReadEpisode)];
    }

    /// <summary>Refuses a folder in which a file is damaged, missing or too many: the run would not be the same run any more.</summary>
    private static void Check(string folder)
    {
        try
        {
            Dictionary<string, string> recorded = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(ManifestOf(folder)), OptionText.Json)!;
            IReadOnlyDictionary<string, string> found = Manifest.HashFiles(folder);
            string[] different = [.. recorded.Except(found).Concat(found.Except(recorded))
                .Select(file => file.Key).Distinct().Order(StringComparer.Ordinal)];
            if (different.Length > 0)
            {
                throw new InvalidDataException(
                    $"{string.Join(", ", different.Take(3))}{(different.Length > 3 ? ", ..." : "")} damaged, missing or added since");
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or JsonException)
        {
            throw new UserException(
                $"The games in {folder} are not as they were recorded: {exception.Message.TrimEnd('.')}. "
                + "Delete the folder to record them again, the same ones.", exception);
        }
    }

    private static string ManifestOf(string folder) => Path.Combine(folder, Manifest.FileName);

    private static void Discard(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private static Episode ReadEpisode(string file)
    {
        try
        {
            Dictionary<string, NpyArray> arrays =
                EpisodeFile.ReadArrays(file, [.. EpisodeRecorder.Extras.Select(column => column.Name), EarlierEpisodes.Outcome]);
            Episode episode = EpisodeFile.ToEpisode(arrays);
            foreach (EpisodeColumn column in EpisodeRecorder.Extras.Prepend(EpisodeRecorder.Frame))
                column.Check(episode[column.Name], episode.Records);
            return episode;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new UserException(
                $"Cannot read the episode {file}: {exception.Message.TrimEnd('.')}. Delete the folder {Path.GetDirectoryName(file)} "
                + "to record the games again.",
                exception);
        }
    }
}
