using SkiaSharp;

namespace WorldModels.Pictures;

/// <summary>The colours of pictures of pixels.</summary>
internal static class DarkTheme
{
    public static readonly SKColor Background = new(24, 24, 28);
    public static readonly SKColor Ink = new(235, 235, 235);
    public static readonly SKColor Faint = new(160, 160, 170);

    /// <summary>Pixels that are not as they came.</summary>
    public static readonly SKColor Mark = new(255, 40, 160);

    /// <summary>A line of text.</summary>
    public static Drawing Label(string text, int? width = null) => Drawing.Text(text, Ink, width: width);

    /// <summary>Pictures below each other and a title, which may be empty.</summary>
    public static Drawing Titled(string title, int gap, params IEnumerable<Drawing> pictures)
    {
        IEnumerable<Drawing> above = title.Length == 0 ? [] : [Drawing.Text(title, Ink, size: 19)];
        return Drawing.Grid([.. above.Concat(pictures).Select(picture => (Drawing[])[picture])], gap);
    }
}
