namespace WorldModels.Recordings.Formats;

/// <summary>How the npz files of a folder name their arrays, and what they mean. It is read off the first file; all have to keep to it.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Observations">Names of the columns by those of the arrays.</param>
/// <param name="Actions">The same of the actions.</param>
/// <param name="Reward">The array of rewards.</param>
/// <param name="Terminated">The flags of ends by themselves; null: there are none.</param>
/// <param name="Truncated">The flags of ends from outside; null: there are none.</param>
/// <param name="First">The flags of records that begin an episode; null: a file is one episode, or <paramref name="Last"/> says.</param>
/// <param name="Last">The flags of records that end one; null: there are none.</param>
/// <param name="Discount">The discounts; null: there are none.</param>
/// <param name="IsTaken">Whether <c>action[t]</c> was taken at <c>observation[t]</c>, not on the way there.</param>
internal sealed record NpzLayout(
    string Name, IReadOnlyDictionary<string, string> Observations, IReadOnlyDictionary<string, string> Actions, string? Reward,
    string? Terminated, string? Truncated, string? First, string? Last, string? Discount, bool IsTaken)
{
    /// <summary>Every array that is read.</summary>
    public IEnumerable<string> Names =>
        [.. Observations.Keys, .. Actions.Keys, .. new[] { Reward, Terminated, Truncated, First, Last, Discount }.OfType<string>()];

    /// <summary>Whether something says how episodes end.</summary>
    public bool SaysHowItEnds => (Terminated ?? Discount) is not null;

    /// <summary>The layout of a file with arrays of these names.</summary>
    /// <exception cref="RecordingException">There are no observations or no actions among them.</exception>
    public static NpzLayout Of(string file, IReadOnlyCollection<string> names, ActionAlignment alignment)
    {
        string? first = ArrayNames.Find(ArrayNames.First, names), last = ArrayNames.Find(ArrayNames.Last, names);
        string? terminated = ArrayNames.Find(ArrayNames.Terminated, names), truncated = ArrayNames.Find(ArrayNames.Truncated, names);
        string? discount = ArrayNames.Find(ArrayNames.Discount, names);
        IReadOnlyDictionary<string, string> actions = Columns(EpisodeColumn.Action, ArrayNames.Action, names);
        IReadOnlyDictionary<string, string> observations = Columns(EpisodeColumn.Observation, ArrayNames.Observation, names);
        bool isDreamer = observations.Count == 0;
        if (isDreamer)
        {
            observations = names.Where(ArrayNames.IsOther).Except(actions.Keys)
                .ToDictionary(name => name, name => $"{EpisodeColumn.Observation}/{name}");
        }
        if (observations.Count == 0 || actions.Count == 0)
        {
            throw new RecordingException($"{file} is no episode: it has no array '{(actions.Count == 0 ? "action" : "observation")}', it has "
                + $"{(names.Count == 0 ? "none" : string.Join(", ", names.Order(StringComparer.Ordinal).Take(12)))}. "
                + "Expected observation (N + 1, O), action (N + 1) or (N + 1, A), reward (N + 1), terminated and truncated (N + 1).");
        }

        bool isChunk = first is not null && (names.Contains("stepid") || IsChunkName(Path.GetFileName(file)));
        string name = (isDreamer, isChunk, first) switch
        {
            (_, true, _) => "Dreamer V3 replay chunks",
            (true, _, not null) => "Dreamer V2 episodes",
            (true, _, _) => "Dreamer V1 episodes",
            _ => "npz episodes",
        };
        bool isTaken = alignment == ActionAlignment.ByFormat ? isChunk : alignment == ActionAlignment.Taken;
        return new(name, observations, actions, ArrayNames.Find(ArrayNames.Reward, names), terminated, truncated, first, last, discount, isTaken);
    }

    private static IReadOnlyDictionary<string, string> Columns(string column, string[] meaning, IReadOnlyCollection<string> names) =>
        ArrayNames.Find(meaning, names) is { } whole
            ? new Dictionary<string, string> { [whole] = column }
            : ArrayNames.Parts(meaning, names).ToDictionary(part => part.Key, part => $"{column}/{part.Value.Replace('.', '/')}");

    /// <summary>Whether a file is named as Dreamer V3 names a chunk: time, its id, the next chunk's id, the number of records.</summary>
    private static bool IsChunkName(string name) =>
        Path.GetFileNameWithoutExtension(name).Split('-') is [{ Length: >= 15 } time, { Length: >= 16 }, { Length: >= 16 }, var records]
        && char.IsAsciiDigit(time[0]) && time[8] == 'T' && int.TryParse(records, out _);
}
