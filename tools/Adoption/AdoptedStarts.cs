using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;

namespace WorldModels.Tools;

/// <summary>Observations that dreams of an adopted bundle start from, and that its reference is made of.</summary>
internal static class AdoptedStarts
{
    private const int Most = 256, Games = 8, Steps = 32;

    /// <summary>Of recorded episodes, or of random play of the environment; empty where there is neither.</summary>
    public static float[] Of(AdoptionOptions options, EnvironmentSpec? environment, Manifest manifest)
    {
        IReadOnlyList<RealEpisode> episodes = options.Recordings.Count > 0 ? options.Recordings
            : environment is null ? [] : [.. Enumerable.Range(0, Games).Select(game => RealEpisode.Play(environment.Name, RealEpisodeOptions.For(manifest) with
            {
                Steps = Steps, Skip = 0, Seed = (ulong)game, ActionRepeat = options.ActionRepeat,
            }))];
        float[][] all = [.. episodes.SelectMany(episode => episode.Observations)];
        if (all.FirstOrDefault(seen => seen.Length != manifest.Observation.Size) is { } other)
        {
            throw new Runtime.BundleException($"The recorded observations have {other.Length} numbers, those that the graphs read "
                + $"{manifest.Observation.Size}: give recordings of the same environment.");
        }
        int count = Math.Min(Most, all.Length);
        return [.. Enumerable.Range(0, count).SelectMany(i => all[(int)((long)i * all.Length / count)])];
    }
}
