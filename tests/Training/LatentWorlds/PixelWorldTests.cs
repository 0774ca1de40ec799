using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Runtime;
using WorldModels.Tests.Train;
using WorldModels.Train;
using WorldModels.Train.Algorithms;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>Latent worlds that see pictures.</summary>
public sealed class PixelWorldTests
{
    private static readonly string[] Tiny =
    [
        "--preset", "debug", "--set", "pixels=32", "pixelDepth=2", "batch=3", "length=6", "horizon=4", "prefill=200", "logEvery=1",
        "checkpointEvery=2", "deterministic=16", "stochastic=4", "hidden=16",
    ];

    /// <summary>Parameters of the paper presets at 64 x 64: the walker's 6 actions, the cartpole's one.</summary>
    [TestCase("dreamer", 6, 690_144, 557_920, 3_795_555, 253_201)]
    [TestCase("dreamer", 1, 690_144, 556_920, 3_795_555, 253_201)]
    [TestCase("planet", 6, 690_144, 557_320, 3_795_555, 250_201)]
    [TestCase("dreamerv2", 6, 1_551_312, 1_247_248, 9_886_611, 971_601)]
    public void PresetsHaveThePublishedSizes(string algorithm, int actions, long encoder, long rssm, long decoder, long reward)
    {
        LatentOptions options = (LatentOptions)Algorithm.Find(algorithm).Preset("paper", "walker-walk");
        ShapeCounter counter = new();
        _ = new LatentWorld<EagerTensor>(
            new Parameters<EagerTensor>(counter)["world"], options.World(new() { Shape = [3, 64, 64], Low = 0, High = 1 }, actions));
        Assert.That(
            (counter.Below("world/encoder"), counter.Below("world/rssm"), counter.Below("world/decoder"), counter.Below("world/reward")),
            Is.EqualTo((encoder, rssm, decoder, reward)));
        Assert.That(counter.Below("world/standard"), Is.Zero, "pictures are not standardised");
    }

    /// <summary>Published scales of losses are of pictures of 64 x 64: one that is half as wide and high weighs as much beside the rest.</summary>
    [Test]
    public void ASmallerPictureWeighsAsMuch()
    {
        Assert.That(Loss(32), Is.EqualTo(Loss(64)).Within(1e-3 * Loss(64)));

        // Of black pictures, to a decoder whose weights are zero and which says grey ones.
        static float Loss(int size)
        {
            LatentOptions options = (LatentOptions)Algorithm.Find("dreamer").Preset("debug", "pendulum");
            using EagerParameters parameters = new(0);
            LatentWorld<EagerTensor> world = new(
                parameters.Root["world"], options.World(new() { Shape = [3, size, size], Low = 0, High = 1 }, actions: 1));
            using IDisposable guard = no_grad();
            foreach (TorchSharp.Modules.Parameter weight in parameters.Below("world/decoder"))
                weight.zero_();
            Tensor black = full([2, 3 * size * size], -0.5f);
            return world.ObservationLosses(zeros(2, options.Deterministic + options.Stochastic), black).Single().Value.Value.mean().item<float>();
        }
    }

    [TestCase("planet", "pendulum")]
    [TestCase("dreamer", "pendulum", "starts=16")]
    [TestCase("dreamerv2", "cartpole", "starts=16")]
    [TestCase("dreamerv3", "pendulum", "pixelDepth=4")]
    [TestCase("dreamerv3", "cartpole", "pixelDepth=4", "proprioception=true")]
    public void ARunGoesOnAsIfItHadNotStopped(string algorithm, string environment, params string[] set)
    {
        using TinyRuns runs = new();
        (string whole, _) = RunComparison.AssertResumes(runs, [algorithm, "--env", environment, .. Tiny, .. set]);
        ObservationSpec observation = Manifest.Load(Path.Combine(whole, "bundle")).Observation;
        bool mixed = set.Contains("proprioception=true");
        Assert.That(observation.PictureShape, Is.EqualTo(new[] { 3, 32, 32 }));
        Assert.That(observation.Shape, Is.EqualTo(mixed ? [3 * 32 * 32 + 4] : new[] { 3, 32, 32 }));
        Dictionary<string, NpyArray> episode = Npz.Read(Directory.GetFiles(Path.Combine(whole, "replay"), "*.npz").Order().First());
        Assert.That((episode["observation"].Type, episode["observation"].Shape.Skip(1)), Is.EqualTo((NpyType.UInt8, new[] { 3, 32, 32 })));
        Assert.That(episode.ContainsKey("numbers"), Is.EqualTo(mixed));
    }

    /// <summary>What was recorded of a run's pictures is learnt from by another, without an environment, however the channels lie.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void RecordedPicturesAreLearntFrom(bool channelsFirst)
    {
        using TinyRuns runs = new();
        string played = runs["played"], learnt = runs["learnt"];
        TrainTool.Succeed(["dreamer", "--env", "pendulum", .. Tiny, "starts=16", "updates=2", "--run", played, "--no-export"]);
        string dataset = Path.Combine(played, "replay");
        byte[] seen = Seen();
        if (!channelsFirst)
        {
            foreach (string file in Directory.GetFiles(dataset, "*.npz"))
                Npz.Write(file, Npz.Read(file).ToDictionary(array => array.Key, array => Last(array.Key, array.Value)));
            File.Delete(Path.Combine(dataset, "dataset.json"));
        }
        Assert.That(Seen(), Is.EqualTo(seen), "the same pictures, however they lie");
        TrainTool.Run(["dreamer", "--dataset", dataset, "--preset", "debug", "--run", runs["bad"], "--set", "pixels=64"])
            .Refuses("are 32 x 32, and pixels=64. Set pixels=32");
        TrainTool.Run(["dreamer", "--dataset", dataset, "--env", "pendulum", "--preset", "debug", "--run", runs["bad"]])
            .Refuses("are 32 x 32, and pixels=0. Set pixels=32");
        TrainTool.Succeed(["dreamer", "--dataset", dataset, .. Tiny, "starts=16", "updates=4", "--run", learnt]);
        Assert.That(Manifest.Load(Path.Combine(learnt, "bundle")).Observation.Shape, Is.EqualTo(new[] { 3, 32, 32 }));

        byte[] Seen() => Recording.Read(dataset, new() { SeePictures = true }).Episodes[0].Observations.As<byte>().ToArray();

        static NpyArray Last(string name, NpyArray array)
        {
            if (name != "observation")
                return array;
            (int records, int pixels) = (array.Shape[0], 32 * 32);
            byte[] last = new byte[array.Length];
            ReadOnlySpan<byte> first = array.As<byte>();
            for (int i = 0; i < last.Length; i++)
                last[i / (3 * pixels) * 3 * pixels + i % pixels * 3 + i / pixels % 3] = first[i];
            return NpyArray.Of(last, records, 32, 32, 3);
        }
    }

    /// <summary>The shipped controller and planner choose the same by bytes as by the numbers that they stand for.</summary>
    [Test]
    public void BytesAndNumbersAreTheSamePicture()
    {
        using TinyRuns runs = new();
        byte[] picture = new byte[3 * 32 * 32];
        new Random(1).NextBytes(picture);
        float[] numbers = [.. picture.Select(value => value / 255f)], first = new float[1], second = new float[1];

        string policy = Trained("dreamer", "starts=16");
        using (Controller byBytes = Controller.Load(policy), byNumbers = Controller.Load(policy))
        {
            byBytes.ActOnPictures(picture, first);
            byNumbers.Act(numbers, second);
            Assert.That(first, Is.EqualTo(second));
            Assert.That(() => byBytes.ActOnPictures(picture, new long[1]), Throws.TypeOf<BundleException>());
        }
        string world = Trained("planet");
        using (Planner byBytes = Planner.Load(world), byNumbers = Planner.Load(world))
        {
            byBytes.ActOnPictures(picture, first);
            byNumbers.Act(numbers, second);
            Assert.That(first, Is.EqualTo(second));
        }
        using Planner ofNumbers = Planner.Load(Path.Combine(Repository.Root, "models", "zoo", "cartpole-swingup-planet"));
        Assert.That(() => ofNumbers.ActOnPictures(picture, first), Throws.TypeOf<BundleException>().With.Message.Contains("give them as floats"));

        string Trained(string algorithm, params string[] set)
        {
            TrainTool.Succeed([algorithm, "--env", "pendulum", .. Tiny, .. set, "updates=2", "--run", runs[algorithm]]);
            return Path.Combine(runs[algorithm], "bundle");
        }
    }

    /// <summary>A border that never changes has the scale of every other pixel: a little noise on it stays little.</summary>
    [Test]
    public void AConstantBorderIsNotBlownUp()
    {
        using EagerParameters parameters = new(0);
        using DisposeScope scope = NewDisposeScope();
        DreamerOptions options = new() { PixelDepth = 2, Deterministic = 8, Stochastic = 2, Hidden = 8, HeadUnits = 8 };
        LatentWorld<EagerTensor> world = new(
            parameters.Root["world"], options.World(new() { Shape = [3, 32, 32], Low = 0, High = 1 }, 1));
        WorldModelSetup.Standardise(parameters, (new float[3 * 32 * 32], new float[3 * 32 * 32]));
        Tensor picture = full([1, 3 * 32 * 32], 0.2), noisy = picture + 1f / 255;
        Tensor scaled = world.Scale.Forward(picture).Value, changed = world.Scale.Forward(noisy).Value;
        Assert.That((changed - scaled).abs().max().item<float>(), Is.EqualTo(1f / 255).Within(1e-6));
        Assert.That(world.Scale.Backward(scaled).Value.allclose(picture));
    }

    [TestCase("dreamer", "pendulum", "pixels=48", "pixels must be one of 0, 32, 64; it is 48")]
    [TestCase("dreamer", "pendulum", "proprioception=true", "set pixels=32 or 64")]
    [TestCase("dreamer", "car-racing", "pixels=32 proprioception=true", "no numbers beside it")]
    [TestCase("dreamer", "minipacman", "batch=4", "learn from vectors, and from pictures of them")]
    [TestCase("dreamerv3", "pendulum", "pixels=32 pixelDepth=3", "four times that is no multiple of blocks=8")]
    public void WhatCannotBeIsSaid(string algorithm, string environment, string set, string expected)
    {
        using TinyRuns runs = new();
        TrainTool.Run([algorithm, "--env", environment, "--preset", "debug", "--run", runs["bad"], "--set", .. set.Split(' ')])
            .Refuses(expected);
    }
}
