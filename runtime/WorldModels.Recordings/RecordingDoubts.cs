using System.Globalization;
using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>What looks wrong in a recording, though it contradicts nothing.</summary>
internal static class RecordingDoubts
{
    private const int Enough = 5;       // episodes before equal lengths mean anything

    /// <summary>One sentence for each doubt.</summary>
    public static IEnumerable<string> Of(Recording recording)
    {
        IReadOnlyList<Episode> episodes = recording.Episodes;
        int steps = episodes[0].Steps;
        if (episodes.Count >= Enough && episodes.All(episode => episode.Terminated && episode.Steps == steps))
        {
            yield return $"All {episodes.Count} episodes terminate after exactly {steps} steps. If that is a time limit, they should be "
                + "truncated: a model that learns an end there expects one.";
        }

        if (recording.HasRewards && episodes.All(episode => episode.Rewards.IndexOfAnyExcept(0f) < 0))
            yield return "Every reward is 0: there is nothing to learn to want.";
        if (recording.Spec.Action is { Kind: ActionKind.Continuous, Lows: not null } action)
        {
            double[] ranges = [.. Enumerable.Range(0, action.Size).Select(i => action.HighOf(i) - action.LowOf(i))];
            (double widest, double narrowest) = (ranges.Max(), ranges.Min());
            if (narrowest < 1e-5 * widest)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"Number {Array.IndexOf(ranges, narrowest)} of the actions moves over "
                    + $"{narrowest:g3}, number {Array.IndexOf(ranges, widest)} over {widest:g3}: if these are of one unit, the first hardly moves.");
            }
        }

        foreach (string doubt in ObservationDoubts(recording))
            yield return doubt;
    }

    private static IEnumerable<string> ObservationDoubts(Recording recording)
    {
        NpyArray first = recording.Episodes[0].Observations;
        if (first.Shape.Count > 2)
            yield break;
        Moments moments = recording.Observations;
        int[] constant = [.. Enumerable.Range(0, first.Shape[1]).Where(moments.IsConstant)];
        if (constant.Length == first.Shape[1])
        {
            yield return "No number of the observations ever changes.";
        }
        else if (constant.Length > 0)
        {
            yield return $"{constant.Length} of {first.Shape[1]} numbers of the observations never change: "
                + $"{string.Join(", ", constant.Take(10))}{(constant.Length > 10 ? ", ..." : "")}.";
        }

        // float32 keeps 24 bits of a number: where the mean is large, few of them are left for what changes.
        int[] coarse = [.. Enumerable.Range(0, first.Shape[1]).Except(constant)
            .Where(i => moments.Std(i) < 64 * (MathF.BitIncrement((float)Math.Abs(moments.Mean(i))) - Math.Abs((float)moments.Mean(i))))];
        if (coarse.Length > 0)
        {
            int number = coarse[0];
            string more = coarse.Length == 1 ? "" : $" ({coarse.Length} numbers are such)";
            yield return string.Create(CultureInfo.InvariantCulture, $"Number {number} of the observations is {moments.Mean(number):g6} +- "
                + $"{moments.Std(number):g3}: float32 keeps few steps of that{more}. "
                + $"Record it with a constant taken off.");
        }
    }
}
