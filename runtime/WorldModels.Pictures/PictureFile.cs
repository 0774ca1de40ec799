using System.Text;
using SkiaSharp;
using WorldModels.Bundles;

namespace WorldModels.Pictures;

/// <summary>Files of pictures, whose endings say what they hold.</summary>
public static class PictureFile
{
    /// <summary>Whether a name ends as <see cref="Save"/> wants it.</summary>
    public static bool Fits(string path) => Path.GetExtension(path).ToLowerInvariant() is ".png" or ".webp";

    /// <summary>Whether a name is that of an animation.</summary>
    public static bool IsAnimation(string path) => Path.GetExtension(path).Equals(".webp", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes one picture to a file that ends in .png, or an animation to one that ends in .webp.</summary>
    /// <param name="path">The file, which is replaced if it exists.</param>
    /// <param name="strip">Draws the one picture.</param>
    /// <param name="animation">Draws the frames of the animation, all of one size.</param>
    /// <param name="background">The colour behind them.</param>
    /// <param name="delayMilliseconds">Time of each frame.</param>
    /// <param name="quality">
    /// Quality of the animation, up to 100; null: without loss, which keeps cells and colours as they are, and is large for drawings of
    /// many colours.
    /// </param>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public static void Save(
        string path, Func<Drawing> strip, Func<IReadOnlyList<Drawing>> animation, SKColor background, int delayMilliseconds,
        float? quality = null)
    {
        if (!Fits(path))
            throw new ArgumentException($"'{path}' ends neither in .png (one picture) nor in .webp (an animation).");
        using SKData data = IsAnimation(path) ? Animate(animation(), background, delayMilliseconds, quality) : Still(strip(), background);
        AtomicFile.Write(path, data.SaveTo);
    }

    /// <summary>Writes one picture to a file that ends in .png or .svg.</summary>
    /// <param name="path">The file, which is replaced if it exists.</param>
    /// <param name="drawing">The picture.</param>
    /// <param name="background">The colour behind it.</param>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public static void SaveStill(string path, Drawing drawing, SKColor background)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".png":
                using (SKData data = Still(drawing, background))
                    AtomicFile.Write(path, data.SaveTo);
                break;
            case ".svg":
                AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Svg(drawing, background))));
                break;
            default:
                throw new ArgumentException($"'{path}' ends neither in .png nor in .svg.");
        }
    }

    private static string Svg(Drawing drawing, SKColor background)
    {
        using MemoryStream stream = new();
        using (SKCanvas canvas = SKSvgCanvas.Create(new SKRect(0, 0, drawing.Width, drawing.Height), stream))
        {
            canvas.Clear(background);
            drawing.Paint(canvas);
        }
        // Where the font is not installed, the others named have letters as wide.
        return Encoding.UTF8.GetString(stream.ToArray())
            .Replace("font-family=\"DejaVu Sans\"", "font-family=\"DejaVu Sans, Verdana, sans-serif\"", StringComparison.Ordinal);
    }

    private static SKData Still(Drawing drawing, SKColor background)
    {
        using SKBitmap bitmap = drawing.Render(background);
        return bitmap.Encode(SKEncodedImageFormat.Png, 100);
    }

    /// <summary>An animated WebP; it repeats for ever.</summary>
    private static SKData Animate(IReadOnlyList<Drawing> drawings, SKColor background, int delayMilliseconds, float? quality)
    {
        if (drawings.Count == 0 || drawings.Any(drawing => (drawing.Width, drawing.Height) != (drawings[0].Width, drawings[0].Height)))
            throw new ArgumentException("An animation needs at least one frame, and frames of one size.", nameof(drawings));
        SKBitmap[] bitmaps = [.. drawings.Select(drawing => drawing.Render(background))];
        try
        {
            TimeSpan duration = TimeSpan.FromMilliseconds(delayMilliseconds);
            SKWebpEncoderFrame[] frames = [.. bitmaps.Select(bitmap => new SKWebpEncoderFrame(bitmap, duration))];
            SKWebpEncoderCompression compression = quality is null ? SKWebpEncoderCompression.Lossless : SKWebpEncoderCompression.Lossy;
            return SKWebpEncoder.EncodeAnimated(frames, new SKWebpEncoderOptions(compression, quality ?? 100))
                ?? throw new InvalidOperationException("The animation could not be encoded.");
        }
        finally
        {
            foreach (SKBitmap bitmap in bitmaps)
                bitmap.Dispose();
        }
    }
}
