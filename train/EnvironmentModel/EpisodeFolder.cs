using System.Text.Json;
using WorldModels.Environments;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Train.EnvironmentModel;

/// <summary>
/// Episodes on disk, one npz file each, as numpy opens them, and a manifest of their hashes. The folder appears whole: it is filled beside
/// its place, then renamed; what a killed run left beside it is thrown away.
/// </summary>
public static class EpisodeFolder
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
                Npz.Write(Path.Combine(temporary, $"episode-{i:D6}.npz"), ToArrays(episodes[i]));
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
        return [.. Directory.EnumerateFiles(folder, "episode-*.npz").Order(StringComparer.Ordinal).Select(ReadEpisode)];
    }

    /// <summary>Refuses a folder in which a file is damaged, missing or too many: the run would not be the same run any more.</summary>
    private static void Check(string folder)
    {
        try
        {
            var recorded = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(ManifestOf(folder)), OptionText.Json)!;
            IReadOnlyDictionary<string, string> found = Manifest.HashFiles(folder);
            string[] different = [.. recorded.Except(found).Concat(found.Except(recorded))
                .Select(file => file.Key).Distinct().Order(StringComparer.Ordinal)];
            if (different.Length > 0)
                throw new InvalidDataException(
                    $"{string.Join(", ", different.Take(3))}{(different.Length > 3 ? ", ..." : "")} damaged, missing or added since");
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
            IReadOnlyDictionary<string, NpyArray> arrays = Npz.Read(file);
            var episode = new Episode(
                arrays["observation"].As<byte>().ToArray(), arrays["action"].As<long>().ToArray(), arrays["reward"].As<float>().ToArray(),
                arrays["reward_class"].As<byte>().ToArray(), [.. arrays["outcome"].As<byte>().ToArray().Select(value => (Outcome)value)],
                arrays["predictable"].As<float>().ToArray());
            if (episode.Observations.Length != (episode.Length + 1) * 3 * MiniPacmanMaze.Cells)
                throw new InvalidDataException($"it has {episode.Length} actions, which need {episode.Length + 1} frames of (3, 15, 19)");
            if (new[] { episode.Rewards.Length, episode.RewardClasses.Length, episode.Outcomes.Length, episode.Predictable.Length }
                .Any(length => length != episode.Length))
                throw new InvalidDataException($"its arrays of steps differ in length; it has {episode.Length} actions");
            return episode;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or KeyNotFoundException)
        {
            throw new UserException(
                $"Cannot read the episode {file}: {exception.Message.TrimEnd('.')}. Delete the folder {Path.GetDirectoryName(file)} "
                + "to record the games again.",
                exception);
        }
    }

    private static Dictionary<string, NpyArray> ToArrays(Episode episode)
    {
        int length = episode.Length;
        return new()
        {
            ["observation"] = NpyArray.Of(episode.Observations, [length + 1, 3, MiniPacmanMaze.Rows, MiniPacmanMaze.Columns]),
            ["action"] = NpyArray.Of(episode.Actions, [length]),
            ["reward"] = NpyArray.Of(episode.Rewards, [length]),
            ["reward_class"] = NpyArray.Of(episode.RewardClasses, [length]),
            ["outcome"] = NpyArray.Of(Array.ConvertAll(episode.Outcomes, outcome => (byte)outcome), [length]),
            ["predictable"] = NpyArray.Of(episode.Predictable, [length]),
        };
    }
}
