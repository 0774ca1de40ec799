using WorldModels.Train;

namespace WorldModels.Tests.Train;

public sealed class MetricsTests
{
    [Test]
    public void WhatIsWrittenCanBeReadAtOnce()
    {
        using TinyRuns runs = new TinyRuns();
        double before = Now();
        Metrics metrics = new Metrics(runs["run"], 0);
        for (int update = 1; update <= 3; update++)
        {
            metrics.Write(update, 16 * update, Values(update));
            BoardScalar[] scalars = TensorBoardEvents.Of(runs["run"]);
            Assert.That(scalars.Select(scalar => (scalar.Tag, scalar.Step, scalar.Value)), Is.EqualTo(Expected(update)));
            Assert.That(scalars.Select(scalar => scalar.WallTime), Is.Ordered.And.All.InRange(before - 0.001, Now()));
        }
    }

    /// <summary>A killed run may leave any part of its last record.</summary>
    [Test]
    public void AResumedRunWritesEachStepOnce([Values(0, 1, 2, 3)] int checkpoint)
    {
        using TinyRuns runs = new TinyRuns();
        string run = runs["run"];
        long before = 0;
        Metrics killed = new Metrics(run, 0);
        for (int update = 1; update <= 4; update++)
        {
            before = EventFile().Length;
            killed.Write(update, 16 * update, Values(update));
        }
        byte[] whole = File.ReadAllBytes(EventFile().FullName);
        for (int length = (int)before; length <= whole.Length; length++)
        {
            foreach (FileInfo file in new DirectoryInfo(Path.Combine(run, "tensorboard")).GetFiles())
                file.Delete();
            File.WriteAllBytes(Path.Combine(run, "tensorboard", "events.out.tfevents.1"), whole[..length]);
            Metrics resumed = new Metrics(run, checkpoint);
            for (int update = checkpoint + 1; update <= 5; update++)
                resumed.Write(update, 16 * update, Values(update));
            Assert.That(TensorBoardEvents.Of(run).Select(scalar => (scalar.Tag, scalar.Step, scalar.Value)), Is.EqualTo(Expected(5)));
        }

        FileInfo EventFile() => new DirectoryInfo(Path.Combine(run, "tensorboard")).GetFiles().Single();
    }

    private static Dictionary<string, double> Values(int update) => new() { ["loss"] = 1.0 / update, ["return"] = update };

    private static IEnumerable<(string Tag, long Step, float Value)> Expected(int updates) =>
        from update in Enumerable.Range(1, updates)
        from pair in Values(update)
        select (pair.Key, (long)update, (float)pair.Value);

    private static double Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
}
