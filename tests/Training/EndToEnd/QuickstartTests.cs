using WorldModels.Bundles;
using WorldModels.Train;

namespace WorldModels.Tests.EndToEnd;

/// <summary>The README's first command, on a small budget.</summary>
public sealed class QuickstartTests
{
    [Test]
    public void GoesTheWholePathAndDoesNotTrainTwice()
    {
        string run = Path.Combine(Directory.CreateTempSubdirectory("quickstart").FullName, "run");
        try
        {
            string first = Quickstart(run);
            Assert.That(first, Does.Contain("1. Play, learn, ship").And.Contain("2. What it learnt").And.Contain("3. Dream in it"));
            Assert.That(File.Exists(Path.Combine(run, "bundle", "manifest.json")));
            Assert.That(Manifest.Load(Path.Combine(run, "bundle")).Action.Names, Is.EqualTo(new[] { "stay", "right", "up", "left", "down" }));
            Assert.That(File.ReadAllText(Path.Combine(run, "bundle", "README.md")), Does.Contain("actions 0..4 [stay, right, up, left, down]"));
            Assert.That(File.ReadAllBytes(Path.Combine(run, "dream.png"))[..4], Is.EqualTo(new byte[] { 0x89, 0x50, 0x4E, 0x47 }));
            Assert.That(File.ReadAllText(Path.Combine(run, "dream.webp"))[..4], Is.EqualTo("RIFF"));

            DateTime trained = File.GetLastWriteTimeUtc(Path.Combine(run, "checkpoint.safetensors"));
            Quickstart(run);
            Assert.That(File.GetLastWriteTimeUtc(Path.Combine(run, "checkpoint.safetensors")), Is.EqualTo(trained));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(run)!, recursive: true);
        }
    }

    private static string Quickstart(string run)
    {
        (StringWriter output, StringWriter error) = (new StringWriter(), new StringWriter());
        int code = TrainApp.Run(
            ["quickstart", "--run", run, "--seconds", "0.1", "--set", "updates=60", "stack=1", "filters=8", "frames=3000", "games=8", "logEvery=20", "checkpointEvery=30"], output, error);
        Assert.That((code, error.ToString()), Is.EqualTo((0, "")));
        return output.ToString();
    }
}
