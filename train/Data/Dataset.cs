using System.Text.Json;
using WorldModels.Bundles;

using WorldModels.Recordings;
namespace WorldModels.Train.Data;

/// <summary>
/// A folder of episodes that somebody recorded, one npz file each (see <see cref="EpisodeFile"/>): <c>observation</c> (N + 1, O),
/// <c>action</c> (N + 1) int64 or (N + 1, A) float32 in the environment's units, <c>reward</c> (N + 1), <c>terminated</c> and
/// <c>truncated</c> (N + 1) bool, or <c>discount</c> (N + 1) in their place, all by the convention of <see cref="Episode"/>.
/// </summary>
public static class Dataset
{
    /// <summary>Writes what a folder's episodes are of.</summary>
    /// <exception cref="UserException">The disk refused.</exception>
    public static void WriteSpec(string folder, DatasetSpec spec) =>
        Disk.Write(Path.Combine(folder, DatasetSpec.FileName), JsonSerializer.Serialize(spec, OptionText.Json) + "\n");

    /// <summary>What a folder's episodes are of: as its dataset.json says, or else as the episodes show.</summary>
    /// <exception cref="UserException">There are no episodes, or they are not what was expected.</exception>
    public static DatasetSpec ReadSpec(string folder)
    {
        if (!Directory.Exists(folder) || EpisodeFile.Files(folder).Count == 0)
        {
            throw new UserException($"There are no episodes in '{folder}': expected npz files with observation (N + 1, O), action (N + 1) "
                + "int64 or (N + 1, A) float32, reward (N + 1), terminated and truncated (N + 1) bool or discount (N + 1), where action[t] "
                + "led to observation[t].");
        }

        string file = Path.Combine(folder, DatasetSpec.FileName);
        if (!File.Exists(file))
            return Infer(folder);
        try
        {
            DatasetSpec spec = JsonSerializer.Deserialize<DatasetSpec>(File.ReadAllText(file), OptionText.Json)
                ?? throw new JsonException("it is empty.");
            if (spec.Observation < 1 || spec.ActionRepeat < 1)
                throw new JsonException("observation and actionRepeat are whole numbers of at least 1.");
            ActionSpec action = spec.Action;
            bool whole = action.Kind == ActionKind.Discrete ? action.Count > 0 : action is { Shape: [> 0] } && action.Low < action.High;
            return whole ? spec : throw new JsonException("action needs a count (discrete), or a shape [A] and low < high (continuous).");
        }
        catch (JsonException exception)
        {
            throw new UserException($"{file} does not describe a dataset: {exception.Message.TrimEnd('.')}. Restore it, or delete it to "
                + "have the actions read off the episodes.", exception);
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

    private static DatasetSpec Infer(string folder)
    {
        int observation = 0;
        IReadOnlyList<int>? shape = null;
        (long most, float low, float high) = (0, -1, 1);
        foreach (string path in EpisodeFile.Files(folder))
        {
            Episode episode = ReadEpisode(path, extras: []);
            NpyArray observations = episode.Observations, action = episode.Actions;
            if (observations.Shape.Count != 2)
                throw new UserException($"{path}: observation is {observations.Describe()}; expected (N + 1, O).");
            observation = observations.Shape[1];
            if (action.Type == NpyType.Int64)
            {
                foreach (long value in action.As<long>())
                    most = Math.Max(most, value + 1);
                continue;
            }
            shape = [.. action.Shape.Skip(1)];
            foreach (float value in action.As<float>())
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }
        ActionSpec space = shape is null ? ActionSpec.Discrete((int)most) : ActionSpec.Continuous(shape, low, high);
        return new() { Observation = observation, Action = space, IsInferred = true };
    }

    private static void RequireShape(string path, string name, NpyArray array, int[] expected)
    {
        if (!array.Shape.SequenceEqual(expected))
            throw new UserException($"{path}: {name} is {array.Describe()}; this dataset has ({string.Join(", ", expected)}).");
    }
}
