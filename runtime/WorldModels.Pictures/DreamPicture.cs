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
}

/// <summary>
/// Real frames over dreamed frames along the same actions from the same start, and below them what differs. The first frame is the start,
/// which both share.
/// </summary>
public sealed class DreamPicture
{
    private static readonly Rgb Background = new(24, 24, 28);
    private static readonly Rgb Ink = new(235, 235, 235);
    private static readonly Rgb Mark = new(255, 40, 160);

    private readonly DreamPictureOptions _options;
    private readonly IReadOnlyList<Image>[] _rows; // real, dreamed, differences
    private readonly int _scale;

    private DreamPicture(IReadOnlyList<Image>[] rows, int[] differing, DreamPictureOptions options)
    {
        (_rows, DifferingPixels, _options) = (rows, differing, options);
        Image frame = rows[0][0];
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
    public static DreamPicture Compare(IReadOnlyList<Image> real, IReadOnlyList<Image> dreamed, DreamPictureOptions? options = null)
    {
        options ??= new();
        if (real.Count == 0 || real.Count != dreamed.Count)
            throw new ArgumentException($"Expected as many dreamed frames as real ones; found {real.Count} real, {dreamed.Count} dreamed.");
        if (real.Concat(dreamed).Any(frame => frame.Width != real[0].Width || frame.Height != real[0].Height))
            throw new ArgumentException($"All frames must be as large as the first, {real[0].Width} x {real[0].Height}.");
        (Image Picture, int Count)[] differences = real.Zip(dreamed, (r, d) => Differences(r, d, options.Tolerance)).ToArray();
        return new([real, dreamed, [.. differences.Select(d => d.Picture)]], [.. differences.Select(d => d.Count)], options);
    }

    /// <summary>A comparison as a picture.</summary>
    /// <exception cref="BundleException">The observations are no pictures.</exception>
    public static DreamPicture Of(DreamComparison comparison, DreamPictureOptions? options = null)
    {
        (Manifest manifest, ObservationSpec space) = (comparison.Manifest, comparison.Manifest.Observation);
        if (!Image.IsPicture(space.Shape))
        {
            throw new BundleException($"The observations of '{manifest.Name}' are ({string.Join(", ", space.Shape)}), no pictures: "
                + "only bundles that observe (1, H, W) or (3, H, W) can be shown.");
        }

        options ??= new();
        if (options.Title.Length == 0)
            options = options with { Title = $"{manifest.Name}: {comparison.Real.Source} and its dream" };
        return Compare(Frames(comparison.Real.Observations), Frames(comparison.Dreamed), options);

        Image[] Frames(IEnumerable<float[]> observations) =>
            [.. observations.Select(o => Image.FromObservation(o, space.Shape, space.Low, space.High))];
    }

    /// <summary>Plays the bundle's environment, dreams along, and writes pictures.</summary>
    /// <param name="world">The world model.</param>
    /// <param name="paths">Files that end in .png (film strip) or .gif (animation).</param>
    /// <exception cref="BundleException">The environment is not registered, or the observations are no pictures.</exception>
    public static DreamPicture Save(WorldModel world, params IReadOnlyList<string> paths)
    {
        DreamPicture picture = Of(DreamComparison.Run(world, RealEpisode.Play(world.Manifest.Environment, steps: 15, seed: 0)));
        foreach (string path in paths)
            picture.Save(path);
        return picture;
    }

    /// <summary>All frames side by side, three rows: real, dreamed, differences.</summary>
    public Image Strip()
    {
        int frames = DifferingPixels.Count, columns = Math.Min(_options.Columns, frames);
        List<IReadOnlyList<Image>> grid = [];
        for (int start = 0; start < frames; start += columns)
        {
            int[] shown = Enumerable.Range(start, Math.Min(columns, frames - start)).ToArray();
            grid.Add([Label(""), .. shown.Select(t => Label(t == 0 ? "start" : $"step {t}"))]);
            for (int row = 0; row < _rows.Length; row++)
                grid.Add([Label(Names[row]), .. shown.Select(t => _rows[row][t].Scale(_scale))]);
            grid.Add([Label(""), .. shown.Select(t => Label($"{DifferingPixels[t]} differ"))]);
            if (shown[^1] < frames - 1)
                grid.Add([Label("")]);
        }
        return Titled(Image.Grid(grid, 4, Background));
    }

    /// <summary>One picture a frame: real, dreamed and differences beside each other.</summary>
    public IReadOnlyList<Image> Animation()
    {
        int scale = _scale * 2;
        return [.. Enumerable.Range(0, DifferingPixels.Count).Select(t => Titled(Image.Grid(
            [[.. Names.Select(name => Label(name))],
             [.. _rows.Select(row => row[t].Scale(scale))],
             [Label(t == 0 ? "start" : $"step {t}"), Label(""), Label($"{DifferingPixels[t]} differ")]], 6, Background)))];
    }

    /// <summary>Writes the strip to a file that ends in .png, or the animation to one that ends in .gif.</summary>
    /// <exception cref="ArgumentException">The name ends otherwise.</exception>
    public void Save(string path) =>
        PictureFile.Save(path, Strip, Animation, _options.DelayMilliseconds);

    private static IReadOnlyList<string> Names { get; } = ["real", "dream", "differ"];

    private Image Titled(Image picture) => _options.Title.Length == 0
        ? picture
        : Image.Grid([[Label(_options.Title)], [picture]], 4, Background);

    private static Image Label(string text) => Lettering.Label(text, Ink, Background);

    /// <summary>The real frame, dimmed, with each pixel marked that differs in the dream.</summary>
    private static (Image Picture, int Count) Differences(Image real, Image dreamed, double tolerance)
    {
        Image picture = new(real.Width, real.Height);
        int count = 0;
        for (int y = 0; y < real.Height; y++)
        {
            for (int x = 0; x < real.Width; x++)
            {
                Rgb pixel = real[x, y];
                bool differs = pixel.Distance(dreamed[x, y]) > tolerance * 255;
                picture[x, y] = differs ? Mark : new((byte)(pixel.R / 4), (byte)(pixel.G / 4), (byte)(pixel.B / 4));
                if (differs)
                    count++;
            }
        }
        return (picture, count);
    }
}
