using Microsoft.ML.OnnxRuntime;
using WorldModels.Onnx;

namespace WorldModels.Tests.Onnx;

public sealed class OperationTests
{
    private static IEnumerable<OperationCase> Cases() => OperationCases.All();

    [TestCaseSource(nameof(Cases))]
    public void AgreesWithPlainLoopsAtAnyBatch(OperationCase operation)
    {
        foreach (int opset in new[] { 15, 17 })
        {
            Random random = new(1);
            using InferenceSession session = Ort.Load(ModelWriter.ToBytes(operation.Build(opset)));
            foreach (int batch in new[] { 1, 3, 7 })
            {
                Nd[] inputs = operation.Draw(random, batch);
                Nd[] expected = operation.Reference(inputs), actual = Ort.Run(session, inputs);
                Assert.That(actual, Has.Length.EqualTo(expected.Length));
                for (int i = 0; i < expected.Length; i++)
                    Ort.AssertClose(actual[i], expected[i], OperationCase.Tolerance, $"opset {opset}, batch {batch}, output {i}");
            }
        }
    }

    [Test]
    public void EveryUnaryAndBinaryHasACase()
    {
        string[] names = [.. Cases().Select(c => c.Name)];
        foreach (string f in Enum.GetNames<WorldModels.Models.Unary>().Concat(Enum.GetNames<WorldModels.Models.Binary>()))
            Assert.That(names.Any(n => n.StartsWith(f, StringComparison.Ordinal)), f);
    }
}
