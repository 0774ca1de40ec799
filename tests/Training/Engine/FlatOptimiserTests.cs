using TorchSharp;
using TorchSharp.Modules;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Engine;

/// <summary>One optimiser over all parameters at once makes the steps of TorchSharp's own, which goes from one to the next.</summary>
public sealed class FlatOptimiserTests
{
    [TestCase("adam")]
    [TestCase("rmsprop")]
    public void ItsStepsAreTorchSharps(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] ours = Make(), theirs = Make();
        using FlatOptimiser flat = new(ours, parameters => Optimiser(name, parameters));
        using OptimizerHelper reference = Optimiser(name, theirs);
        for (int step = 0; step < 20; step++)
        {
            flat.ZeroGradients();
            reference.zero_grad();
            Loss(ours, step).backward();
            Loss(theirs, step).backward();
            double norm = flat.ClipGradients(0.1);
            Assert.That(norm, Is.EqualTo(nn.utils.clip_grad_norm_(theirs, 0.1)).Within(1e-6 * norm).And.GreaterThan(0.1));
            flat.Step();
            reference.step();
            foreach ((Parameter our, Parameter their) in ours.Zip(theirs))
                Assert.That(Numbers(our), Is.EqualTo(Numbers(their)).Within(1e-6), $"step {step}");
        }
        Assert.That(Numbers(ours[0]), Is.Not.EqualTo(Numbers(Make()[0])).Within(1e-3), "they moved");
    }

    [Test]
    public void ParametersKeepTheirValuesAndShapes()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] parameters = Make();
        float[][] before = [.. parameters.Select(Numbers)];
        using FlatOptimiser flat = new(parameters, whole => optim.Adam(whole));
        Assert.That(parameters.Select(Numbers), Is.EqualTo(before));
        Assert.That(parameters[0].shape, Is.EqualTo(new long[] { 3, 4 }));
        Assert.That(parameters.All(parameter => parameter.is_leaf && parameter.requires_grad));
    }

    [Test]
    public void AParameterOfAnotherOptimiserIsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] parameters = Make();
        using FlatOptimiser first = new(parameters, whole => optim.Adam(whole));
        Assert.That(() => new FlatOptimiser([parameters[1]], whole => optim.Adam(whole)),
            Throws.ArgumentException.With.Message.Contains("belongs to another optimiser"));
    }

    [Test]
    public void NothingToTrainIsRefused() => Assert.That(() => new FlatOptimiser([], whole => optim.Adam(whole)), Throws.ArgumentException);

    private static OptimizerHelper Optimiser(string name, IEnumerable<Parameter> parameters) =>
        name == "adam" ? optim.Adam(parameters, 1e-2, eps: 1e-5) : optim.RMSProp(parameters, 1e-2, 0.9, 1e-5);

    private static Parameter[] Make()
    {
        using Generator generator = new Generator(5);
        return [.. new long[][] { [3, 4], [4], [2, 4], [1] }.Select(shape => nn.Parameter(randn(shape, generator: generator)))];
    }

    /// <summary>A loss of all of them, another one at each step.</summary>
    private static Tensor Loss(Parameter[] p, int step) =>
        (((p[0].sum(dim: 0) * p[1]).tanh() * (step + 1)).unsqueeze(0) * p[2]).sum() + (p[3] - step).square().sum();

    private static float[] Numbers(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();
}
