using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

/// <summary>Tests on bundles in temporary directories, which go when the test ends.</summary>
public abstract class BundleFixture
{
    private readonly List<string> _directories = [];

    [TearDown]
    public void Clean()
    {
        foreach (string directory in _directories)
            Directory.Delete(directory, recursive: true);
        _directories.Clear();
    }

    protected string Keep(string directory)
    {
        _directories.Add(directory);
        return directory;
    }

    /// <summary>A user's mistake: one message, with all of these parts.</summary>
    protected static void Refused(Action action, params string[] expected)
    {
        BundleException error = Assert.Throws<BundleException>(() => action())!;
        foreach (string part in expected)
            Assert.That(error.Message, Does.Contain(part));
    }
}
