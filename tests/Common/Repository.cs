namespace WorldModels.Tests;

/// <summary>Where the checkout is that these tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of WorldModels.sln.</summary>
    public static string Root { get; } = Find();

    /// <summary>The bundles that ship with the repository.</summary>
    public static IEnumerable<string> Zoo =>
        Directory.EnumerateDirectories(Path.Combine(Root, "models", "zoo")).Order(StringComparer.Ordinal);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "WorldModels.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("The tests run inside a checkout: no folder above them holds WorldModels.sln.");
    }
}
