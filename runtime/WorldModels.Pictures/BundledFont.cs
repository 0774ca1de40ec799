using ScottPlot;
using SkiaSharp;
using SkiaSharp.HarfBuzz;

namespace WorldModels.Pictures;

/// <summary>
/// The font of all pictures, DejaVu Sans, which travels inside the program: the drawing library has none, and draws no text without one.
/// </summary>
internal static class BundledFont
{
    private static readonly SKTypeface Typeface = Load();

    // Without shaping, a dot above a letter would be drawn through it.
    private static readonly SKShaper Shaper = new(Typeface);

    /// <summary>Writes a line with its left end, middle or right end at (x, baseline).</summary>
    public static void Write(
        this SKCanvas canvas, string text, float x, float baseline, SKColor ink, float size, SKTextAlign align = SKTextAlign.Left)
    {
        using SKFont font = Of(size);
        using SKPaint paint = new() { Color = ink, IsAntialias = true };
        canvas.DrawShapedText(Shaper, text, x, baseline, align, font, paint);
    }

    /// <summary>Width of a line, pixels.</summary>
    public static float Width(string text, float size)
    {
        using SKFont font = Of(size);
        return text.Length == 0 ? 0 : Shaper.Shape(text, font).Width;
    }

    /// <summary>Lets plots use it, under every name and weight.</summary>
    public static void UseInPlots()
    {
        if (!Fonts.FontResolvers.OfType<Resolver>().Any())
            Fonts.FontResolvers.Insert(0, new Resolver());
    }

    // With its place rounded to a pixel, a dot above a letter would touch it.
    private static SKFont Of(float size) =>
        new(Typeface, size) { Edging = SKFontEdging.Antialias, Subpixel = true, BaselineSnap = false, Hinting = SKFontHinting.None };

    private static SKTypeface Load()
    {
        using Stream stream = typeof(BundledFont).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
        return SKTypeface.FromStream(stream);
    }

    private sealed class Resolver : IFontResolver
    {
        public SKTypeface CreateTypeface(string fontName, bool bold, bool italic) => Typeface;

        public SKTypeface CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => Typeface;
    }
}
