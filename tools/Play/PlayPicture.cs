using SkiaSharp;
using WorldModels.Environments;
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
            return ObservationImage.Of(session.Frame, session.Shape, session.Bounds.Low, session.Bounds.High);
        double aspect = (scene.Right - scene.Left) / (scene.Top - scene.Bottom);
        int columns = Math.Max(1, Math.Min(width, (int)(height * aspect))), rows = Math.Max(1, (int)(columns / aspect));
        byte[] rgb = new byte[rows * columns * 3];
        SceneRaster.Paint(scene, columns, rows, rgb);
        float[] planes = new float[rgb.Length];     // (3, rows, columns)
        for (int i = 0; i < rgb.Length; i++)
            planes[i % 3 * rows * columns + i / 3] = rgb[i] / 255f;
        return ObservationImage.Of(planes, [3, rows, columns], 0, 1);
    }
}
