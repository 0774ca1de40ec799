using System.Globalization;
using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Zoo;

/// <summary>Every shipped bundle is whole, small, described, and computes here what it computed where it was made.</summary>
public sealed class ZooBundleTests
{
    private const int LargestFile = 5_000_000;

    private static readonly string[] OfControllers =
        ["return_sampled_mean", "return_sampled_sd", "return_greedy_mean", "return_random_mean", "return_random_sd", "evaluation_episodes"];

    private static readonly string[] OfModels =
        ["exact_frame", "exact_frame_copying", "exact_frame_ceiling", "with_ghosts_exact", "changed_cells", "pacman_cell", "reward"];

    [Test]
    public void HoldsTheEnvironmentModel() => Assert.That(ZooFolder.All, Does.Contain("minipacman-environment-model"));

    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.All))]
    public void Verifies(string name)
    {
        VerificationReport report = BundleVerifier.Verify(ZooFolder.Of(name));
        Assert.Multiple(() =>
        {
            Assert.That(report.Passed, Is.True, report.ToString());
            Assert.That(report.Unverified, Is.Empty);
            Assert.That(report.Manifest.Name, Is.EqualTo(name));
            Assert.That(name, Does.StartWith(report.Manifest.Environment + "-")
                .Or.StartsWith(report.Manifest.Environment.Replace("lunar-lander", "lunarlander", StringComparison.Ordinal) + "-"));
        });
    }

    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.All))]
    public void StaysSmall(string name)
    {
        IEnumerable<FileInfo> files = new DirectoryInfo(ZooFolder.Of(name)).EnumerateFiles("*", SearchOption.AllDirectories);
        Assert.That(files.Where(file => file.Length > LargestFile).Select(file => $"{file.Name}: {file.Length} bytes"), Is.Empty);
    }

    /// <summary>What a run was made from is named by bundle or option, not by the folders of the machine that it ran on.</summary>
    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.All))]
    public void NamesNoFolderOfAMachine(string name)
    {
        IEnumerable<string> texts = Directory.EnumerateFiles(ZooFolder.Of(name), "*.json", SearchOption.AllDirectories);
        Assert.That(texts.Where(file => File.ReadAllText(file).Contains("\"/", StringComparison.Ordinal)), Is.Empty);
    }

    /// <summary>The card gives the figures of the manifest, those by which its algorithm is judged among them.</summary>
    [TestCaseSource(typeof(ZooFolder), nameof(ZooFolder.All))]
    public void HasAModelCard(string name)
    {
        Manifest manifest = ZooFolder.Read(name);
        string card = File.ReadAllText(Path.Combine(ZooFolder.Of(name), "README.md"));
        Assert.That(card, Does.StartWith($"# {name}"));
        Assert.That(ZooFolder.Figures(manifest), Is.Not.Empty);
        if (ZooFolder.Players.Contains(name))
        {
            // Trees draw nothing, and a controller of World Models is judged as it learnt, on V's draws: they have one way to play.
            string? without = manifest.Algorithm switch { "distill" => "return_sampled", "worldmodels" => "return_greedy", _ => null };
            IEnumerable<string> expected =
                OfControllers.Where(figure => without is null || !figure.StartsWith(without, StringComparison.Ordinal));
            Assert.That(ZooFolder.Figures(manifest).Keys, Is.SupersetOf(expected));
        }
        if (ZooFolder.MiniPacmanModels.Contains(name))
            Assert.That(ZooFolder.Figures(manifest).Keys, Is.SupersetOf(OfModels));
        // What each task's policy earns of each task's rewards is a table of its own, where that was judged.
        foreach (string played in manifest.Tasks ?? [])
        {
            if (!ZooFolder.Figures(manifest).ContainsKey($"task_{played}_{played}"))
                continue;
            IEnumerable<string> earned = manifest.Tasks!.Select(rewarded =>
                ZooFolder.Figures(manifest)[$"task_{played}_{rewarded}"].ToString("0.0", CultureInfo.InvariantCulture));
            Assert.That(card, Does.Contain($"| {played} | {string.Join(" | ", earned)} |"));
        }
        foreach ((string figure, double value) in ZooFolder.Figures(manifest))
        {
            if (manifest.Tasks is null || !figure.StartsWith("task_", StringComparison.Ordinal))
                Assert.That(card, Does.Contain(FormattableString.Invariant($"| {figure} | {value:0.####} |")));
        }
    }
}
