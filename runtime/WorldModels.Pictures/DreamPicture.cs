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
/// Real frames over dreamed frames along the same actions from the same start, and below them what differs. The first frame is the start,
/// which both share.
/// </summary>
public sealed class DreamPicture
{
    private readonly DreamPictureOptions _options;
    private readonly IReadOnlyList<SKBitmap>[] _rows; // real, dreamed, differences
    private readonly int _scale;

    private DreamPicture(IReadOnlyList<SKBitmap>[] rows, int[] differing, DreamPictureOptions options)
    {
        (_rows, DifferingPixels, _options) = (rows, differing, options);
        SKBitmap frame = rows[0][0];
        // Frames of about 120 pixels, wide enough for their label.
        _scale = options.Scale > 0 ? options.Scale : Math.Clamp(120 / Math.Max(frame.Width, frame.Height), 1, 16);
    }

    /// <summary>Pixels that differ in each frame, the start included.</summary>
    public IReadOnlyList<int> DifferingPixels { get; }

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
        return new([real, dreamed, [.. differences.Select(d => d.Picture)]], [.. differences.Select(d => d.Count)], options);
    }

    /// <summary>A comparison as a picture.</summary>
    /// <exception cref="BundleException">The observations are no pictures.</exception>
    public static DreamPicture Of(DreamComparison comparison, DreamPictureOptions? options = null)
    {
        (Manifest manifest, ObservationSpec space) = (comparison.Manifest, comparison.Manifest.Observation);
        if (!ObservationImage.IsPicture(space.Shape))
        {
            throw new BundleException($"The observations of '{manifest.Name}' are ({string.Join(", ", space.Shape)}), no pictures: "
                + "only bundles that observe (1, H, W) or (3, H, W) can be shown.");
        }

        options ??= new();
        if (options.Title.Length == 0)
            options = options with { Title = $"{manifest.Name}: {comparison.Real.Source} and its dream" };
        if (comparison.Real.Actions is long[] taken)
            options = options with { Actions = [.. taken.Select(action => SpaceNames.Of(manifest).Actions[(int)action])] };
        return Compare(Frames(comparison.Real.Observations), Frames(comparison.Dreamed), options);

        SKBitmap[] Frames(IEnumerable<float[]> observations) =>
            [.. observations.Select(o => ObservationImage.Of(o, space.Shape, space.Low, space.High))];
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

    /// <summary>All frames side by side, three rows: real, dreamed, differences.</summary>
    public Drawing Strip()
    {
        int frames = DifferingPixels.Count, columns = Math.Min(_options.Columns, frames);
        List<IReadOnlyList<Drawing>> grid = [];
        for (int start = 0; start < frames; start += columns)
        {
            int[] shown = Enumerable.Range(start, Math.Min(columns, frames - start)).ToArray();
            grid.Add([Label(""), .. shown.Select(t => Label(Moment(t)))]);
            for (int row = 0; row < _rows.Length; row++)
                grid.Add([Label(Names[row]), .. shown.Select(t => Drawing.Pixels(_rows[row][t], _scale))]);
            grid.Add([Label(""), .. shown.Select(t => Label(Count(t)))]);
            if (shown[^1] < frames - 1)
                grid.Add([Label("")]);
        }
        return DarkTheme.Titled(_options.Title, 4, Drawing.Grid(grid, 4));
    }

    /// <summary>One picture a frame: real, dreamed and differences beside each other.</summary>
    public IReadOnlyList<Drawing> Animation()
    {
        int scale = _scale * 2;
        return [.. Enumerable.Range(0, DifferingPixels.Count).Select(t => DarkTheme.Titled(_options.Title, 6, Drawing.Grid(
            [[.. Names.Select(Label)],
             [.. _rows.Select(row => Drawing.Pixels(row[t], scale))],
             [Label(Moment(t)), Label(""), Label(Count(t))]], 6)))];
    }

    /// <summary>Writes the strip to a file that ends in .png, or the animation to one that ends in .webp.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path) =>
        PictureFile.Save(path, Strip, Animation, DarkTheme.Background, _options.DelayMilliseconds);

    private static IReadOnlyList<string> Names { get; } = ["real", "dream", "differ"];

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
}
