using System.Text.Json;
using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed class ToolsAppTests
{
    private string _bundle = "";

    [OneTimeSetUp]
    public void Write() => _bundle = FixtureBundle.World();

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_bundle, recursive: true);

    [Test]
    public void InspectShowsWhatABundleHolds()
    {
        string text = Succeeds("inspect", _bundle);
        Assert.That(text, Does.Contain("fading: test on minipacman").And.Contain("one of 5").And.Contain("weights.safetensors")
            .And.Contain("1,234").And.Contain("exact_frame").And.Contain("0.4375")
            .And.Contain("float32 [batch, 3, 15, 19]").And.Contain("becomes frame")
            .And.Contain($"{FixtureBundle.Parameters:N0}").And.Contain("6.86 kFLOP"));
    }

    [Test]
    public void VerifyPassesASoundBundle() =>
        Assert.That(Succeeds("verify", _bundle, "--provider", "cpu"), Does.Contain("imagine").And.Contain("ok").And.Contain("verified"));

    [Test]
    public void VerifyFailsABundleThatComputesSomethingElse()
    {
        string bundle = FixtureBundle.World();
        try
        {
            string path = Path.Combine(bundle, "parity.npz");
            Dictionary<string, NpyArray> arrays = Npz.Read(path);
            arrays["imagine/outputs/reward"].As<float>()[1] += 0.01f;
            Npz.Write(path, arrays);
            (Manifest.Load(bundle, verifyHashes: false) with { Files = Manifest.HashFiles(bundle) }).Save(bundle);
            (int code, string output, string error) = Run("verify", bundle);
            Assert.That(code, Is.EqualTo(1));
            Assert.That(output + error, Does.Contain("FAILED").And.Contain("reward").And.Contain("not verified"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void BenchWritesATableAndFiles()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"bench-{Guid.NewGuid():N}"), file = Path.Combine(folder, "some", "bench.json");
        string html = Path.Combine(folder, "bench.html"), results = Path.Combine(folder, "results");
        string[] common = ["bench", _bundle, "--batch", "1,4", "--horizon", "3", "--seconds", "0.02"];
        try
        {
            string text = Succeeds([.. common, "--level", "heads", "--simulator", "--json", file, "--page", html, "--results", results]);
            Assert.That(text, Does.Contain("heads").And.Contain("simulator").And.Contain("share of peak").And.Contain("GFLOP/s"));
            Assert.That(Measurements(File.ReadAllText(file)), Is.EqualTo(4));
            Assert.That(File.ReadAllText(html), Does.StartWith("<!DOCTYPE html>").And.Contain("fading: how fast it runs"));
            string[] names = [.. Directory.GetFiles(results).Select(path => Path.GetFileName(path)!).Order()];
            Assert.That(names, Has.Length.EqualTo(2).And.All.Match(@"^[a-z0-9-]+-cores_fading_\d{4}-\d\d-\d\d-\d{4}\.(html|json)$"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        Assert.That(Measurements(Succeeds([.. common, "--level", "latent,heads,end-to-end", "--variant", "auto,plain", "--json", "-"])),
            Is.EqualTo(2 * 3 * 2));

        static int Measurements(string json)
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.GetProperty("measurements").GetArrayLength();
        }
    }

    [Test]
    public void BenchMeasuresPolicies()
    {
        string bundle = FixtureBundle.Policy();
        try
        {
            Assert.That(Succeeds("bench", bundle, "--batch", "1", "--seconds", "0.02"), Does.Contain("controller"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void BenchSoaks()
    {
        string text = Succeeds("bench", _bundle, "--batch", "4", "--horizon", "3", "--soak", "600", "--level", "heads");
        Assert.That(text, Does.Contain("600 steps of 4 rows, level heads").And.Contain("Memory did not grow").And.Contain("resident"));
        string[] points = [.. text.Split('\n').Where(line => line.Contains("iB ", StringComparison.Ordinal))];
        Assert.That(points.Count(line => char.IsDigit(line.TrimStart()[0])), Is.EqualTo(10));
    }

    [TestCase("dream.png")]
    [TestCase("dream.webp")]
    public void PictureIsWritten(string name)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"picture-{Guid.NewGuid():N}"), file = Path.Combine(folder, name);
        try
        {
            string text = Succeeds("picture", _bundle, "--steps", "4", "--seed", "3", "--output", file);
            Assert.That(text, Does.Contain("4 steps of minipacman"));
            Assert.That(new FileInfo(file).Length, Is.GreaterThan(500));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("cartpole", 64, 64)]
    [TestCase("pendulum-swingup", 64, 64)]
    [TestCase("lunar-lander", null, 480)]
    [TestCase("acrobot-swingup", null, 480)]
    [TestCase("minipacman-hunt", null, 475)]
    public void AnEnvironmentIsLookedAtWithoutABundle(string name, int? size, int width)
    {
        string file = Path.Combine(Path.GetTempPath(), $"environment-{Guid.NewGuid():N}.png");
        try
        {
            string[] sized = size is null ? [] : ["--size", $"{size}"];
            Assert.That(Succeeds(["picture", "--env", name, .. sized, "--skip", "3", "-o", file]), Does.Contain($"a frame of {name}."));
            SKBitmap frame = Frames.Read(file).Frames.Single();
            Assert.That(frame.Width, Is.EqualTo(width));
            Assert.That(frame.Pixels.Distinct().Count(), Is.GreaterThan(4));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [TestCase("agent.png")]
    [TestCase("agent.webp")]
    public void PictureOfAnAgentIsWritten(string name)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"picture-{Guid.NewGuid():N}"), file = Path.Combine(folder, name);
        string both = FixtureBundle.World(agent: true), policy = FixtureBundle.Policy();
        try
        {
            Assert.That(Succeeds("picture", policy, "--model", _bundle, "--steps", "2", "--depth", "1", "--skip", "3", "--output", file),
                Does.Contain("2 moments of minipacman-regular").And.Contain("imagined reward"));
            Assert.That(new FileInfo(file).Length, Is.GreaterThan(500));
            Assert.That(Succeeds("picture", both, "--steps", "2", "--output", file), Does.Contain("2 moments"));
            Assert.That(Succeeds("picture", both, "--steps", "2", "--output", file, "--dream"), Does.Contain("2 steps of minipacman"));
        }
        finally
        {
            foreach (string made in (string[])[folder, both, policy])
                Directory.Delete(made, recursive: true);
        }
    }

    [Test]
    public void PlayWritesBoardsWithoutATerminal()
    {
        string bundle = FixtureBundle.Policy();
        try
        {
            string[] options = ["--mode", "rush", "--steps", "5", "--every", "2", "--seed", "4"];
            string text = Succeeds(["play", bundle, .. options]);
            string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            string[] states = [.. lines.Where(line => line.StartsWith("minipacman-rush, real", StringComparison.Ordinal))];
            Assert.That(states.Select(state => state.Split(" | ")[1]), Is.EqualTo(new[] { "step 0", "step 2", "step 4", "step 5" }));
            Assert.That(lines.Count(line => line.TrimEnd() == new string('#', 19)), Is.EqualTo(2 * 4));
            Assert.That(lines[^1], Does.Match(@"^Return -?[0-9.]+ after 5 steps of minipacman-rush; it goes on\."));
            Assert.That(Succeeds(["play", "--bundle", bundle, .. options]), Is.EqualTo(text));
            Assert.That(Succeeds("play", bundle, "--model", _bundle, "--dream", "--steps", "2"),
                Does.Contain("minipacman-regular, dream | step 2").And.Contain("a dream of minipacman-regular"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void DreamShowsRewards()
    {
        string text = Succeeds("dream", _bundle, "--batch", "8", "--horizon", "3", "--seed", "1");
        Assert.That(text, Does.Contain("8 dreams of 3 steps").And.Contain("Return:").And.Contain("Still going on after 3 steps"));
        Assert.That(Succeeds("dream", _bundle, "--batch", "8", "--horizon", "3", "--seed", "1"), Is.EqualTo(text));
        Assert.That(Succeeds("dream", _bundle, "--batch", "8", "--horizon", "3", "--seed", "2"), Is.Not.EqualTo(text));
    }

    [Test]
    public void ProvidersSayWhatRunsHere()
    {
        string text = Succeeds("providers");
        Assert.That(text, Does.Match(@"cpu +runs here").And.Match(@"coreml +not here: .+"));
    }

    [Test]
    public void ProvidersCheckABundle()
    {
        string text = Succeeds("providers", _bundle, "--provider", "cpu");
        Assert.That(text, Does.Match(@"graph +nodes on cpu +left to the cpu +copies a run +captured"));
        Assert.That(text, Does.Match(@"imagine +\d+ +0 +0 +no"));
        Assert.That(text, Does.Match(@"48 dreams of 15 steps: largest difference from the CPU 0\.0e\+0; 0 went another way\. They agree\."));
    }

    [Test]
    public void HelpIsNoMistake()
    {
        string help = Succeeds("--help");
        foreach (string verb in (string[])["inspect", "verify", "bench", "play", "picture"])
            Assert.That(help, Does.Contain($"  {verb} "));
        Assert.That(Succeeds("bench", "--help"), Does.Contain("--horizon").And.Contain("1,16,64,256,1024"));
        Assert.That(Succeeds("--version").Trim(), Does.Match(@"^\d+\.\d+\.\d+$"));
    }

    [TestCase(2, "inspect, verify, bench", "look")]
    [TestCase(2, "bench has no option '--colour'", "bench", "BUNDLE", "--colour")]
    [TestCase(2, "bench needs the directory of a bundle", "bench")]
    [TestCase(2, "--batch takes whole numbers of at least 1, such as 1,64,1024; found '0'", "bench", "BUNDLE", "--batch", "0")]
    [TestCase(2, "--level takes latent, heads, pixels, end-to-end; found 'pixel'", "bench", "BUNDLE", "--level", "heads,pixel")]
    [TestCase(2, "--page takes a file that ends in .html; found 'bench.svg'", "bench", "BUNDLE", "--page", "bench.svg")]
    [TestCase(2, "--tile takes a whole number of at least 0; found 'all'", "bench", "BUNDLE", "--tile", "all")]
    [TestCase(2, "--threads takes a whole number of at least 0; found 'many'", "bench", "BUNDLE", "--threads", "many")]
    [TestCase(2, "--soak takes a whole number of at least 150; found '100'", "bench", "BUNDLE", "--soak", "100")]
    [TestCase(1, "it has not a graph 'decode'", "bench", "BUNDLE", "--level", "pixels")]
    [TestCase(1, "has no variant 'int8'", "bench", "BUNDLE", "--variant", "int8")]
    [TestCase(2, "--horizon needs a value", "bench", "BUNDLE", "--horizon")]
    [TestCase(2, "--output needs a value", "picture", "BUNDLE", "--output", "--steps", "3")]
    [TestCase(2, "found '1,abc'", "bench", "BUNDLE", "--batch", "1,abc")]
    [TestCase(2, "--horizon takes whole numbers of at least 1, such as 1,64,1024; found '-3'", "bench", "BUNDLE", "--horizon", "-3")]
    [TestCase(2, "--seconds takes a number above 0; found 'soon'", "bench", "BUNDLE", "--seconds", "soon")]
    [TestCase(2, "--threads takes a whole number of at least 0; found 'all'", "dream", "BUNDLE", "--threads", "all")]
    [TestCase(2, "--seed takes a whole number from 0 on; found '-1'", "dream", "BUNDLE", "--seed", "-1")]
    [TestCase(2, "ends in .png (film strip) or .webp (animation); found 'dream.jpg'", "picture", "BUNDLE", "--output", "dream.jpg")]
    [TestCase(2, "Animations are written as .webp: take --output dream.webp.", "picture", "BUNDLE", "--output", "dream.gif")]
    [TestCase(2, "'again' is one argument too many", "inspect", "BUNDLE", "again")]
    [TestCase(2, "play needs the directory of a bundle", "play")]
    [TestCase(2, "One bundle at a time: ", "play", "BUNDLE", "--bundle", "other")]
    [TestCase(2, "'again' is one argument too many", "play", "BUNDLE", "again")]
    [TestCase(2, "--mode is short for --env", "play", "BUNDLE", "--mode", "hunt", "--env", "minipacman")]
    [TestCase(2, "--steps takes a whole number of at least 1; found '0'", "play", "BUNDLE", "--steps", "0")]
    [TestCase(2, "--delay takes a whole number of at least 0; found 'slow'", "play", "BUNDLE", "--delay", "slow")]
    [TestCase(2, "--temperature takes a number above 0; found '0'", "play", "BUNDLE", "--temperature", "0")]
    [TestCase(2, "--seed takes a whole number from 0 on", "play", "BUNDLE", "--seed", "x")]
    [TestCase(2, "--depth takes a whole number of at least 1; found '0'", "picture", "BUNDLE", "--depth", "0")]
    [TestCase(2, "--context takes a whole number of at least 1; found '0'", "picture", "BUNDLE", "--context", "0")]
    [TestCase(2, "picture needs the directory of a bundle, or --env NAME", "picture")]
    [TestCase(2, "--model needs a bundle", "picture", "--env", "cartpole", "--model", "other")]
    [TestCase(2, "--depth changes nothing here", "picture", "--env", "cartpole", "--depth", "2")]
    [TestCase(2, "--size takes a whole number of at least 1; found 'big'", "picture", "--env", "cartpole", "--size", "big")]
    [TestCase(2, "--size goes with --env and without a bundle", "picture", "BUNDLE", "--size", "64")]
    [TestCase(1, "did you mean 'cartpole'", "picture", "--env", "cartpol")]
    [TestCase(1, "is made of 15 x 19 pixels", "picture", "--env", "minipacman", "--size", "64")]
    [TestCase(2, "--output is given twice", "picture", "BUNDLE", "-o", "a.png", "--output", "b.png")]
    [TestCase(2, "--output needs a value", "picture", "BUNDLE", "-o")]
    [TestCase(2, "--seed is given twice", "dream", "BUNDLE", "--seed", "1", "--seed=2")]
    [TestCase(1, "did you mean 'minipacman-hunt'", "play", "BUNDLE", "--mode", "hnt")]
    [TestCase(1, "There is no directory 'nowhere'", "play", "nowhere")]
    [TestCase(1, "There is no directory 'nowhere'", "play", "BUNDLE", "--model", "nowhere")]
    [TestCase(1, "Nobody plays in this dream", "play", "BUNDLE", "--dream")]
    [TestCase(1, "have no temperature to be set: leave --temperature away", "play", "BUNDLE", "--temperature", "2")]
    [TestCase(1, "There is no directory 'nowhere'", "inspect", "nowhere")]
    [TestCase(1, "There is no directory 'nowhere'", "bench", "nowhere")]
    [TestCase(1, "There is no execution provider 'gpu'", "dream", "BUNDLE", "--provider", "gpu")]
    [TestCase(1, "did you mean 'minipacman-hunt'", "picture", "BUNDLE", "--env", "minipacman-hnt")]
    [TestCase(1, "There is no recording 'nothing.npz'", "picture", "BUNDLE", "--episode", "nothing.npz")]
    public void AMistakeGivesOneMessage(int code, string message, params string[] args)
    {
        (int Code, string Output, string Error) result = Run([.. args.Select(arg => arg == "BUNDLE" ? _bundle : arg)]);
        Assert.That(result.Code, Is.EqualTo(code));
        Assert.That(result.Error, Does.Contain(message).And.Not.Contain("   at "));
        Assert.That(result.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(result.Output, Is.Empty);
    }

    [TestCase("manifest.json")]
    [TestCase("imagine.onnx")]
    [TestCase("weights.safetensors")]
    [TestCase("starts.npz")]
    [TestCase("parity.npz")]
    public void ADamagedFileIsNamed(string file)
    {
        string bundle = FixtureBundle.World();
        try
        {
            string path = Path.Combine(bundle, file);
            byte[] bytes = File.ReadAllBytes(path);
            File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
            foreach (string verb in (string[])["inspect", "verify", "bench", "picture", "dream", "play"])
            {
                (int code, string output, string error) = Run(verb, bundle);
                Assert.That((code, output), Is.EqualTo((1, "")), verb);
                Assert.That(error, Does.Contain(file).And.Not.Contain("   at "), verb);
            }
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void AnAgentWithoutAWorldIsWatched()
    {
        string bundle = FixtureBundle.Policy(), file = Path.Combine(bundle, "game.webp");
        try
        {
            Assert.That(Succeeds("picture", bundle, "-o", file, "--steps", "4", "--every", "2"),
                Does.Contain("6 steps of minipacman, return"));
            Assert.That(Frames.Read(file).Frames, Has.Count.EqualTo(4));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [TestCase("--dream")]
    [TestCase("--episode", "game.npz")]
    public void WhatHasNoWorldCannotDream(params string[] options)
    {
        string bundle = FixtureBundle.Policy();
        try
        {
            (int code, string _, string error) = Run(["picture", bundle, .. options]);
            Assert.That(code, Is.EqualTo(1));
            Assert.That(error, Does.Contain("has no world model"));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Zoo))]
    public void EveryBundleOfTheZooHasAPicture(string bundle)
    {
        string file = Path.Combine(Path.GetTempPath(), $"zoo-{Guid.NewGuid():N}.png");
        try
        {
            Assert.That(Succeeds("picture", bundle, "-o", file), Does.Contain(file));
            Assert.That(new FileInfo(file).Length, Is.GreaterThan(1000));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Zoo))]
    public void EveryBundleOfTheZooIsSound(string bundle)
    {
        Succeeds("inspect", bundle);
        Assert.That(Succeeds("verify", bundle, "--provider", "cpu"), Does.Contain("verified"));
    }

    private static string Succeeds(params string[] args)
    {
        (int code, string output, string error) = Run(args);
        Assert.That((code, error), Is.EqualTo((0, "")), string.Join(' ', args) + ": " + error);
        return output;
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        StringWriter output = new(), error = new();
        return (ToolsApp.Run(args, output, error), output.ToString(), error.ToString());
    }
}
