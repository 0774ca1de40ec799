using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using WorldModels.Tests.Tools;

namespace WorldModels.Tests.Samples;

/// <summary>The programs of runtime/samples, run as a user runs them.</summary>
public sealed class SamplesTests
{
    private static string Program =>
        Path.Combine(Repository.Root, "artifacts", "bin", "WorldModels.Samples", Dotnet.Configuration.ToLowerInvariant(), "WorldModels.Samples.dll");

    [Test]
    public void AGameLoopKeepsItsPaceAndHardlyAllocates()
    {
        string said = Run("game-loop", "--seconds", "1");
        Assert.That(Number(said, @"(\d+) frames;"), Is.InRange(5, 61));
        Assert.That(Number(said, @"(\d+) bytes allocated a frame"), Is.LessThan(200), "the list of times grows");
    }

    /// <summary>The speed of a pendulum that is driven with its velocity, as novelty: some frames are above any small line.</summary>
    [Test]
    public void AGameLoopTellsNovelFrames()
    {
        string bundle = PendulumBundle.Write(
            agent: true, world: false, novelty: true, change: manifest => manifest with { NoveltyThreshold = 1e-3 });
        try
        {
            string said = Run("game-loop", bundle, "--seconds", "1");
            Assert.That(Number(said, @"^(\d+) frames more novel"), Is.InRange(1, Number(said, @"(\d+) frames;")));
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    [Test]
    public void APlannerDecidesWithinItsDeadline()
    {
        string said = Run("planner", "--seconds", "3");
        Assert.That(Number(said, @"^(\d+) decisions"), Is.GreaterThan(2));
        Assert.That(Number(said, @"(\d+)\.\d of \d+ iterations"), Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public void ControllersShareAWorld()
    {
        string said = Run("shared-world", "--seconds", "1");
        Assert.That(Number(said, @"took ([\d,]+) steps"), Is.GreaterThan(10));
        Assert.That(Number(said, @"dream of ([\d,]+) frames"), Is.GreaterThan(10), "one dream at least");
    }

    [Test]
    public void ABundleIsSwappedUnderLoad()
    {
        string said = Run("hot-swap", "--seconds", "5");
        Assert.That(Number(said, @"^(\d+) swaps"), Is.GreaterThanOrEqualTo(2));
        Assert.That(said, Does.Contain("0 steps lost, 0 mixed"));
        int closed = Number(said, @"(\d+) of \d+ bundles closed"), all = Number(said, @"of (\d+) bundles closed");
        Assert.That(closed, Is.EqualTo(all - 1), "all but the one that is in use");
    }

    [Test]
    public void AMistakeIsSaidInOneLine()
    {
        Assert.That(Programs.Refused("dotnet", Repository.Root, Program, "game-loop", "no/such/bundle"), Does.Contain("no/such/bundle").And.Not.Contain("   at "));
        Assert.That(Programs.Refused("dotnet", Repository.Root, Program), Does.Contain("hot-swap"));
        Assert.That(Programs.Refused("dotnet", Repository.Root, Program, "planner", "--seconds", "0"), Does.Contain("--seconds takes a number above 0"));
    }

    /// <summary>What a sample has no use for is a line as well, not an exception on one of its threads.</summary>
    [TestCase("are numbered", "game-loop", "minipacman-a2c")]
    [TestCase("are numbered", "shared-world", "minipacman-i2a")]
    [TestCase("are numbered", "service", "minipacman-a2c")]
    [TestCase("are numbered", "hot-swap", "minipacman-i2a")]
    [TestCase("has no policy", "shared-world", "cartpole-swingup-planet")]
    [TestCase("has no policy", "hot-swap", "pendulum-dreamer", "cartpole-swingup-planet")]
    [TestCase("no environment 'walker-stand'", "game-loop", "walker-stand-dreamerv3")]
    [TestCase("cannot take over from 'pendulum-dreamer'", "hot-swap", "pendulum-dreamer", "cartpole-swingup-dreamer")]
    public void ABundleThatASampleCannotUseIsRefused(string said, string sample, params string[] bundles)
    {
        string[] folders = [.. bundles.Select(bundle => Path.Combine(Repository.Root, "models", "zoo", bundle))];
        string refused = Programs.Refused("dotnet", Repository.Root, [Program, sample, .. folders]);
        Assert.That(refused, Does.Contain(said).And.Not.Contain("   at "));
    }

    [Test]
    public void AnUnknownOptionIsRefused() => Assert.That(
        Programs.Refused("dotnet", Repository.Root, Program, "game-loop", "--second", "1"), Does.Contain("no option '--second'"));

    /// <summary>Sessions that ask side by side share steps, and are answered as if each were alone.</summary>
    [Test]
    public async Task AServiceAnswersManySessionsTogether()
    {
        ProcessStartInfo start = new("dotnet", [Program, "service"]) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true };
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        using Process process = Process.Start(start)!;
        try
        {
            string? line = await process.StandardOutput.ReadLineAsync();
            using HttpClient client = new() { BaseAddress = new(line![(line!.IndexOf("http", StringComparison.Ordinal))..]) };
            float[][] seen = [.. Enumerable.Range(0, 8).Select(i => (float[])[MathF.Cos(i), MathF.Sin(i), 0.1f * i])];
            async Task<float> Act(string session, int step, bool? first = null)
            {
                using HttpResponseMessage response =
                    await client.PostAsJsonAsync("/act", new { session, observation = seen[step], first = first ?? step == 0 });
                JsonElement answer = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
                return answer.GetProperty("action")[0].GetSingle();
            }

            float[] alone = new float[4];
            for (int step = 0; step < 4; step++)
                alone[step] = await Act("alone", step);
            float[][] together = await Task.WhenAll(Enumerable.Range(0, 20).Select(async player =>
            {
                float[] actions = new float[4];
                for (int step = 0; step < 4; step++)
                    actions[step] = await Act($"player{player}", step);
                return actions;
            }));
            foreach (float[] actions in together)
                Assert.That(actions, Is.EqualTo(alone).Within(1e-5));
            using HttpResponseMessage wrong = await client.PostAsJsonAsync("/act", new { session = "x", observation = (float[])[1], first = true });
            Assert.That(await wrong.Content.ReadAsStringAsync(), Does.Contain("'observation' has 1 numbers; expected 3"));

            // A number beyond all floats is refused, and spoils nobody's step.
            const string Huge = """{"session": "alone", "observation": [1e39, 0, 0], "first": false}""";
            using StringContent huge = new(Huge, mediaType: new("application/json"));
            using HttpResponseMessage infinite = await client.PostAsync("/act", huge);
            Assert.That(await infinite.Content.ReadAsStringAsync(), Does.Contain("'observation' has infinity"));

            // The next session in a row begins anew, whether it says so or not.
            using HttpResponseMessage ended = await client.DeleteAsync("/sessions/alone");
            Assert.That(ended.IsSuccessStatusCode);
            Assert.That(await Act("next", step: 0, first: false), Is.EqualTo(alone[0]).Within(1e-5));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static string Run(params string[] arguments) => Dotnet.Run(Repository.Root, [Program, .. arguments]);

    private static int Number(string text, string pattern)
    {
        Match match = Regex.Match(text, pattern, RegexOptions.Multiline);
        Assert.That(match.Success, $"'{pattern}' in: {text}");
        return int.Parse(match.Groups[1].Value.Replace(",", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
    }
}
