using System.Text.Json.Nodes;
using WorldModels.Bundles;

namespace WorldModels.Tests.Train;

/// <summary>Whether two runs are one and the same, bit for bit, clocks aside.</summary>
internal static class RunComparison
{
    private static readonly string[] Clocks = ["seconds", "frames_per_second"];

    /// <summary>Asserts that weights, optimiser, environments, counters and metrics are equal.</summary>
    public static void AssertSame(string run, string reference)
    {
        SafetensorsContent found = Safetensors.Read(RunFiles.Checkpoint(run)), expected = Safetensors.Read(RunFiles.Checkpoint(reference));
        Assert.That(found.Tensors.Keys, Is.EquivalentTo(expected.Tensors.Keys));
        foreach ((string name, TensorData tensor) in expected.Tensors)
            Assert.That(found.Tensors[name].Bytes.SequenceEqual(tensor.Bytes), Is.True, $"{name} differs");
        Assert.That(Counters(found), Is.EquivalentTo(Counters(expected)));
        Assert.That(MetricsOf(run), Is.EqualTo(MetricsOf(reference)));
    }

    /// <summary>
    /// Trains 8 updates at once, and in two halves of which the second resumes the first; asserts that they are one and the same. The whole
    /// run is exported.
    /// </summary>
    /// <param name="runs">Where the runs are, "whole" and "halves".</param>
    /// <param name="command">What to train, ending in options of --set.</param>
    /// <returns>Folders of the whole run and of the halves.</returns>
    public static (string Whole, string Halves) AssertResumes(TinyRuns runs, params string[] command)
    {
        (string whole, string halves) = (runs["whole"], runs["halves"]);
        TrainTool.Succeed([.. command, "updates=8", "--run", whole]);
        TrainTool.Succeed([.. command, "updates=4", "--run", halves, "--no-export"]);
        TrainTool.Succeed(command[0], "--resume", halves, "--set", "updates=8", "--no-export");
        AssertSame(halves, whole);
        return (whole, halves);
    }

    /// <summary>The lines of metrics.jsonl without their clocks. A line that is broken throws.</summary>
    public static string[] MetricsOf(string run) => [.. File.ReadLines(RunFiles.Metrics(run)).Select(line =>
    {
        JsonObject values = (JsonObject)JsonNode.Parse(line)!;
        foreach (string clock in Clocks)
            Assert.That(values.Remove(clock), line);
        values.Remove("play_seconds");      // of a search by a population alone
        return values.ToJsonString();
    })];

    private static IEnumerable<KeyValuePair<string, string>> Counters(SafetensorsContent checkpoint) =>
        checkpoint.Metadata.Where(pair => pair.Key is not ("seconds" or "sha256"));
}
