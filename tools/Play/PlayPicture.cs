using SkiaSharp;
using WorldModels.Pictures;

namespace WorldModels.Tools;

/// <summary>What a session shows, in pixels.</summary>
internal static class PlayPicture
{
    /// <summary>The frame itself where it is a picture; else the game's scene, drawn as large as it fits.</summary>
    /// <param name="session">What is played.</param>
    /// <param name="width">Most pixels a row of a scene.</param>
    /// <param name="height">Most rows.</param>
    public static SKBitmap Of(PlaySession session, int width, int height)
    {
        if (session.Scene is not { } scene)
            return ObservationImage.Of(session.Picture, session.Shape, session.Bounds.Low, session.Bounds.High);
        int columns = Math.Max(1, Math.Min(width, (int)(height * scene.Aspect))), rows = Math.Max(1, (int)(columns / scene.Aspect));
        return SceneImage.Of(scene, columns, rows);
    }
}
