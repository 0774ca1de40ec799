using System.Text.Json;
using Microsoft.Playwright;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Tools;

/// <summary>What a page computes is what the runtime computes.</summary>
public sealed class WebDreamTests
{
    private const int Horizon = 15;
    private const double Tolerance = 1e-4;  // of numbers above 1, relative

    private WebSites _sites = null!;

    [OneTimeSetUp]
    public void Serve() => _sites = new();

    [OneTimeTearDown]
    public void Close() => _sites.Dispose();

    [Test]
    public async Task NoiseIsTheSameBits()
    {
        await using Browser browser = await Browser.Open(_sites.Make("minipacman-environment-model"));
        const ulong Seed = 0xDEAD_BEEF_0000_0001;
        foreach (NoiseKind kind in Enum.GetValues<NoiseKind>())
        {
            float[] here = new float[1001];
            Philox.Fill(kind, new(Seed, Row: 3, Step: 5, Philox.Stream("imagine/noise")), here);
            double[] there = await browser.Page.EvaluateAsync<double[]>("""
                async ([kind, seed]) => {
                  const { fill, stream } = await import('./philox.js');
                  const draws = new Float32Array(1001);
                  fill(kind, { seed: BigInt(seed), row: 3, step: 5, stream: stream('imagine/noise') }, draws);
                  return [...draws];
                }
                """, new object[] { kind.ToString().ToLowerInvariant(), $"{Seed}" });
            Assert.That(there, Is.EqualTo(here.Select(draw => (double)draw)), $"{kind}");
        }
    }

    /// <summary>Frames as state, Gaussian and categorical latents, a cache that is kept for the last step alone, a mixture's draws.</summary>
    [TestCase("minipacman-i2a", 7u)]
    [TestCase("cartpole-swingup-dreamer", 7u)]
    [TestCase("cartpole-swingup-dreamerv3", 7u)]
    [TestCase("simple-world-transformer", 7u)]
    [TestCase("car-racing-worldmodels", 7u)]
    public async Task ADreamInThePageIsThatOfTheRuntime(string bundle, uint seed)
    {
        using WorldModel world = Load(bundle);
        using Dream dream = world.Dream(1, Horizon, new() { Outputs = DreamOutputs.Arrivals | DreamOutputs.Values, Tile = 1, Threads = 1 });
        DreamBatch imagined = dream.Run(seed);
        await using Browser browser = await Browser.Open(_sites.Make(bundle));
        Dreamt[] there = await Evaluate(browser.Page, """
            await dream.start(seed);
            for (let t = 0; t < horizon; t++) await look(await dream.step());
            """, seed);
        Compare(imagined, there, world.Manifest);
        Assert.That(browser.Complaints, Is.Empty);
    }

    /// <summary>Five frames of the recorded game watched, then dreamt along what was done in it.</summary>
    [TestCase("minipacman-i2a", 3u)]
    [TestCase("cartpole-swingup-dreamer", 3u)]
    [TestCase("car-racing-worldmodels", 3u)]
    public async Task ADreamAfterAContextIsThatOfTheRuntime(string bundle, uint seed)
    {
        const int Context = 5;
        Uri page = _sites.Make(bundle);
        Dictionary<string, NpyArray> game = Npz.Read(Path.Combine(_sites.FolderOf(page), "recording.npz"));
        using WorldModel world = Load(bundle);
        using Dream dream = world.Dream(1, Horizon, new() { Outputs = DreamOutputs.Arrivals | DreamOutputs.Values, Tile = 1, Threads = 1 });
        float[] seen = game["observation"].ToFloats()[..(Context * world.Manifest.Observation.Size)];
        DreamBatch imagined;
        if (world.Manifest.Action.Kind == ActionKind.Discrete)
        {
            dream.Start(seen, game["action"].As<long>()[..(Context - 1)]);
            imagined = dream.Run(seed, game["action"].As<long>().Slice(Context - 1, Horizon));
        }
        else
        {
            int size = world.Manifest.Action.Size;
            dream.Start(seen, game["action"].As<float>()[..((Context - 1) * size)]);
            imagined = dream.Run(seed, game["action"].As<float>().Slice((Context - 1) * size, Horizon * size));
        }
        await using Browser browser = await Browser.Open(page);
        Dreamt[] there = await Evaluate(browser.Page, $$"""
            const { Recording } = await import('./recording.js');
            const game = await Recording.load(site.recording);
            dream.forget(seed);
            for (let t = 0; t < {{Context}}; t++) await dream.watch(game.observation(t), t === 0 ? null : game.action(t - 1));
            dream.begin();
            for (let t = 0; t < horizon; t++) await look(await dream.step(game.action(t + {{Context - 1}})));
            """, seed);
        Compare(imagined, there, world.Manifest);
    }

    /// <summary>The page's policy, on what was observed in the recorded game, does what was done in it.</summary>
    [TestCase("lunarlander-sacx")]
    [TestCase("minipacman-i2a")]
    [TestCase("cartpole-swingup-dreamer")]
    public async Task ThePolicyDoesInThePageWhatItDidInTheRealGame(string bundle)
    {
        await using Browser browser = await Browser.Open(_sites.Make(bundle));
        double[] differences = await browser.Page.EvaluateAsync<double[]>("""
            async () => {
              const [{ Bundle }, { Controller }, { Recording }] =
                await Promise.all([import('./bundle.js'), import('./controller.js'), import('./recording.js')]);
              const site = await (await fetch('site.json')).json();
              const controller = await Controller.open(await Bundle.load('bundle', site.bundle));
              const game = await Recording.load(site.recording), differences = [];
              for (let t = 0; t < game.steps; t++) {
                const { action } = await controller.act(game.observation(t));
                const played = [game.action(t)].flat();
                differences.push(Math.max(...[action].flat().map((value, i) => Math.abs(value - played[i]))));
              }
              return differences;
            }
            """);
        Assert.That(differences, Has.Length.GreaterThan(50).And.All.LessThan(Tolerance));
    }

    /// <summary>A car's pictures and actions; a temperature; no starts, so that dreams start from the recorded game.</summary>
    [Test]
    public async Task TemperatureIsASettingInThePage()
    {
        string bundle = PictureBundle.Write("car-racing", new() { Shape = [3, 96, 96] }, actions: 3, agent: true);
        try
        {
            await using Browser browser = await Browser.Open(_sites.Make(bundle, "--steps", "8"));
            double[] rewards = await browser.Page.EvaluateAsync<double[]>("""
                async () => {
                  const [{ Bundle }, { Dream }] = await Promise.all([import('./bundle.js'), import('./dream.js')]);
                  const site = await (await fetch('site.json')).json();
                  const dream = await Dream.open(await Bundle.load('bundle', site.bundle));
                  const rewards = [];
                  for (const temperature of [1, 2]) {
                    dream.settings.temperature = temperature;
                    dream.forget(0);
                    await dream.watch(new Float32Array(3 * 96 * 96));
                    dream.begin();
                    rewards.push((await dream.step([0.5, 0.25, 0])).reward);
                  }
                  return rewards;
                }
                """);
            Assert.That(rewards, Is.EqualTo(new[] { 0.5, 1 }));
            await browser.Page.Locator("#setting-name").GetByText("Temperature").WaitForAsync();
            Assert.That(await browser.Page.Locator("#pad button").AllInnerTextsAsync(),
                Is.EqualTo(new[] { "left: steering −", "right: steering +", "up: gas +", "down: brake +" }));
            await browser.Page.Locator("#step").ClickAsync();
            await browser.Page.Locator("#facts").GetByText("steering 0.25, gas 0.25, brake 0.25").WaitForAsync();
            Assert.That(browser.Complaints, Is.Empty);
        }
        finally
        {
            Directory.Delete(bundle, recursive: true);
        }
    }

    private static WorldModel Load(string bundle) => WorldModel.Load(WebSites.ZooOr(bundle), new() { Provider = "cpu", Variant = "plain" });

    /// <summary>Runs a dream in the page; what was looked at after each step.</summary>
    private static async Task<Dreamt[]> Evaluate(IPage page, string script, uint seed)
    {
        string json = await page.EvaluateAsync<string>($$"""
            async ([seed, horizon]) => {
              const [{ Bundle }, { Dream }] = await Promise.all([import('./bundle.js'), import('./dream.js')]);
              const site = await (await fetch('site.json')).json();
              const dream = await Dream.open(await Bundle.load('bundle', site.bundle)), steps = [];
              const look = async ({ action, reward, continue: goesOn }) => steps.push({
                action: [action].flat(), reward, continue: goesOn, value: await dream.value(), observation: [...await dream.observation()],
              });
              {{script}}
              return JSON.stringify(steps);
            }
            """, new[] { (int)seed, Horizon });
        return JsonSerializer.Deserialize<Dreamt[]>(json, JsonSerializerOptions.Web)!;
    }

    private static void Compare(DreamBatch here, Dreamt[] there, Manifest manifest)
    {
        Assert.That(there, Has.Length.EqualTo(Horizon));
        bool hasValues = manifest.Head(TensorRole.Value) is not null;
        bool Imagines(TensorRole role) => manifest.Head(role) is not null || manifest.Graphs["imagine"].Output(role) is not null;
        (bool hasRewards, bool hasContinues) = (Imagines(TensorRole.Reward), Imagines(TensorRole.Continue));
        for (int t = 0; t < Horizon; t++)
        {
            double[] actions = manifest.Action.Kind == ActionKind.Discrete
                ? [.. here.Actions(t).ToArray().Select(action => (double)action)]
                : [.. here.ContinuousActions(t).ToArray().Select(action => (double)action)];
            Assert.That(there[t].Action, Is.EqualTo(actions).Within(Tolerance), $"action {t}");
            Assert.That(there[t].Observation, Is.EqualTo(here.Observations(t + 1).ToArray()).Within(Tolerance), $"observation {t + 1}");
            Near(there[t].Reward, hasRewards ? here.Rewards(t)[0] : null, $"reward {t}");
            Near(there[t].Continue, hasContinues ? here.Continues(t)[0] : null, $"continue {t}");
            Near(there[t].Value, hasValues ? here.Values(t + 1)[0] : null, $"value {t + 1}");
        }
    }

    private static void Near(double? there, float? here, string what)
    {
        Assert.That(there.HasValue, Is.EqualTo(here.HasValue), what);
        Assert.That(there ?? 0, Is.EqualTo((double)(here ?? 0)).Within(Tolerance * Math.Max(1, Math.Abs(here ?? 0))), what);
    }

    /// <summary>A step of a dream in the page.</summary>
    private sealed record Dreamt(double[] Action, double? Reward, double? Continue, double? Value, float[] Observation);
}
