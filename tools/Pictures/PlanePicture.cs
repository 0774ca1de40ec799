using ScottPlot;
using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Pictures;
using Drawing = WorldModels.Pictures.Drawing;

namespace WorldModels.Tools;

/// <summary>Pictures over a plane of two numbers: policies side by side, or the states of a world.</summary>
internal static class PlanePicture
{
    private const int Wide = 480, High = 380, Heading = 46, Gap = 18, Bottom = 26, Left = 52, Right = 84, Top = 8, Below = 22;

    private static readonly SKColor Background = new(0xF4, 0xF4, 0xEF), Faint = new(96, 100, 106), Lines = new(0xE6, 0xE6, 0xE0),
        Ink = new(0x22, 0x26, 0x2E);

    private static readonly Color[] Choices =
    [
        new(0x2F, 0x6F, 0xA8), new(0xE0, 0x8A, 0x2B), new(0x4E, 0x9A, 0x5A), new(0xB3, 0x4A, 0x4A), new(0x7C, 0x5C, 0xA8), new(0x8A, 0x6D, 0x4F),
        new(0xC7, 0x6B, 0xA0), new(0x7A, 0x7A, 0x7A),
    ];

    /// <summary>Draws policies over one plane.</summary>
    /// <param name="path">The file.</param>
    /// <param name="plane">The plane.</param>
    /// <param name="policies">Each policy's manifest, and its actions over the plane.</param>
    public static void Save(string path, PolicyPlane plane, IReadOnlyList<(Manifest Manifest, double[,] Actions)> policies)
    {
        Manifest first = policies[0].Manifest;
        SpaceNames names = SpaceNames.Of(first);
        IReadOnlyList<Drawing> charts = [.. policies.Select(policy => Chart(
            policy.Manifest.Name, Label(names, plane.X), Label(names, plane.Y),
            first.Action.Kind == ActionKind.Discrete ? "" : names.Actions[0], plot => Draw(plot, plane, first.Action, names, policy.Actions)))];
        Save(path, charts);
    }

    /// <summary>Draws the states of a world.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The bundle's.</param>
    /// <param name="states">The states.</param>
    public static void Save(string path, string name, LatentStates states)
    {
        string Component(string which, double share) => FormattableString.Invariant($"{which} component, {share:P0} of the variance");
        Drawing chart = Chart($"{name}: {states.Points.Count} states of {states.Size} numbers",
            Component("first", states.Shares.First), Component("second", states.Shares.Second), "reward", plot =>
            {
                (double low, double high) = states.Rewards.Count == 0 ? (0, 0) : (states.Rewards.Min(), states.Rewards.Max());
                ScottPlot.Colormaps.Viridis colours = new();
                for (int i = 0; i < states.Points.Count; i++)
                {
                    double share = high > low ? (states.Rewards[i] - low) / (high - low) : 0;
                    plot.Add.Marker(states.Points[i].X, states.Points[i].Y, MarkerShape.FilledCircle, 4, colours.GetColor(share));
                }
                if (high > low)
                    plot.Add.ColorBar(new Scale(colours, low, high));
            });
        Save(path, [chart]);
    }

    private static void Save(string path, IReadOnlyList<Drawing> charts) =>
        PictureFile.Save(path, () => Drawing.Grid([charts], Gap), () => [], Background, 0);

    private static void Draw(Plot plot, PolicyPlane plane, ActionSpec action, SpaceNames names, double[,] actions)
    {
        bool choices = action.Kind == ActionKind.Discrete;
        ScottPlot.Plottables.Heatmap map = plot.Add.Heatmap(actions);
        map.FlipVertically = true;      // the first row is the lowest
        map.Extent = new CoordinateRect(plane.Horizontal.Low, plane.Horizontal.High, plane.Vertical.Low, plane.Vertical.High);
        int count = action.Count ?? 0;
        map.Colormap = choices
            ? new ScottPlot.Colormaps.CustomInterpolated([.. Enumerable.Range(0, count).Select(i => Choices[i % Choices.Length])])
            : new ScottPlot.Colormaps.Balance();
        map.ManualRange = choices ? new(0, Math.Max(1, count - 1)) : new(action.LowOf(0), action.HighOf(0));
        plot.Axes.SetLimits(plane.Horizontal.Low, plane.Horizontal.High, plane.Vertical.Low, plane.Vertical.High);
        if (!choices)
        {
            plot.Add.ColorBar(map);
            return;
        }
        for (int i = 0; i < count; i++)
            plot.Legend.ManualItems.Add(new() { LabelText = names.Actions[i], FillColor = Choices[i % Choices.Length], LineWidth = 0 });
        plot.ShowLegend(Alignment.UpperRight);
    }

    private static string Label(SpaceNames names, int number) =>
        names.Units[number].Length == 0 ? names.Observations[number] : $"{names.Observations[number]} ({names.Units[number]})";

    private static Drawing Chart(string heading, string horizontal, string vertical, string scale, Action<Plot> draw)
    {
        Plot plot = BundledPlot.Create(Background, Faint, Lines);
        draw(plot);
        plot.Layout.Fixed(new PixelPadding(Left, Right, Bottom, Top));
        Drawing chart = plot.Draw(Wide, High);
        return new(Wide, Heading + High + Below, canvas =>
        {
            canvas.Write(heading, 0, 18, Ink, 15);
            canvas.Write(vertical, 4, 40, Faint, 13);
            canvas.Write(scale, Wide - 4, 40, Faint, 13, SKTextAlign.Right);
            canvas.Draw(chart, 0, Heading);
            canvas.Write(horizontal, (Left + Wide - Right) / 2, Heading + High + 12, Faint, 13, SKTextAlign.Center);
        });
    }

    /// <summary>What a colour bar beside points shows.</summary>
    private sealed class Scale(IColormap colours, double low, double high) : IHasColorAxis
    {
        public IColormap Colormap { get; } = colours;

        public ScottPlot.Range GetRange() => new(low, high);
    }
}
