using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using WorldModels.Bundles;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;
using WorldModels.Runtime;
using WorldModels.Tests.Runtime;
using WorldModels.Tools;

namespace WorldModels.Tests.Tools;

/// <summary>Bundles for other engines: <c>tools export</c> and <c>tools triton</c>.</summary>
public sealed class EngineExportTests : BundleFixture
{
    private const int Steps = 5;

    private string _work = "";

    [SetUp]
    public void Begin() => _work = Keep(Directory.CreateTempSubdirectory("worldmodels-engines").FullName);

    /// <summary>DreamerV3 and the transformer normalise layers, which opset 15 has not.</summary>
    [TestCase("pendulum-dreamerv3")]
    [TestCase("simple-world-transformer")]
    [TestCase("minipacman-a2c")]
    public void EmbeddedAndOlderItComputesTheSame(string name)
    {
        string output = Path.Combine(_work, name);
        string said = Run("export", Zoo(name), "-o", output, "--embedded", "--opset", "15");
        Assert.That(said, Does.Contain("Verified on cpu"));
        Manifest manifest = Manifest.Load(output);
        Assert.That((manifest.Opset, manifest.Variants), Is.EqualTo((15, (object?)null)));
        Assert.That(Directory.EnumerateFiles(output, "*.safetensors"), Is.Empty);
        foreach (GraphSpec graph in manifest.Graphs.Values)
        {
            ModelProto model = ModelReader.Load(Path.Combine(output, graph.File));
            Assert.That(model.OpsetImport.Single().Version, Is.EqualTo(15));
            Assert.That(model.Graph.Node.Select(node => node.OpType), Has.None.EqualTo("LayerNormalization"));
            Assert.That(model.Graph.Initializer.Select(weight => weight.ExternalData.Count), Has.All.Zero);
        }
    }

    [Test]
    public void WhatChangesNothingOrDestroysIsRefused()
    {
        Assert.That(Refused("export", Zoo("minipacman-a2c"), "-o", Path.Combine(_work, "x")), Does.Contain("Say what for: --embedded"));
        Assert.That(Refused("export", Zoo("minipacman-a2c"), "-o", _work, "--opset", "14"), Does.Contain("--opset"));
        File.WriteAllText(Path.Combine(_work, "letter.txt"), "kept");
        Assert.That(Refused("export", Zoo("minipacman-a2c"), "-o", _work, "--embedded"), Does.Contain("holds something else than a bundle"));
        Assert.That(File.Exists(Path.Combine(_work, "letter.txt")));
        Assert.That(Refused("triton", Zoo("minipacman-environment-model"), "-o", _work), Does.Contain("has no policy. Name a graph: --graph"));
        Assert.That(Refused("triton", Zoo("minipacman-a2c"), "-o", _work, "--graph", "x"), Does.Contain("has no graph 'x'"));
    }

    /// <summary>
    /// What the server does, by its configuration alone: states begin as zeros and are handed back, a sequence's start is flagged. The actions
    /// are those of a deterministic controller. The server itself is not here.
    /// </summary>
    [TestCase("pendulum-dreamer")]
    [TestCase("pendulum-dreamerv3")]
    [TestCase("simple-world-transformer")]
    public void AServerThatKeepsTheStateActsAsTheController(string name)
    {
        Run("triton", Zoo(name), "-o", _work, "--batch", "8");
        string config = File.ReadAllText(Path.Combine(_work, name, "config.pbtxt"));
        Assert.That(config, Does.StartWith($"name: \"{name}\"").And.Contain("max_batch_size: 8").And.Contain("CONTROL_SEQUENCE_START"));
        Assert.That(config.Count(c => c is '{' or '['), Is.EqualTo(config.Count(c => c is '}' or ']')));
        (string Input, string Output)[] states = [.. Regex.Matches(config, "input_name: \"(.+?)\" output_name: \"(.+?)\"")
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value))];
        using InferenceSession session = new(Path.Combine(_work, name, "1", "model.onnx"));
        Assert.That(session.InputMetadata.Keys, Is.EquivalentTo(states.Select(state => state.Input).Concat(["observation", "is_first"])),
            "what clients send, and what the server adds");
        foreach ((string tensor, NodeMetadata metadata) in session.InputMetadata)
        {
            string dims = string.Join(", ", metadata.Dimensions.Skip(1));
            Assert.That(config.Contains($"{tensor}\" ", StringComparison.Ordinal) && metadata.Dimensions.Length >= 2, tensor);
            if (tensor != "is_first")
                Assert.That(Regex.IsMatch(config, $"\"{tensor}\"[^\\n]*dims: \\[ {Regex.Escape(dims)} \\]"), $"{tensor} is ({dims}) in the graph");
        }

        using Controller controller = Controller.Load(Zoo(name), new() { Batch = 2, Deterministic = true });
        bool discrete = controller.Manifest.Action.Kind == ActionKind.Discrete;
        int size = controller.Manifest.Observation.Size;
        Dictionary<string, NamedOnnxValue> kept = states.ToDictionary(state => state.Input, state => Zeros(state.Input, session));
        for (int step = 0; step < Steps; step++)
        {
            float[] seen = [.. Enumerable.Range(0, 2 * size).Select(i => MathF.Sin(i + step))], moves = new float[2];
            long[] numbers = new long[2];
            if (discrete)
                controller.Act(seen, numbers);
            else
                controller.Act(seen, moves);
            float flag = step == 0 ? 1 : 0;
            NamedOnnxValue[] inputs =
            [
                .. kept.Values, NamedOnnxValue.CreateFromTensor("observation", new DenseTensor<float>(seen, [2, size])),
                NamedOnnxValue.CreateFromTensor("is_first", new DenseTensor<float>(new[] { flag, flag }, [2, 1])),
            ];
            using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(inputs);
            DisposableNamedOnnxValue action = outputs.Single(output => output.Name == "action");
            if (discrete)
                Assert.That(action.AsTensor<long>().ToArray(), Is.EqualTo(numbers));
            else
                Assert.That(action.AsTensor<float>().ToArray(), Is.EqualTo(moves).Within(1e-4));
            foreach ((string input, string output) in states)
                kept[input] = Copy(input, outputs.Single(value => value.Name == output));
        }
    }

    private static NamedOnnxValue Zeros(string name, InferenceSession session)
    {
        NodeMetadata metadata = session.InputMetadata[name];
        int[] shape = [2, .. metadata.Dimensions.Skip(1)];
        return metadata.ElementType == typeof(long)
            ? NamedOnnxValue.CreateFromTensor(name, new DenseTensor<long>(shape)) : NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(shape));
    }

    private static NamedOnnxValue Copy(string name, NamedOnnxValue value) => value.Value is Tensor<long> numbers
        ? NamedOnnxValue.CreateFromTensor(name, numbers.Clone()) : NamedOnnxValue.CreateFromTensor(name, value.AsTensor<float>().Clone());

    private static string Zoo(string name) => Path.Combine(Repository.Root, "models", "zoo", name);

    private static string Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        Assert.That(ToolsApp.Run(arguments, output, error), Is.Zero, error.ToString());
        return output.ToString();
    }

    private static string Refused(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        Assert.That(ToolsApp.Run(arguments, output, error), Is.Not.Zero);
        return error.ToString();
    }
}
