using SkiaSharp;

namespace WorldModels.Pictures;

/// <summary>Shares between 0 and 1 as coloured cells, from dark to bright, with their per cents where there is room for them.</summary>
internal static class ShareMap
{
    private const float TextSize = 11;
    private const int TextWidth = 26, TextHeight = 14;      // room for "100"
    private const int LeastApart = 8;                       // pixels of a cell, from which on there are lines between them

    private static readonly ScottPlot.Colormaps.Viridis Colours = new();

    /// <summary>Cells below and beside each other.</summary>
    /// <param name="shares">Row-major; what is NaN is left out.</param>
    /// <param name="columns">Cells of a row.</param>
    /// <param name="width">Pixels of a cell.</param>
    /// <param name="height">Rows of a cell.</param>
    public static Drawing Of(IReadOnlyList<double> shares, int columns, int width, int height) =>
        new(columns * width, shares.Count / columns * height, canvas =>
        {
            int line = Math.Min(width, height) < LeastApart ? 0 : 1;
            for (int i = 0; i < shares.Count; i++)
            {
                if (double.IsNaN(shares[i]))
                    continue;
                (int x, int y) = (i % columns * width, i / columns * height);
                canvas.Fill(x, y, width - line, height - line, Colour(shares[i]));
                if (width < TextWidth || height < TextHeight)
                    continue;
                SKColor ink = shares[i] > 0.6 ? SKColors.Black : SKColors.White;
                float baseline = y + height / 2f + TextSize * 0.35f;
                canvas.Write($"{Math.Round(100 * shares[i])}", x + width / 2f, baseline, ink, TextSize, SKTextAlign.Center);
            }
        });

    private static SKColor Colour(double share)
    {
        ScottPlot.Color colour = Colours.GetColor(share);
        return new(colour.R, colour.G, colour.B);
    }
}
