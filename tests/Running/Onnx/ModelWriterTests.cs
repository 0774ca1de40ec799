using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Onnx.Proto;

namespace WorldModels.Tests.Onnx;

public sealed class ModelWriterTests
{
    [TestCase(false)]
    [TestCase(true)]
    public void ABundleRunsInOnnxRuntime(bool embed)
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, WeightArray> weights = Networks.Weights();
        IReadOnlyList<string> files = ModelWriter.WriteBundle(directory.Path, [Networks.Step("imagine", weights), Networks.Unrolled("dream-2", 2, weights)],
            new ModelWriterOptions { EmbedWeights = embed });
        Assert.That(files, Is.EquivalentTo(Directory.GetFiles(directory.Path).Select(Path.GetFileName)));
        Assert.That(files.Contains("weights.safetensors"), Is.EqualTo(!embed));

        Random random = new(2);
        Nd action = Nd.Random(random, DType.Float32, [5, Networks.Inputs]), state = Nd.Random(random, DType.Float32, [5, Networks.Size]);
        using (InferenceSession session = Ort.Load(directory["imagine.onnx"]))
        {
            Assert.That(session.ModelMetadata.ProducerName, Is.EqualTo("WorldModels"));
            Assert.That(session.ModelMetadata.CustomMetadataMap["environment"], Is.EqualTo("test"));
            Nd[] outputs = Ort.Run(session, action, state);
            (Nd next, Nd reward) = Networks.Reference(weights, action, state);
            Ort.AssertClose(outputs[0], next, 2e-6, "state");
            Ort.AssertClose(outputs[1], reward, 2e-6, "reward");
        }
        using InferenceSession dream = Ort.Load(directory["dream-2.onnx"]);
        Assert.That(dream.InputNames, Is.EqualTo(new[] { "actions", "state" }));
    }

    [Test]
    public void WeightsAreStoredOnceAndOnlyThoseInUse()
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, WeightArray> weights = Networks.Weights();
        ModelWriter.WriteBundle(directory.Path, [Networks.Step("imagine", weights), Networks.Unrolled("dream", 2, weights)],
            new ModelWriterOptions { WeightsMetadata = new Dictionary<string, string> { ["format"] = "pt" } });
        SafetensorsContent stored = Safetensors.Read(directory["weights.safetensors"]);
        Assert.That(stored.Metadata["format"], Is.EqualTo("pt"));
        Assert.That(stored.Tensors.Keys, Has.None.StartsWith("critic"));
        foreach ((string name, WeightArray weight) in stored.Weights())
            Assert.That(weight.Values, Is.EqualTo(weights[name].Values), name);
        Assert.That(ModelReader.Load(directory["dream.onnx"]).Graph.Initializer.Where(i => weights.ContainsKey(i.Name))
            .Select(i => i.RawData.Length), Is.All.Zero);
    }

    [Test]
    public void AModelReadAgainIsTheSame()
    {
        using TemporaryDirectory directory = new();
        OnnxModel model = Networks.Step("imagine", Networks.Weights());
        ModelWriter.WriteBundle(directory.Path, [model]);
        OnnxModel again = ModelReader.LoadWithWeights(directory["imagine.onnx"]);
        Assert.That(ModelWriter.ToBytes(again), Is.EqualTo(ModelWriter.ToBytes(model)));
    }

    [Test]
    public void TheSameModelsGiveTheSameBytes()
    {
        using TemporaryDirectory a = new(), b = new();
        foreach (TemporaryDirectory directory in new[] { a, b })
        {
            ModelWriter.WriteBundle(directory.Path,
                [Networks.Step("imagine", Networks.Weights()), Networks.Unrolled("dream", 3, Networks.Weights())]);
        }

        foreach (string name in new[] { "imagine.onnx", "dream.onnx", "weights.safetensors" })
            Assert.That(File.ReadAllBytes(a[name]), Is.EqualTo(File.ReadAllBytes(b[name])), name);
    }

    [Test]
    public void ModelsThatContradictEachOtherAreRefused()
    {
        using TemporaryDirectory directory = new();
        Assert.That(() => ModelWriter.WriteBundle(directory.Path,
            [Networks.Step("a", Networks.Weights(1)), Networks.Step("b", Networks.Weights(2))]),
            Throws.ArgumentException.With.Message.Contain("'a' and 'b' have different weights"));
        Assert.That(() => ModelWriter.WriteBundle(directory.Path,
            [Networks.Step("a", Networks.Weights()), Networks.Step("a", Networks.Weights())]),
            Throws.ArgumentException.With.Message.Contain("Two models are called 'a'"));
    }

    [Test]
    public void DamagedModelsAreNamed()
    {
        using TemporaryDirectory directory = new();
        ModelWriter.WriteBundle(directory.Path, [Networks.Step("imagine", Networks.Weights())]);
        string path = directory["imagine.onnx"];
        byte[] whole = File.ReadAllBytes(path);
        foreach (byte[] bad in new[] { [], whole[..(whole.Length / 2)], "not a model"u8.ToArray() })
        {
            File.WriteAllBytes(path, bad);
            Assert.That(() => ModelReader.Load(path), Throws.TypeOf<InvalidDataException>().With.Message.Contain(path));
        }
        Assert.That(() => ModelReader.Load(directory["none.onnx"]), Throws.TypeOf<FileNotFoundException>().With.Message
            .Contain("none.onnx"));

        File.WriteAllBytes(path, whole);
        File.WriteAllBytes(directory["weights.safetensors"], File.ReadAllBytes(directory["weights.safetensors"])[..^8]);
        Assert.That(() => ModelReader.LoadWithWeights(path), Throws.TypeOf<InvalidDataException>().With.Message.Contain("does not fit"));
        ModelProto outside = ModelReader.Load(path);
        outside.Graph.Initializer.First(i => i.ExternalData.Count > 0).ExternalData[0].Value = "../weights.safetensors";
        ModelWriter.Write(path, new OnnxModel(outside, new Dictionary<string, WeightArray>()));
        Assert.That(() => ModelReader.LoadWithWeights(path), Throws.TypeOf<InvalidDataException>().With.Message
            .Contain("outside its directory"));
    }

    /// <summary>Debian's python3-onnx, where it is installed: every operation, steps, unrolled, embedded and external, full
    /// check.</summary>
    [Test]
    public void TheReferenceCheckerAcceptsEveryModel()
    {
        using TemporaryDirectory directory = new();
        Dictionary<string, WeightArray> weights = Networks.Weights();
        List<OnnxModel> models = [Networks.Step("imagine", weights), Networks.Step("imagine-15", weights, opset: 15),
            Networks.Unrolled("dream", 3, weights)];
        foreach (int opset in new[] { 15, 17 })
        {
            foreach (OperationCase operation in OperationCases.All())
                models.Add((operation with { Name = $"{operation.Name}-{opset}" }).Build(opset));
        }
        ModelWriter.WriteBundle(directory.Path, models);
        Assert.That(Directory.GetFiles(directory.Path, "*.onnx"), Has.Length.EqualTo(models.Count));

        const string Script = """
            import glob, sys
            try:
                import onnx
            except ImportError:
                print("absent"); sys.exit(0)
            bad = []
            for path in sorted(glob.glob(sys.argv[1] + "/*.onnx")):
                try:
                    onnx.checker.check_model(path, full_check=True)
                except Exception as e:
                    bad.append(path + ": " + str(e))
            print("\n".join(bad) if bad else "sound")
            """;
        string verdict = Python(Script, directory.Path);
        if (verdict == "absent")
            TestContext.Progress.WriteLine("The ONNX checker is absent (apt install python3-onnx): models were written, not checked.");
        else
            Assert.That(verdict, Is.EqualTo("sound"));
    }

    private static string Python(string script, string argument)
    {
        const string Interpreter = "/usr/bin/python3";
        if (!File.Exists(Interpreter))
            return "absent";
        ProcessStartInfo start = new(Interpreter) { RedirectStandardOutput = true, ArgumentList = { "-c", script, argument } };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : $"exit code {process.ExitCode}: {output}";
    }
}
