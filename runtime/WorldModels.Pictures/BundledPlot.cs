using ScottPlot;
using SkiaSharp;

namespace WorldModels.Pictures;

/// <summary>Plots in the font and the looks of our pictures.</summary>
internal static class BundledPlot
{
    /// <summary>A plot without frame and ticks: grid lines and values.</summary>
    public static Plot Create(SKColor background, SKColor text, SKColor lines)
    {
        BundledFont.UseInPlots();
        Plot plot = new();
        plot.FigureBackground.Color = Color.FromSKColor(background);
        plot.Axes.Frame(false);
        plot.Axes.Color(Color.FromSKColor(text));
        plot.Grid.MajorLineColor = Color.FromSKColor(lines);
        foreach (IAxis axis in (IAxis[])[plot.Axes.Bottom, plot.Axes.Left])
        {
            axis.MajorTickStyle.Length = axis.MinorTickStyle.Length = 0;
            axis.TickLabelStyle.Bold = false;
        }
        return plot;
    }

    /// <summary>The plot as part of a drawing; by itself it would paint over all that is on the canvas.</summary>
    public static Drawing Draw(this Plot plot, int width, int height) => new(width, height, canvas =>
    {
        using SKAutoCanvasRestore restore = new(canvas);
        canvas.ClipRect(new SKRect(0, 0, width, height));
        plot.Render(canvas, new PixelRect(0, width, height, 0));
    });
}
