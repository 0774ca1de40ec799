using TorchSharp;
using WorldModels.Models;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.LatentWorlds;

/// <summary>The two ways of leaving nats free have the same value where all divergences are above, and other gradients below.</summary>
public sealed class FreeNatsTests
{
    private static readonly float[] Divergences = [1, 2, 6, 9];

    [TestCase(FreeNatsForm.MaxOfMean, 3.0, 4.5, new[] { 0.25f, 0.25f, 0.25f, 0.25f })]     // the mean is above: all count
    [TestCase(FreeNatsForm.MaxOfMean, 5.0, 5.0, new[] { 0f, 0f, 0f, 0f })]                 // below: none does
    [TestCase(FreeNatsForm.MeanOfExcess, 3.0, 2.25, new[] { 0f, 0f, 0.25f, 0.25f })]       // those above count
    [TestCase(FreeNatsForm.MeanOfExcess, 0.0, 4.5, new[] { 0.25f, 0.25f, 0.25f, 0.25f })]
    public void ValueAndGradient(FreeNatsForm form, double nats, double value, float[] gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor kl = tensor(Divergences).requires_grad_();
        using EagerParameters parameters = new EagerParameters(0);
        Rssm<EagerTensor> rssm = new Rssm<EagerTensor>(parameters.Root, new() { Deterministic = 1, FreeNatsForm = form, FreeNats = nats });
        Tensor free = rssm.FreeNats(kl).Value;
        free.backward();
        Assert.That(free.item<float>(), Is.EqualTo(value).Within(1e-6));
        Assert.That(kl.grad!.data<float>().ToArray(), Is.EqualTo(gradient).Within(1e-6));
    }
}
