using SkiaSharp;
using WorldModels.Environments;

namespace WorldModels.Pictures;

/// <summary>Something to be drawn that knows its size; what it does not cover is transparent.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Paint">Draws it with its upper left corner at the origin.</param>
public sealed record Drawing(int Width, int Height, Action<SKCanvas> Paint)
{
    private const float TextSize = 13;

    /// <summary>A line of text, as wide as it is or as a column that it stands in.</summary>
    public static Drawing Text(string text, SKColor ink, float size = TextSize, int? width = null, SKTextAlign align = SKTextAlign.Left)
    {
        int wide = width ?? (int)MathF.Ceiling(BundledFont.Width(text, size));
        float x = align switch { SKTextAlign.Right => wide, SKTextAlign.Center => wide / 2f, _ => 0 };
        return new(wide, (int)MathF.Ceiling(size * 1.25f), canvas => canvas.Write(text, x, MathF.Round(size * 0.98f), ink, size, align));
    }

    /// <summary>A frame with each pixel as a square of <paramref name="scale"/> pixels a side.</summary>
    public static Drawing Pixels(SKBitmap frame, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        int width = checked(frame.Width * scale), height = checked(frame.Height * scale);
        return new(width, height, canvas =>
        {
            using SKImage image = SKImage.FromBitmap(frame);
            canvas.DrawImage(image, new SKRect(0, 0, width, height), new SKSamplingOptions(SKFilterMode.Nearest));
        });
    }

    /// <summary>A rectangle of one colour.</summary>
    public static Drawing Filled(int width, int height, SKColor colour) =>
        new(width, height, canvas => canvas.Fill(0, 0, width, height, colour));

    /// <summary>A scene of an environment, as high as its proportions want it.</summary>
    public static Drawing Of(Scene scene, int width) => Pixels(SceneImage.Of(scene, width), 1);

    /// <summary>Drawings in rows and columns; a column is as wide, and a row as high, as the largest drawing in it.</summary>
    /// <param name="rows">The rows; they may differ in length.</param>
    /// <param name="gap">Pixels between the drawings and around them.</param>
    public static Drawing Grid(IReadOnlyList<IReadOnlyList<Drawing>> rows, int gap)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        int columns = rows.Select(row => row.Count).DefaultIfEmpty().Max();
        if (columns == 0)
            throw new ArgumentException("A grid needs at least one drawing.", nameof(rows));
        int[] widths = [.. Enumerable.Range(0, columns).Select(c => rows.Where(row => c < row.Count).Max(row => row[c].Width))];
        int[] heights = [.. rows.Select(row => row.Select(drawing => drawing.Height).DefaultIfEmpty().Max())];
        return new(widths.Sum() + gap * (columns + 1), heights.Sum() + gap * (rows.Count + 1), canvas =>
        {
            for (int r = 0, y = gap; r < rows.Count; y += heights[r++] + gap)
            {
                for (int c = 0, x = gap; c < rows[r].Count; x += widths[c++] + gap)
                    canvas.Draw(rows[r][c], x, y);
            }
        });
    }

    /// <summary>This one with more drawn upon it.</summary>
    public Drawing With(Action<SKCanvas> paint) => this with { Paint = Paint + paint };

    /// <summary>This one, recorded: what is slow to lay out is done once for many frames.</summary>
    public Drawing Recorded()
    {
        using SKPictureRecorder recorder = new();
        Paint(recorder.BeginRecording(new SKRect(0, 0, Width, Height)));
        SKPicture picture = recorder.EndRecording();
        return this with { Paint = canvas => canvas.DrawPicture(picture) };
    }

    /// <summary>The pixels.</summary>
    public SKBitmap Render(SKColor background)
    {
        SKBitmap bitmap = new(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using SKCanvas canvas = new(bitmap);
        canvas.Clear(background);
        Paint(canvas);
        return bitmap;
    }
}

/// <summary>What drawings do on a canvas.</summary>
internal static class Canvas
{
    /// <summary>Draws with the upper left corner at (x, y).</summary>
    public static void Draw(this SKCanvas canvas, Drawing drawing, float x, float y)
    {
        using SKAutoCanvasRestore restore = new(canvas);
        canvas.Translate(x, y);
        drawing.Paint(canvas);
    }

    /// <summary>Paints a rectangle, whose edges are those of pixels.</summary>
    public static void Fill(this SKCanvas canvas, float x, float y, float width, float height, SKColor colour)
    {
        using SKPaint paint = new() { Color = colour };
        canvas.DrawRect(x, y, width, height, paint);
    }
}
