using System.Text.Json;
using System.Text.Json.Serialization;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Train.Replay;

/// <summary>What the episodes of a folder are of.</summary>
public sealed record DatasetSpec
{
    /// <summary>The file in a folder of episodes that says so; without it, it is read off the episodes.</summary>
    public const string FileName = "dataset.json";

    /// <summary>The environment they were recorded in.</summary>
    public string Environment { get; init; } = NoEnvironment;

    /// <summary>The name of an environment that nobody knows.</summary>
    public const string NoEnvironment = "none";

    /// <summary>Numbers in an observation.</summary>
    public required int Observation { get; init; }

    /// <summary>The actions.</summary>
    public required ActionSpec Action { get; init; }

    /// <summary>Steps of the environment that one action lasted.</summary>
    public int ActionRepeat { get; init; } = 1;

    /// <summary>Whether nobody wrote this down: actions and their bounds are those that occur.</summary>
    [JsonIgnore]
    public bool IsInferred { get; init; }
}

/// <summary>
/// Episodes on disk, one npz file each, as numpy opens them: <c>observation</c> (N + 1, O), <c>action</c> (N + 1) int64 or (N + 1, A)
/// float32 in the environment's units, <c>reward</c> (N + 1), <c>discount</c> (N + 1), all by the convention of <see cref="Episode"/>.
/// </summary>
public static class Dataset
{
    /// <summary>Name of the file of the episode of a number.</summary>
    public static string FileOf(string folder, long number) => Path.Combine(folder, $"episode-{number:D6}.npz");

    /// <summary>The files of a folder's episodes, in order.</summary>
    public static IReadOnlyList<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.npz").Order(StringComparer.Ordinal)];

    /// <summary>Writes an episode.</summary>
    /// <exception cref="UserException">The disk refused.</exception>
    public static void Write(string path, Episode episode, ActionVectors actions)
    {
        int records = episode.Records, size = actions.Size;
        NpyArray action;
        if (actions.Discrete)
        {
            action = NpyArray.Of([.. Enumerable.Range(0, records).Select(
                record => ActionVectors.DecodeIndex(episode.Actions.AsSpan(record * size, size)))], records);
        }
        else
        {
            var values = new float[records * size];
            for (int record = 1; record < records; record++)
                actions.Decode(episode.Actions.AsSpan(record * size, size), values.AsSpan(record * size, size));
            action = NpyArray.Of(values, [records, .. actions.Space.Shape!]);
        }
        try
        {
            Npz.Write(path, new Dictionary<string, NpyArray>
            {
                ["observation"] = NpyArray.Of(episode.Observations, records, episode.Observations.Length / records),
                ["action"] = action,
                ["reward"] = NpyArray.Of(episode.Rewards, records),
                ["discount"] = NpyArray.Of(episode.Discounts, records),
            });
        }
        catch (Exception exception) when (Disk.IsRefusal(exception))
        {
            throw Disk.Refused(path, exception);
        }
    }

    /// <summary>Writes what a folder's episodes are of.</summary>
    public static void WriteSpec(string folder, DatasetSpec spec) =>
        Disk.Write(Path.Combine(folder, DatasetSpec.FileName), JsonSerializer.Serialize(spec, OptionText.Json) + "\n");

    /// <summary>What a folder's episodes are of: as its dataset.json says, or else as the episodes show.</summary>
    /// <exception cref="UserException">There are no episodes, or they are not what was expected.</exception>
    public static DatasetSpec ReadSpec(string folder)
    {
        if (!Directory.Exists(folder) || Files(folder).Count == 0)
            throw new UserException($"There are no episodes in '{folder}': expected npz files with observation (N + 1, O), action (N + 1) "
                + "int64 or (N + 1, A) float32, reward (N + 1) and discount (N + 1), where action[t] led to observation[t].");
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
    /// <exception cref="UserException">It is damaged, or has other shapes than the dataset.</exception>
    public static Episode Read(string path, int observation, ActionVectors actions)
    {
        Dictionary<string, NpyArray> arrays = ReadArrays(path);
        NpyArray given = arrays["action"];
        int records = arrays["observation"].Shape[0], size = actions.Size;
        RequireShape(path, "observation", arrays["observation"], [records, observation]);
        RequireShape(path, "action", given, actions.Discrete ? [records] : [records, .. actions.Space.Shape!]);
        var vectors = new float[records * size];
        for (int record = 1; record < records; record++)
        {
            Span<float> vector = vectors.AsSpan(record * size, size);
            if (!actions.Discrete)
            {
                actions.Encode(given.As<float>().Slice(record * size, size), vector);
                continue;
            }
            long action = given.As<long>()[record];
            if ((ulong)action >= (ulong)size)
                throw new UserException($"{path}: action[{record}] is {action}; this dataset's actions are 0 to {size - 1}.");
            actions.Encode(action, vector);
        }
        float[] discounts = arrays.TryGetValue("discount", out NpyArray? stored) ? stored.ToFloats() : [.. Enumerable.Repeat(1f, records)];
        var episode = new Episode(arrays["observation"].ToFloats(), vectors, arrays["reward"].ToFloats(), discounts);
        (string, float[])[] all = [("observation", episode.Observations), ("action", vectors), ("reward", episode.Rewards)];
        foreach ((string name, float[] values) in all)
            if (values.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
                throw new UserException($"{path}: {name} holds a NaN or an infinity. Remove the episode, or clean it.");
        if (discounts.AsSpan().ContainsAnyExceptInRange(0, 1))
            throw new UserException($"{path}: discount is not between 0 and 1 everywhere. It is 0 where the episode terminated, else 1.");
        return episode;
    }

    private static DatasetSpec Infer(string folder)
    {
        int observation = 0;
        IReadOnlyList<int>? shape = null;
        (long most, float low, float high) = (0, -1, 1);
        foreach (string path in Files(folder))
        {
            Dictionary<string, NpyArray> arrays = ReadArrays(path);
            NpyArray action = arrays["action"];
            observation = arrays["observation"].Shape[^1];
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

    private static Dictionary<string, NpyArray> ReadArrays(string path)
    {
        try
        {
            Dictionary<string, NpyArray> arrays = Npz.Read(path, name => name is "observation" or "action" or "reward" or "discount");
            foreach (string name in (string[])["observation", "action", "reward"])
                if (!arrays.ContainsKey(name))
                    throw new UserException($"{path} has no array '{name}'.");
            int records = arrays["observation"].Shape is [int first, _] ? first
                : throw new UserException($"{path}: observation is {arrays["observation"].Describe()}; expected (N + 1, O).");
            if (records < 2)
                throw new UserException($"{path} has {records} record; an episode has at least two, the reset and a step.");
            foreach ((string name, NpyArray array) in arrays)
            {
                if (array.Shape.Count == 0 || array.Shape[0] != records)
                    throw new UserException($"{path}: {name} is {array.Describe()}; observation has {records} records.");
                if (name is "reward" or "discount" && array.Shape.Count != 1)
                    throw new UserException($"{path}: {name} is {array.Describe()}; expected ({records}).");
            }
            if (arrays["action"] is not ({ Type: NpyType.Int64, Shape.Count: 1 } or { Type: NpyType.Float32, Shape.Count: 2 }))
                throw new UserException(
                    $"{path}: action is {arrays["action"].Describe()}; expected int64 ({records}) or float32 ({records}, A).");
            return arrays;
        }
        catch (InvalidDataException exception)
        {
            throw new UserException($"Cannot read the episode {path}: {exception.Message}", exception);
        }
    }

    private static void RequireShape(string path, string name, NpyArray array, int[] expected)
    {
        if (!array.Shape.SequenceEqual(expected))
            throw new UserException($"{path}: {name} is {array.Describe()}; this dataset has ({string.Join(", ", expected)}).");
    }
}
