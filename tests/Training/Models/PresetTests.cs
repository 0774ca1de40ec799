using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Models;

/// <summary>
/// The networks that the presets build have the published sizes (Weber et al. 2017, as reimplemented; Hafner et al. 2019, 2020).
/// </summary>
public sealed class PresetTests
{
    [TestCase("a2c", "paper", 201_174)]
    [TestCase("a2c", "small", 201_174)]
    [TestCase("i2a", "paper", 1_327_270)]
    [TestCase("environment-model", "paper", 345_233)]
    [TestCase("environment-model", "small", 39_968)]    // four frames, 48 filters, eight rewards and a head for the end of the episode
    [TestCase("environment-model", "debug", 18_640)]    // of 18,705: two rewards fewer, and a head for the end of the episode
    public void BuildsANetworkOfItsSize(string algorithm, string preset, long parameters)
    {
        Algorithm found = Algorithm.Find(algorithm);
        using ITrainer trainer = found.Create(found.Preset(preset), CPU);
        Assert.That(trainer.Parameters.Count, Is.EqualTo(parameters));
    }

    /// <summary>Of 335,505: two rewards fewer, and a head for the end of the episode.</summary>
    [Test]
    public void TheFixedArchitectureIsAnOption()
    {
        Algorithm found = Algorithm.Find("environment-model");
        using ITrainer trainer = found.Create(OptionText.With(found.Preset("debug"), ["architecture=fixed"]), CPU);
        Assert.That(trainer.Parameters.Count, Is.EqualTo(317_264));
    }

    /// <summary>Parts of the published models, for cart-pole's one action; from vectors, encoder and decoder are others.</summary>
    [TestCase("dreamer", "world/rssm", 556_920)]
    [TestCase("dreamer", "world/reward", 253_201)]
    [TestCase("dreamer", "critic", 413_601)]
    [TestCase("dreamer", "actor", 574_402)]
    [TestCase("planet", "world/rssm", 556_320)]     // 557,320 for the cheetah's six actions
    [TestCase("planet", "world/reward", 250_201)]
    public void LatentWorldsHaveTheirPublishedParts(string algorithm, string part, long parameters)
    {
        Algorithm found = Algorithm.Find(algorithm);
        using ITrainer trainer = found.Create(found.Preset("paper"), CPU);
        Assert.That(trainer.Parameters.Below(part).Sum(parameter => parameter.numel()), Is.EqualTo(parameters));
    }

    [Test]
    public void TheContinueHeadHasItsPublishedSize()
    {
        Algorithm found = Algorithm.Find("dreamer");
        using ITrainer trainer = found.Create(OptionText.With(found.Preset("paper"), ["predictContinue=true"]), CPU);
        Assert.That(trainer.Parameters.Below("world/continue").Sum(parameter => parameter.numel()), Is.EqualTo(413_601));
    }

    /// <summary>With six actions, as the cheetah and the walker have.</summary>
    [TestCase(GruForm.ResetBefore, Unary.Relu, 557_320)]
    [TestCase(GruForm.ResetAfter, Unary.Elu, 557_920)]
    public void TheRssmHasItsPublishedSize(GruForm gru, Unary activation, long parameters)
    {
        using EagerParameters store = new EagerParameters(0);
        _ = new Rssm<EagerTensor>(store.Root, new() { Actions = 6, Embedding = 1024, Gru = gru, Activation = activation });
        Assert.That(store.Count, Is.EqualTo(parameters));
    }

    private static IEnumerable<string> Algorithms => Algorithm.All.Select(algorithm => algorithm.Name);

    /// <summary>In seconds, as it says: trains, evaluates, exports a bundle that the runtime verifies, unless it ships none.</summary>
    [TestCaseSource(nameof(Algorithms))]
    public void DebugGoesTheWholeWay(string name)
    {
        Algorithm algorithm = Algorithm.Find(name);
        string directory = Directory.CreateTempSubdirectory("worldmodels-debug-").FullName;
        try
        {
            TrainOptions options = algorithm.Preset("debug");
            using RunFolder folder = RunFolder.Create(directory, name, options);
            PlainProgress silent = new PlainProgress(TextWriter.Null);
            RunOutcome outcome = Session.Run(folder, algorithm, options, CPU, silent, export: true, CancellationToken.None);
            Assert.That(outcome, Is.EqualTo(RunOutcome.Finished));
            using ITrainer trainer = algorithm.Create(options, CPU);
            Assert.That(File.Exists(folder.EvaluationPath), Is.True);
            Assert.That(Directory.Exists(folder.BundlePath), Is.EqualTo(trainer.Ships));
            Assert.That(!trainer.Ships || BundleVerifier.Verify(folder.BundlePath).Passed, Is.True);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
