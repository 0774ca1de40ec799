using SkiaSharp;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>Worlds of cells as people see them: what many dreams say of each cell, and where a transformer looks.</summary>
public sealed class CellsPictureTests
{
    private string _bundle = "", _file = "";

    [OneTimeSetUp]
    public void Make() => (_bundle, _file) = (CellsBundle.Write(), Path.Combine(Path.GetTempPath(), $"cells-{Guid.NewGuid():N}.png"));

    [OneTimeTearDown]
    public void Delete()
    {
        Directory.Delete(_bundle, recursive: true);
        File.Delete(_file);
    }

    /// <summary>Every world of cells has as many of them as numbers are observed.</summary>
    [Test]
    public void CellsAreTheNumbersThatAreObserved()
    {
        EnvironmentSpec[] specs = [.. EnvironmentRegistry.All.Where(spec => spec.Cells is not null)];
        Assert.That(specs.Select(spec => spec.Name), Is.SupersetOf(new[] { "catch", "simple-world", "simple-world-continuous" }));
        foreach (EnvironmentSpec spec in specs)
        {
            int size = spec is EnvironmentSpec<long> discrete
                ? discrete.Make().ObservationSpace.Size : ((EnvironmentSpec<float>)spec).Make().ObservationSpace.Size;
            Assert.That(spec.Cells!.Aggregate((a, b) => a * b), Is.EqualTo(size), spec.Name);
            Assert.That(ObservationImage.IsPicture(spec.Cells!), spec.Name);
        }
    }

    /// <summary>At each step every second dream goes out, and none comes back; the first is the one that is dreamed alone.</summary>
    [Test]
    public void ManyDreamsSayHowProbableACellIs()
    {
        using WorldModel world = WorldModel.Load(_bundle);
        RealEpisode real = RealEpisode.Play("catch", steps: 4, seed: 2, skip: 0);
        DreamComparison one = DreamComparison.Run(world, real, seed: 3), many = DreamComparison.Run(world, real, seed: 3, dreams: 64);
        Assert.That(many.Dreams, Has.Count.EqualTo(64));
        for (int t = 0; t <= 4; t++)
            Assert.That(many.Dreamed[t], Is.EqualTo(one.Dreamed[t]), $"step {t}");
        double[] lit = [.. Enumerable.Range(0, 5).Select(t => many.Dreams.Average(dream => dream[t].Any(cell => cell > 0) ? 1.0 : 0))];
        Assert.That(lit[0], Is.EqualTo(1));
        Assert.That(lit[1], Is.InRange(0.3, 0.7));
        Assert.That(lit[2], Is.InRange(0.1, 0.45));
        DreamPicture picture = DreamPicture.Of(many);
        Assert.That(picture.SameFrames[0], Is.EqualTo(1));
        Assert.That(picture.SameFrames.Skip(1), Has.All.Zero, "the ball falls, and no dream knows it");
        SKBitmap alone = DreamPicture.Of(one).Strip().Render(SKColors.Black), together = picture.Strip().Render(SKColors.Black);
        Assert.That(together.Height, Is.GreaterThan(alone.Height + 2 * 100), "two rows more");
        // Twelve pixels a side for each of ten rows: a cell of the paddle is as grey as there are dreams that show it.
        byte grey = (byte)Math.Round(lit[1] * 255);
        Assert.That(Frames.Count(together, new(grey, grey, grey)), Is.GreaterThanOrEqualTo(2 * 12 * 12 - 10));
        Assert.That(DreamPicture.Of(one).SameFrames, Is.Empty);
    }

    [Test]
    public void AWorldOfCellsIsDrawnAsSuch()
    {
        string text = Succeeds("picture", _bundle, "-o", _file);
        Assert.That(text, Does.Contain("9 steps of catch").And.Contain("of 64 dreams as it came"));
        Assert.That(Succeeds("picture", _bundle, "-o", _file, "--dreams", "1"), Does.Not.Contain("dreams as it came"));
        string animation = Path.ChangeExtension(_file, ".webp");
        Assert.That(Succeeds("picture", _bundle, "-o", animation, "--steps", "3"), Does.Contain("3 steps of catch"));
        Assert.That(Frames.Read(animation).Frames, Has.Count.EqualTo(4));
        File.Delete(animation);
        Assert.That(Run("picture", _bundle, "--depth", "2").Error,
            Does.Contain("what is drawn is a world of cells, which takes --context, --skip, --dreams"));
    }

    [Test]
    public void WhereHeadsLookIsDrawn()
    {
        Assert.That(Succeeds("picture", _bundle, "--attention", "--skip", "3", "-o", _file), Does.Contain("steps 3 to 8 of catch"));
        string text = Succeeds("picture", _bundle, "--attention", "--steps", "4", "-o", _file);
        Assert.That(text, Does.Contain("steps 0 to 3 of catch"));
        Assert.That(text, Does.Match(@"1\s+1\s+100 %\s+0 %\s+0 %").And.Match(@"1\s+2\s+33\.3 %\s+33\.3 %\s+33\.3 %"));
        // Before step 0 there is one alone: of four times two heads and three steps two cells are left out.
        SKBitmap strip = Frames.Read(_file).Frames.Single();
        SKColor third = ShareMap.Of([1 / 3.0], 1, 1, 1).Render(SKColors.Black).Pixels[0];
        int cell = (320 / 3 - 1) * (18 - 1), drawn = Frames.Count(strip, third);
        Assert.That(drawn, Is.InRange(11 * (cell - 200), 11 * cell), "but for their numbers");
        Assert.That(Run("picture", _bundle, "--attention", "--skip", "9").Error,
            Does.Contain("has 9 steps: there is none after the first 9"));
    }

    [Test]
    public void ABundleThatDoesNotSayWhereItLooksIsTold()
    {
        string bundle = CellsBundle.Write(attention: false);
        try
        {
            (int code, string _, string error) = Run("picture", bundle, "--attention", "-o", _file);
            Assert.That(code, Is.EqualTo(1));
            Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
            Assert.That(error, Does.Contain("has no graph 'attention'").And.Contain("train export RUN"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    private static string Succeeds(params string[] args)
    {
        (int code, string output, string error) = Run(args);
        Assert.That(code, Is.Zero, error);
        return output;
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        using StringWriter output = new(), error = new();
        int code = ToolsApp.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
