using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>Another engine that dreams in turn with ONNX Runtime, and has to come to the same.</summary>
internal interface IBenchmarkPeer
{
    /// <summary>Versions and threads.</summary>
    string Description { get; }

    /// <summary>Makes ready what a program computes, and compares what comes out with what should.</summary>
    /// <param name="program">What the runtime does with the bundle's graphs.</param>
    /// <param name="data">What it starts from and is given, by the program's names.</param>
    /// <param name="expected">What it should come to, (T, rows, ...), by the program's names.</param>
    /// <param name="subject">What it is measured as.</param>
    /// <exception cref="BundleException">It comes to something else.</exception>
    Contestant Open(RolloutProgram program, IReadOnlyDictionary<string, NpyArray> data, IReadOnlyDictionary<string, NpyArray> expected,
        Measurement subject);
}
