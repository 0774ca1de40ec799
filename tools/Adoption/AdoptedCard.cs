using System.Globalization;
using System.Text;
using WorldModels.Bundles;

namespace WorldModels.Tools;

/// <summary>The model card of an adopted bundle, which has none: what is known of it, and what is not.</summary>
internal static class AdoptedCard
{
    /// <summary>Its text.</summary>
    public static string Write(Manifest manifest, IReadOnlyList<AdoptedGraph> graphs)
    {
        StringBuilder text = new();
        text.Append($"# {manifest.Name}\n\nAlgorithm `{manifest.Algorithm}`, environment `{manifest.Environment}`. Observations "
            + $"{SpaceText.Of(manifest.Observation)}; actions {SpaceText.Of(manifest.Action)}.\n\n## Limits\n\n");
        text.Append("- It was exported elsewhere. Nothing is said here of how it was trained, and how well.\n");
        text.Append("- The reference that it carries was made by its own graphs: verifying tells whether another device computes the same, "
            + "not whether the export was right.\n");
        foreach (AdoptedGraph graph in graphs.Where(graph => graph.IsChanged))
        {
            string added = graph.Draws switch
            {
                ActionScores.Logits => " and a draw of the action added",
                ActionScores.Values => " and the choice of the best action added",
                _ => "",
            };
            text.Append($"- `{graph.File}` is `{graph.Source.File}` with its inner shapes declared{added}.\n");
        }

        text.Append("\n## Graphs\n\n| graph | tensor | role | type and shape |\n|---|---|---|---|\n");
        foreach ((string name, GraphSpec graph) in manifest.Graphs)
        {
            IEnumerable<(string Way, TensorSpec Tensor)> tensors =
                graph.Inputs.Select(input => ("in", input)).Concat(graph.Outputs.Select(output => ("out", output)));
            foreach ((string way, TensorSpec tensor) in tensors)
                text.Append(CultureInfo.InvariantCulture, $"| {name} | {way} `{tensor.Name}` | {tensor.Role} | {tensor.Describe()} |\n");
        }
        return text.ToString();
    }
}
