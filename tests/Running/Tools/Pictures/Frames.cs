using SkiaSharp;

namespace WorldModels.Tests.Tools;

/// <summary>Reads pictures back from their files.</summary>
internal static class Frames
{
    /// <summary>The frames of a file in their order, and how long each is shown.</summary>
    public static (IReadOnlyList<SKBitmap> Frames, IReadOnlyList<int> Delays) Read(string path)
    {
        using SKCodec codec = SKCodec.Create(path);
        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        List<SKBitmap> frames = [];
        for (int i = 0; i < Math.Max(codec.FrameCount, 1); i++)
        {
            SKBitmap frame = new(info);
            Assert.That(codec.GetPixels(info, frame.GetPixels(), new SKCodecOptions(i)), Is.EqualTo(SKCodecResult.Success));
            frames.Add(frame);
        }
        return (frames, [.. codec.FrameInfo.Select(frame => frame.Duration)]);
    }

    /// <summary>Pixels that are nearly of a colour.</summary>
    public static int Count(SKBitmap picture, SKColor colour, int tolerance = 0) => picture.Pixels.Count(pixel =>
        Math.Abs(pixel.Red - colour.Red) <= tolerance && Math.Abs(pixel.Green - colour.Green) <= tolerance
        && Math.Abs(pixel.Blue - colour.Blue) <= tolerance);
}
