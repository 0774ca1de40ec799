using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Tests.Train;
using WorldModels.Tools;

namespace WorldModels.Tests.EndToEnd;

/// <summary>The tools on bundles that see pictures, fresh from training.</summary>
public sealed class PixelBundleTests
{
    private readonly TinyRuns _runs = new();

    [OneTimeTearDown]
    public void Delete() => _runs.Dispose();

    [OneTimeSetUp]
    public void Train()
    {
        Learn("swing", "dreamer", "pendulum", "starts=16");
        Learn("pole", "dreamerv3", "cartpole", "pixelDepth=4");
        Learn("both", "dreamer", "cartpole", "proprioception=true", "starts=16");
    }

    [TestCase("swing")]
    [TestCase("pole", "--dream")]
    public void RealPicturesStandOverDreamedOnes(string run, params string[] options)
    {
        string file = _runs[$"{run}.png"];
        string text = Succeed(["picture", Bundle(run), "--steps", "6", "-o", file, .. options]);
        Assert.That(text, Does.Contain("6 steps of"));
        Assert.That(new FileInfo(file).Length, Is.GreaterThan(2000));
    }

    [Test]
    public void AnAgentOfNumberedActionsIsDrawnWithWhatItImagines() =>
        Assert.That(Succeed("picture", Bundle("pole"), "--steps", "2", "--skip", "1", "-o", _runs["futures.png"]), Does.Contain("2 moments"));

    [Test]
    public void ItsGamesAreWatched() =>
        Assert.That(Succeed("play", Bundle("pole"), "--steps", "3"), Does.Contain("cartpole"));

    /// <summary>Recorded games keep their pictures as bytes, and are read as they were seen.</summary>
    [TestCase("swing", false)]
    [TestCase("both", true)]
    public void ItsGamesAreRecorded(string run, bool mixed)
    {
        string folder = _runs[$"{run}-recorded"];
        Succeed("record", Bundle(run), "--episodes", "2", "-o", folder);
        Dictionary<string, NpyArray> arrays = Npz.Read(Directory.GetFiles(folder, "*.npz").Order().First());
        Assert.That((arrays["observation"].Type, arrays["observation"].Shape.Skip(1)), Is.EqualTo((NpyType.UInt8, new[] { 3, 32, 32 })));
        Assert.That(arrays.ContainsKey("numbers"), Is.EqualTo(mixed));
        Recording recording = Recording.Read(folder, new() { SeePictures = true });
        Assert.That(recording.Spec.Observation, Is.EqualTo(3 * 32 * 32));
        Assert.That(recording.Episodes[0].Observations.As<byte>().SequenceEqual(arrays["observation"].As<byte>()));
        Assert.That(Succeed("dataset", folder), Does.Contain("2 episodes"));
    }

    [TestCase("both", "picture", "neither strips nor charts are drawn of both")]
    [TestCase("swing", "picture", "--policy draws over two numbers", "--policy", "0,1")]
    public void WhatCannotBeDrawnIsSaid(string run, string verb, string expected, params string[] options)
    {
        StringWriter output = new(), error = new();
        Assert.That(ToolsApp.Run([verb, Bundle(run), "-o", _runs["bad.png"], .. options], output, error), Is.Not.Zero);
        Assert.That(error.ToString(), Does.Contain(expected));
    }

    [Test]
    public void TreesRefusePictures() =>
        TrainTool.Run("distill", Bundle("swing"), "--output", _runs["trees"]).Refuses("observes pictures (3, 32, 32)");

    private string Bundle(string run) => Path.Combine(_runs[run], "bundle");

    private void Learn(string run, string algorithm, string environment, params string[] set) => TrainTool.Succeed(
        [
            algorithm, "--env", environment, "--run", _runs[run], "--preset", "debug", "--set", "pixels=32", "pixelDepth=2", "batch=3",
            "length=6", "horizon=4", "prefill=200", "updates=2", "deterministic=16", "stochastic=4", "hidden=16", "evaluationEpisodes=0",
            .. set,
        ]);

    private static string Succeed(params string[] command)
    {
        StringWriter output = new(), error = new();
        int code = ToolsApp.Run(command, output, error);
        Assert.That((code, error.ToString()), Is.EqualTo((0, "")));
        return output.ToString();
    }
}
