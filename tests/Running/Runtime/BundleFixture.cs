using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>Tests on bundles in temporary directories, which go when the test ends.</summary>
public abstract class BundleFixture
{
    private readonly List<string> directories = [];

    [TearDown]
    public void Clean()
    {
        foreach (string directory in directories) Directory.Delete(directory, recursive: true);
        directories.Clear();
    }

    protected string Keep(string directory)
    {
        directories.Add(directory);
        return directory;
    }

    /// <summary>A user's mistake: one message, with all of these parts.</summary>
    protected static void Refused(Action action, params string[] expected)
    {
        var error = Assert.Throws<BundleException>(() => action())!;
        foreach (string part in expected) Assert.That(error.Message, Does.Contain(part));
    }
}
