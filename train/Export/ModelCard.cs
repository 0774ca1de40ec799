using System.Globalization;
using System.Text;
using WorldModels.Bundles;

namespace WorldModels.Train;

/// <summary>The README.md of a bundle: what it is, how it was made, how good it is, beside what.</summary>
public static class ModelCard
{
    private const string TaskFigure = "task_";

    /// <summary>Text of the card.</summary>
    public static string Write(Manifest manifest, IReadOnlyList<string> limits)
    {
        StringBuilder text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {manifest.Name}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"Algorithm `{manifest.Algorithm}`, environment `{manifest.Environment}`. Observations {Describe(manifest.Observation)}; "
            + $"actions {Describe(manifest.Action)}{Lasting(manifest)}.{Tasks(manifest)}").AppendLine();
        if (manifest.Training is { } training)
        {
            text.AppendLine("## Training").AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture,
                $"Seed {training.Seed}, {training.Updates} updates, {training.Frames} frames, {training.Seconds:F0} s on {training.Device}.").AppendLine();
            text.AppendLine("| option | value |").AppendLine("|---|---|");
            foreach ((string key, string value) in training.Config)
                text.AppendLine(CultureInfo.InvariantCulture, $"| {key} | {value} |");
            text.AppendLine();
            text.AppendLine("## Figures").AppendLine();
            text.AppendLine("Measured on episodes never trained on; shares are between 0 and 1. One seed.").AppendLine();
            text.AppendLine("| figure | value |").AppendLine("|---|---|");
            foreach ((string key, double value) in training.Figures)
            {
                if (!key.StartsWith(TaskFigure, StringComparison.Ordinal))
                    text.AppendLine(CultureInfo.InvariantCulture, $"| {key} | {value:0.####} |");
            }
            text.AppendLine();
            if (manifest.Tasks is { } tasks)
                AppendTasks(text, tasks, training.Figures);
        }
        if (manifest.NoveltyThreshold is { } threshold)
            AppendNovelty(text, threshold);
        text.AppendLine("## Limits").AppendLine();
        foreach (string limit in limits)
            text.AppendLine(CultureInfo.InvariantCulture, $"- {limit}");
        text.AppendLine();
        text.AppendLine("## Graphs").AppendLine();
        text.AppendLine("| graph | tensor | role | type and shape |").AppendLine("|---|---|---|---|");
        foreach ((string name, GraphSpec graph) in manifest.Graphs)
        {
            IEnumerable<(string, TensorSpec)> tensors = graph.Inputs.Select(input => ("in", input)).Concat(graph.Outputs.Select(output => ("out", output)));
            foreach ((string way, TensorSpec tensor) in tensors)
                text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {way} `{tensor.Name}` | {tensor.Role} | {tensor.Describe()} |");
        }
        text.AppendLine();
        text.AppendLine("Check it on your own device: `dotnet run -c Release --project tools -- verify <this folder>`.");
        return text.ToString();
    }

    /// <summary>The figure that says what one task's policy earns of another task's rewards.</summary>
    public static string OfTask(string played, string rewarded) => $"{TaskFigure}{played}_{rewarded}";

    private static void AppendTasks(StringBuilder text, IReadOnlyList<string> tasks, IReadOnlyDictionary<string, double> figures)
    {
        // An exploration has no rewards of its own, and where there is one task its returns are among the figures.
        string[] columns = [.. tasks.Where(rewarded => tasks.Any(played => figures.ContainsKey(OfTask(played, rewarded))))];
        if (columns.Length == 0)
            return;
        text.AppendLine("## Tasks").AppendLine();
        text.AppendLine("What each task's policy (a row) earns of each task's rewards (a column) in an episode, in their own units.").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"| policy | {string.Join(" | ", columns)} |");
        text.AppendLine($"|---|{string.Concat(columns.Select(_ => "---|"))}");
        foreach (string played in tasks)
        {
            IEnumerable<string> earned = columns.Select(rewarded => figures.TryGetValue(OfTask(played, rewarded), out double value)
                ? value.ToString("0.0", CultureInfo.InvariantCulture) : "");
            text.AppendLine(CultureInfo.InvariantCulture, $"| {played} | {string.Join(" | ", earned)} |");
        }
        text.AppendLine();
    }

    private static void AppendNovelty(StringBuilder text, double threshold)
    {
        text.AppendLine("## Novelty").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture,
            $"After each step the controller says how novel it is (`controller.Novelty`, one number a row). Of a hundred steps of held-out "
            + $"play of the first task, its actions drawn, one exceeds {threshold:G4} (`noveltyThreshold` in `manifest.json`); where many do, "
            + $"it is far from what it has learnt. What it says of changed worlds: `tools novelty <this folder>`.").AppendLine();
    }

    private static string Lasting(Manifest manifest) =>
        manifest.ActionRepeat is { } repeat ? $", each repeated for {repeat} steps of the environment, whose rewards are summed" : "";

    private static string Tasks(Manifest manifest) => manifest.Tasks is { } tasks ? $" Tasks: {string.Join(", ", tasks)}." : "";

    private static string Describe(ObservationSpec observation) => string.Create(CultureInfo.InvariantCulture,
        $"({string.Join(", ", observation.Shape)}){Named(observation.Names)}"
        + $"{(observation.IsBounded ? $" in {observation.Low}..{observation.High}" : " without bounds")}");

    private static string Named(IReadOnlyList<string>? names) => names is null ? "" : $" [{string.Join(", ", names)}]";

    /// <summary>An action space in a few characters.</summary>
    internal static string Describe(ActionSpec action) => action.Kind == ActionKind.Discrete
        ? $"0..{action.Count - 1}{Named(action.Names)}"
        : $"({string.Join(", ", action.Shape!)}){Named(action.Names)} in {action.BoundsText}";
}
