using SkiaSharp;
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
    private const int Gap = 6, Margin = 92;
    private const int MostEpisodes = 4, MostCharts = 12, MostAnimatedCharts = 6;

    /// <summary>The colour behind all.</summary>
    internal static readonly SKColor Background = new(FlatScene.Background | 0xFF000000);
    private static readonly SKColor Ink = new(34, 38, 46);
    private static readonly SKColor Faint = new(96, 100, 106);

    private readonly OpenLoopComparison _comparison;
    private readonly IReadOnlyList<OpenLoopError> _errors;
    private readonly SpaceNames _names;
    private readonly int _episodes, _numbers;

    /// <summary>Prepares the picture.</summary>
    /// <param name="comparison">What to show; the first episodes of it are drawn.</param>
    /// <param name="errors">Errors by distance, of all episodes, which are written below.</param>
    public OpenLoopPicture(OpenLoopComparison comparison, IReadOnlyList<OpenLoopError> errors)
    {
        (_comparison, _errors, _names) = (comparison, errors, comparison.Names);
        _episodes = Math.Min(comparison.Episodes.Count, MostEpisodes);
        _numbers = comparison.Episodes[0].Observations[0].Length;
    }

    /// <summary>All charts, with some moments of the real environment above them.</summary>
    public Drawing Strip()
    {
        const int Moments = 4;
        List<IReadOnlyList<Drawing>> rows = [Row("", Headline)];
        if (Drawable)
        {
            rows.Add(Row("real", e => Indented(e, Drawing.Grid([[.. Enumerable.Range(0, Moments).Select(i =>
                Drawing.Of(Scene(e, i * (Length - 1) / (Moments - 1)), OpenLoopChart.Wide / Moments - 3))]], 2))));
        }
        rows.AddRange(Charts(MostCharts).Select(chart => Row(chart.Heading(Margin), chart.Draw)));
        return Framed(Drawing.Grid(rows, Gap), MostCharts);
    }

    /// <summary>One picture a step: the real environment above the charts, in which a line moves along.</summary>
    public IReadOnlyList<Drawing> Animation()
    {
        List<(OpenLoopChart Chart, Drawing[] Drawn)> charts =
            [.. Charts(MostAnimatedCharts).Select(chart => (chart, Each(e => chart.Draw(e).Recorded()).ToArray()))];
        return [.. Enumerable.Range(0, Length).Select(k =>
        {
            int t = k + 1 - _comparison.Context;
            List<IReadOnlyList<Drawing>> rows = [Row(t > 0 ? $"step {t}" : "context", Headline)];
            if (Drawable)
                rows.Add(Row("real", e => Indented(e, Drawing.Of(Scene(e, k), OpenLoopChart.Wide))));
            rows.AddRange(charts.Select(row => Row(row.Chart.Heading(Margin), e => row.Chart.Marked(row.Drawn[e], e, t))));
            return Framed(Drawing.Grid(rows, Gap), MostAnimatedCharts);
        })];
    }

    /// <summary>Writes the charts to a file that ends in .png, or the animation to one that ends in .webp.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path, int delayMilliseconds = 100) =>
        PictureFile.Save(path, Strip, Animation, Background, delayMilliseconds, quality: 90);

    private int Length => _comparison.Context + _comparison.Horizon;

    private bool Drawable => _comparison.Episodes.Take(_episodes).All(episode => episode.Scenes.Count > 0);

    private IEnumerable<Drawing> Each(Func<int, Drawing> draw) => Enumerable.Range(0, _episodes).Select(draw);

    private IReadOnlyList<Drawing> Row(string name, Func<int, Drawing> draw) => Row(Drawing.Text(name, Ink, width: Margin), draw);

    private IReadOnlyList<Drawing> Row(Drawing name, Func<int, Drawing> draw) => [name, .. Each(draw)];

    /// <summary>The first column's charts have their values beside them; what stands above them begins where they begin.</summary>
    private static Drawing Indented(int episode, Drawing drawing) => episode > 0 ? drawing : new(
        drawing.Width + OpenLoopChart.Values, drawing.Height, canvas => canvas.Draw(drawing, OpenLoopChart.Values, 0));

    /// <summary>The environment at a place of the stretch; where the episode is over, as it ended.</summary>
    private Scene Scene(int episode, int k) => _comparison.Episodes[episode].Scenes[Math.Min(k, _comparison.Episodes[episode].Steps)];

    private Drawing Headline(int episode)
    {
        string text = $"episode {episode + 1}";
        if (_comparison.HasRewards)
        {
            int[] steps = [.. Enumerable.Range(1, _comparison.Horizon).Where(t => _comparison.RealReward(episode, t) is not null)];
            double real = steps.Sum(t => _comparison.RealReward(episode, t)!.Value);
            double dreamed = steps.Sum(t => _comparison.DreamedReward(episode, 0, t));
            text = $"reward {Figures.Number(real)}, dreamed {Figures.Number(dreamed)}";
        }
        return Indented(episode, Label(text));
    }

    private List<OpenLoopChart> Charts(int most)
    {
        List<OpenLoopChart> charts = [];
        for (int i = 0; i < Math.Min(_numbers, most); i++)
        {
            int number = i;
            OpenLoopChart chart = new(_comparison, _episodes, _names.Observations[i], (e, t) => _comparison.Real(e, t)?[number],
                (e, dream, t) => _comparison.Dreamed(e, dream, t)[number], 1 - _comparison.Context);
            charts.Add(chart with { Unit = _names.Units[i] });
        }
        if (_comparison.HasRewards)
            charts.Add(new(_comparison, _episodes, "reward", _comparison.RealReward, _comparison.DreamedReward, 1));
        charts[^1] = charts[^1] with { SecondsPerStep = _names.SecondsPerStep, HasSteps = true };
        return charts;
    }

    private Drawing Framed(Drawing charts, int most)
    {
        string title = $"{_comparison.Name}: {_comparison.Episodes[0].Source} and its dream";
        List<IReadOnlyList<Drawing>> rows = [[Label(title, size: 19)], [Legend(most)], [charts]];
        if (_errors.Count > 0)
            rows.Add([Errors()]);
        return Drawing.Grid(rows, Gap);
    }

    private Drawing Legend(int most)
    {
        List<(string Text, SKColor Colour, int Height)> parts =
            [("real", OpenLoopChart.RealLine, 3), ("dreamed", OpenLoopChart.DreamLine, 3)];
        if (_comparison.Dreams > 1)
            parts.Add(($"{_comparison.Dreams - 1} more dreams", OpenLoopChart.OtherDreams, 3));
        string context = _comparison.Context == 1 ? "the observation" : $"the {_comparison.Context} observations";
        string numbers = _numbers > most ? $"; {most} of {_numbers} numbers" : "";
        parts.Add(($"{context} it starts from{numbers}", OpenLoopChart.Shade, 14));
        return Drawing.Grid([[.. parts.SelectMany(part => (Drawing[])
            [new(26, 16, canvas => canvas.Fill(0, 8 - part.Height / 2, 22, part.Height, part.Colour)), Spaced(Label(part.Text))])]], Gap);

        // Room behind each text, or the next sign would stand as near to it as its own.
        static Drawing Spaced(Drawing text) => text with { Width = text.Width + 3 * Gap };
    }

    private Drawing Errors()
    {
        string[][] lines =
        [
            ["steps ahead", .. _errors.Select(error => $"{error.Distance}")],
            ["the model", .. _errors.Select(error => Figures.Number(error.Model))],
            ["saying the mean", .. _errors.Select(error => Figures.Number(error.Mean))],
            ["repeating the last", .. _errors.Select(error => Figures.Number(error.RepeatLast))],
            ["keeping the motion", .. _errors.Select(error => double.IsNaN(error.KeepMoving) ? "–" : Figures.Number(error.KeepMoving))],
        ];
        int count = _comparison.Episodes.Count;
        string episodes = count == 1 ? "1 episode as far as it goes" : $"{count} episodes as far as they go";
        string heading = $"mean squared error, in variances, over {episodes}";
        Drawing table = Drawing.Grid([.. lines.Select(line => (Drawing[])
            [Label(line[0]), .. line.Skip(1).Select(cell => Drawing.Text(cell, Ink, width: 76, align: SKTextAlign.Right))])], 2);
        return Drawing.Grid([[Drawing.Text(heading, Faint)], [table]], 2);
    }

    private static Drawing Label(string text, float size = 13) => Drawing.Text(text, Ink, size);
}
