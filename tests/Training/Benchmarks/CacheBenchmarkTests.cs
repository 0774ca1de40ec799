using WorldModels.Measure;
using WorldModels.Tests.Train;

namespace WorldModels.Tests.Benchmarks;

/// <summary>Transformers' steps with and without their cache, beside each other: what is measured is exported and compared first.</summary>
public sealed class CacheBenchmarkTests
{
    private static readonly string[] Sizes =
    [
        "deterministic=6", "stochastic=2", "classes=3", "hidden=5", "embedding=6", "encoderUnits=5", "headUnits=5", "feedForward=7",
        "layers=1",
    ];

    [TestCase("simple-world", "add")]
    [TestCase("simple-world-continuous", "stack")]
    public void EveryWindowIsMeasuredWithAndWithoutItsCache(string environment, string tokens)
    {
        string file = Path.Combine(Path.GetTempPath(), $"cache-{Guid.NewGuid():N}.json");
        try
        {
            string text = TrainTool.Succeed([
                "bench", "cache", "--env", environment, "--windows", "2,5", "--batch", "3", "--horizon", "4", "--seconds", "0.01",
                "--json", file, "--set", $"tokens={tokens}", .. Sizes]).Output;
            Assert.That(text, Does.Contain("state/row").And.Contain("x ONNX Runtime, recomputed").And.Contain("x TorchSharp eager"));
            BenchmarkReport report = BenchmarkReport.FromJson(File.ReadAllText(file));
            Assert.That(report.Measurements.Select(m => (m.Level, m.Runner)), Is.EqualTo(
                from window in new[] { 2, 5 }
                from runner in new[] { "ONNX Runtime", "ONNX Runtime, recomputed", "TorchSharp eager" }
                select ($"window {window}", runner)));
            // Latent and hidden have 6 numbers each, and the position is of 8 bytes. Keys and values have 6 a token, latents and actions
            // 6 and as many as the action.
            (int perStep, int numbers) = environment == "simple-world" ? (1, 5) : (2, 2);
            foreach (Measurement own in report.Measurements.Where(m => m.Runner == "ONNX Runtime"))
            {
                int window = own.Level == "window 2" ? 2 : 5;
                Assert.That(own.StateBytes, Is.EqualTo(8 + 4 * (12 + (window * perStep - 1) * 12)), own.Level);
                Assert.That(own.Ratios!.Values, Has.All.Positive);
            }
            foreach (Measurement other in report.Measurements.Where(m => m.Runner == "ONNX Runtime, recomputed"))
                Assert.That(other.StateBytes, Is.EqualTo(8 + 4 * (12 + (other.Level == "window 2" ? 1 : 4) * (6 + numbers))), other.Level);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
