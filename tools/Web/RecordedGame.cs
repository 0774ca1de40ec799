using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>A real game as a page's files.</summary>
internal static class RecordedGame
{
    private const string FileName = "recording.npz", SheetName = "recording.webp";
    private const int FrameWidth = 240, MostColumns = 20, Quality = 70;

    /// <summary>Most steps: a sheet of pictures has no more room (WebP's sides end at 16,383 pixels).</summary>
    public const int MostSteps = 1000;

    /// <summary>Plays and writes one.</summary>
    /// <param name="options">What plays, and for how long.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="withPictures">Whether pictures of it are wanted.</param>
    /// <param name="how">Receives who played, for people.</param>
    public static SiteRecording Write(WebOptions options, Manifest manifest, bool withPictures, out string how)
    {
        using BundlePolicy? policy = BundlePolicy.Open(options.Bundle, options.Seed, options.Greedy, options.Runtime);
        RealEpisode episode = RealEpisode.Play(manifest.Environment, RealEpisodeOptions.For(manifest) with
        {
            // One game, from its beginning: so the policy's draws are those that the page repeats.
            Steps = options.Steps,
            Skip = 0,
            Tries = 1,
            Seed = options.Seed,
            Policy = policy,
        });
        if (episode.Observations[0].Length != manifest.Observation.Size)
        {
            throw new BundleException($"An observation of '{manifest.Environment}' has {episode.Observations[0].Length} numbers, of "
                + $"bundle '{options.Bundle}' {manifest.Observation.Size}: it was trained on something else.");
        }
        how = policy?.How ?? (manifest.Environment.StartsWith("minipacman", StringComparison.Ordinal)
            ? "played by MiniPacman's scripted player" : "played by random actions");
        Npz.Write(Path.Combine(options.Output, FileName), new Dictionary<string, NpyArray>
        {
            ["observation"] = Observations(episode, manifest.Observation),
            ["action"] = episode.Actions is long[] numbers
                ? NpyArray.Of(numbers) : NpyArray.Of((float[])episode.Actions, episode.Steps, manifest.Action.Size),
            ["reward"] = NpyArray.Of(episode.Rewards.ToArray()),
        });
        return new(FileName, withPictures && episode.Scenes.Count > 0 ? WriteSheet(options.Output, episode) : null);
    }

    /// <summary>(T + 1, ...observation), a byte a number where that loses nothing.</summary>
    private static NpyArray Observations(RealEpisode episode, ObservationSpec space)
    {
        float[] values = [.. episode.Observations.SelectMany(observation => observation)];
        byte[] bytes = new byte[values.Length];
        Pixels.ToBytes(values, bytes);
        int[] shape = [episode.Observations.Count, .. space.Shape];
        return values.Zip(bytes).All(pair => pair.First == pair.Second / 255f) ? NpyArray.Of(bytes, shape) : NpyArray.Of(values, shape);
    }

    private static SiteSheet WriteSheet(string folder, RealEpisode episode)
    {
        int count = episode.Scenes.Count, columns = Math.Min(count, MostColumns), rows = (count + columns - 1) / columns;
        int height = (int)Math.Round(FrameWidth / episode.Scenes[0].Aspect);
        using SKBitmap sheet = new(columns * FrameWidth, rows * height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using SKCanvas canvas = new(sheet);
        for (int i = 0; i < count; i++)
        {
            using SKBitmap frame = SceneImage.Of(episode.Scenes[i], FrameWidth, height);
            canvas.DrawBitmap(frame, i % columns * FrameWidth, i / columns * height, SKSamplingOptions.Default);
        }
        using SKData data = sheet.Encode(SKEncodedImageFormat.Webp, Quality);
        AtomicFile.Write(Path.Combine(folder, SheetName), data.SaveTo);
        return new(SheetName, columns, FrameWidth, height);
    }
}
