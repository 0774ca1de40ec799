using System.Reflection;

namespace WorldModels.Tests.Architecture;

/// <summary>Imports run one way: train -> models, runtime, diagnostics; tools -> runtime, diagnostics, onnx; the rest knows less.</summary>
public sealed class DirectionTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["WorldModels.Models"] = [],
        ["WorldModels.Environments"] = [],
        ["WorldModels.Bundles"] = [],
        ["WorldModels.Onnx"] = ["WorldModels.Models", "WorldModels.Bundles", "Google.Protobuf"],
        ["WorldModels.Runtime"] = ["WorldModels.Bundles", "Microsoft.ML.OnnxRuntime"],
        ["WorldModels.Diagnostics"] = ["WorldModels.Bundles", "WorldModels.Models", "WorldModels.Onnx", "WorldModels.Runtime", "WorldModels.Environments"],
        ["WorldModels.Tools"] =
        [
            "WorldModels.Diagnostics", "WorldModels.Bundles", "WorldModels.Models", "WorldModels.Onnx", "WorldModels.Runtime",
            "WorldModels.Environments", "CommandLine", "Spectre.Console", "Spectre.Console.Ansi", "Microsoft.ML.OnnxRuntime",
        ],
        ["WorldModels.Train"] =
        [
            "WorldModels.Bundles", "WorldModels.Models", "WorldModels.Onnx", "WorldModels.Runtime", "WorldModels.Environments",
            "WorldModels.Diagnostics", "TorchSharp", "CommandLine", "Spectre.Console", "Spectre.Console.Ansi",
        ],
        ["WorldModels.TorchSharpRepair"] = ["Mono.Cecil", "Mono.Cecil.Rocks"],
    };

    private static IEnumerable<string> Assemblies => Allowed.Keys;

    [TestCaseSource(nameof(Assemblies))]
    public void AnAssemblyReferencesOnlyWhatItMay(string name)
    {
        string[] references = [.. Assembly.Load(name).GetReferencedAssemblies().Select(reference => reference.Name!)
            .Where(reference => !reference.StartsWith("System.", StringComparison.Ordinal))
            .Where(reference => reference is not ("netstandard" or "mscorlib"))];
        Assert.That(references.Except(Allowed[name]), Is.Empty, $"{name} must not import these");
    }

    [Test]
    public void EveryProjectOfOursIsHeldToARule()
    {
        IEnumerable<string> ours = Directory.EnumerateFiles(TestContext.CurrentContext.TestDirectory, "WorldModels.*.dll")
            .Select(path => Path.GetFileNameWithoutExtension(path)).Where(name => !name.StartsWith("WorldModels.Tests.", StringComparison.Ordinal));
        Assert.That(ours.Except(Allowed.Keys), Is.Empty);
    }
}
