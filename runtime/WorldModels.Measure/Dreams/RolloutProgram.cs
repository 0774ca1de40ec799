using WorldModels.Bundles;
using WorldModels.Runtime;

namespace WorldModels.Measure;

/// <summary>A graph that is run on named values.</summary>
/// <param name="Graph">Its name in the bundle.</param>
/// <param name="File">Its file, with the path.</param>
/// <param name="Inputs">The value that each of its inputs takes.</param>
/// <param name="Outputs">The value that each wanted output becomes; what the others alone need is not computed.</param>
internal sealed record GraphCall(
    string Graph, string File, IReadOnlyDictionary<string, string> Inputs, IReadOnlyDictionary<string, string> Outputs);

/// <summary>
/// What a rollout computes, graph by graph, over named values: what comes before, and a step that is repeated. States keep their name, so
/// that a step reads the last one's.
/// </summary>
internal sealed record RolloutProgram
{
    /// <summary>T.</summary>
    public required int Steps { get; init; }

    /// <summary>The values there are at the beginning; the states among them.</summary>
    public required IReadOnlyList<string> Start { get; init; }

    /// <summary>The values that each step is given of its own: noise drawn beforehand, actions.</summary>
    public required IReadOnlyList<string> Given { get; init; }

    /// <summary>The values that all steps share.</summary>
    public required IReadOnlyList<string> Fixed { get; init; }

    /// <summary>Makes the states that the steps start from.</summary>
    public IReadOnlyList<GraphCall> Before { get; init; } = [];

    /// <summary>Reads the states that the steps start from.</summary>
    public IReadOnlyList<GraphCall> First { get; init; } = [];

    /// <summary>What is repeated.</summary>
    public IReadOnlyList<GraphCall> Step { get; init; } = [];

    /// <summary>Tensors behind the values that neither a state nor an output gives.</summary>
    public IReadOnlyDictionary<string, (string Graph, TensorSpec Tensor)> Inputs { get; init; } =
        new Dictionary<string, (string, TensorSpec)>();

    /// <summary>Every graph it runs.</summary>
    public IEnumerable<GraphCall> Calls => [.. Before, .. First, .. Step];

    /// <summary>Floating-point operations of a frame.</summary>
    /// <exception cref="BundleException">A graph's file cannot be read or counted.</exception>
    public double FlopsPerFrame() =>
        Step.Sum(DreamCost.OfCall) + Before.Concat(First).Sum(DreamCost.OfCall) / Steps;
}
