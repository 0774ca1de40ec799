using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Pictures;

namespace WorldModels.Tests.Tools;

public sealed class PictureTests
{
    private static readonly SKColor Grey = new(9, 9, 9);

    private string _folder = "";

    [OneTimeSetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("pictures").FullName;

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void FilesDecodeToTheSamePixels()
    {
        Drawing[] frames = [.. Enumerable.Range(0, 3).Select(seed => Drawing.Pixels(Noise(40, 30, seed), 3))];
        string still = Path.Combine(_folder, "a.png"), animation = Path.Combine(_folder, "a.webp");
        foreach (string file in (string[])[still, animation])
            PictureFile.Save(file, () => frames[0], () => frames, Grey, delayMilliseconds: 120);
        Assert.That(Frames.Read(still).Frames.Single().Pixels, Is.EqualTo(frames[0].Render(Grey).Pixels));
        (IReadOnlyList<SKBitmap> decoded, IReadOnlyList<int> delays) = Frames.Read(animation);
        Assert.That(delays, Is.EqualTo(new[] { 120, 120, 120 }));
        for (int i = 0; i < 3; i++)
            Assert.That(decoded[i].Pixels, Is.EqualTo(frames[i].Render(Grey).Pixels), $"frame {i}");
        Assert.That(() => Save("a.gif", frames), Throws.ArgumentException.With.Message.Contains("nor in .webp"));
        Assert.That(() => Save("b.webp", []), Throws.ArgumentException.With.Message.Contains("at least one frame"));
        Assert.That(() => Save("b.webp", [frames[0], Drawing.Filled(1, 1, Grey)]), Throws.ArgumentException.With.Message.Contains("one size"));
        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(2));

        void Save(string name, IReadOnlyList<Drawing> animation) =>
            PictureFile.Save(Path.Combine(_folder, name), () => animation[0], () => animation, Grey, delayMilliseconds: 100);
    }

    [Test]
    public void PixelsBecomeSquares()
    {
        SKBitmap image = Noise(5, 4, 2), scaled = Drawing.Pixels(image, 3).Render(Grey);
        Assert.That((scaled.Width, scaled.Height), Is.EqualTo((15, 12)));
        for (int y = 0; y < 12; y++)
        {
            for (int x = 0; x < 15; x++)
                Assert.That(scaled.GetPixel(x, y), Is.EqualTo(image.GetPixel(x / 3, y / 3)));
        }

        Assert.That(() => Drawing.Pixels(image, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void AGridPlacesDrawingsWithGaps()
    {
        SKColor red = new(255, 0, 0), green = new(0, 255, 0), blue = new(0, 0, 255);
        Drawing drawing = Drawing.Grid([[Drawing.Filled(2, 3, red), Drawing.Filled(4, 1, green)], [Drawing.Filled(1, 2, blue)]], 1);
        SKBitmap grid = drawing.Render(Grey);
        Assert.That((grid.Width, grid.Height), Is.EqualTo((2 + 4 + 3, 3 + 2 + 3)));
        Assert.That(((SKColor[])[red, green, blue]).Select(colour => Frames.Count(grid, colour)), Is.EqualTo(new[] { 6, 4, 2 }));
        SKColor[] found = [grid.GetPixel(1, 1), grid.GetPixel(4, 1), grid.GetPixel(1, 5), grid.GetPixel(0, 0), grid.GetPixel(3, 1)];
        Assert.That(found, Is.EqualTo(new[] { red, green, blue, Grey, Grey }));
        Assert.That(drawing.Recorded().Render(Grey).Pixels, Is.EqualTo(grid.Pixels));
        Assert.That(() => Drawing.Grid([], 1), Throws.ArgumentException.With.Message.Contains("at least one drawing"));
    }

    [Test]
    public void ObservationsBecomePictures()
    {
        SKBitmap colour = ObservationImage.Of([1, 0, 0.5f, 2, 0, 0], [3, 1, 2]);
        Assert.That(colour.Pixels, Is.EqualTo(new[] { new SKColor(255, 128, 0), new SKColor(0, 255, 0) }));
        SKBitmap grey = ObservationImage.Of([-1, 1, 0], [1, 3, 1], low: -1, high: 1);
        Assert.That(grey.Pixels, Is.EqualTo(((byte[])[0, 255, 128]).Select(value => new SKColor(value, value, value))));
        Assert.That(() => ObservationImage.Of([1, 2], [2]), Throws.ArgumentException.With.Message.Contains("(2) is no picture"));
        Assert.That(() => ObservationImage.Of([1, 2], [1, 3, 1]), Throws.ArgumentException.With.Message.Contains("has 3 values; found 2"));
    }

    /// <summary>The library draws nothing, and says nothing, where it has no font or no letter.</summary>
    [Test]
    public void EveryLetterIsDrawn()
    {
        const string Letters = "ABCxyz0123456789.,:+-−±×–/%=()<>#*_?θẋ₁₂";
        string[] shapes = [.. Letters.Append('\uFFFF').Select(letter => Shape($"{letter}"))];
        Assert.That(shapes.Distinct().Count(), Is.EqualTo(shapes.Length), "each differs, also from what stands for a missing one");
        Assert.That(Shape("θ̇"), Is.Not.EqualTo(Shape("θ")));
        // The dot stands above the letter, where nothing was.
        SKBitmap plain = Drawing.Text("θ", SKColors.White, 15).Render(SKColors.Black);
        SKBitmap dotted = Drawing.Text("θ̇", SKColors.White, 15).Render(SKColors.Black);
        Assert.That(Top(dotted), Is.LessThan(Top(plain) - 1));
        Assert.That(Drawing.Text("wide enough", SKColors.White).Width, Is.InRange(60, 90));
        Assert.That(Drawing.Text("", SKColors.White).Width, Is.Zero);

        static string Shape(string text) =>
            string.Join(' ', Drawing.Text(text, SKColors.White, width: 30).Render(SKColors.Black).Pixels.Select(pixel => pixel.Red));

        static int Top(SKBitmap picture) => Array.FindIndex(picture.Pixels, pixel => pixel.Red > 128) / picture.Width;
    }

    [Test]
    public void ScenesAreDrawnWhereTheirShapesAre()
    {
        PendulumEnvironment pendulum = new();
        pendulum.Load([Math.PI / 2, 0]); // to the right
        SKBitmap picture = Drawing.Of(pendulum.Draw(), 280).Render(Grey);
        Assert.That((picture.Width, picture.Height), Is.EqualTo((280, 280)));
        Assert.That(picture.GetPixel(190, 140), Is.EqualTo(new SKColor(Palette.Pole | 0xFF000000)));
        Assert.That(picture.GetPixel(140, 140), Is.EqualTo(new SKColor(Palette.Joint | 0xFF000000)));
        Assert.That(picture.GetPixel(90, 140), Is.EqualTo(new SKColor(FlatScene.Background | 0xFF000000)));
        FlatScene wide = new FlatScene(0, 0, 3, 1).Rectangle(Palette.Cart, 1, 0, 2, 1);
        Drawing drawing = Drawing.Of(wide, 90);
        wide.Clear(); // what was drawn stays drawn
        picture = drawing.Render(Grey);
        Assert.That((picture.Width, picture.Height), Is.EqualTo((90, 30)));
        Assert.That(picture.GetPixel(45, 15), Is.EqualTo(new SKColor(Palette.Cart | 0xFF000000)));
    }

    [Test]
    public void ADreamPictureMarksWhatDiffers()
    {
        SKBitmap[] real = [Noise(19, 15, 1), Noise(19, 15, 2), Noise(19, 15, 3)];
        SKBitmap[] dreamed = [real[0], real[1].Copy(), real[2].Copy()];
        SKColor before = dreamed[2].GetPixel(4, 5);
        dreamed[2].SetPixel(4, 5, new((byte)(before.Red + 128), 7, 7));
        DreamPicture picture = DreamPicture.Compare(real, dreamed, new() { Title = "Test 1", Columns = 2, Actions = ["left", "right"] });
        Assert.That(picture.DifferingPixels, Is.EqualTo(new[] { 0, 0, 1 }));
        string still = Path.Combine(_folder, "dream.png"), animation = Path.Combine(_folder, "dream.webp");
        picture.Save(still);
        picture.Save(animation);
        SKBitmap strip = Frames.Read(still).Frames.Single();
        Assert.That(Frames.Count(strip, new(255, 40, 160)), Is.EqualTo(6 * 6), "one cell of six pixels a side");
        SKBitmap unnamed = DreamPicture.Compare(real, dreamed, new() { Title = "Test 1", Columns = 2 }).Strip().Render(new(24, 24, 28));
        Assert.That(strip.Pixels, Is.Not.EqualTo(unnamed.Pixels), "the actions are named");
        Assert.That(Frames.Read(animation).Frames, Has.Count.EqualTo(3));
        Assert.That(() => picture.Save(Path.Combine(_folder, "a.jpg")), Throws.ArgumentException.With.Message.Contains(".png"));
        Assert.That(() => DreamPicture.Compare(real, [real[0]]), Throws.ArgumentException.With.Message.Contains("3 real, 1 dreamed"));
        Assert.That(() => DreamPicture.Compare([real[0]], [new(2, 2)]), Throws.ArgumentException.With.Message.Contains("19 x 15"));
        File.Delete(still);
        File.Delete(animation);
    }

    [Test]
    public void NamesAreTheManifestsOrTheEnvironmentsOrPlainWords()
    {
        Manifest old = Manifest.Load(Path.Combine(Repository.Root, "models", "zoo", "pendulum-dreamer"), verifyHashes: false);
        Manifest nameless = old with { Observation = old.Observation with { Names = null }, Action = old.Action with { Names = null } };
        SpaceNames names = SpaceNames.Of(nameless);
        Assert.That((names.Observations, names.Actions), Is.EqualTo((new[] { "cos θ", "sin θ", "θ̇" }, new[] { "torque" })));
        Assert.That(names.Units, Is.EqualTo(new[] { "", "", "rad/s" }));
        Assert.That(names.SecondsPerStep, Is.EqualTo(0.05 * (old.ActionRepeat ?? 1)));
        names = SpaceNames.Of(nameless with { Environment = "none" });
        Assert.That((names.Observations, names.Actions, names.SecondsPerStep),
            Is.EqualTo((new[] { "observation 1", "observation 2", "observation 3" }, new[] { "action 1" }, null as double?)));
        names = SpaceNames.Of(nameless with { Observation = nameless.Observation with { Names = ["a", "b", "c"] } });
        Assert.That((names.Observations, names.Units), Is.EqualTo((new[] { "a", "b", "c" }, new[] { "", "", "" })));
        Assert.That(SpaceNames.Of(nameless, "cartpole").Observations[0], Is.EqualTo("observation 1"), "four numbers, not three");
    }

    /// <summary>Random pixels.</summary>
    private static SKBitmap Noise(int width, int height, int seed)
    {
        Random random = new(seed);
        SKColor[] pixels = [.. Enumerable.Range(0, width * height).Select(_ => new SKColor((uint)random.Next(1 << 24) | 0xFF000000))];
        return new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque)) { Pixels = pixels };
    }
}
