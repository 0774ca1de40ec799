using WorldModels.Bundles;

namespace WorldModels.Tests.Zoo;

/// <summary>The shipped bundles: every directory under models/zoo.</summary>
internal static class ZooFolder
{
    /// <summary>Names of all bundles.</summary>
    public static IEnumerable<string> All => Repository.Zoo.Select(directory => Path.GetFileName(directory));

    /// <summary>Names of those that act.</summary>
    public static IEnumerable<string> Controllers => All.Where(name => Has(name, "control") || Has(name, "act"));

    /// <summary>Names of those that play: by a policy, or by planning.</summary>
    public static IEnumerable<string> Players => All.Where(name => Controllers.Contains(name) || Read(name).Planner is not null);

    /// <summary>Names of those that only imagine, in MiniPacman.</summary>
    public static IEnumerable<string> MiniPacmanModels =>
        All.Where(name => name.StartsWith("minipacman", StringComparison.Ordinal) && Has(name, "imagine")).Except(Controllers);

    /// <summary>The directory of a bundle.</summary>
    public static string Of(string name) => Path.Combine(Repository.Root, "models", "zoo", name);

    /// <summary>The manifest of a bundle.</summary>
    public static Manifest Read(string name) => Manifest.Load(Of(name));

    /// <summary>What the card of a bundle says was measured.</summary>
    public static IReadOnlyDictionary<string, double> Figures(Manifest manifest) =>
        manifest.Training?.Figures ?? throw new AssertionException($"{manifest.Name} says nothing of its training");

    private static bool Has(string name, string graph) => File.Exists(Path.Combine(Of(name), graph + ".onnx"));
}
