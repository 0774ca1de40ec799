using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using WorldModels.Pictures;

namespace WorldModels.Tests.Tools;

public sealed class PictureTests
{
    [TestCase(1, 1)]
    [TestCase(7, 5)]
    [TestCase(300, 41)]
    public void PngDecodesToTheSamePixels(int width, int height)
    {
        Image image = Noise(width, height, 1, colours: 1 << 24);
        using MemoryStream file = new();
        PngWriter.Write(file, image);
        Image decoded = DecodePng(file.ToArray());
        Assert.That((decoded.Width, decoded.Height), Is.EqualTo((width, height)));
        Assert.That(decoded.Pixels.SequenceEqual(image.Pixels));
    }

    [TestCase(1, 1, 1, 1)]
    [TestCase(3, 2, 2, 2)]
    [TestCase(40, 30, 5, 3)]
    [TestCase(64, 64, 256, 1)] // more than 4096 strings: the table is cleared
    [TestCase(64, 64, 255, 3)]
    [TestCase(300, 200, 17, 1)]
    public void GifDecodesToTheSameFrames(int width, int height, int colours, int count)
    {
        Image[] frames = [.. Enumerable.Range(0, count).Select(i => Changed(Noise(width, height, 1, colours), i))];
        using MemoryStream file = new();
        GifWriter.Write(file, frames, delayMilliseconds: 120);
        (List<Image> decoded, List<int> delays) = GifDecoder.Decode(file.ToArray());
        Assert.That(decoded, Has.Count.EqualTo(count));
        Assert.That(delays, Is.All.EqualTo(12));
        for (int i = 0; i < count; i++)
        {
            Assert.That((decoded[i].Width, decoded[i].Height), Is.EqualTo((width, height)));
            Assert.That(decoded[i].Pixels.SequenceEqual(frames[i].Pixels));
        }
    }

    [Test]
    public void GifEndsCorrectlyAtEveryLength()
    {
        // The width of the last codes depends on how many there were: every length once, of a picture that hardly compresses.
        for (int width = 1; width < 700; width++)
        {
            Image frame = Noise(width, 1, width, colours: 4);
            using MemoryStream file = new();
            GifWriter.Write(file, [frame]);
            Assert.That(GifDecoder.Decode(file.ToArray()).Frames[0].Pixels.SequenceEqual(frame.Pixels), $"width {width}");
        }
    }

    [Test]
    public void PaletteKeepsFewColoursAndApproximatesMany()
    {
        GifColours few = new([Noise(50, 50, 3, colours: 200)]);
        Assert.That(few.Colours.Distinct().Count(), Is.EqualTo(few.Colours.Count).And.LessThanOrEqualTo(200));
        Image image = new(64, 64);
        for (int y = 0; y < 64; y++)
        {
            for (int x = 0; x < 64; x++)
                image[x, y] = new((byte)(x * 4), (byte)(y * 4), 128);
        }

        GifColours many = new([image]);
        int worst = 0;
        for (int y = 0; y < 64; y++)
        {
            for (int x = 0; x < 64; x++)
                worst = Math.Max(worst, image[x, y].Distance(many.Colours[many[image[x, y]]]));
        }

        Assert.That(many.Colours, Has.Count.EqualTo(256));
        Assert.That(worst, Is.LessThanOrEqualTo(16)); // 4096 colours of a plane in 256 boxes: 16 x 16 levels
    }

    [Test]
    public void ScalingRepeatsPixels()
    {
        Image image = Noise(5, 4, 2, colours: 1 << 24), scaled = image.Scale(3);
        Assert.That((scaled.Width, scaled.Height), Is.EqualTo((15, 12)));
        for (int y = 0; y < 12; y++)
        {
            for (int x = 0; x < 15; x++)
                Assert.That(scaled[x, y], Is.EqualTo(image[x / 3, y / 3]));
        }

        Assert.That(() => image.Scale(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void GridPlacesPicturesWithGaps()
    {
        Rgb red = new(255, 0, 0), green = new(0, 255, 0), blue = new(0, 0, 255), grey = new(9, 9, 9);
        Image grid = Image.Grid([[new(2, 3, red), new(4, 1, green)], [new(1, 2, blue)]], 1, grey);
        Assert.That((grid.Width, grid.Height), Is.EqualTo((2 + 4 + 3, 3 + 2 + 3)));
        Assert.That(Count(grid, red), Is.EqualTo(6));
        Assert.That(Count(grid, green), Is.EqualTo(4));
        Assert.That(Count(grid, blue), Is.EqualTo(2));
        Rgb[] found = [grid[1, 1], grid[4, 1], grid[1, 5], grid[0, 0], grid[3, 1]];
        Assert.That(found, Is.EqualTo(new[] { red, green, blue, grey, grey }));
        Assert.That(() => Image.Grid([], 1, grey), Throws.ArgumentException.With.Message.Contains("at least one picture"));
    }

    [Test]
    public void DrawingIsCutAtTheEdges()
    {
        Image image = new(4, 4), white = new(3, 3, Rgb.White);
        image.Draw(white, -1, -1);
        image.Draw(white, 3, 2);
        image.Draw(white, 9, 9);
        image.Draw(white, -9, 0);
        Assert.That(Count(image, Rgb.White), Is.EqualTo(4 + 2));
    }

    [Test]
    public void ObservationsBecomePictures()
    {
        Image colour = Image.FromObservation([1, 0, 0.5f, 2, 0, 0], [3, 1, 2]);
        Assert.That(new[] { colour[0, 0], colour[1, 0] }, Is.EqualTo(new[] { new Rgb(255, 128, 0), new Rgb(0, 255, 0) }));
        Image grey = Image.FromObservation([-1, 1, 0], [1, 3, 1], low: -1, high: 1);
        Assert.That(Enumerable.Range(0, 3).Select(y => grey[0, y].R), Is.EqualTo(new[] { 0, 255, 128 }));
        Assert.That(() => Image.FromObservation([1, 2], [2]), Throws.ArgumentException.With.Message.Contains("(2) is no picture"));
        Assert.That(() => Image.FromObservation([1, 2], [1, 3, 1]),
            Throws.ArgumentException.With.Message.Contains("has 3 values; found 2"));
    }

    [Test]
    public void LettersAreDistinctAndFit()
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:+-/%=()<>#*_?";
        string[] shapes = Letters.Select(letter => Convert.ToHexString(Lettering.Label($"{letter}", Rgb.White, Rgb.Black).Pixels)).ToArray();
        Assert.That(shapes.Distinct().Count(), Is.EqualTo(Letters.Length));
        Assert.That(Lettering.Label("ab 1", Rgb.White, Rgb.Black).Width, Is.EqualTo(23));
        Assert.That(Lettering.Label("a", Rgb.White, Rgb.Black).Pixels.SequenceEqual(Lettering.Label("A", Rgb.White, Rgb.Black).Pixels));
    }

    [Test]
    public void DreamPictureMarksWhatDiffers()
    {
        Image[] real = [Noise(19, 15, 1, 5), Noise(19, 15, 2, 5), Noise(19, 15, 3, 5)];
        Image[] dreamed = [real[0], real[1].Scale(1), real[2].Scale(1)];
        dreamed[2][4, 5] = new((byte)(dreamed[2][4, 5].R + 128), 7, 7);
        DreamPicture picture = DreamPicture.Compare(real, dreamed, new() { Title = "Test 1", Columns = 2 });
        Assert.That(picture.DifferingPixels, Is.EqualTo(new[] { 0, 0, 1 }));
        Assert.That(picture.Animation(), Has.Count.EqualTo(3));
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            picture.Save(Path.Combine(folder, "a.png"));
            picture.Save(Path.Combine(folder, "a.gif"));
            Image strip = DecodePng(File.ReadAllBytes(Path.Combine(folder, "a.png")));
            Assert.That(strip.Pixels.SequenceEqual(picture.Strip().Pixels));
            Assert.That(GifDecoder.Decode(File.ReadAllBytes(Path.Combine(folder, "a.gif"))).Frames, Has.Count.EqualTo(3));
            Assert.That(() => picture.Save(Path.Combine(folder, "a.jpg")), Throws.ArgumentException.With.Message.Contains(".png"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        Assert.That(() => DreamPicture.Compare(real, [real[0]]), Throws.ArgumentException.With.Message.Contains("3 real, 1 dreamed"));
        Assert.That(() => DreamPicture.Compare([real[0]], [new(2, 2)]), Throws.ArgumentException.With.Message.Contains("19 x 15"));
    }

    /// <summary>The picture with its upper left pixels gone round by some places: other frames of the same colours.</summary>
    private static Image Changed(Image image, int by)
    {
        Span<byte> part = image.Pixels[..(image.Pixels.Length / 6 * 3)];
        byte[] old = part.ToArray();
        for (int i = 0; i < part.Length; i++)
            part[i] = old[(i + 3 * by) % part.Length];
        return image;
    }

    private static int Count(Image image, Rgb colour) =>
        Enumerable.Range(0, image.Width * image.Height).Count(i => image[i % image.Width, i / image.Width] == colour);

    /// <summary>Random pixels of at most <paramref name="colours"/> colours.</summary>
    private static Image Noise(int width, int height, int seed, int colours)
    {
        Random random = new(seed);
        int[] palette = [.. Enumerable.Range(0, Math.Min(colours, width * height)).Select(_ => random.Next(1 << 24))];
        Image image = new(width, height);
        for (int i = 0; i < width * height; i++)
        {
            int colour = palette[random.Next(palette.Length)];
            image[i % width, i / width] = new((byte)(colour >> 16), (byte)(colour >> 8), (byte)colour);
        }
        return image;
    }

    /// <summary>A decoder of its own, by the standard: 8-bit RGB, every filter, every checksum compared.</summary>
    private static Image DecodePng(byte[] file)
    {
        Assert.That(Convert.ToHexString(file.AsSpan(0, 8)), Is.EqualTo("89504E470D0A1A0A"));
        using MemoryStream data = new();
        int width = 0, height = 0, at = 8;
        string type;
        do
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            type = Encoding.ASCII.GetString(file, at + 4, 4);
            Span<byte> body = file.AsSpan(at + 8, length);
            uint crc = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length));
            Assert.That(crc, Is.EqualTo(Crc32(file.AsSpan(at + 4, length + 4))), type);
            if (type == "IHDR")
            {
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(body), BinaryPrimitives.ReadInt32BigEndian(body[4..]));
                Assert.That(body[8..].ToArray(), Is.EqualTo(new byte[] { 8, 2, 0, 0, 0 }));
            }
            if (type == "IDAT")
                data.Write(body);
            at += length + 12;
        }
        while (type != "IEND");
        Assert.That(at, Is.EqualTo(file.Length));

        data.Position = 0;
        using ZLibStream zlib = new(data, CompressionMode.Decompress);
        Image image = new(width, height);
        byte[] above = new byte[width * 3], row = new byte[width * 3];
        for (int y = 0; y < height; y++, (above, row) = (row, above))
        {
            int filter = zlib.ReadByte();
            zlib.ReadExactly(row);
            for (int i = 0; i < row.Length; i++)
            {
                int left = i < 3 ? 0 : row[i - 3], up = above[i], corner = i < 3 ? 0 : above[i - 3];
                row[i] += (byte)(filter switch
                {
                    0 => 0,
                    1 => left,
                    2 => up,
                    3 => (left + up) / 2,
                    4 => Paeth(left, up, corner),
                    _ => throw new InvalidDataException("filter"),
                });
            }
            row.CopyTo(image.Row(y));
        }
        Assert.That(zlib.ReadByte(), Is.EqualTo(-1));
        return image;

        static int Paeth(int a, int b, int c)
        {
            int p = a + b - c, pa = Math.Abs(p - a), pb = Math.Abs(p - b), pc = Math.Abs(p - c);
            return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        }
    }

    /// <summary>Bit by bit, from the polynomial.</summary>
    private static uint Crc32(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            for (int bit = 0; bit < 8; bit++)
                crc = (((crc ^ (uint)(b >> bit)) & 1) == 0 ? 0 : 0xEDB88320) ^ (crc >> 1);
        }
        return ~crc;
    }
}
