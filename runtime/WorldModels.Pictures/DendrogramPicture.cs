using SkiaSharp;
using WorldModels.Measure;

namespace WorldModels.Pictures;

/// <summary>Two groups of a <see cref="DendrogramPicture"/> that become one.</summary>
/// <param name="First">Leaves of the one.</param>
/// <param name="Second">Leaves of the other.</param>
/// <param name="Value">How much they belong together: more is more.</param>
public sealed record Junction(IReadOnlyList<int> First, IReadOnlyList<int> Second, double Value);

/// <summary>
/// A tree of things that were put together step by step: leaves below, and junctions the higher, the less what they join belongs together.
/// A junction of more than one below it stands as high as that one. Those that a threshold parts are drawn thin.
/// </summary>
/// <param name="title">Stands above.</param>
/// <param name="leaves">What is put together.</param>
/// <param name="junctions">In the order in which they were made, until all leaves are one.</param>
/// <param name="threshold">Where the groups are cut: from the first junction below it on, they stay apart.</param>
/// <param name="measure">What the values are.</param>
public sealed class DendrogramPicture(
    string title, IReadOnlyList<string> leaves, IReadOnlyList<Junction> junctions, double threshold, string measure)
{
    private const int Left = 72, Column = 60, Tall = 260, Edge = 12;
    private const float LetterSize = 13;

    private static readonly SKColor Ink = new(0x1C, 0x1F, 0x24), Soft = new(0x5C, 0x64, 0x70), Faint = new(0xE3, 0xE6, 0xEA);

    /// <summary>Writes it to a file that ends in .png or .svg.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path) => PictureFile.SaveStill(path, Draw(), SKColors.White);

    /// <summary>The picture; on white.</summary>
    public Drawing Draw()
    {
        float widest = leaves.Max(leaf => BundledFont.Width(leaf, LetterSize));
        bool upright = widest > Column - 6;     // names that do not fit side by side
        int width = Left + Column * leaves.Count + Edge, height = Tall + 2 * Edge + (int)(upright ? widest : LetterSize) + Edge;
        Drawing tree = new(width, height, canvas => Paint(canvas, width, upright));
        string line = $"Above the dashed line ({measure} {Figures.Number(threshold)}) groups stay apart.";
        return Drawing.Grid([[Drawing.Text(title, Ink, size: 16)], [tree], [Drawing.Text(line, Soft)]], 8);
    }

    private void Paint(SKCanvas canvas, int width, bool upright)
    {
        double[] values = [.. junctions.Select(junction => junction.Value), threshold];
        Ticks ticks = Ticks.Cover(values.Min(), Math.Max(values.Max(), 1));
        float Height(double value) =>
            Edge + (float)((value - ticks.Values[0]) / (ticks.Values[^1] - ticks.Values[0])) * Tall;
        foreach (double tick in ticks.Values)
        {
            canvas.Fill(Left, Height(tick), width - Left - Edge, 1, Faint);
            canvas.Write(ticks.Label(tick), Left - 6, Height(tick) + 4, Soft, 12, SKTextAlign.Right);
        }
        using (SKAutoCanvasRestore restore = new(canvas))
        {
            canvas.RotateDegrees(-90, 16, Edge + Tall / 2);
            canvas.Write(measure, 16, Edge + Tall / 2, Ink, LetterSize, SKTextAlign.Center);
        }
        for (int x = Left; x < width - Edge; x += 9)
            canvas.Fill(x, Height(threshold), 5, 1.5f, Ink);

        int[] order = Order();
        Dictionary<int, (float X, float Y)> tops = [];      // of the groups so far, by their first leaf
        for (int place = 0; place < order.Length; place++)
        {
            float x = Left + Column * (place + 0.5f), y = Edge + Tall;
            tops[order[place]] = (x, y);
            using SKAutoCanvasRestore restore = new(canvas);
            if (upright)
                canvas.RotateDegrees(-90, x, y + Edge);
            canvas.Write(leaves[order[place]], x, y + (upright ? Edge + 4 : Edge + LetterSize), Ink, LetterSize,
                upright ? SKTextAlign.Right : SKTextAlign.Center);
        }
        bool joined = true;
        foreach (Junction junction in junctions)
        {
            joined &= junction.Value >= threshold;
            ((float x1, float y1), (float x2, float y2)) = (tops[junction.First.Min()], tops[junction.Second.Min()]);
            float y = Math.Min(Height(junction.Value), Math.Min(y1, y2)), line = joined ? 3 : 1;
            SKColor ink = joined ? Ink : Soft;
            canvas.Fill(x1 - line / 2, y, line, y1 - y, ink);
            canvas.Fill(x2 - line / 2, y, line, y2 - y, ink);
            canvas.Fill(Math.Min(x1, x2) - line / 2, y - line / 2, Math.Abs(x2 - x1) + line, line, ink);
            tops[Math.Min(junction.First.Min(), junction.Second.Min())] = ((x1 + x2) / 2, y);
        }
    }

    /// <summary>The leaves from left to right, so that no lines cross.</summary>
    private int[] Order()
    {
        Dictionary<int, int[]> groups = Enumerable.Range(0, leaves.Count).ToDictionary(leaf => leaf, leaf => (int[])[leaf]);
        foreach (Junction junction in junctions)
        {
            (int first, int second) = (junction.First.Min(), junction.Second.Min());
            groups[Math.Min(first, second)] = [.. groups[first], .. groups[second]];
        }
        return groups[0];
    }
}
