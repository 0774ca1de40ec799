using WorldModels.Bundles;

namespace WorldModels.Recordings;

/// <summary>
/// Whether actions or rewards are off by one. Where record 0 carries one that differs between episodes, it is no filler: it may belong
/// to the step from there. What that would mean is measured, by how much of a step a linear fit leaves unexplained either way.
/// </summary>
internal static class ResetDoubts
{
    /// <summary>One sentence for each doubt.</summary>
    /// <param name="recording">What was read.</param>
    /// <param name="resets">Record 0 of each episode, as it stands in the file.</param>
    public static IEnumerable<string> Of(Recording recording, IReadOnlyList<ResetRecord?> resets)
    {
        ResetRecord[] known = [.. resets.OfType<ResetRecord>()];
        if (recording.Episodes[0].Observations.Shape.Count > 2)
            yield break;
        if (Carries([.. known.Select(reset => reset.Action)]) && known.All(reset => IsAction(recording.Spec.Action, reset.Action)))
        {
            yield return $"{Count(known, recording, reset => reset.Action.AsSpan().ContainsAnyExcept(0f))} an action, and none led there. If "
                + "action[t] was taken at observation[t], all are one step late: give --set datasetActions=taken (tools dataset: --actions "
                + $"taken). {StepFit.OfActions(recording)}";
        }
        if (recording.HasRewards && Carries([.. known.Select(reset => (float[])[reset.Reward])]))
        {
            yield return $"{Count(known, recording, reset => reset.Reward != 0)} a reward, and none was received there. If reward[t] was earned "
                + $"on the way from observation[t], all are one step early: move them before training. {StepFit.OfRewards(recording)}";
        }
    }

    private static string Count(ResetRecord[] known, Recording recording, Func<ResetRecord, bool> carries) =>
        $"Record 0 of {known.Count(carries)} of {recording.Episodes.Count} episodes carries";

    /// <summary>Whether values are there, and are no filler: that would be the same everywhere, or no number.</summary>
    private static bool Carries(float[][] values) => values.Length > 0
        && values.All(value => value.All(float.IsFinite)) && values.Any(value => value.AsSpan().ContainsAnyExcept(0f))
        && values.Any(value => !value.SequenceEqual(values[0]));

    private static bool IsAction(ActionSpec space, float[] value) => space.Kind == ActionKind.Discrete
        ? value.Length > 1 || (value[0] >= 0 && value[0] < space.Count)
        : value.Select((number, i) => number >= (float)space.LowOf(i) && number <= (float)space.HighOf(i)).All(within => within);
}
