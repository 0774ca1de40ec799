using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tests.Tools;

public sealed class ComparisonTests
{
    private string _folder = "";
    private WorldModel _world = null!;

    [OneTimeSetUp]
    public void Load() => _world = WorldModel.Load(_folder = FixtureBundle.World());

    [OneTimeTearDown]
    public void Delete()
    {
        _world.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void APlayedEpisodeIsTheRealGame()
    {
        RealEpisode episode = RealEpisode.Play("minipacman-rush", steps: 12, seed: 5, skip: 7);
        Assert.That(episode.Steps, Is.EqualTo(12));
        Assert.That(episode.Rewards, Has.Count.EqualTo(12));
        // Its actions from the same seed, after the scripted player's first seven, lead through the same frames.
        RealEpisode longer = RealEpisode.Play("minipacman-rush", steps: 19, seed: 5, skip: 0);
        IEnvironment<long> environment = EnvironmentRegistry.Make<long>("minipacman-rush");
        float[] observation = new float[environment.ObservationSpace.Size];
        environment.Reset(5, observation);
        for (int t = 0; t < 19; t++)
        {
            Assert.That(longer.Observations[t], Is.EqualTo(observation), $"step {t}");
            if (t >= 7)
                Assert.That(episode.Observations[t - 7], Is.EqualTo(observation));
            environment.Step([((long[])longer.Actions)[t]], observation);
        }
    }

    [Test]
    public void TheDreamFollowsTheModelFromTheRealStart()
    {
        RealEpisode episode = RealEpisode.Play("minipacman", steps: 6, seed: 1);
        DreamComparison comparison = DreamComparison.Run(_world, episode);
        Assert.That(comparison.Dreamed, Has.Count.EqualTo(7));
        Assert.That(comparison.Dreamed[0], Is.EqualTo(episode.Observations[0]));
        for (int t = 0; t < 6; t++)
            Assert.That(comparison.Dreamed[t + 1], Is.EqualTo(FixtureBundle.Next(comparison.Dreamed[t])).Within(1e-6));
        Assert.That((comparison.DreamedRewards.Count, comparison.DreamedContinues.Count), Is.EqualTo((6, 6)));
        DreamPicture picture = DreamPicture.Of(comparison);
        Assert.That(picture.DifferingPixels[0], Is.Zero);
        Assert.That(picture.DifferingPixels[6], Is.GreaterThan(0));
    }

    [Test]
    public void RecordedEpisodesAreRead()
    {
        string path = Path.Combine(_folder, "episode.npz");
        Npz.Write(path, new Dictionary<string, NpyArray>
        {
            ["observation"] = NpyArray.Of([.. Enumerable.Range(0, 5 * 855).Select(i => (byte)(i % 256))], 5, 3, 15, 19),
            ["action"] = NpyArray.Of(new long[] { 0, 1, 2, 3 }),
            ["reward"] = NpyArray.Of(new float[] { 0, 1, 0, 5 }),
        });
        RealEpisode episode = RealEpisode.Read(path, steps: 2, skip: 1);
        Assert.That(episode.Observations[0][0], Is.EqualTo(855 % 256 / 255f).Within(1e-6));
        Assert.That((episode.Steps, episode.Actions, episode.Rewards), Is.EqualTo((2, new long[] { 1, 2 }, new float[] { 1, 0 })));
        Assert.That(DreamComparison.Run(_world, episode).Dreamed, Has.Count.EqualTo(3));
        Assert.That(() => RealEpisode.Read(path, 2, skip: 4), Throws.TypeOf<BundleException>().With.Message.Contains("4 steps"));
        Npz.Write(path, new Dictionary<string, NpyArray> { ["action"] = NpyArray.Of(new long[] { 0 }) });
        Assert.That(() => RealEpisode.Read(path, 2), Throws.TypeOf<BundleException>().With.Message.Contains("no array 'observation'"));
    }

    [Test]
    public void WhatDoesNotFitIsSaid()
    {
        Assert.That(() => RealEpisode.Play("minipacmen", 5, 0),
            Throws.TypeOf<BundleException>().With.Message.Contains("did you mean 'minipacman'"));
        RealEpisode vectors = new() { Source = "file", Observations = [new float[4], new float[4]], Actions = new long[1], Rewards = [] };
        Assert.That(() => DreamComparison.Run(_world, vectors),
            Throws.TypeOf<BundleException>().With.Message.Contains("have 4 values, those of bundle 'fading' 855"));
    }
}
