using WorldModels.Models;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.DreamControl;

/// <summary>V, M and C have the published numbers of parameters (Ha and Schmidhuber 2018).</summary>
public sealed class SizeTests
{
    [TestCase(32, 4_348_547)]   // CarRacing
    [TestCase(64, 4_446_915)]   // Doom
    public void VHasItsPublishedSize(int latent, long parameters) => Assert.That(
        Count(p => new Vae<EagerTensor>(p, new() { Observation = [3, 64, 64], Latent = latent })), Is.EqualTo(parameters));

    [TestCase(32, 3, 256, false, 422_368)]
    [TestCase(64, 1, 512, true, 1_678_785)]
    public void MHasItsPublishedSize(int latent, int actions, int units, bool restart, long parameters) => Assert.That(
        Count(p => new MdnRnn<EagerTensor>(p, new() { Latent = latent, Actions = actions, Units = units, Restart = restart })),
        Is.EqualTo(parameters));

    [TestCase(32, 256, 3, ControllerInputs.Zh, 0, true, 867)]
    [TestCase(64, 512, 1, ControllerInputs.Zch, 0, false, 1_088)]
    [TestCase(32, 256, 3, ControllerInputs.Z, 40, true, 1_443)]
    public void CHasItsPublishedSize(
        int latent, int units, int actions, ControllerInputs inputs, int hidden, bool bias, int weights)
    {
        ControllerConfig config = new()
        {
            Latent = latent, Units = units, Actions = actions, Inputs = inputs, Hidden = hidden, Bias = bias,
        };
        Assert.That(config.Weights, Is.EqualTo(weights));
    }

    /// <summary>
    /// The presets have those of Doom, whose action is one number as well; V has 3,330 fewer, since there is but one colour.
    /// </summary>
    [TestCase("worldmodels-vision", 4_446_915 - 3_330)]
    [TestCase("worldmodels-memory", 1_678_785)]
    [TestCase("worldmodels", 1_088)]
    public void ThePresetIsThePapers(string algorithm, long parameters)
    {
        Algorithm found = Algorithm.Find(algorithm);
        using ITrainer trainer = found.Create(found.Preset("paper"), CPU);
        Assert.That(trainer.Parameters.Count, Is.EqualTo(parameters));
    }

    private static long Count(Action<Parameters<EagerTensor>> make)
    {
        using EagerParameters store = new(0);
        make(store.Root);
        return store.Count;
    }
}
