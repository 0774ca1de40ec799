using WorldModels.Runtime;

namespace WorldModels.Tests.Zoo;

/// <summary>The shipped bundles: every directory under models/zoo.</summary>
internal static class ZooFolder
{
    /// <summary>models/zoo of this repository.</summary>
    public static string Path { get; } = System.IO.Path.Combine(Repository.Root, "models", "zoo");

    /// <summary>Names of all bundles.</summary>
    public static IEnumerable<string> All => Directory.Exists(Path)
        ? Directory.EnumerateDirectories(Path).Select(directory => System.IO.Path.GetFileName(directory)).Order(StringComparer.Ordinal)
        : [];

    /// <summary>Names of those that act.</summary>
    public static IEnumerable<string> Controllers => All.Where(name => Has(name, "control") || Has(name, "act"));

    /// <summary>Names of those that only imagine, in MiniPacman.</summary>
    public static IEnumerable<string> MiniPacmanModels =>
        All.Where(name => name.StartsWith("minipacman", StringComparison.Ordinal) && Has(name, "imagine")).Except(Controllers);

    /// <summary>The directory of a bundle.</summary>
    public static string Of(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The manifest of a bundle.</summary>
    public static Manifest Read(string name) => Manifest.Load(Of(name));

    /// <summary>What the card of a bundle says was measured.</summary>
    public static IReadOnlyDictionary<string, double> Figures(Manifest manifest) =>
        manifest.Training?.Figures ?? throw new AssertionException($"{manifest.Name} says nothing of its training");

    private static bool Has(string name, string graph) => File.Exists(System.IO.Path.Combine(Of(name), graph + ".onnx"));
}
