using WorldModels.Environments;

namespace WorldModels.Pictures;

/// <summary>A colour of 8 bits a channel.</summary>
public readonly record struct Rgb(byte R, byte G, byte B)
{
    public static readonly Rgb Black = new(0, 0, 0);
    public static readonly Rgb White = new(255, 255, 255);

    /// <summary>The largest difference of any channel, 0 to 255.</summary>
    public int Distance(Rgb other) => Math.Max(Math.Abs(R - other.R), Math.Max(Math.Abs(G - other.G), Math.Abs(B - other.B)));
}

/// <summary>A picture in memory, RGB, 8 bits a channel. Everything drawn is cut at its edges.</summary>
public sealed class Image
{
    private readonly byte[] _pixels;

    /// <summary>A black picture.</summary>
    public Image(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        (Width, Height, _pixels) = (width, height, new byte[checked(width * height * 3)]);
    }

    /// <summary>A picture of one colour.</summary>
    public Image(int width, int height, Rgb colour) : this(width, height) => Fill(0, 0, width, height, colour);

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows, from the top.</summary>
    public int Height { get; }

    /// <summary>The bytes, (Height, Width, 3), row-major.</summary>
    public Span<byte> Pixels => _pixels;

    /// <summary>One pixel.</summary>
    public Rgb this[int x, int y]
    {
        get
        {
            Span<byte> pixel = Row(y).Slice(x * 3, 3);
            return new(pixel[0], pixel[1], pixel[2]);
        }
        set
        {
            Span<byte> pixel = Row(y).Slice(x * 3, 3);
            (pixel[0], pixel[1], pixel[2]) = (value.R, value.G, value.B);
        }
    }

    /// <summary>The bytes of one row, (Width, 3).</summary>
    public Span<byte> Row(int y) => _pixels.AsSpan(y * Width * 3, Width * 3);

    /// <summary>Paints a rectangle.</summary>
    public void Fill(int x, int y, int width, int height, Rgb colour)
    {
        for (int row = Math.Max(y, 0); row < Math.Min(y + height, Height); row++)
        {
            for (int column = Math.Max(x, 0); column < Math.Min(x + width, Width); column++)
                this[column, row] = colour;
        }
    }

    /// <summary>Copies another picture to (x, y).</summary>
    public void Draw(Image picture, int x, int y)
    {
        int skip = Math.Max(-x, 0), width = Math.Min(picture.Width, Width - x) - skip;
        for (int row = Math.Max(-y, 0); row < Math.Min(picture.Height, Height - y) && width > 0; row++)
            picture.Row(row).Slice(skip * 3, width * 3).CopyTo(Row(y + row)[((x + skip) * 3)..]);
    }

    /// <summary>This picture with each pixel repeated <paramref name="factor"/> times in both directions.</summary>
    public Image Scale(int factor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        Image scaled = new(checked(Width * factor), checked(Height * factor));
        for (int y = 0; y < scaled.Height; y++)
        {
            for (int x = 0; x < scaled.Width; x++)
                scaled[x, y] = this[x / factor, y / factor];
        }

        return scaled;
    }

    /// <summary>Pictures in rows and columns; a column is as wide, and a row as high, as the largest picture in it.</summary>
    /// <param name="rows">The rows; they may differ in length.</param>
    /// <param name="gap">Pixels between the pictures and around them.</param>
    /// <param name="background">The colour of the gaps.</param>
    public static Image Grid(IReadOnlyList<IReadOnlyList<Image>> rows, int gap, Rgb background)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        int columns = rows.Select(row => row.Count).DefaultIfEmpty().Max();
        if (columns == 0)
            throw new ArgumentException("A grid needs at least one picture.", nameof(rows));
        int[] widths = [.. Enumerable.Range(0, columns).Select(c => rows.Where(row => c < row.Count).Max(row => row[c].Width))];
        int[] heights = [.. rows.Select(row => row.Select(picture => picture.Height).DefaultIfEmpty().Max())];
        Image grid = new(widths.Sum() + gap * (columns + 1), heights.Sum() + gap * (rows.Count + 1), background);
        for (int r = 0, y = gap; r < rows.Count; y += heights[r++] + gap)
        {
            for (int c = 0, x = gap; c < rows[r].Count; x += widths[c++] + gap)
                grid.Draw(rows[r][c], x, y);
        }

        return grid;
    }

    /// <summary>An observation as a picture: one channel is grey, three are red, green and blue.</summary>
    /// <param name="observation">(C, H, W), row-major; values outside the bounds are cut.</param>
    /// <param name="shape">C, H, W with C = 1 or 3.</param>
    /// <param name="low">The value shown black.</param>
    /// <param name="high">The value shown bright.</param>
    /// <exception cref="ArgumentException">The shape is not that of a picture, or the observation has another number of values.</exception>
    public static Image FromObservation(ReadOnlySpan<float> observation, IReadOnlyList<int> shape, double low = 0, double high = 1)
    {
        if (!IsPicture(shape))
        {
            throw new ArgumentException(
                $"An observation of shape ({string.Join(", ", shape)}) is no picture: expected (1, H, W) or (3, H, W).", nameof(shape));
        }
        int height = shape[1], width = shape[2], plane = width * height;
        if (observation.Length != shape[0] * plane)
        {
            throw new ArgumentException(
                $"An observation of shape ({string.Join(", ", shape)}) has {shape[0] * plane} values; found {observation.Length}.",
                nameof(observation));
        }
        Image image = new(width, height);
        for (int i = 0; i < plane; i++)
        {
            for (int c = 0; c < 3; c++)
                image._pixels[i * 3 + c] = Byte(observation[(shape[0] == 1 ? 0 : c) * plane + i]);
        }

        return image;

        byte Byte(float value) => (byte)Math.Round(Math.Clamp((value - low) / (high - low), 0, 1) * 255);
    }

    /// <summary>A scene of an environment, as high as its proportions want it.</summary>
    public static Image FromScene(Scene scene, int width)
    {
        Image image = new(width, Math.Max(1, (int)Math.Round(width * (scene.Top - scene.Bottom) / (scene.Right - scene.Left))));
        SceneRaster.Paint(scene, image.Width, image.Height, image._pixels);
        return image;
    }

    /// <summary>Whether <see cref="FromObservation"/> can show observations of this shape.</summary>
    public static bool IsPicture(IReadOnlyList<int> shape) => shape.Count == 3 && shape[0] is 1 or 3 && shape[1] > 0 && shape[2] > 0;
}
