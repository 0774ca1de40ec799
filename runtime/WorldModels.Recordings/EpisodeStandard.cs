using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>Makes an <see cref="Episode"/> of what a format found, and refuses what contradicts itself.</summary>
internal static class EpisodeStandard
{
    /// <summary>The episode: vectors of an observation joined in one column, actions as one column, ends as flags.</summary>
    /// <exception cref="RecordingException">It is no episode, contradicts itself, or holds a NaN or an infinity.</exception>
    public static Episode Of(RecordedEpisode recorded, RecordingOptions options, ObservationStore store)
    {
        try
        {
            Dictionary<string, NpyArray> columns = recorded.Columns
                .Where(column => options.Extras.Contains(column.Key)).ToDictionary(column => column.Key, column => column.Value);
            foreach ((string name, NpyArray array) in ObservationColumns.Of(recorded.Columns, options))
                columns[name] = array;
            int records = columns[EpisodeColumn.Observation].Shape[0];
            columns[EpisodeColumn.Action] = ActionColumn.Of(recorded.Columns, records);
            columns[EpisodeColumn.Reward] = Rewards(recorded.Columns, records, options.NeedsRewards);
            Ends(recorded.Columns, columns, records);
            CheckNumbers(columns, recorded.FirstRecord);
            foreach (string name in columns.Keys.Where(name => name.StartsWith(EpisodeColumn.Observation, StringComparison.Ordinal)).ToArray())
                columns[name] = store.Keep(columns[name]);
            return new Episode(columns);
        }
        catch (InvalidDataException exception)
        {
            string first = recorded.FirstRecord == 0 ? "" : $" (its episode from record {recorded.FirstRecord} on)";
            throw new RecordingException($"{recorded.Source}{first}: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    private static NpyArray Rewards(IReadOnlyDictionary<string, NpyArray> columns, int records, bool needed)
    {
        if (!columns.TryGetValue(EpisodeColumn.Reward, out NpyArray? array))
        {
            return !needed ? NpyArray.Zeros(NpyType.Float32, records)
                : throw new InvalidDataException("it has no array 'reward' (N + 1). Add it; zeros if there is none to learn");
        }
        if (array.Length != records)
            throw new InvalidDataException($"reward is {array.Describe()}; expected ({records})");
        float[] rewards = array.ToFloats();
        rewards[0] = 0;         // none was received there, whatever stands there
        return NpyArray.Of(rewards);
    }

    /// <summary>Sets terminated and truncated, and discount where it says more than they do.</summary>
    private static void Ends(IReadOnlyDictionary<string, NpyArray> from, Dictionary<string, NpyArray> to, int records)
    {
        bool[]? terminated = Flags(EpisodeColumn.Terminated), truncated = Flags(EpisodeColumn.Truncated);
        float[]? discounts = from.TryGetValue(EpisodeColumn.Discount, out NpyArray? stored) ? stored.ToFloats() : null;
        if (discounts is not null && discounts.Length != records)
            throw new InvalidDataException($"discount is {stored!.Describe()}; expected ({records})");
        if (discounts is not null && discounts.AsSpan(1, records - 2).IndexOf(0f) + 1 is > 0 and int zero)
        {
            throw new InvalidDataException($"discount[{zero}] is 0, and the episode goes on to record {records - 1}: 0 means that it "
                + "terminated there. If 1 means that, it is a done flag: save 1 - discount. If the file holds several episodes, split it, or "
                + "mark beginnings by is_first");
        }

        if (terminated is null)
        {
            if (discounts is null)
                throw new InvalidDataException("it has an array 'truncated' and no array 'terminated'");
            terminated = new bool[records];
            terminated[^1] = discounts[^1] == 0;
        }
        CheckEnd(EpisodeColumn.Terminated, terminated);
        if (truncated is null)
        {
            truncated = new bool[records];
            truncated[^1] = !terminated[^1];
        }
        CheckEnd(EpisodeColumn.Truncated, truncated);
        (to[EpisodeColumn.Terminated], to[EpisodeColumn.Truncated]) = (NpyArray.Of(terminated), NpyArray.Of(truncated));
        if (discounts is null)
            return;
        if (discounts.AsSpan(0, records - 1).ContainsAnyExcept(1f) || discounts[^1] is not (0 or 1))
        {
            to[EpisodeColumn.Discount] = NpyArray.Of(discounts);
        }
        else if (discounts[^1] == 0 != terminated[^1])
        {
            throw new InvalidDataException(
                $"discount[{records - 1}] is {discounts[^1]}, and terminated[{records - 1}] is {(terminated[^1] ? "true" : "false")}; "
                + "0 means terminated. Mend one of them");
        }

        bool[]? Flags(string name)
        {
            if (!from.TryGetValue(name, out NpyArray? flags))
                return null;
            if (flags.Length != records)
                throw new InvalidDataException($"{name} is {flags.Describe()}; expected ({records})");
            return Array.ConvertAll(flags.ToFloats(), flag => flag != 0);
        }
    }

    private static void CheckEnd(string name, bool[] flags)
    {
        int first = Array.IndexOf(flags, true);
        if (first >= 0 && first != flags.Length - 1)
        {
            throw new InvalidDataException($"{name}[{first}] is true, and the episode goes on to record {flags.Length - 1}. If the file holds "
                + "several episodes, split it, or mark beginnings by is_first");
        }
    }

    /// <summary>Refuses a NaN or an infinity, but where the reset's action would stand: no action led to it.</summary>
    /// <exception cref="InvalidDataException">There is one; its column, record and place are named.</exception>
    public static void CheckNumbers(IReadOnlyDictionary<string, NpyArray> columns, long firstRecord)
    {
        foreach ((string name, NpyArray array) in columns)
        {
            if (array.Type != NpyType.Float32)
                continue;
            int size = array.Length / array.Shape[0], reset = name == EpisodeColumn.Action ? size : 0;
            int wrong = array.As<float>()[reset..].IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) + reset;
            if (wrong < reset)
                continue;
            string number = size == 1 ? "" : $", number {wrong % size}";
            throw new InvalidDataException($"{name} holds a NaN or an infinity in record {firstRecord + wrong / size}{number}. Remove the "
                + "episode, or clean it");
        }
    }
}
