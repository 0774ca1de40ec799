using System.Text.RegularExpressions;
using MathNet.Numerics.Statistics;
using SkiaSharp;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

public sealed class OpenLoopTests
{
    private static readonly ActionSpec Stretched = ActionSpec.Continuous([1], -1, 1);

    private readonly List<string> _folders = [];

    [OneTimeTearDown]
    public void Delete()
    {
        foreach (string folder in _folders)
            Directory.Delete(folder, recursive: true);
    }

    [Test]
    public void TheRightEquationsDreamWhatCame()
    {
        using WorldModel world = WorldModel.Load(Bundle());
        RealEpisode[] episodes = Play(world.Manifest, 3);
        OpenLoopComparison comparison = OpenLoopComparison.Run(world, episodes, new() { Dreams = 2 });
        Assert.That((comparison.Context, comparison.Horizon, comparison.HasRewards), Is.EqualTo((5, 45, true)));
        for (int e = 0; e < 3; e++)
        {
            for (int t = -4; t <= 45; t++)
            {
                Assert.That(comparison.Real(e, t), Is.EqualTo(episodes[e].Observations[t + 4]));
                Assert.That(comparison.Dreamed(e, 1, t).ToArray(), Is.EqualTo(episodes[e].Observations[t + 4]).Within(2e-4), $"{e}, {t}");
            }
            // The bundle's reward is 4 cos - 4 - velocity^2 / 10 on arrival.
            float[] there = episodes[e].Observations[34];
            Assert.That(comparison.DreamedReward(e, 0, 30), Is.EqualTo(4 * there[0] - 4 - there[2] * there[2] * 0.1).Within(1e-3));
            Assert.That(comparison.RealReward(e, 30), Is.EqualTo(episodes[e].Rewards[33]));
            Assert.That((comparison.RealReward(e, -4), comparison.Real(e, -5), comparison.Real(e, 46)), Is.EqualTo((null as float?,
                null as float[], null as float[])));
        }
        Assert.That(comparison.Errors(1, 5, 15, 45, 46).Select(error => error.Distance), Is.EqualTo(new[] { 1, 5, 15, 45 }));
        Assert.That(comparison.Errors(1, 15, 45).Select(error => error.Model), Is.All.LessThan(1e-7));
    }

    [Test]
    public void ErrorsAreThoseOfAHandCount()
    {
        using WorldModel world = WorldModel.Load(Bundle(gravity: 5, noise: 0.2));
        RealEpisode[] episodes = Play(world.Manifest, 4);
        episodes[2] = Cut(episodes[2], 20); // 5 observations before, 16 steps after
        episodes[3] = Cut(episodes[3], 4);  // nothing after: left out
        OpenLoopComparison comparison = OpenLoopComparison.Run(world, episodes, new() { Dreams = 3 });
        OpenLoopError near = comparison.Errors(15).Single(), far = comparison.Errors(45).Single();
        Assert.That((near.Episodes, far.Episodes, comparison.Episodes.Count), Is.EqualTo((3, 2, 3)));
        double[] expected = new double[5];
        for (int i = 0; i < 3; i++)
        {
            double[] all = [.. episodes[..3].SelectMany(episode => episode.Observations).Select(o => (double)o[i])];
            double mean = all.Mean(), variance = all.PopulationVariance();
            for (int e = 0; e < 3; e++)
            {
                IReadOnlyList<float[]> seen = episodes[e].Observations;
                double truth = seen[19][i], last = seen[4][i], before = seen[3][i];
                double[] dreams = [.. Enumerable.Range(0, 3).Select(dream => (double)comparison.Dreamed(e, dream, 15)[i])];
                Assert.That(dreams.Distinct().Count(), Is.EqualTo(3), "dreams differ in their noise");
                double[] squares =
                [
                    Math.Pow(dreams.Average() - truth, 2), dreams.Sum(dream => Math.Pow(dream - truth, 2)) / 3, Math.Pow(mean - truth, 2),
                    Math.Pow(last - truth, 2), Math.Pow(last + 15 * (last - before) - truth, 2),
                ];
                for (int guess = 0; guess < 5; guess++)
                    expected[guess] += squares[guess] / variance / 9;
            }
        }
        Assert.That(new[] { near.Model, near.OneDream, near.Mean, near.RepeatLast, near.KeepMoving }, Is.EqualTo(expected).Within(1e-6));
        Assert.That(near.OneDream, Is.GreaterThan(near.Model));
        Assert.That(near.Model, Is.GreaterThan(comparison.Errors(1).Single().Model * 10));
        Assert.That(near.Reward!.Value.Mean, Is.GreaterThan(0));
    }

    [Test]
    public void ActionsAreStretchedAndRepeated()
    {
        RealEpisode episode = RealEpisode.Play("pendulum", new() { Steps = 6, Skip = 2, Seed = 3, ActionRepeat = 4, Actions = Stretched });
        Assert.That((float[])episode.Actions, Is.All.InRange(-1f, 1f));
        Assert.That(episode.Scenes, Has.Count.EqualTo(7));
        RealEpisode whole = RealEpisode.Play("pendulum", new() { Steps = 8, Skip = 0, Seed = 3, ActionRepeat = 4, Actions = Stretched });
        IEnvironment<float> environment = EnvironmentRegistry.Make<float>("pendulum");
        float[] observation = new float[3];
        environment.Reset(3, observation);
        for (int t = 0; t < 8; t++)
        {
            if (t >= 2)
                Assert.That(episode.Observations[t - 2], Is.EqualTo(observation));
            double reward = 0;
            for (int i = 0; i < 4; i++)
                reward += environment.Step([2 * ((float[])whole.Actions)[t]], observation).Reward;
            Assert.That(whole.Rewards[t], Is.EqualTo(reward).Within(1e-5));
        }
        Assert.That(() => RealEpisode.Play("cartpole", new() { Actions = Stretched }),
            Throws.TypeOf<BundleException>().With.Message.Contains("'cartpole' is one of 2, of the bundle 1 reals"));
    }

    [Test]
    public void ThePolicyPlays()
    {
        string bundle = Bundle(agent: true);
        using BundlePolicy player = BundlePolicy.Open(bundle, seed: 0, greedy: false, new())!;
        RealEpisode episode = RealEpisode.Play("pendulum", new() { Steps = 30, Skip = 0, Policy = player, Actions = Stretched });
        Assert.That((float[])episode.Actions, Is.EqualTo(episode.Observations.Take(30).Select(o => Math.Sign(o[2]))));
        Assert.That(BundlePolicy.Open(Bundle(), 0, greedy: false, new()), Is.Null);
    }

    [TestCase("dream.png")]
    [TestCase("dream.webp")]
    public void APictureOfVectorsHasChartsAndErrors(string name)
    {
        string bundle = Bundle(gravity: 9, noise: 0.1), file = Path.Combine(bundle, name);
        string text = Succeeds("picture", bundle, "-o", file, "--episodes", "3", "--steps", "20");
        Assert.That(text, Does.Contain("20 steps of 3 episodes of pendulum, random actions").And.Contain("repeat last"));
        Assert.That(Regex.Matches(text, @"^ +(1|5|15) +3 ", RegexOptions.Multiline), Has.Count.EqualTo(3), text);
        using WorldModel world = WorldModel.Load(bundle);
        OpenLoopComparison comparison = OpenLoopComparison.Run(world, Play(world.Manifest, 3), new() { Horizon = 20 });
        OpenLoopPicture picture = new(comparison, comparison.Errors(1, 5, 15));
        (IReadOnlyList<SKBitmap> frames, IReadOnlyList<int> delays) = Frames.Read(file);
        if (name.EndsWith(".webp", StringComparison.Ordinal))
        {
            Assert.That((frames.Count, delays[0]), Is.EqualTo((25, 100)));
            Assert.That((frames[3].Width, frames[3].Height), Is.EqualTo((picture.Animation()[3].Width, picture.Animation()[3].Height)));
            Assert.That(frames[20].Pixels, Is.Not.EqualTo(frames[21].Pixels));
            return;
        }
        SKBitmap strip = frames.Single();
        Assert.That((strip.Width, strip.Height), Is.EqualTo((picture.Strip().Width, picture.Strip().Height)));
        // Three columns of four charts, in each of which the dream's line and the real one are.
        Assert.That(Frames.Count(strip, OpenLoopChart.DreamLine, tolerance: 40), Is.GreaterThan(12 * 60));
        Assert.That(Frames.Count(strip, OpenLoopChart.RealLine, tolerance: 40), Is.GreaterThan(12 * 60));
    }

    /// <summary>The charts carry the environment's names: with others the picture is another one.</summary>
    [Test]
    public void ChartsAreNamed()
    {
        SKBitmap named = Draw(manifest => manifest);
        SKBitmap plain = Draw(manifest => manifest with { Observation = manifest.Observation with { Names = ["a", "b", "c"] } });
        Assert.That((plain.Width, plain.Height), Is.EqualTo((named.Width, named.Height)));
        int[] differing =
            [.. named.Pixels.Zip(plain.Pixels, (one, other) => one != other).Index().Where(pixel => pixel.Item).Select(pixel => pixel.Index)];
        Assert.That(differing, Is.Not.Empty);
        Assert.That(differing.Select(i => i % named.Width), Is.All.LessThan(100), "in the margin alone");

        SKBitmap Draw(Func<Manifest, Manifest> change)
        {
            using WorldModel world = WorldModel.Load(Bundle(change: change));
            OpenLoopComparison comparison = OpenLoopComparison.Run(world, Play(world.Manifest, 2), new() { Horizon = 20 });
            return new OpenLoopPicture(comparison, comparison.Errors(1)).Strip().Render(SKColors.White);
        }
    }

    [Test]
    public void WhatDoesNotFitIsSaid()
    {
        string bundle = Bundle();
        Refused("is one of 2, of the bundle 1 reals", bundle, "--env", "cartpole");
        Refused("observations of mountain-car-continuous have 2 values, those of bundle 'pendulum-by-formula' 3",
            bundle, "--env", "mountain-car-continuous");
        Refused("take a smaller context", bundle, "--context", "300");
        string nowhere = Bundle(change: manifest => manifest with { Environment = "none" });
        Refused("There is no environment 'none', which stands for recordings", nowhere);

        static void Refused(string message, params string[] args)
        {
            StringWriter output = new(), error = new();
            string file = Path.Combine(Path.GetTempPath(), "refused.png");
            Assert.That(ToolsApp.Run(["picture", .. args, "-o", file], output, error), Is.EqualTo(1));
            Assert.That(File.Exists(file), Is.False);
            Assert.That((error.ToString().TrimEnd().Split('\n').Length, output.ToString()), Is.EqualTo((1, "")), error.ToString());
            Assert.That(error.ToString(), Does.Contain(message));
        }
    }

    [Test]
    public void ThePendulumIsWatched()
    {
        string bundle = Bundle(agent: true, world: false), file = Path.Combine(bundle, "game.png");
        string text = Succeeds("picture", bundle, "-o", file, "--steps", "5", "--every", "10");
        string sum = Figures.Number(Watched(bundle).Rewards.Sum(reward => (double)reward));
        Assert.That(text, Does.Contain($"40 steps of pendulum, return {sum}."));
        Assert.That(File.Exists(file));

        static RealEpisode Watched(string bundle)
        {
            using BundlePolicy player = BundlePolicy.Open(bundle, 0, greedy: false, new())!;
            return RealEpisode.Play("pendulum", new() { Steps = 40, Skip = 0, Policy = player, Actions = Stretched });
        }
    }

    private string Bundle(
        double gravity = 10, double noise = 0, bool agent = false, bool world = true, Func<Manifest, Manifest>? change = null)
    {
        _folders.Add(PendulumBundle.Write(gravity, noise, agent, world, change));
        return _folders[^1];
    }

    private static RealEpisode[] Play(Manifest manifest, int count) => [.. Enumerable.Range(0, count).Select(e =>
        RealEpisode.Play("pendulum", new() { Steps = 49, Skip = 0, Seed = (ulong)e, Actions = manifest.Action }))];

    private static RealEpisode Cut(RealEpisode episode, int steps) => episode with
    {
        Observations = [.. episode.Observations.Take(steps + 1)],
        Actions = ((float[])episode.Actions)[..steps],
        Rewards = [.. episode.Rewards.Take(steps)],
    };

    private static string Succeeds(params string[] args)
    {
        StringWriter output = new(), error = new();
        int code = ToolsApp.Run(args, output, error);
        Assert.That((code, error.ToString()), Is.EqualTo((0, "")));
        return output.ToString();
    }
}
