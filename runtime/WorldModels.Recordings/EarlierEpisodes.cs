using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>
/// How earlier versions wrote the end of an episode. Replay kept <c>discount</c> (N + 1), 0 where the episode terminated, which a folder of
/// recorded episodes may still give. Games of MiniPacman kept <c>outcome</c>, flags of a step, and left the reset out of every array but
/// the observations.
/// </summary>
internal static class EarlierEpisodes
{
    /// <summary>(N) uint8: 1 terminated, 2 truncated, 4 a new level.</summary>
    public const string Outcome = "outcome";

    private const string LevelUp = "level_up";

    /// <summary>The arrays as they are written now.</summary>
    /// <exception cref="InvalidDataException">What they say of the end is not enough, or has the wrong type.</exception>
    public static Dictionary<string, NpyArray> Convert(Dictionary<string, NpyArray> arrays)
    {
        if (arrays.ContainsKey(Outcome))
            return FromOutcomes(arrays);
        if (arrays.GetValueOrDefault(EpisodeColumn.Observation)?.Shape is not [>= 2 and int records, ..])
            return arrays;      // what is wrong, the episode will say
        Dictionary<string, NpyArray> converted = new Dictionary<string, NpyArray>(arrays);
        if (!arrays.ContainsKey(EpisodeColumn.Terminated))
        {
            if (arrays.ContainsKey(EpisodeColumn.Truncated))
                throw new InvalidDataException("it has an array 'truncated' and no array 'terminated'");
            converted[EpisodeColumn.Terminated] = Flag(records, FromDiscounts(converted, records));
        }
        if (!arrays.ContainsKey(EpisodeColumn.Truncated))
        {
            bool terminated = converted[EpisodeColumn.Terminated] is not { Type: NpyType.Bool, Length: > 0 } flags || flags.As<bool>()[^1];
            converted[EpisodeColumn.Truncated] = Flag(records, !terminated);
        }
        return converted;
    }

    /// <summary>
    /// Whether the episode terminated. Discounts that say no more than that go; labels of another meaning stay, as a column.
    /// </summary>
    private static bool FromDiscounts(Dictionary<string, NpyArray> arrays, int records)
    {
        if (!arrays.TryGetValue(EpisodeColumn.Discount, out NpyArray? stored))
            return false;
        float[] discounts = stored.ToFloats();
        if (stored.Shape is not [var length] || length != records)
            return false;       // what is wrong, the episode will say
        bool labels = discounts.AsSpan(0, records - 1).ContainsAnyExcept(1f) || discounts[^1] is not (0 or 1);
        if (labels)
            arrays[EpisodeColumn.Discount] = NpyArray.Of(discounts);
        else
            arrays.Remove(EpisodeColumn.Discount);
        return discounts[^1] == 0;
    }

    private static Dictionary<string, NpyArray> FromOutcomes(Dictionary<string, NpyArray> arrays)
    {
        Dictionary<string, NpyArray> converted = new Dictionary<string, NpyArray>();
        foreach ((string name, NpyArray array) in arrays)
        {
            if (name is not Outcome)
                converted[name] = name == EpisodeColumn.Observation ? array : ColumnData.AfterReset(array);
        }

        NpyArray outcomes = ColumnData.AfterReset(arrays[Outcome]);
        byte[] flags = outcomes.As<byte>().ToArray();
        NpyArray Has(int flag) => NpyArray.Of(Array.ConvertAll(flags, value => (value & flag) != 0));
        converted[EpisodeColumn.Terminated] = Has(1);
        converted[EpisodeColumn.Truncated] = Has(2);
        converted[LevelUp] = Has(4);
        return converted;
    }

    private static NpyArray Flag(int records, bool atEnd)
    {
        bool[] flags = new bool[records];
        flags[^1] = atEnd;
        return NpyArray.Of(flags);
    }
}
