using ScottPlot;
using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Recordings;
using Drawing = WorldModels.Pictures.Drawing;

namespace WorldModels.Tools;

/// <summary>How often which value occurs in a recording: a histogram for each number, and for rewards, lengths and returns.</summary>
internal sealed class DatasetPicture(Recording recording)
{
    private const int Columns = 4, Wide = 260, High = 150, Heading = 22, Gap = 14, Bins = 40, MostNumbers = 24;
    private const int MostValues = 200_000;     // of one number; more are thinned out evenly

    private static readonly SKColor Background = new(0xF4, 0xF4, 0xEF), Field = new(0xFB, 0xFB, 0xF8), Faint = new(96, 100, 106),
        Line = new(0xE6, 0xE6, 0xE0), Ink = new(0x22, 0x26, 0x2E), Bar = new(0x2F, 0x6F, 0xA8);

    /// <summary>Writes it as PNG.</summary>
    public void Save(string path) => PictureFile.Save(path, () => Drawing.Grid(Rows(), Gap), () => [], Background, 0);

    private IReadOnlyList<IReadOnlyList<Drawing>> Rows()
    {
        List<Drawing> charts =
        [
            Chart("steps of an episode", [.. recording.Episodes.Select(episode => (double)episode.Steps)]),
            Chart("return of an episode", [.. recording.Episodes.Select(episode => episode.Return)]),
            Chart("reward", Values((episode, record) => episode.Rewards[record])),
        ];
        if (recording.Episodes[0].Observations.Shape.Count == 2)
        {
            for (int i = 0; i < Math.Min(MostNumbers, recording.Spec.Observation); i++)
                charts.Add(Chart(recording.ObservationName(i), Observations(i)));
        }
        ActionSpec actions = recording.Spec.Action;
        if (actions.Kind == ActionKind.Discrete)
        {
            charts.Add(Chart("action", Values((episode, record) => episode.Actions.As<long>()[record])));
        }
        else
        {
            for (int i = 0; i < Math.Min(MostNumbers, actions.Size); i++)
            {
                int number = i;
                charts.Add(Chart(recording.ActionName(i), Values((episode, record) => episode.Actions.As<float>()[record * actions.Size + number])));
            }
        }
        return [.. charts.Chunk(Columns)];
    }

    private double[] Observations(int number)
    {
        float[] values = new float[recording.Spec.Observation];
        return Values((episode, record) =>
        {
            episode.CopyObservation(record, values);
            return values[number];
        });
    }

    private double[] Values(Func<Episode, int, double> value)
    {
        long steps = recording.Episodes.Sum(episode => (long)episode.Steps);
        int every = (int)((steps + MostValues - 1) / MostValues);
        List<double> values = [];
        long at = 0;
        foreach (Episode episode in recording.Episodes)
        {
            for (int record = 1; record < episode.Records; record++)
            {
                if (at++ % every == 0)
                    values.Add(value(episode, record));
            }
        }
        return [.. values];
    }

    private static Drawing Chart(string name, double[] values)
    {
        (double low, double high) = (values.Min(), values.Max());
        if (low == high)
            (low, high) = (low - 0.5, high + 0.5);
        int[] counts = new int[Bins];
        foreach (double value in values)
            counts[Math.Min(Bins - 1, (int)((value - low) / (high - low) * Bins))]++;
        Plot plot = BundledPlot.Create(Background, Faint, Line);
        plot.DataBackground.Color = Color.FromSKColor(Field);
        double bin = (high - low) / Bins;
        foreach (Bar bar in plot.Add.Bars(
            [.. Enumerable.Range(0, Bins).Select(i => low + (i + 0.5) * bin)], [.. counts.Select(count => (double)count)]).Bars)
        {
            (bar.Size, bar.FillColor, bar.LineWidth) = (bin, Color.FromSKColor(Bar), 0);
        }
        plot.Axes.SetLimits(low, high, 0, counts.Max() * 1.05);
        double edge = 0.1 * (high - low);
        double[] ticks = [.. Ticks.Cover(low, high, 5).Values.Where(value => value > low + edge && value < high - edge)];
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(ticks, [.. ticks.Select(value => Figures.Number(value))]);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual();
        plot.Layout.Fixed(new PixelPadding(0, 0, Heading, 0));
        Drawing chart = plot.Draw(Wide, High);
        return new(Wide, High + Heading, canvas =>
        {
            canvas.Write(name, 0, 15, Ink, 14);
            canvas.Draw(chart, 0, Heading);
        });
    }
}
