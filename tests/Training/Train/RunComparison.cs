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

    /// <summary>The lines of metrics.jsonl without their clocks. A line that is broken throws.</summary>
    public static string[] MetricsOf(string run) => [.. File.ReadLines(RunFiles.Metrics(run)).Select(line =>
    {
        JsonObject values = (JsonObject)JsonNode.Parse(line)!;
        foreach (string clock in Clocks)
            Assert.That(values.Remove(clock), line);
        return values.ToJsonString();
    })];

    private static IEnumerable<KeyValuePair<string, string>> Counters(SafetensorsContent checkpoint) =>
        checkpoint.Metadata.Where(pair => pair.Key is not ("seconds" or "sha256"));
}
