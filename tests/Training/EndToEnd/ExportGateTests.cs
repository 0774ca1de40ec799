using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Train;

namespace WorldModels.Tests.EndToEnd;

/// <summary>A bundle that does not compute what the network computes is not left behind.</summary>
public sealed class ExportGateTests
{
    private string _folder = "";

    [SetUp]
    public void Create() => _folder = Directory.CreateTempSubdirectory("export-gate").FullName;

    [TearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [TestCase(0, true)]
    [TestCase(1e-5, true)]
    [TestCase(1e-2, false)]
    public void RefusesGraphsThatDifferBeyondTheTolerance(double difference, bool ships)
    {
        string bundle = Path.Combine(_folder, "none-test");
        BundleDefinition definition = LatentModel.Define() with
        {
            Graphs = new Dictionary<string, IGraphDefinition> { ["observe"] = new Drifting(difference) },
        };
        Dictionary<string, WeightArray> weights = new Dictionary<string, WeightArray>();
        if (ships)
        {
            Assert.That(BundleExporter.Export(bundle, "none-test", definition, weights, new TrainingSpec()).Passed);
            return;
        }
        UserException? refused = Assert.Throws<UserException>(() => BundleExporter.Export(bundle, "none-test", definition, weights, new TrainingSpec()));
        Assert.That(refused.Message, Does.Contain("nothing was shipped").And.Contain("observe"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    /// <summary>A graph that computes something else in one of its worlds, as no network written once can.</summary>
    private sealed class Drifting(double difference) : IGraphDefinition
    {
        private const int Size = LatentModel.Observation;

        public IReadOnlyList<TensorSpec> Inputs => [new() { Name = "observation", Role = TensorRole.Observation, Shape = ["batch", Size] }];

        public IReadOnlyList<TensorSpec> Outputs => [new() { Name = "value", Role = TensorRole.Other, Shape = ["batch", Size] }];

        public Tensors<T> Run<T>(Parameters<T> p, Tensors<T> inputs) where T : ITensor<T> =>
            new() { { "value", typeof(T) == typeof(Symbol) ? inputs["observation"] + difference : inputs["observation"] * 1 } };
    }
}
