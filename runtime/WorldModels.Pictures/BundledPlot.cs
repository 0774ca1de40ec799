using ScottPlot;

namespace WorldModels.Pictures;

/// <summary>Plots in the font and the looks of our pictures.</summary>
internal static class BundledPlot
{
    /// <summary>A plot without frame and ticks: grid lines and values.</summary>
    public static Plot Create(Color text, Color lines)
    {
        BundledFont.UseInPlots();
        Plot plot = new();
        plot.Axes.Color(text);
        plot.Grid.MajorLineColor = lines;
        foreach (IAxis axis in (IAxis[])[plot.Axes.Bottom, plot.Axes.Left])
        {
            axis.MajorTickStyle.Length = axis.MinorTickStyle.Length = 0;
            axis.TickLabelStyle.Bold = false;
        }
        return plot;
    }
}
