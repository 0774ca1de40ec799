using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;

namespace WorldModels.Tools;

/// <summary>
/// An <see cref="OpenLoopComparison"/> as charts: a column an episode, a chart for each number of the observation and the reward, the real
/// line over the dreamed ones, the context shaded; above them the real environment, if it can be drawn.
/// </summary>
public sealed class OpenLoopPicture
{
    private const int Wide = 252, High = 62, Margin = 96, Gap = 6;
    private const int MostEpisodes = 4, MostCharts = 12, MostAnimatedCharts = 6;
    private const uint RealLine = 0x22262E, DreamLine = 0xD1550B, OtherDreams = 0xF0BE9C, Shade = 0xE0E1D8, Field = 0xFBFBF8;

    private static readonly Rgb Background = Colour(SceneRaster.Background);
    private static readonly Rgb Ink = new(34, 38, 46);
    private static readonly Rgb Faint = new(120, 124, 130);
    private static readonly Rgb Cursor = new(150, 60, 130);

    private readonly OpenLoopComparison _comparison;
    private readonly IReadOnlyList<OpenLoopError> _errors;
    private readonly int _episodes, _numbers;

    /// <summary>Prepares the picture.</summary>
    /// <param name="comparison">What to show; the first episodes of it are drawn.</param>
    /// <param name="errors">Errors by distance, of all episodes, which are written below.</param>
    public OpenLoopPicture(OpenLoopComparison comparison, IReadOnlyList<OpenLoopError> errors)
    {
        (_comparison, _errors) = (comparison, errors);
        _episodes = Math.Min(comparison.Episodes.Count, MostEpisodes);
        _numbers = comparison.Episodes[0].Observations[0].Length;
    }

    /// <summary>All charts, with some moments of the real environment above them.</summary>
    public Image Strip()
    {
        const int Moments = 4;
        List<IReadOnlyList<Image>> rows = [[Label(""), .. Each(Headline)]];
        if (Drawable)
        {
            rows.Add([Label("real", Faint), .. Each(e => Image.Grid([[.. Enumerable.Range(0, Moments).Select(i =>
                Image.FromScene(Scene(e, i * (Length - 1) / (Moments - 1)), Wide / Moments - 3))]], 2, Background))]);
        }
        rows.AddRange(Charts(MostCharts));
        return Framed(Image.Grid(rows, Gap, Background), MostCharts);
    }

    /// <summary>One picture a step: the real environment above the charts, in which a line moves along.</summary>
    public IReadOnlyList<Image> Animation()
    {
        List<IReadOnlyList<Image>> charts = Charts(MostAnimatedCharts);
        return [.. Enumerable.Range(0, Length).Select(k =>
        {
            int t = k + 1 - _comparison.Context;
            List<IReadOnlyList<Image>> rows = [[Label(t > 0 ? $"step {t}" : "context"), .. Each(Headline)]];
            if (Drawable)
                rows.Add([Label("real", Faint), .. Each(e => Image.FromScene(Scene(e, k), Wide))]);
            rows.AddRange(charts.Select(row => (IReadOnlyList<Image>)[row[0], .. row.Skip(1).Select(chart => Marked(chart, k))]));
            return Framed(Image.Grid(rows, Gap, Background), MostAnimatedCharts);
        })];
    }

    /// <summary>Writes the charts to a file that ends in .png, or the animation to one that ends in .gif.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 100) =>
        PictureFile.Save(path, Strip, Animation, delayMilliseconds);

    private int Length => _comparison.Context + _comparison.Horizon;

    private bool Drawable => _comparison.Episodes.Take(_episodes).All(episode => episode.Scenes.Count > 0);

    private IEnumerable<Image> Each(Func<int, Image> draw) => Enumerable.Range(0, _episodes).Select(draw);

    /// <summary>The environment at a place of the stretch; where the episode is over, as it ended.</summary>
    private Scene Scene(int episode, int k) => _comparison.Episodes[episode].Scenes[Math.Min(k, _comparison.Episodes[episode].Steps)];

    private Image Headline(int episode)
    {
        string text = $"episode {episode + 1}";
        if (_comparison.HasRewards)
        {
            int[] steps = [.. Enumerable.Range(1, _comparison.Horizon).Where(t => _comparison.RealReward(episode, t) is not null)];
            double real = steps.Sum(t => _comparison.RealReward(episode, t)!.Value);
            double dreamed = steps.Sum(t => _comparison.DreamedReward(episode, 0, t));
            text = $"reward {Figures.Number(real)}, dreamed {Figures.Number(dreamed)}";
        }
        return Label(text);
    }

    private List<IReadOnlyList<Image>> Charts(int most)
    {
        List<IReadOnlyList<Image>> rows = [];
        for (int i = 0; i < Math.Min(_numbers, most); i++)
        {
            int number = i;
            rows.Add(Row($"number {i + 1}", (e, t) => _comparison.Real(e, t)?[number],
                (e, dream, t) => _comparison.Dreamed(e, dream, t)[number], 1 - _comparison.Context));
        }
        if (_comparison.HasRewards)
            rows.Add(Row("reward", _comparison.RealReward, _comparison.DreamedReward, 1));
        rows.Add([Label(""), .. Each(_ => Axis())]);
        return rows;
    }

    /// <summary>One number of all episodes, in one range: that of the real values and a quarter of it on either side.</summary>
    private IReadOnlyList<Image> Row(string name, Func<int, int, float?> real, Func<int, int, int, float> dreamed, int firstDreamed)
    {
        double[] values = [.. from e in Enumerable.Range(0, _episodes) from t in Steps(real, e) select (double)real(e, t)!.Value];
        double extent = values.Max() - values.Min(), size = values.Max(Math.Abs);
        double margin = extent > 1e-6 * size ? extent / 4 : Math.Max(size / 2, 1e-3);
        (double low, double high) = (values.Min() - margin, values.Max() + margin);
        Image label = new(Margin, High, Background);
        label.Write(name, 0, High / 2 - 3, Ink);
        Write(label, Figures.Number(high), 0);
        Write(label, Figures.Number(low), High - Lettering.Height);
        return [label, .. Each(Chart)];

        static void Write(Image label, string text, int y) => label.Write(text, Margin - Lettering.Width(text) - 1, y, Faint);

        Image Chart(int e)
        {
            int last = Steps(real, e).Last();
            List<Shape> shapes =
            [
                new Rectangle(Field, 0, 0, Wide, High),
                new Rectangle(Shade, 0, 0, X(_comparison.Context - 1), High),
                .. Enumerable.Range(1, _comparison.Dreams - 1).Select(dream => Dream(dream, OtherDreams, 0.4)), Dream(0, DreamLine, 0.9),
                Line(RealLine, Steps(real, e).First(), last, t => real(e, t)!.Value, 0.7),
            ];
            return Image.FromScene(new(0, 0, Wide, High, shapes), Wide);

            Polyline Dream(int dream, uint colour, double radius) =>
                Line(colour, firstDreamed, last, t => dreamed(e, dream, t), radius);
        }

        Polyline Line(uint colour, int from, int to, Func<int, double> value, double radius) =>
            new(colour, [.. Enumerable.Range(from, to - from + 1).Select(t => (X(t + _comparison.Context - 1), Y(value(t))))], radius);

        // A dream that left the chart stays at its edge.
        double Y(double value) => double.IsNaN(value) ? 0 : Math.Clamp((value - low) / (high - low), 0, 1) * (High - 2) + 1;
    }

    private IEnumerable<int> Steps(Func<int, int, float?> real, int episode) =>
        Enumerable.Range(1 - _comparison.Context, Length).Where(t => real(episode, t) is not null);

    private double X(int k) => Length == 1 ? 0 : k * (Wide - 1.0) / (Length - 1) + 0.5;

    /// <summary>Steps dreamed, below the charts.</summary>
    private Image Axis()
    {
        Image axis = new(Wide, Lettering.Height, Background);
        foreach (double step in Ticks.Cover(0, _comparison.Horizon, 5).Values.Where(step => step % 1 == 0 && step <= _comparison.Horizon))
        {
            string text = Figures.Number(step);
            int x = (int)X((int)step + _comparison.Context - 1) - Lettering.Width(text) / 2;
            axis.Write(text, Math.Clamp(x, 0, Wide - Lettering.Width(text)), 0, Faint);
        }
        return axis;
    }

    private Image Marked(Image chart, int k)
    {
        Image marked = chart.Scale(1);
        if (chart.Height == High)
            marked.Fill((int)X(k), 0, 1, High, Cursor);
        return marked;
    }

    private Image Framed(Image charts, int most)
    {
        List<IReadOnlyList<Image>> rows =
        [
            [Label($"{_comparison.Name}: {_comparison.Episodes[0].Source} and its dream", scale: 2)], [Legend(most)], [charts],
        ];
        if (_errors.Count > 0)
            rows.Add([Errors()]);
        return Image.Grid(rows, Gap, Background);
    }

    private Image Legend(int most)
    {
        List<(string Text, uint Colour)> parts = [("real", RealLine), ("dreamed", DreamLine)];
        if (_comparison.Dreams > 1)
            parts.Add(($"{_comparison.Dreams - 1} more dreams", OtherDreams));
        string context = _comparison.Context == 1 ? "the observation" : $"the {_comparison.Context} observations";
        string numbers = _numbers > most ? $", {most} of {_numbers} numbers" : "";
        List<Image> drawn = [];
        foreach ((string text, uint colour) in parts)
        {
            Image line = new(26, Lettering.Height, Background);
            line.Fill(0, 2, 20, 3, Colour(colour));
            drawn.AddRange([line, Label(text)]);
        }
        Image shade = new(26, Lettering.Height, Background);
        shade.Fill(0, 0, 20, Lettering.Height, Colour(Shade));
        return Image.Grid([[.. drawn, shade, Label($"{context} it starts from, below: steps dreamed{numbers}")]], Gap, Background);
    }

    private Image Errors()
    {
        string[][] lines =
        [
            ["steps ahead", .. _errors.Select(error => $"{error.Distance}")],
            ["the model", .. _errors.Select(error => Figures.Number(error.Model))],
            ["saying the mean", .. _errors.Select(error => Figures.Number(error.Mean))],
            ["repeating the last", .. _errors.Select(error => Figures.Number(error.RepeatLast))],
            ["keeping the motion", .. _errors.Select(error => double.IsNaN(error.KeepMoving) ? "-" : Figures.Number(error.KeepMoving))],
        ];
        string heading = $"mean squared error, in variances, over {_comparison.Episodes.Count} episodes as far as they go";
        return Image.Grid([[Label(heading, Faint)], .. lines.Select(line => (Image[])
            [Label(string.Concat(line.Select((cell, i) => i == 0 ? cell.PadRight(20) : cell.PadLeft(10))))])], 2, Background);
    }

    private static Rgb Colour(uint colour) => new((byte)(colour >> 16), (byte)(colour >> 8), (byte)colour);

    private static Image Label(string text, Rgb? ink = null, int scale = 1) => Lettering.Label(text, ink ?? Ink, Background, scale);
}
