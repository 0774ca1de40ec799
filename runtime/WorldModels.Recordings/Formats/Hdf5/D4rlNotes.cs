namespace WorldModels.Recordings.Formats.Hdf5;

/// <summary>What is said of how rows became episodes.</summary>
internal static class D4rlNotes
{
    /// <summary>One sentence for each thing that another might not expect.</summary>
    public static IEnumerable<string> Of(D4rlRows rows, List<D4rlEpisode> episodes)
    {
        if (rows.Timeouts is null)
            yield return "There is no 'timeouts': only terminals mark ends, and a time limit inside the file goes unseen.";
        int lost = episodes.Count(episode => episode.LosesLastStep);
        if (lost > 0)
        {
            yield return $"Episodes whose last step is left out: {lost}; they did not terminate, and without 'next_observations' nobody "
                + "knows where it led.";
        }
        int repeated = episodes.Count(episode => episode.RepeatsLast);
        if (repeated > 0)
        {
            yield return $"Episodes whose last observation stands twice: {repeated}; they terminated, and without 'next_observations' only "
                + "so the end is learnt.";
        }
        int empty = episodes.Count(episode => episode.Steps == 0);
        if (empty > 0)
            yield return $"Episodes of a single row that are left out: {empty}; no step remains of them.";
        if (episodes is [.., { Terminal: false, Timeout: false } tail])
            yield return $"Nothing marks the end of the last {tail.Rows} rows; they count as an episode that was cut off.";
        string others = string.Join(", ", rows.Others);
        if (others.Length > 0)
            yield return $"Not read: {others}.";
    }
}
