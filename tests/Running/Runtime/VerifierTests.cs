using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Tests.Runtime;

public sealed class VerifierTests : BundleFixture
{
    [Test]
    public void TheFixturesMeetTheirNumpyReferences()
    {
        VerificationReport grid = BundleVerifier.Verify(Keep(Fixtures.Grid()));
        Assert.That(grid.Passed, Is.True, grid.ToString());
        Assert.That(grid.Graphs.Select(g => (g.Graph, g.IsRollout, g.Steps)),
            Is.EqualTo(new[] { ("imagine", false, 1), ("imagine", true, 5) }));
        Assert.That(grid.Graphs[1], Has.Property("Drift").LessThan(1e-5).And.Property("NearTies").Zero.And.Property("Rows").EqualTo(30));
        Assert.That(grid.Unverified, Is.Empty);

        VerificationReport latent = BundleVerifier.Verify(Keep(Fixtures.Latent()));
        Assert.That(latent.Passed, Is.True, latent.ToString());
        Assert.That(latent.Graphs.Select(g => g.Graph), Is.EqualTo(new[] { "observe", "imagine", "act", "dream", "decode" }));
        Assert.That(latent.Graphs.Max(g => g.MaxError), Is.InRange(0, 1e-5));
        Assert.That(latent.Unverified, Is.EqualTo(new[] { "control" }));
        Assert.That(latent.ToString(), Does.Contain("latent: verified on cpu").And.Contain("dream, rollout of 5: ok")
            .And.Contain("no reference for: control"));

        Assert.That(BundleVerifier.Verify(Keep(Fixtures.Reach())).Passed, Is.True);
    }

    [Test]
    public void AnOutputThatDiffersFails()
    {
        string directory = Keep(Fixtures.Latent());
        Change(directory, "imagine/outputs/reward", a => a.As<float>()[4] += 0.01f);
        VerificationReport report = BundleVerifier.Verify(directory);
        Assert.That(report.Passed, Is.False);
        GraphVerification imagine = report.Graphs.Single(g => !g.Passed);
        Assert.That(imagine.Failures.Single(),
            Does.StartWith("output 'reward', step 0, row 4: differs by ").And.EndsWith("allowed 1.0e-4"));
        Assert.That(imagine.MaxError, Is.InRange(0.002, 0.01));
        Assert.That(report.ToString(), Does.Contain("NOT verified").And.Contain("imagine, one step: FAILED"));
        Change(directory, "imagine/outputs/reward", a => a.As<float>()[4] = float.NaN);
        Assert.That(BundleVerifier.Verify(directory).Passed, Is.False, "NaN is no agreement");
    }

    [Test]
    public void ARolloutShorterThanTheManifestSaysFails()
    {
        VerificationReport report = BundleVerifier.Verify(Keep(Fixtures.Grid(m => m with { Parity = new() { Horizon = 6 } })));
        Assert.That(report.Graphs.Select(g => g.Passed), Is.EqualTo(new[] { true, false }));
        Assert.That(report.Graphs[1].Failures.Single(), Is.EqualTo("the recorded rollout has 5 steps, the manifest says 6"));
    }

    [Test]
    public void AnotherDrawFailsUnlessItIsANearTie()
    {
        string directory = Keep(Fixtures.Grid());
        // The reference draws another class in one cell of row 2, as if its sums had been rounded otherwise.
        Change(directory, "imagine/outputs/next_frame", a =>
        {
            Span<float> cell = a.As<float>().Slice(2 * 6, 3);
            int drawn = cell.IndexOf(1f);
            cell[drawn] = 0;
            cell[(drawn + 1) % 3] = 1;
        });
        Assert.That(BundleVerifier.Verify(directory).Passed, Is.False, "the logits are far apart");

        // Now the two classes are as good as tied: the noise makes up for the logits.
        Dictionary<string, NpyArray> arrays = Npz.Read(Path.Combine(directory, "parity.npz"));
        Span<float> expected = arrays["imagine/outputs/next_frame"].As<float>().Slice(2 * 6, 3);
        float[] logits = arrays["imagine/outputs/logits"].As<float>().Slice(2 * 6, 3).ToArray();
        int other = expected.IndexOf(1f), best = (other + 2) % 3;
        Change(directory, "imagine/inputs/noise", a =>
        {
            Span<float> noise = a.As<float>().Slice(2 * 6, 3);
            noise[other] = 10 - logits[other] - 5e-5f;
            noise[best] = 10 - logits[best];
            noise[(other + 1) % 3] = -10;
        });
        VerificationReport report = BundleVerifier.Verify(directory);
        Assert.That(report.Graphs[0].NearTies, Is.EqualTo(1));
        Assert.That(report.Graphs[0].Failures.Single(),
            Is.EqualTo("near ties: 1 of 72 draws of all graphs together, allowed 1 of 10,000"), "by itself it is no failure");

        // Logits that differ themselves excuse nothing.
        Change(directory, "imagine/outputs/logits", a => a.As<float>()[2 * 6 + 5] += 0.1f);
        Assert.That(BundleVerifier.Verify(directory).Passed, Is.False);
    }

    [Test]
    public void TheRolloutIsFedTheReference()
    {
        string directory = Keep(Fixtures.Grid());
        // A wrong input at step 1 spoils step 1 alone, for every step is fed the reference; the free-running rollout drifts.
        Change(directory, "rollout/imagine/inputs/action", a => a.As<long>()[6] = (a.As<long>()[6] + 1) % 3);
        GraphVerification rollout = BundleVerifier.Verify(directory).Graphs.Single(g => g.IsRollout);
        Assert.That(rollout.Failures, Is.Not.Empty.And.All.Contains("step 1, row 0"));
    }

    [Test]
    public void AParityFileThatDoesNotFitIsRefused()
    {
        string directory = Keep(Fixtures.Grid());
        Dictionary<string, NpyArray> arrays = Npz.Read(Path.Combine(directory, "parity.npz"));
        arrays.Remove("imagine/inputs/noise");
        arrays["imagine/outputs/prize"] = NpyArray.Of([1f]);
        Save(directory, arrays);
        Refused(directory, "array 'imagine/outputs/prize' belongs to no tensor of a graph");
        arrays.Remove("imagine/outputs/prize");
        arrays["imagine/inputs/action"] = NpyArray.Of([1f]);
        Save(directory, arrays);
        Refused(directory, "array 'imagine/inputs/noise' is missing",
            "array 'imagine/inputs/action': expected int64 [batch], found float32 [1]");
        Refused(Keep(Fixtures.Grid(m => m with { Parity = null })), "has no parity file to verify against");
        File.WriteAllText(Path.Combine(directory, "parity.npz"), "PK");
        Refused(directory, "parity.npz is damaged or was changed");
    }

    private static void Refused(string directory, params string[] expected) =>
        Refused(() => BundleVerifier.Verify(directory), expected);

    private static void Change(string directory, string name, Action<NpyArray> change)
    {
        Dictionary<string, NpyArray> arrays = Npz.Read(Path.Combine(directory, "parity.npz"));
        change(arrays[name]);
        Save(directory, arrays);
    }

    private static void Save(string directory, Dictionary<string, NpyArray> arrays)
    {
        Npz.Write(Path.Combine(directory, "parity.npz"), arrays);
        (Manifest.Load(directory, verifyHashes: false) with { Files = Manifest.HashFiles(directory) }).Save(directory);
    }
}
