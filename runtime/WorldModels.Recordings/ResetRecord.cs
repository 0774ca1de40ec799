using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>What a file holds in record 0 of an episode, where no action led and no reward was received. Training never sees it.</summary>
/// <param name="Action">The action's numbers.</param>
/// <param name="Reward">The reward; 0 where there is none.</param>
internal sealed record ResetRecord(float[] Action, float Reward)
{
    /// <summary>That of an episode; null where its record 0 is no reset.</summary>
    public static ResetRecord? Of(RecordedEpisode episode)
    {
        if (episode.GoesOn)
            return null;
        IEnumerable<NpyArray> actions = episode.Columns
            .Where(column => column.Key == EpisodeColumn.Action || column.Key.StartsWith(EpisodeColumn.Action + "/", StringComparison.Ordinal))
            .OrderBy(column => column.Key, StringComparer.Ordinal).Select(column => column.Value);
        float reward = episode.Columns.TryGetValue(EpisodeColumn.Reward, out NpyArray? rewards) ? First(rewards)[0] : 0;
        return new([.. actions.SelectMany(First)], reward);
    }

    private static float[] First(NpyArray array)
    {
        float[] record = new float[array.Length / array.Shape[0]];
        ColumnData.ToFloats(array, 0, record);
        return record;
    }
}
