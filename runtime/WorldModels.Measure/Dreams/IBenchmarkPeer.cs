using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>Another engine that runs a bundle's graphs in turn with ONNX Runtime, and has to compute the same.</summary>
internal interface IBenchmarkPeer
{
    /// <summary>Opens programs and compares what they give with what they should.</summary>
    /// <param name="programs">Arrangements of the same computation by name; the fastest is measured.</param>
    /// <param name="data">What they start from and are given.</param>
    /// <param name="expected">What they should give, (T, rows, ...).</param>
    /// <param name="subject">What they are measured as.</param>
    /// <param name="warmUp">Seconds that each is run, several times, before one is chosen.</param>
    /// <returns>A contestant for each of its ways to run a graph.</returns>
    /// <exception cref="BundleException">They give something else.</exception>
    IEnumerable<Contestant> Contestants(IReadOnlyDictionary<string, RolloutProgram> programs, IReadOnlyDictionary<string, NpyArray> data,
        IReadOnlyDictionary<string, NpyArray> expected, Measurement subject, double warmUp);
}
