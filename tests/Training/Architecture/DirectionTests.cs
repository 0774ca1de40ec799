using System.Reflection;

namespace WorldModels.Tests.Architecture;

/// <summary>
/// Imports run one way: train and tools know everything below them and not each other; what people embed (bundles, runtime, environments)
/// knows neither TorchSharp nor models; models know no engine; environments know nobody.
/// </summary>
public sealed class DirectionTests
{
    private const string Ours = "WorldModels.";

    private static readonly string[] CommandLineTool =
    [
        "WorldModels.CommandLine", "WorldModels.Pictures", "WorldModels.Measure", "WorldModels.Recordings", "WorldModels.Models", "WorldModels.Onnx",
        "WorldModels.Runtime", "WorldModels.Bundles", "WorldModels.Environments", "WorldModels.Environments.MuJoCo", "Spectre.Console",
        "Spectre.Console.Ansi", "CommandLine", "MathNet.Numerics",
    ];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["WorldModels.Environments"] = [],
        ["WorldModels.Environments.MuJoCo"] = ["WorldModels.Environments"],
        ["WorldModels.Bundles"] = [],
        ["WorldModels.Runtime"] = ["WorldModels.Bundles", "Microsoft.ML.OnnxRuntime", "Microsoft.Extensions.Logging.Abstractions"],
        ["WorldModels.Models"] = [],
        ["WorldModels.Onnx"] = ["WorldModels.Models", "WorldModels.Bundles", "Google.Protobuf"],
        // For train and tools alone. What a graph costs is counted by a pass over it, which Onnx has.
        ["WorldModels.Measure"] =
        [
            "WorldModels.Onnx", "WorldModels.Runtime", "WorldModels.Bundles", "WorldModels.Environments", "WorldModels.Environments.MuJoCo",
            "WorldModels.Recordings", "Google.Protobuf", "MathNet.Numerics",
        ],
        ["WorldModels.Pictures"] =
        [
            "WorldModels.Measure", "WorldModels.Runtime", "WorldModels.Bundles", "WorldModels.Environments", "ScottPlot", "SkiaSharp",
            "SkiaSharp.HarfBuzz",
        ],
        ["WorldModels.Recordings"] = ["WorldModels.Bundles", "PureHDF", "MathNet.Numerics"],
        ["WorldModels.MLNet"] =
        [
            "WorldModels.Runtime", "WorldModels.Recordings", "WorldModels.Bundles", "Microsoft.ML.Core", "Microsoft.ML.Data",
            "Microsoft.ML.DataView", "Microsoft.Extensions.Logging.Abstractions",
        ],
        ["WorldModels.Native"] =
            ["WorldModels.Runtime", "WorldModels.Bundles", "WorldModels.Environments", "WorldModels.Environments.MuJoCo"],
        ["WorldModels.CommandLine"] = ["CommandLine"],
        // Graphs from elsewhere are read, completed and tried before they are a bundle that the runtime opens. Where npm cannot be started,
        // the system says so by an exception of Win32's.
        ["WorldModels.Tools"] = [.. CommandLineTool, "ScottPlot", "SkiaSharp", "Google.Protobuf", "Microsoft.ML.OnnxRuntime", "Microsoft.Win32.Primitives"],
        ["WorldModels.Train"] =
        [
            .. CommandLineTool, "TorchSharp", "Google.Protobuf", "Microsoft.ML.Core", "Microsoft.ML.Data", "Microsoft.ML.DataView",
            "Microsoft.ML.FastTree", "Microsoft.ML.LightGbm", "Microsoft.ML.StandardTrainers",
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
        IEnumerable<string> ours = Directory.EnumerateFiles(TestContext.CurrentContext.TestDirectory, $"{Ours}*.dll")
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(name => !name.StartsWith("WorldModels.Tests.", StringComparison.Ordinal));
        Assert.That(ours.Except(Allowed.Keys), Is.Empty);
    }

    /// <summary>What only some may use is used by nobody else, so that who embeds the rest never needs it.</summary>
    [TestCase("WorldModels.CommandLine")]
    [TestCase("WorldModels.Measure", "WorldModels.Pictures")]
    [TestCase("WorldModels.Pictures")]
    [TestCase("WorldModels.Recordings", "WorldModels.Measure", "WorldModels.MLNet")]
    public void IsForTrainAndToolsAlone(string name, params string[] besides)
    {
        IEnumerable<string> users = Assemblies.Where(user => Assembly.Load(user).GetReferencedAssemblies().Any(used => used.Name == name));
        Assert.That(users, Is.SubsetOf((string[])["WorldModels.Train", "WorldModels.Tools", .. besides]));
    }

    [Test]
    public void NoTwoPublicTypesHaveOneName()
    {
        IEnumerable<string> twice = PublicTypes.GroupBy(type => type.Name.Split('`')[0])
            .Where(types => types.Select(type => type.Namespace).Distinct().Count() > 1)
            .Select(types => string.Join(", ", types.Select(type => type.FullName)));
        Assert.That(twice, Is.Empty);
    }

    [Test]
    public void WhatIsInternalIsNotPublic() => Assert.That(PublicTypes.Where(type => type.Namespace!.Contains("Internals")), Is.Empty);

    /// <summary>Namespaces follow projects: nobody adds types to another one's.</summary>
    [Test]
    public void ATypeIsInItsProjectsNamespace() => Assert.That(PublicTypes.Where(type =>
        type.Namespace != type.Assembly.GetName().Name && !type.Namespace!.StartsWith(type.Assembly.GetName().Name + ".")), Is.Empty);

    private static IEnumerable<Type> PublicTypes =>
        Assemblies.SelectMany(name => Assembly.Load(name).GetExportedTypes()).Where(type => !type.IsNested);
}
