using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;
using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Runtime;
using WorldModels.Tests.Onnx;
using WorldModels.Tools;
using Graph = WorldModels.Onnx.Graph;

namespace WorldModels.Tests.Tools;

/// <summary>The PyTorch peer's operators beside ONNX Runtime's.</summary>
public sealed class PeerOperatorTests
{
    private const int Batch = 3;
    private const double Tolerance = 5e-6;

    private GraphPeer _peer = null!;

    [OneTimeSetUp]
    public void Start() => _peer = TorchPeers.Start();

    [OneTimeTearDown]
    public void Stop() => _peer?.Dispose();

    /// <summary>Every operation that networks are written with, eagerly and as TorchScript.</summary>
    [Test]
    public void EveryOperationAgreesWithOnnxRuntime()
    {
        using TemporaryDirectory directory = new();
        Random random = new(1);
        Dictionary<string, RolloutProgram> programs = [];
        Dictionary<string, NpyArray> data = [];
        Dictionary<(string Program, string Output), Nd> expected = [];
        foreach (int opset in new[] { 17, 15 })
        {
            // At opset 15 layers are normalised by other operators; all else is the same.
            foreach (OperationCase operation in OperationCases.All().Where(o => opset == 17 || o.Name == "LayerNorm"))
            {
                string name = $"{operation.Name}-{opset}", path = directory[$"{name}.onnx"];
                ModelWriter.Write(path, operation.Build(opset));
                Nd[] inputs = operation.Draw(random, Batch);
                using InferenceSession session = Ort.Load(path);
                foreach ((int i, Nd output) in Ort.Run(session, inputs).Index())
                    expected[(name, $"y{i}")] = output;
                foreach ((int i, Nd input) in inputs.Index())
                    data[$"{name}/x{i}"] = Array(input);
                programs[name] = new()
                {
                    Steps = 1,
                    States = [],
                    Start = [],
                    Given = [.. inputs.Select((_, i) => $"{name}/x{i}")],
                    Fixed = [],
                    Keep = [.. session.OutputNames],
                    Step = [new(name, path, inputs.Index().ToDictionary(x => $"x{x.Index}", x => $"{name}/x{x.Index}"),
                        session.OutputNames.ToDictionary(y => y))],
                    Inputs = new Dictionary<string, (string, TensorSpec)>(),
                };
            }
        }
        IReadOnlyDictionary<(string Way, string Program, string Value), NpyArray> results = _peer.Open(programs, data, rows: int.MaxValue, warmUp: 0).Results;
        foreach (((string way, string program, string output), NpyArray actual) in results)
            Ort.AssertClose(Nd(actual.Slice(0)), expected[(program, output)], Tolerance, $"{way}, {program}, {output}");
        Assert.That(results, Has.Count.EqualTo(2 * expected.Count));
    }

    [Test]
    public void AnUnknownOperatorIsNamed()
    {
        using TemporaryDirectory directory = new();
        Graph graph = new("odd");
        graph.Output("y", graph.Input("x", DType.Float32, "batch", 3).Tanh());
        OnnxModel model = graph.Build();
        model.Proto.Graph.Node[0].OpType = "Tan";
        string path = directory["odd.onnx"];
        ModelWriter.Write(path, model);
        RolloutProgram program = new()
        {
            Steps = 1,
            States = [],
            Start = [],
            Given = ["x"],
            Fixed = [],
            Keep = ["y"],
            Step = [new("odd", path, new Dictionary<string, string> { ["x"] = "x" }, new Dictionary<string, string> { ["y"] = "y" })],
            Inputs = new Dictionary<string, (string, TensorSpec)>(),
        };
        Dictionary<string, NpyArray> data = new() { ["x"] = NpyArray.Of(new float[3], 1, 1, 3) };
        Assert.That(() => _peer.Open(new Dictionary<string, RolloutProgram> { ["odd"] = program }, data, rows: 1, warmUp: 0),
            Throws.TypeOf<BundleException>().With.Message.Contains("odd.onnx").And.Message.Contains("operator Tan,"));
    }

    [Test]
    public void AnInterpreterWithoutPyTorchIsSaid() => Assert.That(() => new GraphPeer("/bin/false"),
        Throws.TypeOf<BundleException>().With.Message.Contains("apt-get install -y --no-install-recommends python3-torch python3-onnx"));

    private static NpyArray Array(Nd x)
    {
        int[] shape = [1, .. x.Shape];
        return x.Type switch
        {
            DType.Float32 => NpyArray.Of([.. x.Values.Select(v => (float)v)], shape),
            DType.Int64 => NpyArray.Of([.. x.Values.Select(v => (long)v)], shape),
            _ => NpyArray.Of([.. x.Values.Select(v => v != 0)], shape),
        };
    }

    private static Nd Nd(NpyArray x) => new()
    {
        Type = x.Type switch { NpyType.Float32 => DType.Float32, NpyType.Int64 => DType.Int64, _ => DType.Bool },
        Shape = [.. x.Shape],
        Values = [.. x.Type == NpyType.Int64 ? x.As<long>().ToArray().Select(v => (double)v) : x.ToFloats().Select(v => (double)v)],
    };
}
