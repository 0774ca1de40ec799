using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Models;

/// <summary>The networks that the presets build have the published sizes (Weber et al. 2017, as reimplemented).</summary>
public sealed class PresetTests
{
    [TestCase("a2c", "paper", 201_174)]
    [TestCase("a2c", "small", 201_174)]
    [TestCase("environment-model", "paper", 345_233)]
    [TestCase("environment-model", "small", 18_640)]    // of 18,705: two rewards fewer, and a head for the end of the episode
    public void BuildsANetworkOfItsSize(string algorithm, string preset, long parameters)
    {
        Algorithm found = Algorithm.Find(algorithm);
        using Trainer trainer = found.Create(found.Preset(preset), CPU);
        Assert.That(trainer.Parameters.Count, Is.EqualTo(parameters));
    }
}
