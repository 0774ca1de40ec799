using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Runtime;

namespace WorldModels.Pictures;

/// <summary>How a <see cref="DreamPicture"/> is drawn.</summary>
public sealed record DreamPictureOptions
{
    /// <summary>Pixels a side for each pixel of a frame; 0: chosen so that a frame is readable and the strip not too wide.</summary>
    public int Scale { get; init; }

    /// <summary>A pixel is marked as different when a channel differs by more than this share of its range.</summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>Most frames side by side in the strip; further ones go below.</summary>
    public int Columns { get; init; } = 8;

    /// <summary>Time of each frame of the animation, ms.</summary>
    public int DelayMilliseconds { get; init; } = 400;

    /// <summary>A line above the picture, such as the bundle's name.</summary>
    public string Title { get; init; } = "";

    /// <summary>What each step's action is called; none: they are not shown.</summary>
    public IReadOnlyList<string> Actions { get; init; } = [];
}

/// <summary>
/// Real frames over dreamed frames along the same actions from the same start, and below them what differs; of several dreams also their
/// mean, and of each pixel the share of dreams in which it is as it came. The first frame is the start, which all share.
/// </summary>
public sealed class DreamPicture
{
    private const int FrameSize = 120;      // pixels, wide enough for a frame's label

    private readonly DreamPictureOptions _options;
    private readonly IReadOnlyList<Row> _rows;
    private readonly int _scale;

    private DreamPicture(IReadOnlyList<Row> rows, int[] differing, int scale, DreamPictureOptions options) =>
        (_rows, DifferingPixels, _scale, _options) = (rows, differing, scale, options);

    /// <summary>Pixels that differ in each frame, the start included.</summary>
    public IReadOnlyList<int> DifferingPixels { get; }

    /// <summary>The share of dreams in which each frame is as it came, the start included; empty of a single dream.</summary>
    public IReadOnlyList<double> SameFrames { get; private init; } = [];

    /// <summary>Compares two sequences of frames.</summary>
    /// <param name="real">T + 1 frames of the environment, the first of them the start.</param>
    /// <param name="dreamed">T + 1 frames of the world model, as large as the real ones.</param>
    /// <param name="options">How to draw.</param>
    /// <exception cref="ArgumentException">No frames, another number of frames, or frames of another size.</exception>
    public static DreamPicture Compare(
        IReadOnlyList<SKBitmap> real, IReadOnlyList<SKBitmap> dreamed, DreamPictureOptions? options = null)
    {
        options ??= new();
        if (real.Count == 0 || real.Count != dreamed.Count)
            throw new ArgumentException($"Expected as many dreamed frames as real ones; found {real.Count} real, {dreamed.Count} dreamed.");
        if (real.Concat(dreamed).Any(frame => frame.Width != real[0].Width || frame.Height != real[0].Height))
            throw new ArgumentException($"All frames must be as large as the first, {real[0].Width} x {real[0].Height}.");
        (SKBitmap Picture, int Count)[] differences = real.Zip(dreamed, (r, d) => Differences(r, d, options.Tolerance)).ToArray();
        Row[] rows = [Row.Of("real", real), Row.Of("dream", dreamed), Row.Of("differ", [.. differences.Select(d => d.Picture)])];
        int scale = Math.Clamp(FrameSize / Math.Max(real[0].Width, real[0].Height), 1, 16);
        return new(rows, [.. differences.Select(d => d.Count)], options.Scale > 0 ? options.Scale : scale, options);
    }

    /// <summary>A comparison as a picture.</summary>
    /// <exception cref="BundleException">The observations are no pictures.</exception>
    public static DreamPicture Of(DreamComparison comparison, DreamPictureOptions? options = null)
    {
        (Manifest manifest, ObservationSpec space) = (comparison.Manifest, comparison.Manifest.Observation);
        if (ObservationImage.ShapeOf(manifest) is not { } shape)
        {
            throw new BundleException($"The observations of '{manifest.Name}' are ({string.Join(", ", space.Shape)}), no pictures: "
                + "only bundles that observe (1, H, W) or (3, H, W) can be shown.");
        }

        options ??= new();
        if (options.Title.Length == 0)
            options = options with { Title = $"{manifest.Name}: {comparison.Real.Source} and its dream" };
        if (comparison.Real.Actions is long[] taken)
            options = options with { Actions = [.. taken.Select(action => SpaceNames.Of(manifest).Actions[(int)action])] };
        // Of cells there are few: each is drawn as large as there is room, and is as it came where it is nearer to that than to another.
        if (options.Scale == 0 && space.Shape.Count == 1)
            options = options with { Scale = Math.Max(1, FrameSize / Math.Max(shape[1], shape[2])), Tolerance = 0.5 };
        SKBitmap[] real = Frames(comparison.Real.Observations);
        DreamPicture picture = Compare(real, Frames(comparison.Dreamed), options);
        return comparison.Dreams.Count == 1 ? picture : picture.Beside(
            real, [.. comparison.Dreams.Select(Frames)],
            Frames(Enumerable.Range(0, real.Length).Select(t => Mean([.. comparison.Dreams.Select(dream => dream[t])]))));

        SKBitmap[] Frames(IEnumerable<float[]> observations) =>
            [.. observations.Select(o => ObservationImage.Of(o, shape, space.Low, space.High))];

        static float[] Mean(IReadOnlyList<float[]> observations) =>
            [.. Enumerable.Range(0, observations[0].Length).Select(i => observations.Average(o => o[i]))];
    }

    /// <summary>This picture and what several dreams say together: their mean, and how many of them have each pixel as it came.</summary>
    private DreamPicture Beside(IReadOnlyList<SKBitmap> real, IReadOnlyList<SKBitmap[]> dreams, IReadOnlyList<SKBitmap> mean)
    {
        bool[][][] same = [.. real.Select((frame, t) => (bool[][])[.. dreams.Select(dream => (bool[])[.. frame.Pixels.Zip(
            dream[t].Pixels, (came, dreamed) => !ObservationImage.Differ(came, dreamed, _options.Tolerance))])])];      // (T, N, pixels)
        double[][] shares = [.. same.Select(frame => (double[])[.. Enumerable.Range(0, frame[0].Length).Select(i =>
            frame.Average(dream => dream[i] ? 1.0 : 0))])];
        Row probability = new("as it came, %", (t, scale) => ShareMap.Of(shares[t], real[0].Width, scale, scale));
        return new([.. _rows, Row.Of($"mean of {dreams.Count}", mean), probability], [.. DifferingPixels], _scale, _options)
        {
            SameFrames = [.. same.Select(frame => frame.Average(dream => dream.All(pixel => pixel) ? 1.0 : 0))],
        };
    }

    /// <summary>Plays the bundle's environment, dreams along, and writes pictures.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="paths">Files that end in .png (film strip) or .webp (animation).</param>
    /// <exception cref="BundleException">The environment is not registered, or the observations are no pictures.</exception>
    public static DreamPicture Save(WorldModel world, params IReadOnlyList<string> paths)
    {
        DreamPicture picture = Of(DreamComparison.Run(world, RealEpisode.Play(
            world.Manifest.Environment, RealEpisodeOptions.For(world.Manifest) with { Steps = 15 })));
        foreach (string path in paths)
            picture.Save(path);
        return picture;
    }

    /// <summary>All frames side by side, a row each: real, dreamed, differences, and what several dreams say together.</summary>
    public Drawing Strip()
    {
        int frames = DifferingPixels.Count, columns = Math.Min(_options.Columns, frames);
        List<IReadOnlyList<Drawing>> grid = [];
        for (int start = 0; start < frames; start += columns)
        {
            int[] shown = Enumerable.Range(start, Math.Min(columns, frames - start)).ToArray();
            grid.Add([Label(""), .. shown.Select(t => Label(Moment(t)))]);
            foreach (Row row in _rows)
                grid.Add([Label(row.Name), .. shown.Select(t => row.Draw(t, _scale))]);
            grid.Add([Label(""), .. shown.Select(t => Label(Count(t)))]);
            if (shown[^1] < frames - 1)
                grid.Add([Label("")]);
        }
        return DarkTheme.Titled(_options.Title, 4, Drawing.Grid(grid, 4));
    }

    /// <summary>One picture a frame: real, dreamed, differences and the others beside each other.</summary>
    public IReadOnlyList<Drawing> Animation()
    {
        int scale = _scale * 2;
        return [.. Enumerable.Range(0, DifferingPixels.Count).Select(t => DarkTheme.Titled(_options.Title, 6, Drawing.Grid(
            [[.. _rows.Select(row => Label(row.Name))],
             [.. _rows.Select(row => row.Draw(t, scale))],
             [Label(Moment(t)), Label(""), Label(Count(t))]], 6)))];
    }

    /// <summary>Writes the strip to a file that ends in .png, or the animation to one that ends in .webp.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path) =>
        PictureFile.Save(path, Strip, Animation, DarkTheme.Background, _options.DelayMilliseconds);

    private string Moment(int t) =>
        t == 0 ? "start" : _options.Actions.Count < t ? $"step {t}" : $"step {t}: {_options.Actions[t - 1]}";

    private string Count(int t) => DifferingPixels[t] == 1 ? "1 pixel differs" : $"{DifferingPixels[t]} pixels differ";

    private static Drawing Label(string text) => DarkTheme.Label(text);

    /// <summary>The real frame, dimmed, with each pixel marked that differs in the dream.</summary>
    private static (SKBitmap Picture, int Count) Differences(SKBitmap real, SKBitmap dreamed, double tolerance)
    {
        bool[] differs = [.. real.Pixels.Zip(dreamed.Pixels, (r, d) => ObservationImage.Differ(r, d, tolerance))];
        SKColor[] pixels = [.. real.Pixels.Zip(differs, (pixel, differs) => differs ? DarkTheme.Mark : ObservationImage.Dim(pixel, 4))];
        return (new SKBitmap(real.Info) { Pixels = pixels }, differs.Count(differs => differs));
    }

    /// <summary>Frames one beside the other.</summary>
    /// <param name="Name">What they are.</param>
    /// <param name="Draw">Draws the frame of a moment with so many pixels a side for each of its own.</param>
    private sealed record Row(string Name, Func<int, int, Drawing> Draw)
    {
        public static Row Of(string name, IReadOnlyList<SKBitmap> frames) => new(name, (t, scale) => Drawing.Pixels(frames[t], scale));
    }
}
