using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Train;
using static TorchSharp.torch;

namespace WorldModels.Tests.Algebra;

/// <summary>
/// Every operation of the algebra, in both worlds, on the same random inputs: one graph with a dynamic batch, three batch sizes.
/// </summary>
public sealed class TwoWorldTests
{
    private const double Tolerance = 2e-5;

    private static IEnumerable<string> Names => AlgebraCases.All.Keys;

    [TestCaseSource(nameof(Names))]
    public void EagerAndSymbolicAgree(string name)
    {
        AlgebraCase @case = AlgebraCases.All[name];
        Graph graph = new Graph("test");
        Symbol[] symbols = [.. @case.Inputs.Select(
            (text, i) => graph.Input($"x{i}", @case.IsIndex(i) ? DType.Int64 : DType.Float32, AlgebraCase.Dims(text)))];
        graph.Output("y", AlgebraCases.Apply(name, symbols));
        using InferenceSession session = new InferenceSession(ModelWriter.ToBytes(graph.Build()));
        using IDisposable guard = no_grad();
        foreach (int batch in new[] { 1, 3, 7 })
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor[] inputs = @case.Draw(batch);
            Tensor expected = AlgebraCases.Apply(name, [.. inputs.Select(input => new EagerTensor(input))]).Value.contiguous();
            Dictionary<string, OrtValue> feeds = Enumerable.Range(0, inputs.Length).ToDictionary(i => $"x{i}", i => ToOrt(inputs[i]));
            using IDisposableReadOnlyCollection<OrtValue> results = session.Run(new RunOptions(), feeds, ["y"]);
            float[] actual = results[0].GetTensorDataAsSpan<float>().ToArray(), wanted = expected.data<float>().ToArray();
            Assert.That(results[0].GetTensorTypeAndShape().Shape, Is.EqualTo(expected.shape), $"shape at batch {batch}");
            for (int i = 0; i < wanted.Length; i++)
            {
                double tolerance = Tolerance * (1 + Math.Abs(wanted[i]));
                Assert.That(actual[i], Is.EqualTo(wanted[i]).Within(tolerance), $"element {i} at batch {batch}");
            }
            foreach (OrtValue value in feeds.Values)
                value.Dispose();
        }
    }

    [Test]
    public void EveryEnumRowHasACase()
    {
        string[] names = [.. Enum.GetNames<Unary>().Concat(Enum.GetNames<Binary>()).Select(name => name.ToLowerInvariant())];
        Assert.That(names.Except(AlgebraCases.All.Keys), Is.Empty);
    }

    [Test]
    public void StraightThroughHasTheGradientOfItsSecondArgument()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = tensor(new float[] { 0.5f, -1, 2 }, [1, 3]).requires_grad_();
        EagerTensor drawn = new OneHot<EagerTensor>(logits).Sample(zeros(1, 3));
        Assert.That(drawn.Value.data<float>().ToArray(), Is.EqualTo(new float[] { 0, 0, 1 }));
        Tensor weights = tensor(new float[] { 1, 2, 3 }, [1, 3]);
        (drawn.Value * weights).sum().backward();
        Tensor soft = logits.detach().requires_grad_();
        (soft.softmax(-1) * weights).sum().backward();
        Assert.That(logits.grad!.data<float>().ToArray(), Is.EqualTo(soft.grad!.data<float>().ToArray()).Within(1e-6));
    }

    [Test]
    public void DropoutIsActiveInTrainingOnly()
    {
        using DisposeScope scope = NewDisposeScope();
        EagerTensor x = ones(1000);
        using (no_grad())
            Assert.That(x.Dropout(0.5).Value.sum().item<float>(), Is.EqualTo(1000));
        Assert.That(x.Dropout(0.5).Value.eq(0).sum().item<long>(), Is.InRange(400, 600));
    }

    private static OrtValue ToOrt(Tensor tensor) => tensor.dtype == ScalarType.Int64
        ? OrtValue.CreateTensorValueFromMemory(tensor.data<long>().ToArray(), tensor.shape)
        : OrtValue.CreateTensorValueFromMemory(tensor.data<float>().ToArray(), tensor.shape);
}
