namespace WorldModels.Runtime;

/// <summary>
/// A graph of a bundle gave what nobody can use: NaN, infinity, or an action that there is not. The message names bundle, graph, tensor,
/// row and step.
/// </summary>
public sealed class GraphOutputException : BundleException
{
    internal GraphOutputException(string message, string graph, string tensor, int row, long step) : base(message) =>
        (Graph, Tensor, Row, Step) = (graph, tensor, row, step);

    /// <summary>The graph.</summary>
    public string Graph { get; }

    /// <summary>The output.</summary>
    public string Tensor { get; }

    /// <summary>The first row that has it, from 0.</summary>
    public int Row { get; }

    /// <summary>The step: of a controller the row's calls since its last reset, from 1; of a dream as its batch counts them.</summary>
    public long Step { get; }
}

/// <summary>What a controller clipped of its policy's actions so far.</summary>
/// <param name="Count">Numbers that were beyond the manifest's bounds by more than rounding.</param>
/// <param name="Least">The least of them, or 0.</param>
/// <param name="Most">The largest of them, or 0.</param>
public readonly record struct ActionClipping(long Count, float Least, float Most);
