using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Recordings;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>Recordings as what a bundle is held against: they have to be of its world, or the figures would mean nothing.</summary>
public static class RecordedTrajectories
{
    private const double Slack = 1e-3;      // of the range of an action, for rounding

    /// <summary>Reads episodes that fit a bundle.</summary>
    /// <param name="path">Any recording: a folder or a file.</param>
    /// <param name="manifest">The bundle.</param>
    /// <param name="steps">Most steps taken from each.</param>
    /// <param name="skip">Steps left out before.</param>
    /// <param name="say">Told what it is, and what looks wrong.</param>
    /// <exception cref="RecordingException">It cannot be read, or contradicts itself.</exception>
    /// <exception cref="BundleException">It is of another world than the bundle.</exception>
    public static RealEpisode[] Read(string path, Manifest manifest, int steps, int skip, Action<string> say)
    {
        Recording recording = Recording.Read(path, new()
        {
            Ends = UnmarkedEnds.Truncated, NeedsRewards = false, SeePictures = manifest.Observation.Shape.Count == 3,
        });
        RequireSpaces(recording, manifest);
        for (int i = 0; i < recording.Episodes.Count; i++)
            RequireBounds(recording.Episodes[i], recording.Sources[i], manifest);
        foreach (string line in recording.Summary())
            say(line);
        return [.. recording.Episodes.Zip(recording.Sources,
            (episode, source) => RealEpisode.Of(episode, source, steps, skip, recording.HasRewards))];
    }

    private static void RequireSpaces(Recording recording, Manifest manifest)
    {
        Episode first = recording.Episodes[0];
        int size = first.Observations.Length / first.Records;
        if (size != manifest.Observation.Size)
        {
            throw new BundleException($"{recording.Sources[0]}: an observation has {size} numbers, of bundle '{manifest.Name}' "
                + $"{manifest.Observation.Size}: give recordings of its environment, '{manifest.Environment}'.");
        }

        ActionSpec actions = manifest.Action;
        bool same = actions.Kind == ActionKind.Discrete
            ? first.Actions.Type == NpyType.Int64
            : first.Actions.Type == NpyType.Float32 && first.Actions.Shape[1] == actions.Size;
        if (!same)
        {
            throw new BundleException($"{recording.Sources[0]}: action is {first.Actions.Describe()}, of bundle '{manifest.Name}' "
                + $"{RecordedActions.Describe(actions)}: give recordings of its environment, '{manifest.Environment}'.");
        }
    }

    private static void RequireBounds(Episode episode, string source, Manifest manifest)
    {
        ActionSpec actions = manifest.Action;
        if (actions.Kind == ActionKind.Discrete)
        {
            int unknown = episode.Actions.As<long>().IndexOfAnyExceptInRange(0, actions.Count!.Value - 1);
            if (unknown >= 0)
                throw Outside($"action[{unknown}] is {episode.Actions.As<long>()[unknown]}");
            return;
        }
        ReadOnlySpan<float> values = episode.Actions.As<float>();
        for (int i = actions.Size; i < values.Length; i++)
        {
            double low = actions.LowOf(i % actions.Size), high = actions.HighOf(i % actions.Size), slack = Slack * (high - low);
            if (values[i] < low - slack || values[i] > high + slack)
                throw Outside(string.Create(CultureInfo.InvariantCulture, $"action[{i / actions.Size}] is {values[i]}"));
        }

        BundleException Outside(string what) => new($"{source}: {what}; those of bundle '{manifest.Name}' are "
            + $"{RecordedActions.Describe(actions)}. Record in its environment and its units.");
    }
}
